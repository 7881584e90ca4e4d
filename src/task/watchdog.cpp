#include "task/watchdog.h"

namespace task {

Watchdog::Watchdog(engine::StatementSession& session, std::chrono::milliseconds limit) {
  if (limit.count() == 0) return;
  thread_ = std::thread([this, &session, limit] {
    std::unique_lock lock(state_mutex_);
    if (ended_.wait_for(lock, limit, [this] { return over_; })) return;
    fired_ = true;
    session.cancel();
  });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(state_mutex_);
    over_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Watchdog::fired() const {
  const std::lock_guard lock(state_mutex_);
  return fired_;
}

}  // namespace task
