#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace cli {

/// Calls `work` again and again on a thread of its own, with a pause before each call, until it dies; then it waits for
/// the call that runs.
class Repeater {
 public:
  Repeater(std::chrono::nanoseconds pause, std::function<void()> work);
  ~Repeater();
  Repeater(const Repeater&) = delete;
  Repeater& operator=(const Repeater&) = delete;

 private:
  void run();

  const std::chrono::nanoseconds pause_;
  const std::function<void()> work_;
  std::mutex ending_mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace cli
