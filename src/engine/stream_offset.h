#pragma once

#include <chrono>

#include "catalog/record.h"

namespace engine {

/// Consuming a stream that has no changes moves its offset, and shows in nothing but a later STALE_AFTER. A task that
/// looks every minute would write a commit for it each time; so it moves once an hour. True when the last move is
/// younger than that.
inline bool offset_may_stay(const catalog::StreamBody& stream, base::Instant now) {
  return !stream.initial_rows && now >= stream.consumed_at && now - stream.consumed_at < std::chrono::hours(1);
}

}  // namespace engine
