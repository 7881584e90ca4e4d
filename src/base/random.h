#pragma once

#include <cstdint>

namespace base {

/// A seeded source of chance (xoshiro256**, seeded by splitmix64): one seed, one sequence, on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();

 private:
  std::uint64_t state_[4];
};

/// Sixty-four bits from the operating system, for keys and for seeds that nobody gave.
std::uint64_t entropy();

}  // namespace base
