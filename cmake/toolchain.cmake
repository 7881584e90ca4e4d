# Compiler flags, linker and sanitizers, for our own code only.
add_library(freshet_flags INTERFACE)
target_compile_options(freshet_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns about moved-from std::variant storage and about member names that equal a type's.
  target_compile_options(freshet_flags INTERFACE -Wno-maybe-uninitialized -Wno-error=shadow -Wno-error=restrict)
endif()
target_include_directories(freshet_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

find_program(FRESHET_CCACHE ccache)
if(FRESHET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${FRESHET_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${FRESHET_CCACHE})
endif()
find_program(FRESHET_MOLD mold)
if(FRESHET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(FRESHET_SANITIZE)
  # No vptr: RocksDB is built without the type information that it reads.
  add_compile_options(-fsanitize=${FRESHET_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${FRESHET_SANITIZE})
else()
  # Memory that one thread takes and another gives back, as flowfiles and rows are, makes glibc's threads wait for each
  # other. The sanitizers bring their own allocator.
  find_library(FRESHET_JEMALLOC jemalloc REQUIRED)
  target_link_libraries(freshet_flags INTERFACE ${FRESHET_JEMALLOC})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Without this, ccache cannot reuse what was compiled against a precompiled header.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # The release build is what a new user waits for. Most of its code runs once per statement or file: there, calls left
  # as calls save a sixth of the build. Rooms that say FAST are inlined as usual: a page of a listing took four times as
  # long without. fmt checks its format strings while compiling in every other build.
  set(runs_once "$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:$<TARGET_PROPERTY:FRESHET_FAST>>>>")
  target_compile_options(freshet_flags INTERFACE "$<${runs_once}:SHELL:-mllvm -inline-threshold=25>")
  target_compile_definitions(freshet_flags INTERFACE $<$<CONFIG:Release>:FMT_CONSTEVAL=>)
  # Options structs are written as {.pattern = "..."}: what is left out has its default.
  target_compile_options(freshet_flags INTERFACE -Wno-missing-designated-field-initializers)
endif()
if(FRESHET_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
