#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace flow {

/// JSON as YAML for people: blocks, as few quotes as can be, texts of several lines as such. parse_yaml reads the same
/// value back.
std::string yaml_text(const boost::json::value& value);

/// What an unquoted scalar of YAML means: null, a truth value, a number, or (nothing) the text that it is.
std::optional<boost::json::value> plain_scalar(std::string_view text);

}  // namespace flow
