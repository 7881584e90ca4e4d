#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Small questions about text that several documents ask. Not for other rooms.
namespace store::s3 {

/// ASCII letters in lower case, all else as it is.
std::string to_lower(std::string_view text);
/// Without spaces, tabs and line ends at both ends.
std::string_view trim(std::string_view text);
/// How many code points; none when the text is not UTF-8.
std::optional<std::size_t> code_points(std::string_view text);
/// The whole text as a decimal integer with an optional '-'.
std::optional<std::int64_t> to_integer(std::string_view text);

}  // namespace store::s3
