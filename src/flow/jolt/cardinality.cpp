#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "flow/jolt/path.h"
#include "flow/jolt/transform.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

enum class Count { One, Many };

struct Node {
  Key key;
  std::optional<Count> count;   // of a leaf
  std::optional<Count> itself;  // "@" below it: the value of the key itself
  std::vector<Node> literal;
  std::vector<Node> computed;
};

base::Failure<base::Error> wrong(std::string_view what, std::string_view key) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("cardinality: {}: '{}'", what, key));
}

/// Only @ and stars have a meaning here.
base::Result<Key> parse_plain_key(std::string_view raw) {
  if (raw == "@" || raw.find('*') != std::string_view::npos) return parse_key(raw);
  if (raw.find('@') != std::string::npos) return wrong("@ stands alone", raw);
  return Key{.node = Literal{std::string(raw)}, .raw = std::string(raw), .canonical = std::string(raw)};
}

base::Result<Count> parse_count(std::string_view raw, const json::value& right) {
  const auto* text = right.if_string();
  if (text != nullptr && *text == "ONE") return Count::One;
  if (text != nullptr && *text == "MANY") return Count::Many;
  return wrong("on the right are ONE, MANY or an object", raw);
}

base::Result<Node> compile_node(std::string_view raw, const json::value& right) {
  Node node;
  TRY(node.key, parse_plain_key(raw));
  const bool at = std::holds_alternative<At>(node.key.node);
  const auto* below = right.if_object();
  if (below == nullptr) {
    TRY(node.count, parse_count(raw, right));
    return node;
  }
  if (at) return wrong("@ has nothing below it", raw);
  if (below->empty()) return wrong("nothing is below the key", raw);
  for (const auto& [name, value] : *below) {
    TRY(auto child, compile_node(name, value));
    if (std::holds_alternative<At>(child.key.node))
      node.itself = child.count;
    else
      (child.key.is_star() ? node.computed : node.literal).push_back(std::move(child));
  }
  std::ranges::sort(node.computed, tried_before, &Node::key);
  return node;
}

/// Makes the value of the key one or many. A value that becomes a list goes to the end of its object.
base::Status adjust(json::object* parent, const std::string& key, Count count) {
  if (parent == nullptr) return wrong("only the members of objects can be made one or many", key);
  auto& value = parent->at(key);
  auto* list = value.if_array();
  if (count == Count::One) {
    if (list != nullptr) value = list->empty() ? json::value{} : json::value(std::move(list->front()));
    return {};
  }
  if (list != nullptr) return {};
  if (value.is_null()) {
    value = json::array();
    return {};
  }
  json::array many{std::move(value)};
  parent->stable_erase(parent->find(key));
  parent->emplace(key, std::move(many));
  return {};
}

base::Status go_through(const Node& node, json::value& input);

/// `parent`: of the key; null: it is of an array, or there is none.
base::Result<bool> apply_node(const Node& node, const std::string& key, json::value* input, json::object* parent) {
  const auto* star = std::get_if<Star>(&node.key.node);
  const bool matches = star == nullptr ? node.key.raw == key : node.key.is_any() || match_star(*star, key).has_value();
  if (!matches) return false;
  if (node.count) {
    TRY_VOID(adjust(parent, key, *node.count));
    return true;
  }
  if (node.itself) {
    const bool was_list = input != nullptr && input->is_array();
    TRY_VOID(adjust(parent, key, *node.itself));
    // What was one already is left alone, with all below it.
    if (*node.itself == Count::One && !was_list) return true;
    input = &parent->at(key);
  }
  if (input != nullptr) TRY_VOID(go_through(node, *input));
  return true;
}

base::Status apply_key(const Node& node, const std::string& key, json::value* input, json::object* parent) {
  for (const auto& child : node.literal)
    if (child.key.raw == key) {
      TRY_VOID(apply_node(child, key, input, parent));
      return {};
    }
  for (const auto& child : node.computed) {
    TRY(const bool applied, apply_node(child, key, input, parent));
    if (applied) break;
  }
  return {};
}

base::Status go_through(const Node& node, json::value& input) {
  if (auto* object = input.if_object()) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : *object) keys.emplace_back(key);
    for (const auto& key : keys) TRY_VOID(apply_key(node, key, &object->at(key), object));
  } else if (auto* array = input.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) TRY_VOID(apply_key(node, std::to_string(i), &(*array)[i], nullptr));
  } else if (!input.is_null()) {
    TRY_VOID(apply_key(node, java_text(input), nullptr, nullptr));
  }
  return {};
}

class Cardinality final : public Transform {
 public:
  explicit Cardinality(Node root) : root_(std::move(root)) {}
  base::Result<json::value> apply(json::value input) const override {
    TRY_VOID(apply_node(root_, "root", &input, nullptr));
    return input;
  }

 private:
  const Node root_;
};

}  // namespace

base::Result<TransformPtr> compile_cardinality(const json::value& spec) {
  if (!spec.is_object())
    return base::fail(base::ErrorKind::InvalidValue, "cardinality: the specification is an object");
  TRY(auto root, compile_node("root", spec));
  return std::make_unique<Cardinality>(std::move(root));
}

}  // namespace flow::jolt
