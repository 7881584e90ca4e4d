#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <type_traits>

namespace flow {

/// In megabytes, since the process began or this was asked to begin anew.
inline std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) >> 10;
  return 0;
}
inline void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// What `measure()` answers in a process of its own: memory that was used once stays with one.
template <class F>
auto measure_apart(const std::string& name, F&& measure) {
  using Measured = decltype(measure());
  static_assert(std::is_trivially_copyable_v<Measured>);
  Measured measured{};
  int ends[2];
  if (::pipe(ends) != 0) return measured;
  const auto child = ::fork();
  if (child == 0) {
    measured = measure();
    const bool told = ::write(ends[1], &measured, sizeof(measured)) == ssize_t{sizeof(measured)};
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  const auto size = ::read(ends[0], &measured, sizeof(measured));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << name;
  return size == ssize_t{sizeof(measured)} ? measured : Measured{};
}

}  // namespace flow
