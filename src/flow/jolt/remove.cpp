#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "flow/jolt/path.h"
#include "flow/jolt/transform.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

/// A key of the specification, which goes, or below which something goes.
struct Node {
  Star key;  // without a star: of one part
  bool any = false;
  std::vector<Node> below;
  bool leaf = true;

  bool matches(std::string_view text) const {
    return key.parts.size() == 1 ? key.parts.front() == text : any || match_star(key, text).has_value();
  }
  bool matches(std::size_t index) const {
    return any || (key.parts.size() == 1 && index_of(key.parts.front()) == index);
  }
};

base::Result<std::vector<Node>> compile_nodes(const json::object& spec) {
  std::vector<Node> nodes;
  for (const auto& [name, right] : spec)
    for (const auto& raw : alternatives(name)) {
      Node node{.any = raw == "*"};
      std::string_view rest = raw;
      for (auto at = rest.find('*'); at != std::string_view::npos; at = rest.find('*')) {
        node.key.parts.emplace_back(rest.substr(0, at));
        rest.remove_prefix(at + 1);
      }
      node.key.parts.emplace_back(rest);
      if (const auto* below = right.if_object()) {
        node.leaf = false;
        TRY(node.below, compile_nodes(*below));
      } else if (!right.is_string() || right.get_string().find_first_not_of(" \t\r\n") != json::string::npos) {
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("remove: on the right are \"\" or an object: '{}'", raw));
      }
      nodes.push_back(std::move(node));
    }
  return nodes;
}

void apply_nodes(const std::vector<Node>& nodes, json::value& input) {
  if (auto* array = input.if_array()) {
    std::set<std::size_t, std::greater<>> gone;
    for (const auto& node : nodes)
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (!node.matches(i)) continue;
        if (node.leaf)
          gone.insert(i);
        else
          apply_nodes(node.below, (*array)[i]);
      }
    for (const auto index : gone) array->erase(array->begin() + static_cast<std::ptrdiff_t>(index));
  } else if (auto* object = input.if_object()) {
    std::set<std::string> gone;
    for (const auto& node : nodes)
      for (auto& [key, value] : *object) {
        if (!node.matches(std::string_view(key))) continue;
        if (node.leaf)
          gone.emplace(key);
        else
          apply_nodes(node.below, value);
      }
    for (const auto& key : gone) object->stable_erase(object->find(key));
  }
}

class Remove final : public Transform {
 public:
  explicit Remove(std::vector<Node> nodes) : nodes_(std::move(nodes)) {}
  base::Result<json::value> apply(json::value input) const override {
    apply_nodes(nodes_, input);
    return input;
  }

 private:
  const std::vector<Node> nodes_;
};

}  // namespace

base::Result<TransformPtr> compile_remove(const json::value& spec) {
  if (!spec.is_object()) return base::fail(base::ErrorKind::InvalidValue, "remove: the specification is an object");
  TRY(auto nodes, compile_nodes(spec.get_object()));
  return std::make_unique<Remove>(std::move(nodes));
}

}  // namespace flow::jolt
