#include "flow/jolt/path.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>

#include "base/overloaded.h"
#include "flow/jolt/foreign.h"
#include "flow/jolt/functions.h"
#include "flow/json_text.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

base::Failure<base::Error> leads_nowhere() {
  return base::fail(base::ErrorKind::InvalidValue,
                    "a reference of the specification leads above the input, or to a star "
                    "that the key does not have");
}

base::Result<Matched*> step_up(const Walk& walk, std::size_t up) {
  if (up >= walk.size()) return leads_nowhere();
  return walk[walk.size() - 1 - up].matched.get();
}

base::Result<std::string> text_of(const Reference& reference, const Walk& walk) {
  TRY(const auto* matched, step_up(walk, reference.up));
  if (reference.group == 0) return matched->key;
  if (reference.group > matched->groups.size()) return leads_nowhere();
  return matched->groups[reference.group - 1];
}

base::Result<std::string> text_of(const Amp& amp, const Walk& walk) {
  std::string text;
  for (const auto& token : amp.tokens) {
    if (const auto* plain = std::get_if<std::string>(&token)) {
      text += *plain;
      continue;
    }
    TRY(const auto part, text_of(std::get<Reference>(token), walk));
    text += part;
  }
  return text;
}

using MaybeText = base::Result<std::optional<std::string>>;

/// As a part of a path: numbers without their fraction; nothing for what is no scalar.
MaybeText text_of(const Transpose& transpose, const Walk& walk) {
  TRY(const auto value, read(transpose, walk));
  if (!value) return std::nullopt;
  if (const auto* text = plain_string(*value)) return std::string(std::string_view(*text));
  if (const auto* truth = value->if_bool()) return *truth ? "true" : "false";
  const auto number = to_number(*value);
  if (!number) return std::nullopt;
  if (const auto* whole = number->if_int64()) return std::to_string(static_cast<std::int32_t>(*whole));
  if (const auto* real = number->if_double())
    return std::to_string(
        static_cast<std::int32_t>(std::clamp(*real, static_cast<double>(std::numeric_limits<std::int32_t>::min()),
                                             static_cast<double>(std::numeric_limits<std::int32_t>::max()))));
  return std::nullopt;
}

MaybeText only_index(std::optional<std::string> text) {
  if (text && !index_of(*text)) return std::nullopt;
  return text;
}

MaybeText text_of(const Index& index, const Walk& walk) {
  return std::visit(base::Overloaded{
                        [](const Append&) -> MaybeText { return "[]"; },
                        [](std::size_t number) -> MaybeText { return std::to_string(number); },
                        [&](const Reference& reference) -> MaybeText {
                          TRY(auto text, text_of(reference, walk));
                          return only_index(std::move(text));
                        },
                        [&](const Count& count) -> MaybeText {
                          TRY(const auto* matched, step_up(walk, count.up));
                          return std::to_string(matched->children);
                        },
                        [&](const Transpose& transpose) -> MaybeText {
                          TRY(auto text, text_of(transpose, walk));
                          return only_index(std::move(text));
                        },
                    },
                    index.of);
}

MaybeText text_of(const Key& key, const Walk& walk) {
  const auto some = [](base::Result<std::string> text) -> MaybeText {
    if (!text) return std::move(text).failure();
    return std::move(*text);
  };
  return std::visit(base::Overloaded{
                        [](const Literal& literal) -> MaybeText { return literal.text; },
                        [&](const Amp& amp) { return some(text_of(amp, walk)); },
                        [&](const Dollar& dollar) { return some(text_of(dollar.reference, walk)); },
                        [&](const Transpose& transpose) { return text_of(transpose, walk); },
                        [&](const Index& index) { return text_of(index, walk); },
                        [](const At&) -> MaybeText { return std::nullopt; },
                        [](const Star&) -> MaybeText { return std::nullopt; },
                        [](const Hash&) -> MaybeText { return std::nullopt; },
                    },
                    key.node);
}

MatchedPtr plain_match(std::string text) { return std::make_shared<Matched>(Matched{.key = std::move(text)}); }

/// The rest of the parts, whose first star begins at `at`.
bool match_rest(const std::vector<std::string>& parts, std::size_t part, std::string_view text, std::size_t at,
                std::vector<std::string>& groups) {
  const auto& next = parts[part];
  const bool last = part + 1 == parts.size();
  for (auto begin = at + 1;; ++begin) {
    begin = last && begin + next.size() <= text.size() ? text.size() - next.size() : text.find(next, begin);
    if (begin == std::string_view::npos || begin + next.size() > text.size() || begin <= at) return false;
    if (last && text.substr(begin) != next) return false;
    groups.emplace_back(text.substr(at, begin - at));
    if (last || match_rest(parts, part + 1, text, begin + next.size(), groups)) return true;
    groups.pop_back();
  }
}

bool is_append(const Key& key) {
  const auto* index = std::get_if<Index>(&key.node);
  return index != nullptr && std::holds_alternative<Append>(index->of);
}

json::value container_for(const Key& key) {
  return std::holds_alternative<Index>(key.node) ? json::value(json::array()) : json::value(json::object());
}

