#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <map>

#include "flow/jolt/path.h"
#include "flow/jolt/transform.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

constexpr std::size_t kIndexMax = 1'000'000;  // arrays are made that long for it

enum class Kind { Literal, Or, Any };  // in the order in which they are applied

/// A key of the specification, with a value to put where there is none, or with keys below it.
struct Node {
  Kind kind = Kind::Literal;
  std::vector<std::string> names;
  std::vector<std::size_t> indexes;  // the names, below an array
  std::string raw;
  bool array = false;  // "name[]": what is made for it is an array
  std::optional<json::value> value;
  std::vector<Node> below;
  std::size_t length = 0;  // that an array has at least
};

base::Failure<base::Error> wrong(std::string_view what, std::string_view key) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("default: {}: '{}'", what, key));
}

/// Those with fewer names first.
bool is_narrower(const Node& a, const Node& b) {
  return a.names.size() != b.names.size() ? a.names.size() < b.names.size() : a.raw < b.raw;
}

base::Result<Node> compile_node(std::string_view key, const json::value& right, bool in_array) {
  Node node{.raw = std::string(key)};
  node.array = key.ends_with("[]");
  for (auto at = node.raw.find("[]"); node.array && at != std::string::npos; at = node.raw.find("[]"))
    node.raw.erase(at, 2);
  if (node.raw.find('*') != std::string::npos) {
    if (node.raw != "*") return wrong("a star stands alone", key);
    node.kind = Kind::Any;
  } else {
    node.names = alternatives(node.raw);
    node.kind = node.raw.find('|') != std::string::npos ? Kind::Or : Kind::Literal;
  }
  if (in_array)
    for (const auto& name : node.names) {
      const auto index = index_of(name);
      if (!index || *index > kIndexMax) return wrong("below an array are the numbers of its elements", key);
      node.indexes.push_back(*index);
    }
  const auto* below = right.if_object();
  if (below == nullptr) {
    node.value = right;
    return node;
  }
  std::map<Kind, std::vector<Node>> by_kind;
  for (const auto& [name, value] : *below) {
    TRY(auto child, compile_node(name, value, node.array));
    if (node.array && child.kind == Kind::Literal) node.length = std::max(node.length, child.indexes.front() + 1);
    by_kind[child.kind].push_back(std::move(child));
  }
  std::ranges::sort(by_kind[Kind::Or], is_narrower);
  for (auto& [kind, children] : by_kind) std::ranges::move(children, std::back_inserter(node.below));
  return node;
}

void apply_below(const Node& node, json::value& input);

void apply_at(const Node& node, json::value& place) {
  if (node.value) {
    if (place.is_null()) place = *node.value;
    return;
  }
  if (place.is_null()) place = node.array ? json::value(json::array()) : json::value(json::object());
  apply_below(node, place);
}

void apply_child(const Node& child, json::object& input) {
  switch (child.kind) {
    case Kind::Literal: return apply_at(child, input[child.names.front()]);
    case Kind::Any:
      for (auto& [key, value] : input) apply_at(child, value);
      return;
    case Kind::Or:
      for (auto& [key, value] : input)
        if (std::ranges::count(child.names, std::string_view(key)) > 0) apply_at(child, value);
      return;
  }
}

void apply_child(const Node& child, json::array& input) {
  if (child.kind == Kind::Any) {
    for (auto& element : input) apply_at(child, element);
    return;
  }
  for (const auto index : child.indexes)
    if (index < input.size()) apply_at(child, input[index]);
}

void apply_below(const Node& node, json::value& input) {
  auto* array = input.if_array();
  if (node.array && array != nullptr && array->size() < node.length) array->resize(node.length);
  for (const auto& child : node.below) {
    if (node.array && array != nullptr)
      apply_child(child, *array);
    else if (auto* object = input.if_object(); !node.array && object != nullptr)
      apply_child(child, *object);
  }
}

class Default final : public Transform {
 public:
  Default(Node object, std::optional<Node> array) : object_(std::move(object)), array_(std::move(array)) {}

  base::Result<json::value> apply(json::value input) const override {
    if (input.is_null()) input = json::object();
    if (input.is_array() && !array_)
      return base::fail(base::ErrorKind::InvalidValue, "default: the specification is not for an array");
    apply_below(input.is_array() ? *array_ : object_, input);
    return input;
  }

 private:
  const Node object_;
  const std::optional<Node> array_;  // none: its keys are no numbers
};

}  // namespace

base::Result<TransformPtr> compile_default(const json::value& spec) {
  if (!spec.is_object()) return base::fail(base::ErrorKind::InvalidValue, "default: the specification is an object");
  TRY(auto object, compile_node("root", spec, false));
  auto array = compile_node("root[]", spec, false);
  return std::make_unique<Default>(std::move(object), array ? std::optional(std::move(*array)) : std::nullopt);
}

}  // namespace flow::jolt
