#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flow {

/// Reads one JSON document piece by piece. Numbers are exact: a double is the one nearest to its digits (Boost's own
/// parser may miss it by the last bit, and 8.95 would be written back as 8.950000000000001).
/// Whole numbers beyond 64 bits become doubles.
class JsonParser {
 public:
  JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;
  ~JsonParser();

  /// Errors: InvalidValue with the place; the parser is of no use then.
  base::Status write(std::string_view piece);
  /// The document. Errors: InvalidValue when it is incomplete.
  base::Result<boost::json::value> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

base::Result<boost::json::value> parse_json(std::string_view text);

/// Compact, keys in their order, numbers as Java prints them: 10.0, 1.0E7.
std::string json_text(const boost::json::value& value);
void append_json_text(std::string& out, const boost::json::value& value);
/// A text as a JSON string with its quotes; characters beyond ASCII stay as they are.
void append_json_string(std::string& out, std::string_view text);

/// The shortest digits that read back, in the layout of Java's Double.toString: 1.0, 0.001, 1.0E7, NaN.
std::string java_double(double value);

}  // namespace flow
