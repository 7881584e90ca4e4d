#pragma once

#include <string>
#include <string_view>

namespace server {

/// Appends a JSON string with its quotes; `text` must be UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Compact JSON as the public service shows it: two blanks a level, ": " behind names. Tokens stay as they are.
std::string indent_json(std::string_view compact);

}  // namespace server
