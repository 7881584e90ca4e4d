#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/record/value.h"

namespace flow::record {

struct JsonRules {
  bool comments = false;  // /* */ and //
  std::size_t string_bytes_max = std::size_t{20} << 20;
};

/// One JSON value at the beginning of `text`: objects are maps, whole numbers Int, Long or BigInt, others Double.
/// Texts without escapes are views of `text`. Of a key that comes twice the last value counts. Sets `end` to what
/// follows it. Errors: Syntax with the offset; Unavailable: the text ends in the middle of the value.
base::Result<Value> parse_json(std::string_view text, std::size_t& end, Arena& arena, const JsonRules& rules = {});
/// The whole text is one value.
base::Result<Value> parse_json(std::string_view text, Arena& arena);
std::size_t skip_blanks(std::string_view text, std::size_t at, const JsonRules& rules);

/// With its quotes. Jackson writes characters beyond the 16-bit ones as two escapes, unless they stand in a text that
/// it copies: `escape_pairs`.
void append_json_text(std::string& out, std::string_view text, bool escape_pairs = false);
/// The same JSON with those escapes.
std::string with_escaped_pairs(std::string_view json);
struct JsonStyle {
  bool pretty = false;
  bool scientific = true;  // numbers may have exponents
  bool escape_pairs = false;
};
/// Without a schema: times as texts of milliseconds.
void append_json(std::string& out, const Value& value, const JsonStyle& style, int depth = 0);
void append_json_number(std::string& out, const Value& value, bool scientific);

}  // namespace flow::record
