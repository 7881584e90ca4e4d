#include "cli/housekeeping.h"

#include "base/log.h"

namespace cli {
namespace {

// A sweep that finds nothing costs some milliseconds.
constexpr std::chrono::seconds kEvery{15};

}  // namespace

Housekeeping::Housekeeping(engine::Database& database) : database_(database) {
  database_.on_commit([committed = committed_](const engine::Database::Commit&) { *committed = true; });
  thread_ = std::thread([this] { run(); });
}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(ending_mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  thread_.join();
}

void Housekeeping::run() {
  std::unique_lock lock(ending_mutex_);
  while (!ending_.wait_for(lock, kEvery, [this] { return ended_; })) {
    if (!committed_->exchange(false)) continue;
    lock.unlock();
    if (const auto swept = database_.sweep(); !swept)
      LOG_WARN("engine.sweep_failed error=\"{}\"", swept.error().message);
    lock.lock();
  }
}

}  // namespace cli
