#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "base/clock.h"

namespace flow {

/// How much may pass within a time, as NiFi's ControlRate counts it: something passes as long as less than the limit
/// has passed within the last such time. So the last may go over it; then nothing passes for as long as the excess
/// would have taken.
class Throttle {
 public:
  Throttle(std::uint64_t limit, std::chrono::nanoseconds time) : limit_(limit), time_(time) {}
  bool let_pass(std::uint64_t amount, base::Instant now);

 private:
  struct Passed {
    base::Instant at;
    std::uint64_t amount = 0;
  };
  const std::uint64_t limit_;
  const std::chrono::nanoseconds time_;
  std::deque<Passed> passed_;  // within the last time, in steps
  std::uint64_t sum_ = 0;
  std::chrono::nanoseconds excess_{0};  // to be waited when the time has come
  base::Instant closed_until_;
};

}  // namespace flow
