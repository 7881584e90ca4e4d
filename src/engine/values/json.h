#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

struct JsonMember;

/// A parsed VARIANT. Its text form is canonical: compact, keys sorted, so equal values have equal bytes.
struct JsonValue {
  enum class Kind { Null, Undefined, Boolean, Number, String, Array, Object };
  Kind kind = Kind::Null;
  std::string text;  // of a number as written; of a string decoded; true or false
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;  // sorted by key

  const JsonValue* find(std::string_view key) const;
};
struct JsonMember {
  std::string first;
  JsonValue second;
};

/// Reads leniently as PARSE_JSON does: trailing commas, unquoted keys, comments, NaN, words of any case. `problem` gets
/// the message.
std::optional<JsonValue> parse_json(std::string_view text, std::string& problem);
std::string canonical(const JsonValue& value);
void append_json_string(std::string& out, std::string_view text);

}  // namespace engine
