#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "flow/jolt/path.h"
#include "flow/jolt/transform.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

/// A key of the specification: with paths to write to, or with keys below it.
struct Node {
  Key key;
  bool leaf = true;
  std::vector<Path> paths;
  std::vector<Node> special;   // that the input does not decide about: @, $, #
  std::vector<Node> literal;   // that are tried first
  std::vector<Node> computed;  // with stars and references, in the order in which they are tried
  bool conflict = false;       // a literal key could be taken by one with a star: the input is gone through key by key
};

bool is_special(const Key& key) {
  return std::holds_alternative<At>(key.node) || std::holds_alternative<Transpose>(key.node) ||
         std::holds_alternative<Hash>(key.node) || std::holds_alternative<Dollar>(key.node);
}

base::Failure<base::Error> wrong(std::string_view what, std::string_view key) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("shift: {}: '{}'", what, key));
}

base::Result<Node> compile_node(std::string_view raw, const json::value& right);

bool has_conflict(const Node& node) {
  for (const auto& computed : node.computed) {
    const auto* star = std::get_if<Star>(&computed.key.node);
    if (star == nullptr) return true;
    for (const auto& literal : node.literal)
      if (computed.key.is_any() || match_star(*star, literal.key.raw)) return true;
  }
  return false;
}

base::Status compile_children(Node& node, const json::object& below) {
  if (below.empty()) return wrong("nothing is below the key", node.key.raw);
  std::set<std::string> seen;
  for (const auto& [name, right] : below)
    for (const auto& raw : alternatives(name)) {
      TRY(auto child, compile_node(raw, right));
      if (!seen.insert(child.key.canonical).second) return wrong("a key is there twice", raw);
      auto& group = is_special(child.key)                             ? node.special
                    : std::holds_alternative<Literal>(child.key.node) ? node.literal
                                                                      : node.computed;
      group.push_back(std::move(child));
    }
  std::ranges::sort(node.computed, tried_before, &Node::key);
  node.conflict = !node.literal.empty() && has_conflict(node);
  return {};
}

base::Result<Node> compile_node(std::string_view raw, const json::value& right) {
  Node node;
  TRY(node.key, parse_key(raw));
  const auto add = [&](const json::value& path) -> base::Status {
    if (!path.is_string()) return wrong("on the right are an object, a path, or a list of paths", raw);
    TRY(auto parsed, parse_output_path(std::string_view(path.get_string())));
    node.paths.push_back(std::move(parsed));
    return {};
  };
  if (const auto* below = right.if_object()) {
    node.leaf = false;
    if (std::holds_alternative<At>(node.key.node) || std::holds_alternative<Dollar>(node.key.node))
      return wrong("@ and $ have nothing below them", raw);
    TRY_VOID(compile_children(node, *below));
  } else if (const auto* list = right.if_array()) {
    for (const auto& path : *list) TRY_VOID(add(path));
  } else if (!right.is_null()) {
    TRY_VOID(add(right));
  }
  return node;
}

class Shift final : public Transform {
 public:
  explicit Shift(Node root) : root_(std::move(root)) {}

  base::Result<json::value> apply(json::value input) const override {
    json::value output = json::object();
    Walk walk{{&input, std::make_shared<Matched>(Matched{.key = "root"})}};
    TRY_VOID(apply_node(root_, "root", &input, walk, output));
    if (auto* root = output.get_object().if_contains("root")) return std::move(*root);
    return json::value{};
  }

 private:
  using Applied = base::Result<bool>;  // false: the key does not match

  Applied apply_node(const Node& node, const std::string& key, json::value* input, Walk& walk,
                     json::value& output) const {
    TRY(auto matched, match(node.key, key, walk));
    if (matched == nullptr) return false;
    std::optional<json::value> data;
    if (const auto* transpose = std::get_if<Transpose>(&node.key.node)) {
      TRY(data, read(*transpose, walk));
      if (!data) return false;
    }
    if (node.leaf) return apply_leaf(node, std::move(matched), input, std::move(data), walk, output);
    auto* below = data ? &*data : input;
    walk.push_back({below, std::move(matched)});
    for (const auto& special : node.special) TRY_VOID(apply_node(special, key, below, walk, output));
    if (below != nullptr) TRY_VOID(go_through(node, *below, walk, output));
    walk.pop_back();
    ++walk.back().matched->children;
    return true;
  }

  static Applied apply_leaf(const Node& node, MatchedPtr matched, json::value* input, std::optional<json::value> data,
                            Walk& walk, json::value& output) {
    const auto& kind = node.key.node;
    if (std::holds_alternative<Dollar>(kind) || std::holds_alternative<Hash>(kind)) data = json::value(matched->key);
    const bool real = !is_special(node.key);  // nothing else may match the key
    if (!data) data = input == nullptr ? json::value{} : *input;
    walk.push_back({input, std::move(matched)});
    for (const auto& path : node.paths) {
      TRY(const auto keys, evaluate(path, walk));
      if (keys) write(output, path, *keys, *data);
    }
    walk.pop_back();
    if (real) ++walk.back().matched->children;
    return real;
  }

  base::Status go_through(const Node& node, json::value& input, Walk& walk, json::value& output) const {
    const auto one = [&](const Node& child, const std::string& key, json::value* value) {
      return apply_node(child, key, value, walk, output);
    };
    if (!node.conflict)
      for (const auto& child : node.literal) {
        const auto found = child_of(input, child.key.raw);
        if (found) TRY_VOID(one(child, child.key.raw, *found));
      }
    if (node.computed.empty() && !node.conflict) return {};
    const auto visit = [&](const std::string& key, json::value* value) -> base::Status {
      if (node.conflict)
        for (const auto& child : node.literal)
          if (child.key.raw == key) {
            TRY_VOID(one(child, key, value));
            return {};
          }
      for (const auto& child : node.computed) {
        TRY(const bool applied, one(child, key, value));
        if (applied) break;
      }
      return {};
    };
    if (auto* object = input.if_object()) {
      for (auto& [key, value] : *object) TRY_VOID(visit(std::string(key), &value));
    } else if (auto* array = input.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) TRY_VOID(visit(std::to_string(i), &(*array)[i]));
    } else if (!input.is_null()) {
      TRY_VOID(visit(java_text(input), nullptr));
    }
    return {};
  }

  /// The value of a literal key; a scalar has the key that it reads as, without a value.
  static std::optional<json::value*> child_of(json::value& input, const std::string& key) {
    if (auto* object = input.if_object()) {
      auto* found = object->if_contains(key);
      return found != nullptr ? std::optional(found) : std::nullopt;
    }
    if (auto* array = input.if_array()) {
      const auto index = index_of(key);
      return index && *index < array->size() ? std::optional(&(*array)[*index]) : std::nullopt;
    }
    return !input.is_null() && java_text(input) == key ? std::optional<json::value*>(nullptr) : std::nullopt;
  }

  const Node root_;
};

}  // namespace

base::Result<TransformPtr> compile_shift(const json::value& spec) {
  if (!spec.is_object()) return base::fail(base::ErrorKind::InvalidValue, "shift: the specification is an object");
  TRY(auto root, compile_node("root", spec));
  return std::make_unique<Shift>(std::move(root));
}

}  // namespace flow::jolt
