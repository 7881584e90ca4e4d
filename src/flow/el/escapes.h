#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flow::el {

// As Apache Commons Text does it, which NiFi uses. What is no escape is left as it is.

/// All beyond ASCII as \uXXXX, and "/" as "\/".
std::string escape_json(std::string_view text);
std::string unescape_json(std::string_view text);
/// The five signs; control characters that XML 1.0 has not are dropped.
std::string escape_xml(std::string_view text);
std::string unescape_xml(std::string_view text);
/// HTML 3 knows the names of ISO 8859-1, HTML 4 those of all its 252; an apostrophe stays.
std::string escape_html3(std::string_view text);
std::string escape_html4(std::string_view text);
std::string unescape_html3(std::string_view text);
std::string unescape_html4(std::string_view text);
/// Quotes around a text with a comma, a quote or a line end in it.
std::string escape_csv(std::string_view text);
std::string unescape_csv(std::string_view text);

/// A number of hexadecimal digits and nothing else.
std::optional<std::uint32_t> hex_value(std::string_view digits);

}  // namespace flow::el
