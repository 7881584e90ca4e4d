#include "flow/format/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace flow {

namespace json = boost::json;

base::Result<json::value> parse_json(std::string_view text, std::string_view file) {
  json::parse_options options;
  options.max_depth = 200;  // groups nest, and each level is two of JSON
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  const auto read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (!error) return parser.release();
  const auto before = text.substr(0, read);
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto column = read - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  return base::fail(base::ErrorKind::Syntax,
                    fmt::format("{}: not valid JSON: {} (line {}, column {})", file, error.message(), line, column));
}

std::string number_text(const json::value& value) {
  const auto* number = value.if_double();
  if (number == nullptr) return json::serialize(value);
  auto text = fmt::format("{}", *number);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace flow
