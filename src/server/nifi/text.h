#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace server::nifi {

std::string new_uuid();
/// The same text, the same UUID: an id for what has only a name.
std::string uuid_of(std::string_view text);
/// "0 bytes", "1.21 KB"
std::string format_size(std::uint64_t bytes);
/// "1,234"
std::string format_count(std::uint64_t count);
/// "1,234 (1.21 KB)"
std::string format_amount(std::uint64_t count, std::uint64_t bytes);

}  // namespace server::nifi
