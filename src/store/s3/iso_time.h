#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace store::s3 {

/// ISO 8601 as S3's documents have it: 2024-01-01, or 2024-01-01T10:20:30 with an optional fraction and an optional Z
/// or offset (+01:00); without one the time is UTC. None for other text, and outside the years 1678 to 2261, which an
/// Instant cannot hold.
std::optional<base::Instant> parse_iso_time(std::string_view text);

inline constexpr std::int64_t kNanosecondsPerDay = 86'400'000'000'000;

}  // namespace store::s3
