#include "flow/processors/json_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "flow/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

std::uint64_t longest_text(const json::value& value) {
  std::uint64_t longest = 0;
  if (const auto* text = value.if_string()) longest = text->size();
  if (const auto* array = value.if_array())
    for (const auto& element : *array) longest = std::max(longest, longest_text(element));
  if (const auto* object = value.if_object())
    for (const auto& [name, member] : *object) longest = std::max(longest, longest_text(member));
  return longest;
}

}  // namespace

base::Result<json::value> read_json(Session& session, const FlowFile& file, std::uint64_t text_max) {
  JsonParser parser;
  auto reader = session.read(file);
  for (;;) {
    TRY(const auto bytes, reader.next());
    if (bytes.empty()) break;
    TRY_VOID(parser.write(bytes));
  }
  TRY(auto document, parser.finish());
  if (const auto longest = longest_text(document); longest > text_max)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("a text in the JSON is longer than 'Max String Length': {} bytes", longest));
  return document;
}

std::string json_result_text(const json::value& value, const std::string& null_text) {
  if (value.is_null()) return null_text;
  if (const auto* text = value.if_string()) return std::string(std::string_view(*text));
  return json_text(value);
}

std::string null_text_of(std::string_view representation) {
  return representation == "the string 'null'" ? "null" : std::string{};
}

}  // namespace flow
