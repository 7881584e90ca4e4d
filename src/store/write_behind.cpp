#include "store/write_behind.h"

#include <utility>

namespace store {

WriteBehind::~WriteBehind() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
}

std::future<base::Status> WriteBehind::start(Write write) {
  auto outcome = write.get_future();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(write));
    if (idle_ < waiting_.size() && threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
  }
  changed_.notify_one();
  return outcome;
}

void WriteBehind::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    auto write = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    write();
    lock.lock();
  }
}

}  // namespace store
