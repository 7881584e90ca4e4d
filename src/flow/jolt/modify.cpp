#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/overloaded.h"
#include "flow/el/value.h"
#include "flow/jolt/functions.h"
#include "flow/jolt/path.h"
#include "flow/jolt/transform.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

/// An argument of a function, or what stands alone on the right side.
struct Nothing {};  // of the caller's context, which there is none of
using Argument = std::variant<json::value, Transpose, Nothing>;

/// "=name(a,b)", or an argument.
struct Choice {
  std::string function;  // empty: the argument as it is
  bool has_arguments = false;
  std::vector<Argument> arguments;
};

/// What the keys below a key make of it, when it is not there.
enum class Shape { Unknown, Object, Array };

struct Node {
  Key key;
  Mode mode = Mode::Overwrite;
  bool only_present = false;    // "key?"
  std::vector<Choice> choices;  // of a leaf: the first that answers counts
  std::vector<Node> literal;
  std::vector<Node> computed;
  Shape shape = Shape::Unknown;
  std::size_t length = 0;  // of an array, at least

  bool leaf() const { return literal.empty() && computed.empty(); }
};

base::Failure<base::Error> wrong(std::string_view what, std::string_view key) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("modify: {}: '{}'", what, key));
}

base::Result<Argument> parse_argument(std::string_view text, bool of_function) {
  if (text.starts_with('^')) return Nothing{};
  if (text.starts_with('@')) {
    TRY(const auto path, parse_path(text));
    const auto* transpose = path.keys.empty() ? nullptr : std::get_if<Transpose>(&path.keys.back().node);
    if (transpose == nullptr) return wrong("not a path with @", text);
    return *transpose;
  }
  if (!of_function) return json::value(text);
  if (text.empty()) return json::value{};
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    return json::value(text.substr(1, text.size() - 2));
  const auto folded = el::folded(text);
  if (folded == "true" || folded == "false") return json::value(folded == "true");
  auto number = to_number(json::value(text));
  return number ? std::move(*number) : json::value(text);
}

/// What is between the brackets, cut at commas outside of quotes and inner brackets.
std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> parts(1);
  bool quoted = false, inner = false;
  for (const char c : text) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c == '(' || c == ')')) inner = c == '(';
    if (c == ',' && !quoted && !inner)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (auto& part : parts) part = std::string(el::trimmed(part));
  return parts;
}

base::Result<Choice> parse_choice(const json::value& right) {
  Choice choice;
  const auto* string = right.if_string();
  if (string == nullptr) {
    choice.arguments.emplace_back(right);
    return choice;
  }
  std::string_view text(*string);
  if (!text.starts_with('=')) {
    TRY(auto argument, parse_argument(text, false));
    choice.arguments.push_back(std::move(argument));
    return choice;
  }
  text.remove_prefix(1);
  const auto bracket = text.find('(');
  choice.function = text.substr(0, bracket);
  if (bracket == std::string_view::npos) return choice;
  choice.has_arguments = true;
  for (const auto& part : split_arguments(text.substr(bracket + 1, text.size() - bracket - 2))) {
    TRY(auto argument, parse_argument(part, true));
    choice.arguments.push_back(std::move(argument));
  }
  return choice;
}

base::Status parse_left(Node& node, std::string_view raw, Mode mode) {
  const auto whole = raw;
  if (raw.empty()) return wrong("a key is empty", raw);
  node.mode = mode;
  const bool has_mode = raw.front() == '+' || raw.front() == '~' || raw.front() == '_';
  if (has_mode) {
    node.mode = raw.front() == '+' ? Mode::Overwrite : raw.front() == '~' ? Mode::Default : Mode::Define;
    raw.remove_prefix(1);
  }
  if (whole.size() > 1 && raw.ends_with('?') && !raw.ends_with("\\?")) {
    node.only_present = true;
    raw.remove_suffix(1);
  }
  TRY(node.key, parse_key(raw));
  const auto* index = std::get_if<Index>(&node.key.node);
  const bool number = index != nullptr && std::holds_alternative<std::size_t>(index->of);
  if (!node.key.is_star() && !std::holds_alternative<Literal>(node.key.node) && !number)
    return wrong("keys are texts, stars and elements like [0]", whole);
  return {};
}

base::Result<Node> compile_node(std::string_view raw, const json::value& right, Mode mode);

