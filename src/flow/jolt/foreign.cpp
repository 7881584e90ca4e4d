#include "flow/jolt/foreign.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "flow/engine/quantity.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

constexpr std::string_view kMark =
    "\x01"
    "freshet:";
constexpr char kEndOfKey = '\x02';

}  // namespace

std::string marked(const Foreign& foreign, std::string_view key) {
  return fmt::format("{}{}{}{}{}", kMark, static_cast<char>(foreign.kind), key, kEndOfKey, foreign.text);
}

std::optional<Foreign> foreign_of(const json::value& value) {
  const auto* string = value.if_string();
  if (string == nullptr || !std::string_view(*string).starts_with(kMark)) return std::nullopt;
  const std::string_view rest = std::string_view(*string).substr(kMark.size());
  const auto end = rest.find(kEndOfKey);
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  return Foreign{static_cast<Foreign::Kind>(rest.front()), rest.substr(end + 1)};
}

bool is_foreign_long(const json::value& value) {
  const auto foreign = foreign_of(value);
  return foreign && foreign->kind == Foreign::Kind::Long;
}

json::value java_long(std::int64_t number) {
  if (number != static_cast<std::int32_t>(number)) return number;
  return json::value(marked({Foreign::Kind::Long, std::to_string(number)}, ""));
}

json::value without_longs(json::value value) {
  if (auto* list = value.if_array()) {
    for (auto& element : *list) element = without_longs(std::move(element));
  } else if (auto* object = value.if_object()) {
    for (auto& [name, member] : *object) member = without_longs(std::move(member));
  } else if (const auto foreign = foreign_of(value); foreign && foreign->kind == Foreign::Kind::Long) {
    return parse_whole_number(foreign->text).value_or(0);
  }
  return value;
}

const json::string* plain_string(const json::value& value) { return foreign_of(value) ? nullptr : value.if_string(); }

}  // namespace flow::jolt
