#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace store::s3 {

std::string iso_time(base::Instant instant);   // 2024-01-01T00:00:00.000Z
std::string http_time(base::Instant instant);  // Mon, 01 Jan 2024 00:00:00 GMT
std::optional<base::Instant> parse_http_time(std::string_view text);
std::optional<base::Instant> parse_basic_time(std::string_view text);  // 20240101T000000Z

}  // namespace store::s3
