#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <type_traits>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FRESHET_SANITIZED
#endif
#endif

namespace flow {

#ifdef FRESHET_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// How long the contents are that tests of memory take: FRESHET_CONTENT_MB, else `fallback`.
inline std::uint64_t content_megabytes(std::uint64_t fallback) {
  const char* const asked = std::getenv("FRESHET_CONTENT_MB");
  return asked == nullptr ? fallback : std::strtoull(asked, nullptr, 10);
}

/// How much memory the process takes at most, beyond what it had when this was made. For tests; nothing under the
/// sanitizers, which keep what is freed.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5";  // forgets the peak so far
    before_ = kb_of("VmRSS:");
  }
  std::int64_t grown_kb() const { return kSanitized ? 0 : kb_of("VmHWM:") - before_; }
  std::uint64_t grown_mb() const { return grown_kb() > 0 ? static_cast<std::uint64_t>(grown_kb()) >> 10 : 0; }

 private:
  static std::int64_t kb_of(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::int64_t kb = 0;
      if (word == name && status >> kb) return kb;
    }
    ADD_FAILURE() << "no " << name;
    return 0;
  }
  std::int64_t before_ = 0;
};

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