base::Status compile_children(Node& node, const json::object& below, Mode mode) {
  bool objects = false, arrays = false;
  std::set<std::string> seen;
  for (const auto& [name, right] : below)
    for (const auto& raw : alternatives(name)) {
      TRY(auto child, compile_node(raw, right, mode));
      if (!seen.insert(child.key.canonical).second) return wrong("a key is there twice", raw);
      const auto* index = std::get_if<Index>(&child.key.node);
      arrays |= index != nullptr;
      objects |= index == nullptr && !child.key.is_any();
      if (index != nullptr && !child.only_present)
        node.length = std::max(node.length, std::get<std::size_t>(index->of) + 1);
      (child.key.is_star() ? node.computed : node.literal).push_back(std::move(child));
    }
  if (objects && arrays) return wrong("elements of an array and members of an object below one key", node.key.raw);
  node.shape = arrays ? Shape::Array : objects ? Shape::Object : Shape::Unknown;
  std::ranges::sort(node.computed, tried_before, &Node::key);
  return {};
}

base::Result<Node> compile_node(std::string_view raw, const json::value& right, Mode mode) {
  Node node;
  TRY_VOID(parse_left(node, raw, mode));
  const auto* below = right.if_object();
  const auto* list = right.if_array();
  if (below != nullptr && !below->empty()) {
    TRY_VOID(compile_children(node, *below, mode));
  } else if (list != nullptr && !list->empty()) {
    for (const auto& each : *list) {
      TRY(auto choice, parse_choice(each));
      node.choices.push_back(std::move(choice));
    }
  } else {
    TRY(auto choice, parse_choice(right));
    node.choices.push_back(std::move(choice));
  }
  return node;
}

/// Nothing: the choice has no answer here; what cannot be read is not there.
Answer answer_of(const Choice& choice, const json::value* input, const Walk& walk) {
  const auto value_of = [&](const Argument& argument) -> Answer {
    return std::visit(base::Overloaded{
                          [](const json::value& value) -> Answer { return value; },
                          [&](const Transpose& transpose) -> Answer {
                            auto value = read(transpose, walk);
                            return value ? std::move(*value) : Answer{};
                          },
                          [](const Nothing&) -> Answer { return std::nullopt; },
                      },
                      argument);
  };
  const auto function = choice.function.empty() ? nullptr : find_function(choice.function);
  // As Jolt does with functions that it does not know: the first argument is the answer.
  if (function == nullptr) return choice.arguments.empty() ? Answer{} : value_of(choice.arguments.front());
  Arguments arguments;
  if (!choice.has_arguments) {
    if (input != nullptr) arguments.push_back(*input);
  } else if (choice.arguments.size() == 1) {
    if (auto only = value_of(choice.arguments.front())) arguments.push_back(std::move(*only));
  } else {
    for (const auto& argument : choice.arguments) arguments.push_back(value_of(argument).value_or(json::value{}));
  }
  return function(arguments);
}

class Modify final : public Transform {
 public:
  explicit Modify(Node root) : root_(std::move(root)) {}

  base::Result<json::value> apply(json::value input) const override {
    Walk walk{{&input, std::make_shared<Matched>(Matched{.key = "root"})}};
    TRY_VOID(apply_node(root_, "root", &input, walk));
    return input;
  }

 private:
  /// `input`: null when the key is not there. False: the key does not match.
  base::Result<bool> apply_node(const Node& node, const std::string& key, json::value* input, Walk& walk) const {
    TRY(auto matched, match(node.key, key, walk));
    if (matched == nullptr) return false;
    if (node.only_present && input == nullptr) return true;
    if (node.leaf()) {
      TRY_VOID(apply_leaf(node, std::move(matched), input, walk));
    } else {
      TRY_VOID(apply_below(node, std::move(matched), input, walk));
    }
    return true;
  }

  static bool may_write(Mode mode, const json::value* there) {
    switch (mode) {
      case Mode::Overwrite: return true;
      case Mode::Default: return there == nullptr || there->is_null();
      case Mode::Define: return there == nullptr;
    }
    return false;
  }

  /// The place of the matched key in its parent, made when it is not there; null: it must not be written to.
  static json::value* place_of(const Node& node, const Matched& matched, json::value* parent) {
    if (auto* object = parent == nullptr ? nullptr : parent->if_object())
      return may_write(node.mode, object->if_contains(matched.key)) ? &(*object)[matched.key] : nullptr;
    auto* array = parent == nullptr ? nullptr : parent->if_array();
    const auto index = index_of(matched.key);
    if (array == nullptr || !matched.size || !index || *index >= array->size()) return nullptr;
    // Elements that were added to make the array long enough were not there.
    auto& element = (*array)[*index];
    const bool was_there = *index < *matched.size || !element.is_null();
    return may_write(node.mode, was_there ? &element : nullptr) ? &element : nullptr;
  }

