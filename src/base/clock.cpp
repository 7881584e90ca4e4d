#include "base/clock.h"

#include <algorithm>

namespace base {
namespace {
Instant system_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count()};
}
}  // namespace

Instant SystemClock::now() const { return system_now(); }
Instant SystemWallClock::now() const { return system_now(); }

Instant VirtualClock::now() const {
  std::lock_guard lock(now_mutex_);
  return now_;
}

void VirtualClock::advance(std::chrono::nanoseconds by) {
  std::lock_guard lock(now_mutex_);
  now_ = now_ + std::max(by, std::chrono::nanoseconds{0});
}

void VirtualClock::advance_to(Instant to) {
  std::lock_guard lock(now_mutex_);
  now_ = std::max(now_, to);
}

}  // namespace base
