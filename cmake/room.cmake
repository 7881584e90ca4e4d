# Compiling the standard headers once is most of a clean build. For the rooms that work on trees of SQL so are the trees,
# for the rooms around the engine its declarations, whose variants and vectors are instantiated already, and for flow what
# every processor includes. Each has a twin with GoogleTest in it, for the rooms' tests.
file(WRITE ${CMAKE_BINARY_DIR}/pch/pch.cpp "")
set(standard_headers
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <deque> <functional> <map> <memory>
  <mutex> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
function(precompiled name)
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/pch/pch.cpp)
  target_link_libraries(${name} PUBLIC freshet_flags fmt::fmt)
  target_precompile_headers(${name} PRIVATE ${standard_headers} ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${name} PRIVATE -fpch-instantiate-templates)
  endif()
endfunction()
set(base_headers base/clock.h base/log.h base/overloaded.h base/result.h)
set(tree_headers ${base_headers} sql/ast.h sql/parse_expr.h sql/parse_options.h sql/parse_query.h)
set(engine_headers ${base_headers} catalog/name_resolution.h catalog/snapshot.h sql/ast.h
  engine/binder.h engine/database.h engine/statement_runner.h)
set(flow_headers ${base_headers} flow/description.h flow/engine/processor.h flow/engine/session.h)
foreach(headers IN ITEMS base_headers tree_headers engine_headers flow_headers)
  list(TRANSFORM ${headers} PREPEND ${CMAKE_SOURCE_DIR}/src/)
endforeach()
list(APPEND engine_headers <boost/json.hpp>)
list(APPEND flow_headers <boost/json.hpp>)
precompiled(freshet_pch_headers)
foreach(kind IN ITEMS base tree engine flow)
  precompiled(freshet_pch_${kind} ${${kind}_headers})
  precompiled(freshet_pch_${kind}_test ${${kind}_headers} <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(freshet_pch_${kind}_test PUBLIC GTest::gmock)
endforeach()

# room(change SOURCES offset.cpp TESTS offset_test.cpp USES base sql LINKS pcre2)
#
# FAST: its loops run per request, row or byte; see toolchain.cmake.
# Makes the library freshet_change, its test change_test, a compilation of each header alone, and a link of the whole
# library with no more than its USES. `scripts/check_rooms.py` compares USES with the #include lines.
function(room name)
  cmake_parse_arguments(ROOM "FAST" "" "SOURCES;TESTS;USES;LINKS" ${ARGN})
  set(uses ${ROOM_USES})
  list(TRANSFORM uses PREPEND freshet_)

  add_library(freshet_${name} STATIC ${ROOM_SOURCES})
  set_target_properties(freshet_${name} PROPERTIES FRESHET_FAST "${ROOM_FAST}")
  target_link_libraries(freshet_${name} PUBLIC freshet_flags fmt::fmt ${uses} ${ROOM_LINKS})
  if(name STREQUAL engine OR engine IN_LIST ROOM_USES)
    set(pch freshet_pch_engine)
  elseif(name STREQUAL sql OR sql IN_LIST ROOM_USES)
    set(pch freshet_pch_tree)
  elseif(name STREQUAL flow)
    set(pch freshet_pch_flow)
  else()
    set(pch freshet_pch_base)
  endif()
  target_precompile_headers(freshet_${name} REUSE_FROM ${pch})

  file(GLOB_RECURSE headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS *.h)
  set(checks "")
  foreach(header IN LISTS headers)
    string(MAKE_C_IDENTIFIER ${header} id)
    set(check ${CMAKE_CURRENT_BINARY_DIR}/header_${id}.cpp)
    file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${name}/${header}\"\n")
    list(APPEND checks ${check})
  endforeach()

  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/link_check.cpp CONTENT "int main() {}\n")
  add_executable(${name}_link_check EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/link_check.cpp)
  target_link_libraries(${name}_link_check PRIVATE
    -Wl,--whole-archive $<TARGET_FILE:freshet_${name}> -Wl,--no-whole-archive freshet_${name})

  if(checks)
    add_library(${name}_header_check OBJECT EXCLUDE_FROM_ALL ${checks})
    target_link_libraries(${name}_header_check PRIVATE freshet_${name})
    target_precompile_headers(${name}_header_check REUSE_FROM freshet_pch_headers)
    target_compile_options(${name}_header_check PRIVATE -g0)
    add_dependencies(${name}_link_check ${name}_header_check)
  endif()
  set_property(GLOBAL APPEND PROPERTY FRESHET_CHECKS ${name}_link_check)

  if(ROOM_TESTS)
    add_executable(${name}_test ${ROOM_TESTS})
    target_link_libraries(${name}_test PRIVATE freshet_${name} GTest::gmock GTest::gtest_main)
    target_precompile_headers(${name}_test REUSE_FROM ${pch}_test)
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS room)
  endif()
endfunction()
