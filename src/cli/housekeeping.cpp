#include "cli/housekeeping.h"

#include "base/log.h"

namespace cli {
namespace {

// A sweep that finds nothing costs some milliseconds.
constexpr std::chrono::seconds kEvery{15}, kLook{1};

}  // namespace

Housekeeping::Housekeeping(engine::Database& database, Options options)
    : database_(database),
      options_(std::move(options)),
      due_(std::chrono::steady_clock::now() + kEvery),
      repeater_(kLook, [this] { look(); }) {
  database_.on_commit([committed = committed_](const engine::Database::Commit&) { *committed = true; });
}

void Housekeeping::look() {
  const auto now = std::chrono::steady_clock::now();
  if (!log_is_long() && now < due_) return;
  due_ = now + kEvery;
  if (committed_->exchange(false)) sweep();
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
