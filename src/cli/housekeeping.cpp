#include "cli/housekeeping.h"

#include "base/log.h"

namespace cli {
namespace {

// A sweep that finds nothing costs some milliseconds.
constexpr std::chrono::seconds kEvery{15}, kLook{1};

}  // namespace

Housekeeping::Housekeeping(engine::Database& database, Options options)
    : database_(database), options_(std::move(options)) {
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
  auto due = std::chrono::steady_clock::now() + kEvery;
  while (!ending_.wait_for(lock, kLook, [this] { return ended_; })) {
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    if (log_is_long() || now >= due) {
      due = now + kEvery;
      if (committed_->exchange(false)) sweep();
    }
    lock.lock();
  }
}

void Housekeeping::sweep() {
  auto swept = database_.sweep();
  if (swept && log_is_long()) swept = database_.checkpoint();
  if (!swept) LOG_WARN("engine.sweep_failed error=\"{}\"", swept.error().message);
}

bool Housekeeping::log_is_long() const {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(options_.log, missing);
  return !missing && bytes > options_.log_bytes_max;
}

}  // namespace cli
