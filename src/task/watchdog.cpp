#include "task/watchdog.h"

#include <algorithm>

namespace task {

using Time = std::chrono::steady_clock::time_point;

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(watched_mutex_);
    stopping_ = true;
  }
  sooner_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::loop() {
  std::unique_lock lock(watched_mutex_);
  while (!stopping_) {
    for (const Time now = std::chrono::steady_clock::now(); !watched_.empty() && watched_.begin()->first <= now;) {
      Watch& late = *watched_.extract(watched_.begin()).mapped();
      late.fired_ = true;
      late.session_.cancel();
    }
    // Watches that end do not wake it: it looks in vain then, once.
    wakes_at_ = watched_.empty() ? Time::max() : watched_.begin()->first;
    if (watched_.empty())
      sooner_.wait(lock);
    else
      sooner_.wait_until(lock, wakes_at_);
  }
}

Watchdog::Watch::Watch(Watchdog& watchdog, engine::StatementSession& session, std::chrono::milliseconds limit)
    : watchdog_(watchdog),
      session_(session),
      deadline_(limit.count() == 0 ? Time::max() : std::chrono::steady_clock::now() + limit) {
  if (deadline_ == Time::max()) return;
  const std::lock_guard lock(watchdog_.watched_mutex_);
  watchdog_.watched_.emplace(deadline_, this);
  if (!watchdog_.thread_.joinable()) watchdog_.thread_ = std::thread([&dog = watchdog_] { dog.loop(); });
  if (deadline_ < watchdog_.wakes_at_) watchdog_.sooner_.notify_one();
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.watched_mutex_);
  const auto [first, last] = watchdog_.watched_.equal_range(deadline_);
  const auto mine = std::find_if(first, last, [this](const auto& entry) { return entry.second == this; });
  if (mine != last) watchdog_.watched_.erase(mine);
}

bool Watchdog::Watch::fired() const {
  const std::lock_guard lock(watchdog_.watched_mutex_);
  return fired_;
}

}  // namespace task
