#pragma once

#include <string>
#include <string_view>

namespace flow::web {

/// ASCII letters in lower case, all else as it is.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);
/// Without blanks, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);
/// Removes what stands before `separator`, and it, and answers it trimmed.
std::string_view take_until(std::string_view& rest, char separator);

}  // namespace flow::web
