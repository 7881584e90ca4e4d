#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/record/path.h"

namespace flow::record {

struct PathNode;
using PathPtr = std::unique_ptr<PathNode>;

struct PathRange {
  std::int64_t from, to;  // negative: from the end
};

enum class PathKind {
  Root,         // /
  Here,         // .
  Up,           // ..
  Child,        // /name
  Children,     // /*
  Descendant,   // //name
  Descendants,  // //*
  Items,        // [0, 2..3], [*]
  Keys,         // ['k'], [*]
  Filter,       // [./a = 1]
  Call,         // f(...)
  Literal,      // 'x', 1
  Compare       // ./a = 1
};

struct PathFunction;

struct PathNode {
  PathKind kind;
  PathPtr of;             // what the step starts at; null: the context
  std::string text = {};  // name, operator
  std::optional<std::int64_t> number = {};
  std::vector<PathRange> ranges = {};   // Items; empty: all
  std::vector<std::string> keys = {};   // Keys
  std::vector<PathPtr> arguments = {};  // Call, Compare; the condition of Filter
  const PathFunction* function = nullptr;
};

/// What is known while a path is evaluated.
struct PathScope {
  Row& record;
  Arena& arena;
};
using Selection = base::Result<std::vector<Selected>>;

struct PathFunction {
  std::string_view name;
  std::size_t least, most;  // arguments
  bool is_filter = false;   // true or false of its first argument
  /// Of a value function: from one value and the other arguments, each its first value as a text.
  base::Result<Value> (*apply)(const Selected& subject, const std::vector<std::optional<std::string>>& arguments,
                               PathScope& scope) = nullptr;
  /// Of a function that takes its arguments whole.
  Selection (*gather)(const PathNode& call, const Selected& context, PathScope& scope) = nullptr;
};
const PathFunction* find_path_function(std::string_view name);

Selection evaluate_path(const PathNode& node, const Selected& context, PathScope& scope);
base::Result<PathPtr> parse_path(std::string_view text);

Selected computed(std::string name, const Value& value);

}  // namespace flow::record
