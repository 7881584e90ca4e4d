#pragma once

#include <string_view>

namespace base {

namespace detail {
extern const bool kKillPointChosen;
void reach_kill_point(std::string_view name);
}  // namespace detail

/// A place where a crash must lose nothing and repeat nothing, mostly between the commits of two stores. With
/// FRESHET_KILL_AT=NAME or NAME:N in the environment the process ends there as kill -9 would end it, when it comes by
/// for the first or N-th time. Otherwise this costs one test of a constant. `test/crash/` lists and visits them all.
inline void kill_point(std::string_view name) {
  if (detail::kKillPointChosen) [[unlikely]]
    detail::reach_kill_point(name);
}

}  // namespace base
