#pragma once

#include <string>
#include <string_view>

namespace load {

bool valid_utf8(std::string_view text);
/// Each byte that starts no valid sequence becomes U+FFFD.
std::string repaired_utf8(std::string_view text);

}  // namespace load