  static base::Status apply_leaf(const Node& node, MatchedPtr matched, json::value* input, Walk& walk) {
    auto* parent = walk.back().tree;
    walk.push_back({input, matched});
    Answer answer;
    for (auto choice = node.choices.begin(); !answer && choice != node.choices.end(); ++choice)
      answer = answer_of(*choice, input, walk);
    walk.pop_back();
    if (!answer) return {};
    const bool has_keys = parent != nullptr && (parent->is_object() || (parent->is_array() && matched->size));
    if (!has_keys) return wrong("what is there has no such key", matched->key);
    if (auto* place = place_of(node, *matched, parent)) *place = std::move(*answer);
    return {};
  }

  base::Status apply_below(const Node& node, MatchedPtr matched, json::value* input, Walk& walk) const {
    const bool empty = input == nullptr || input->is_null();
    switch (node.shape) {
      case Shape::Unknown:
        if (empty) return {};
        break;
      case Shape::Object:
        if (!empty && !input->is_object()) return {};
        break;
      case Shape::Array:
        if (!empty && !input->is_array()) return {};
        break;
    }
    if (empty) {
      input = place_of(node, *matched, walk.back().tree);
      if (input == nullptr) return {};
      *input = node.shape == Shape::Array ? json::value(json::array()) : json::value(json::object());
    }
    matched = std::make_shared<Matched>(*matched);
    matched->size.reset();
    if (auto* array = input->if_array()) {
      matched->size = array->size();
      if (array->size() < node.length) array->resize(node.length);
    }
    walk.push_back({input, std::move(matched)});
    TRY_VOID(go_through(node, *input, walk));
    walk.pop_back();
    return {};
  }

  base::Status go_through(const Node& node, json::value& input, Walk& walk) const {
    // Where elements may be defined that are not there, each key is looked at once.
    const bool conflict = node.mode == Mode::Define && node.shape == Shape::Array && !node.computed.empty();
    if (!conflict)
      for (const auto& child : node.literal) TRY_VOID(apply_literal(child, input, walk));
    if (node.computed.empty()) return {};
    const auto visit = [&](const std::string& key, json::value* value) -> base::Status {
      if (conflict)
        for (const auto& child : node.literal)
          if (name_of(child) == key) {
            TRY_VOID(apply_node(child, key, value, walk));
            return {};
          }
      for (const auto& child : node.computed) {
        TRY(const bool applied, apply_node(child, key, value, walk));
        if (applied) break;
      }
      return {};
    };
    if (auto* object = input.if_object()) {
      std::vector<std::string> keys;
      for (const auto& [key, value] : *object) keys.emplace_back(key);
      for (const auto& key : keys) TRY_VOID(visit(key, &object->at(key)));
    } else if (auto* array = input.if_array()) {
      const auto size = walk.back().matched->size.value_or(array->size());
      for (std::size_t i = 0; i < array->size(); ++i)
        TRY_VOID(visit(std::to_string(i), i >= size && (*array)[i].is_null() ? nullptr : &(*array)[i]));
    } else if (!input.is_null()) {
      TRY_VOID(visit(java_text(input), nullptr));
    }
    return {};
  }

  static std::string name_of(const Node& node) {
    const auto* index = std::get_if<Index>(&node.key.node);
    return index != nullptr ? std::to_string(std::get<std::size_t>(index->of)) : node.key.raw;
  }

  base::Status apply_literal(const Node& child, json::value& input, Walk& walk) const {
    const auto name = name_of(child);
    json::value* value = nullptr;
    if (auto* object = input.if_object()) {
      value = object->if_contains(name);
    } else if (auto* array = input.if_array()) {
      const auto index = index_of(name);
      const auto size = walk.back().matched->size.value_or(array->size());
      if (index && *index < array->size() && (*index < size || !(*array)[*index].is_null())) value = &(*array)[*index];
    } else if (java_text(input) != name) {
      return {};
    }
    TRY_VOID(apply_node(child, name, value, walk));
    return {};
  }

  const Node root_;
};

}  // namespace

base::Result<TransformPtr> compile_modify(const json::value& spec, Mode mode) {
  if (!spec.is_object()) return base::fail(base::ErrorKind::InvalidValue, "modify: the specification is an object");
  TRY(auto root, compile_node("root", spec, mode));
  return std::make_unique<Modify>(std::move(root));
}

}  // namespace flow::jolt
