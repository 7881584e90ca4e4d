#include "cli/repeater.h"

namespace cli {

Repeater::Repeater(std::chrono::nanoseconds pause, std::function<void()> work)
    : pause_(pause), work_(std::move(work)), thread_([this] { run(); }) {}

Repeater::~Repeater() {
  {
    const std::lock_guard lock(ending_mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  thread_.join();
}

void Repeater::run() {
  std::unique_lock lock(ending_mutex_);
  while (!ending_.wait_for(lock, pause_, [this] { return ended_; })) {
    lock.unlock();
    work_();
    lock.lock();
  }
}

}  // namespace cli
