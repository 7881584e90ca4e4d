#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "flow/el/pattern.h"
#include "flow/json_path.h"

namespace flow::json_path {

struct Properties {
  std::vector<std::string> names;
};
struct Indexes {
  std::vector<std::int64_t> indexes;  // negative: from the end
};
struct Slice {
  std::optional<std::int64_t> from, to;
};
struct Wildcard {};
/// "..": the step behind it is tried at every object and array below.
struct Scan {};

struct Condition;
struct Filter {
  std::unique_ptr<const Condition> condition;
};

enum class FunctionKind { Min, Max, Avg, Stddev, Sum, Length, Keys, Concat, Append, First, Last, Index };
struct Argument;
struct Function {
  FunctionKind kind;
  std::vector<Argument> arguments;
};

using Step = std::variant<Properties, Indexes, Slice, Wildcard, Scan, Filter, Function>;

struct Path {
  bool from_root = true;  // "$", not "@"
  std::vector<Step> steps;
};
bool is_definite(const Path& path);

struct Argument {
  std::variant<boost::json::value, Path> node;
};

using Operand = std::variant<boost::json::value, Path, el::Pattern>;

enum class Operator {
  Equal,
  NotEqual,
  SameTypeEqual,
  SameTypeNotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Matches,
  In,
  NotIn,
  SubsetOf,
  AnyOf,
  NoneOf,
  All,
  Contains,
  Size,
  Empty,
};
struct Comparison {
  Operand left;
  Operator op;
  Operand right;
};
struct Exists {
  Path path;
};
struct And {
  std::vector<Condition> parts;
};
struct Or {
  std::vector<Condition> parts;
};
struct Not {
  std::unique_ptr<const Condition> part;
};
struct Condition {
  std::variant<Comparison, Exists, And, Or, Not> node;
};

/// What a value is looked at in: filters and function arguments start at the root again.
struct Scope {
  const boost::json::value& root;
  const boost::json::value& item;
};

base::Result<std::unique_ptr<const Path>> parse(std::string_view text);
/// Whether a path from the item or the root meets the errors of JsonPath::select().
base::Result<JsonSelection> select(const Path& path, const Scope& scope);
/// One value, of an indefinite path the array of them; it may be made, then the selection owns it.
base::Result<const boost::json::value*> read(const Path& path, const Scope& scope, JsonSelection& selection);
base::Result<bool> holds(const Condition& condition, const Scope& scope);
base::Result<boost::json::value> call(const Function& function, const boost::json::value& subject,
                                      const boost::json::value& root);

}  // namespace flow::json_path
