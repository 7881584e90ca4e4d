#pragma once

#include <string>
#include <string_view>

namespace sql {

/// The value of what stands between the quotes of '..': \' \" \\ \b \f \n \r \t \0 \ooo \xhh \uhhhh and '' resolved;
/// any other escaped character stands for itself.
std::string unescape_string(std::string_view written);

}  // namespace sql
