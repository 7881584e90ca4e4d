#pragma once

#include <boost/json/value.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flow {

namespace json_path {
struct Path;
}

/// What a path selects: values of the document, which must outlive this, or values that a function made.
struct JsonSelection {
  std::vector<const boost::json::value*> values;
  std::deque<boost::json::value> made;  // some of `values` point here
};

/// A JSONPath in the dialect of Jayway's library, which NiFi uses: "$.a[0]", "$..b", "$['a','b']", "$.a[*]",
/// "$.a[-1]", "$.a[1:3]", "$.a[?(@.b > 1 && @.c =~ /x.*/i)]", "$.a.length()". Compiled once, immutable.
/// A text without "$" in front is taken as "$." and the text.
class JsonPath {
 public:
  /// Errors: InvalidValue with the place.
  static base::Result<JsonPath> compile(std::string_view text);
  JsonPath(JsonPath&&) noexcept;
  JsonPath& operator=(JsonPath&&) noexcept;
  ~JsonPath();

  /// Whether it can only give one value: no "..", "*", filter, slice or several indexes in it.
  bool is_definite() const;
  /// Of a definite path one value, of another any number, in the document's order; nothing is copied.
  /// Errors: NotFound when a definite path leads nowhere (also an indefinite one whose beginning does);
  /// InvalidValue when a function or filter cannot be applied to what it meets.
  base::Result<JsonSelection> select(const boost::json::value& document) const;
  /// The value of a definite path; an array of what another one selects. Errors: as select().
  base::Result<boost::json::value> read(const boost::json::value& document) const;

  /// Changes to every place that the path selects. Errors: NotFound when there is none, InvalidValue when the place
  /// does not allow it: add() wants arrays, put() objects (null is left alone), and the root stays.
  base::Status set(boost::json::value& document, const boost::json::value& value) const;
  base::Status add(boost::json::value& document, const boost::json::value& element) const;
  base::Status put(boost::json::value& document, std::string_view key, const boost::json::value& value) const;
  base::Status remove(boost::json::value& document) const;

 private:
  explicit JsonPath(std::unique_ptr<const json_path::Path> path);
  std::unique_ptr<const json_path::Path> path_;
};

}  // namespace flow
