#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace flow {

/// "30 sec", "1.5 hours", "0 s": a number and a unit of NiFi, any case; a bare number is none.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// "1 GB", "0B": 1024-based, any case, decimals allowed.
std::optional<std::uint64_t> parse_data_size(std::string_view text);

/// Digits behind at most one sign, as Java's Long.parseLong reads them; nothing else.
std::optional<std::int64_t> parse_whole_number(std::string_view text);

}  // namespace flow
