#pragma once

#include <string_view>

namespace server {

/// Whether two secrets are equal, in a time that does not tell where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace server
