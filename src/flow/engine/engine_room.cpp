// What happens when there is no room: sources wait, what is there goes on.
#include <fmt/format.h>

#include "flow/engine/engine.h"

namespace flow {
namespace {

constexpr std::chrono::seconds kAskedEvery{1};

}  // namespace

/// With the lock. Asks the disk now and then.
bool Engine::may_take_more() {
  if (queue_memory_ >= environment_.queue_memory_max) return false;
  const auto now = services_.wall_clock.now();
  if (room_asked_.ns != 0 && now - room_asked_ < kAskedEvery && now >= room_asked_) return !full_;
  room_asked_ = now;
  std::optional<std::string> full;
  if (const auto stalled = repository_.stalled()) full = stalled->message;
  if (!full && environment_.free_space)
    if (const auto free = environment_.free_space(); free && *free < environment_.free_space_min) {
      repository_.content().drop_archive();
      full = fmt::format("the disk has {} bytes left, and {} are kept free", *free, environment_.free_space_min);
    }
  if (full && !full_) bulletin(BulletinLevel::Error, fmt::format("Sources wait: {}", *full));
  if (!full && full_) bulletin(BulletinLevel::Info, "There is room again: sources go on");
  full_ = std::move(full);
  return !full_;
}

void Engine::defer(std::vector<std::function<void()>> actions) {
  const std::lock_guard lock(state_mutex_);
  for (auto& action : actions) deferred_.push_back(std::move(action));
  room_asked_ = {};
}

/// Makes all that was done durable, and lets sinks forget what they need not know any more.
base::Status Engine::settle(std::unique_lock<std::mutex>& lock) {
  auto deferred = std::exchange(deferred_, {});
  lock.unlock();
  auto outcome = repository_.sync();
  if (outcome) {
    for (const auto& action : deferred) action();
    deferred.clear();
    outcome = forget_stale_tokens();
  }
  lock.lock();
  deferred_.insert(deferred_.begin(), std::make_move_iterator(deferred.begin()),
                   std::make_move_iterator(deferred.end()));
  room_asked_ = {};
  if (!outcome && repository_.broken()) broken_ = outcome.error();
  return outcome;
}

}  // namespace flow
