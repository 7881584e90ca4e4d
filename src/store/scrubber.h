#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "store/object_store.h"

namespace store {

/// Scrubs a store in the background, on a thread of its own: all of it, then again after a rest. Goes on where it stood
/// when the store is opened again. What it finds is logged, and kept by the store.
class Scrubber {
 public:
  struct Options {
    std::uint64_t bytes_per_second = std::uint64_t{8} << 20;  // 0: as fast as it can
    std::chrono::nanoseconds rest = std::chrono::hours{24 * 7};
    std::uint64_t step_bytes = std::uint64_t{64} << 20;  // between two notes of where it stands
    std::function<void()> on_round = [] {};              // after each, on its thread
  };
  struct Counts {
    std::uint64_t versions = 0, bytes = 0, rounds = 0;
  };

  Scrubber(ObjectStore& store, const base::Clock& clock, Options options);
  /// Ends in the middle of a version, if need be.
  ~Scrubber();
  Counts counts() const { return {versions_.load(), bytes_.load(), rounds_.load()}; }

 private:
  void work();
  /// How long to wait before the next step.
  base::Result<std::chrono::nanoseconds> step();
  /// False when it must end.
  bool wait(std::chrono::nanoseconds time);

  ObjectStore& store_;
  const base::Clock& clock_;
  const Options options_;
  std::atomic<std::uint64_t> versions_{0}, bytes_{0}, rounds_{0};
  std::mutex ending_mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace store
