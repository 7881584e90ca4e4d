#pragma once

#include <mutex>
#include <stop_token>

namespace flow {

/// What a processor does with stopping() and stopped(), so that its triggers can wait for others and still end.
class StopSwitch {
 public:
  std::stop_token token() const {
    const std::lock_guard lock(source_mutex_);
    return source_.get_token();
  }
  void request() {
    const std::lock_guard lock(source_mutex_);
    source_.request_stop();
  }
  void reset() {
    const std::lock_guard lock(source_mutex_);
    source_ = std::stop_source();
  }

 private:
  mutable std::mutex source_mutex_;
  std::stop_source source_;
};

}  // namespace flow
