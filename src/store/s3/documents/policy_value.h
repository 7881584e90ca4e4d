#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Values of conditions, in policies and in requests. Not for other rooms.
namespace store::s3 {

std::optional<double> policy_number(std::string_view text);
/// ISO 8601, or seconds since 1970; as nanoseconds since then.
std::optional<std::int64_t> policy_date(std::string_view text);
std::optional<bool> policy_bool(std::string_view text);

}  // namespace store::s3