/// The place of the key in what is there, made when it is missing; null: what is there is of another kind.
json::value* place_of(json::value& tree, const Key& key, const std::string& text) {
  if (!std::holds_alternative<Index>(key.node)) return tree.is_object() ? &tree.get_object()[text] : nullptr;
  if (!tree.is_array()) return nullptr;
  auto& array = tree.get_array();
  if (is_append(key)) return &array.emplace_back(nullptr);
  const auto index = index_of(text).value_or(0);
  if (index >= array.size()) array.resize(index + 1);
  return &array[index];
}

/// What the keys lead to; null: nothing.
const json::value* find(const json::value& tree, const Path& path, const std::vector<std::string>& keys) {
  const auto* at = &tree;
  for (std::size_t i = 0; i < keys.size() && at != nullptr; ++i) {
    if (!std::holds_alternative<Index>(path.keys[i].node)) {
      at = at->is_object() ? at->get_object().if_contains(keys[i]) : nullptr;
      continue;
    }
    const auto index = is_append(path.keys[i]) ? std::nullopt : index_of(keys[i]);
    at = at->is_array() && index && *index < at->get_array().size() ? &at->get_array()[*index] : nullptr;
  }
  return at;
}

}  // namespace

std::optional<std::size_t> index_of(std::string_view key) {
  if (key.starts_with('+')) key.remove_prefix(1);
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
  if (key.empty() || error != std::errc{} || end != key.data() + key.size() || value < 0) return std::nullopt;
  return static_cast<std::size_t>(value);
}

std::optional<std::vector<std::string>> match_star(const Star& star, std::string_view text) {
  if (!text.starts_with(star.parts.front())) return std::nullopt;
  std::vector<std::string> groups;
  if (!match_rest(star.parts, 1, text, star.parts.front().size(), groups)) return std::nullopt;
  return groups;
}

base::Result<MatchedPtr> match(const Key& key, std::string_view input, const Walk& walk) {
  using Found = base::Result<MatchedPtr>;
  return std::visit(
      base::Overloaded{
          [&](const Literal& literal) -> Found { return literal.text == input ? plain_match(literal.text) : nullptr; },
          [&](const At&) -> Found { return walk.back().matched; },
          [&](const Transpose&) -> Found { return walk.back().matched; },
          [&](const Star& star) -> Found {
            if (key.is_any()) {
              auto matched = plain_match(std::string(input));
              matched->size = walk.back().matched->size;
              return matched;
            }
            auto groups = match_star(star, input);
            if (!groups) return nullptr;
            return std::make_shared<Matched>(Matched{.key = std::string(input), .groups = std::move(*groups)});
          },
          [&](const Amp& amp) -> Found {
            TRY(auto text, text_of(amp, walk));
            return text == input ? plain_match(std::move(text)) : nullptr;
          },
          [&](const Dollar& dollar) -> Found {
            TRY(auto text, text_of(dollar.reference, walk));
            return plain_match(std::move(text));
          },
          [&](const Hash& hash) -> Found { return plain_match(hash.text); },
          [&](const Index& index) -> Found {
            TRY(auto text, text_of(index, walk));
            const auto& size = walk.back().matched->size;
            if (text != input || !size) return nullptr;
            auto matched = plain_match(std::move(*text));
            matched->size = size;
            return matched;
          },
      },
      key.node);
}

base::Result<std::optional<std::vector<std::string>>> evaluate(const Path& path, const Walk& walk) {
  std::vector<std::string> keys;
  for (const auto& key : path.keys) {
    TRY(auto text, text_of(key, walk));
    if (!text) return std::nullopt;
    keys.push_back(std::move(*text));
  }
  return keys;
}

base::Result<std::optional<json::value>> read(const Transpose& transpose, const Walk& walk) {
  if (transpose.up >= walk.size()) return leads_nowhere();
  const auto* tree = walk[walk.size() - 1 - transpose.up].tree;
  if (transpose.path == nullptr) return tree == nullptr ? json::value{} : *tree;
  if (tree == nullptr) return std::nullopt;
  TRY(const auto keys, evaluate(*transpose.path, walk));
  if (!keys) return std::nullopt;
  const auto* found = find(*tree, *transpose.path, *keys);
  if (found == nullptr) return std::nullopt;
  return *found;
}

void write(json::value& tree, const Path& path, const std::vector<std::string>& keys, const json::value& data) {
  auto* at = &tree;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    at = place_of(*at, path.keys[i], keys[i]);
    if (at == nullptr) return;
    if (at->is_null()) *at = container_for(path.keys[i + 1]);
  }
  at = place_of(*at, path.keys.back(), keys.back());
  if (at == nullptr) return;
  if (at->is_null())
    *at = data;
  else if (auto* list = at->if_array())
    list->push_back(data);
  else
    *at = json::array{std::move(*at), data};
}

std::string java_text(const json::value& value) {
  if (const auto foreign = foreign_of(value)) return std::string(foreign->text);
  if (const auto* text = value.if_string()) return std::string(std::string_view(*text));
  std::string text;
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array) text += (text.empty() ? "" : ", ") + java_text(element);
    return "[" + text + "]";
  }
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object)
      text += (text.empty() ? "" : ", ") + std::string(name) + "=" + java_text(member);
    return "{" + text + "}";
  }
  return json_text(value);
}

}  // namespace flow::jolt
