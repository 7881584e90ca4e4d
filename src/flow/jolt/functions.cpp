#include "flow/jolt/functions.h"

#include <algorithm>
#include <boost/json.hpp>

#include "flow/el/pattern.h"
#include "flow/el/value.h"
#include "flow/jolt/foreign.h"
#include "flow/jolt/numbers.h"
#include "flow/jolt/path.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

// How arguments become what a function works on: one list is its elements, one value is itself, several are a list.

using OfOne = Answer (*)(const json::value&);
using OfList = Answer (*)(const json::array&);

json::array list_of(const Arguments& arguments, std::size_t from = 0) {
  return json::array(arguments.begin() + static_cast<std::ptrdiff_t>(from), arguments.end());
}

Answer spread(const Arguments& arguments, const auto& of_one, const auto& of_list) {
  if (arguments.empty()) return std::nullopt;
  if (arguments.size() > 1) return of_list(list_of(arguments));
  const auto& only = arguments.front();
  if (const auto* list = only.if_array()) return list->empty() ? Answer{} : of_list(*list);
  return only.is_null() ? Answer{} : of_one(only);
}

/// Of one value, or of each of a list; elements that it has no answer to stay.
template <OfOne one>
Answer each(const Arguments& arguments) {
  return spread(arguments, one, [](const json::array& list) -> Answer {
    json::array answers;
    for (const auto& element : list) {
      auto answer = one(element);
      answers.push_back(answer ? std::move(*answer) : element);
    }
    return answers;
  });
}

template <OfList all>
Answer over_list(const Arguments& arguments) {
  return spread(arguments, [](const json::value&) { return Answer{}; }, all);
}

template <OfOne one, OfList all>
Answer either(const Arguments& arguments) {
  return spread(arguments, one, all);
}

/// Those whose first argument says how: they take a list of it and the others, too.
using Directed = Answer (*)(const json::value& how, const json::array& list);
template <Directed all>
Answer directed(const Arguments& given) {
  const auto* whole = given.size() == 1 ? given.front().if_array() : nullptr;
  const Arguments arguments = whole != nullptr ? Arguments(whole->begin(), whole->end()) : given;
  if (arguments.size() < 2) return std::nullopt;
  if (arguments.size() > 2) return all(arguments.front(), list_of(arguments, 1));
  const auto* list = arguments[1].if_array();
  return list != nullptr ? all(arguments.front(), *list) : Answer{};
}

// Texts.

template <el::Case wanted>
Answer with_case(const json::value& value) {
  const auto* text = plain_string(value);
  if (text == nullptr) return std::nullopt;
  return json::value(el::with_case(std::string(std::string_view(*text)), wanted));
}

Answer trim(const json::value& value) {
  const auto* text = plain_string(value);
  if (text == nullptr) return std::nullopt;
  return json::value(el::trimmed(std::string_view(*text)));
}

Answer concat(const json::array& list) {
  std::string text;
  for (const auto& part : list)
    if (!part.is_null()) text += java_text(part);
  return json::value(text);
}

Answer substring(const json::array& list) {
  if (list.size() != 3 || plain_string(list[0]) == nullptr || !list[1].is_int64() || !list[2].is_int64())
    return std::nullopt;
  const std::string_view text(list[0].get_string());
  const auto begin = list[1].get_int64(), end = list[2].get_int64();
  if (begin < 0 || begin >= end || end > static_cast<std::int64_t>(el::java_length(text))) return std::nullopt;
  const auto first = el::byte_of_unit(text, static_cast<std::size_t>(begin));
  return json::value(text.substr(first, el::byte_of_unit(text, static_cast<std::size_t>(end)) - first));
}

/// What is empty is left out; the separator in front of it is not.
Answer join(const json::value& how, const json::array& list) {
  if (plain_string(how) == nullptr) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto part = list[i].is_null() ? std::string() : java_text(list[i]);
    if (part.empty()) continue;
    text += part;
    if (i + 1 < list.size()) text += std::string_view(how.get_string());
  }
  return json::value(text);
}

Answer split_one(const el::Pattern& separator, const json::value& value) {
  const auto* text = plain_string(value);
  if (text == nullptr) return std::nullopt;
  const auto parts = separator.split(std::string_view(*text));
  if (!parts) return std::nullopt;
  json::array list;
  for (const auto& part : *parts) list.emplace_back(part);
  return list;
}

Answer split(const Arguments& given) {
  if (given.size() < 2 || plain_string(given[0]) == nullptr) return std::nullopt;
  const auto separator = el::Pattern::compile(std::string_view(given[0].get_string()));
  if (!separator) return std::nullopt;
  if (given.size() == 2 && !given[1].is_array()) return split_one(*separator, given[1]);
  json::array answers;
  for (const auto& element : given.size() == 2 ? given[1].get_array() : list_of(given, 1)) {
    auto parts = split_one(*separator, element);
    answers.push_back(parts ? std::move(*parts) : element);
  }
  return answers;
}

template <bool left>
Answer pad(const json::value& how, const json::array& list) {
  constexpr std::int64_t kWidthMax = 500;
  if (plain_string(how) == nullptr || list.size() < 2 || !list[0].is_int64() || plain_string(list[1]) == nullptr)
    return std::nullopt;
  const std::string_view text(how.get_string()), filler(list[1].get_string());
  const auto width = list[0].get_int64();
  if (width <= 0 || width > kWidthMax || el::java_length(filler) != 1) return std::nullopt;
  std::string padding;
  for (auto n = static_cast<std::int64_t>(el::java_length(text)); n < width; ++n) padding += filler;
  return json::value(left ? padding + std::string(text) : std::string(text) + padding);
}

// Lists.

Answer first_element(const json::array& list) { return list.empty() ? Answer{} : list.front(); }
Answer last_element(const json::array& list) { return list.empty() ? Answer{} : list.back(); }

Answer element_at(const json::value& how, const json::array& list) {
  if (!how.is_int64() || how.get_int64() < 0 || static_cast<std::uint64_t>(how.get_int64()) >= list.size())
    return std::nullopt;
  return list[static_cast<std::size_t>(how.get_int64())];
}

Answer whole_list(const json::array& list) { return list; }
Answer list_of_one(const json::value& value) { return json::array{value}; }
Answer itself(const json::value& value) { return value; }

Answer sort(const json::array& list) {
  const bool texts = std::ranges::all_of(list, [](const auto& value) { return plain_string(value) != nullptr; });
  const bool wholes =
      std::ranges::all_of(list, [](const auto& value) { return value.is_int64() || is_foreign_long(value); });
  const bool reals = std::ranges::all_of(list, &json::value::is_double);
  if (!texts && !wholes && !reals) return std::nullopt;
  auto sorted = list;
  std::ranges::sort(sorted, [&](const json::value& a, const json::value& b) {
    if (texts) return a.get_string() < b.get_string();
    return wholes ? to_number(a)->get_int64() < to_number(b)->get_int64() : a.get_double() < b.get_double();
  });
  return sorted;
}

Answer size(const Arguments& arguments) {
  if (arguments.empty()) return std::nullopt;
  if (arguments.size() > 1) return json::value(static_cast<std::int64_t>(arguments.size()));
  const auto& only = arguments.front();
  if (const auto* list = only.if_array()) return json::value(static_cast<std::int64_t>(list->size()));
  if (const auto* object = only.if_object()) return json::value(static_cast<std::int64_t>(object->size()));
  if (const auto* text = plain_string(only))
    return json::value(static_cast<std::int64_t>(el::java_length(std::string_view(*text))));
  return std::nullopt;
}

void squash(json::value& value, bool deep) {
  if (auto* list = value.if_array()) {
    json::array kept;
    for (auto& element : *list)
      if (!element.is_null()) kept.push_back(std::move(element));
    *list = std::move(kept);
    if (deep)
      for (auto& element : *list) squash(element, deep);
  } else if (auto* object = value.if_object()) {
    json::object kept;
    for (auto& [name, member] : *object)
      if (!member.is_null()) kept.emplace(name, std::move(member));
    *object = std::move(kept);
    if (deep)
      for (auto& [name, member] : *object) squash(member, deep);
  }
}

/// One value as it is, several as a list; nothing for null and an empty list.
Answer gathered(const Arguments& arguments) { return spread(arguments, itself, whole_list); }

template <bool deep>
Answer squash_nulls(const Arguments& arguments) {
  auto value = gathered(arguments);
  if (value) squash(*value, deep);
  return value;
}

Answer squash_duplicates(const Arguments& arguments) {
  auto value = gathered(arguments);
  const auto* list = value ? value->if_array() : nullptr;
  if (list == nullptr) return value;
  json::array distinct;
  for (const auto& element : *list)
    if (std::ranges::find(distinct, element) == distinct.end()) distinct.push_back(element);
  return distinct;
}

// What is there.

Answer noop(const Arguments&) { return std::nullopt; }
Answer is_present(const Arguments& arguments) { return arguments.empty() ? Answer{} : arguments.front(); }
Answer not_null(const Arguments& arguments) {
  return arguments.empty() || arguments.front().is_null() ? Answer{} : arguments.front();
}
Answer is_null(const Arguments& arguments) {
  return arguments.empty() || !arguments.front().is_null() ? Answer{} : arguments.front();
}

Answer to_boolean(const json::value& value) {
  if (value.is_bool()) return value;
  if (plain_string(value) == nullptr) return std::nullopt;
  const auto text = el::folded(std::string_view(value.get_string()));
  return text == "true" || text == "false" ? Answer(json::value(text == "true")) : Answer{};
}
Answer to_text(const json::value& value) { return json::value(java_text(value)); }

struct Named {
  std::string_view name;
  Function function;
};
constexpr Named kFunctions[] = {
    {"toLower", each<with_case<el::Case::Lower>>},
    {"toUpper", each<with_case<el::Case::Upper>>},
    {"concat", over_list<concat>},
    {"join", directed<join>},
    {"split", split},
    {"substring", over_list<substring>},
    {"trim", each<trim>},
    {"leftPad", directed<pad<true>>},
    {"rightPad", directed<pad<false>>},
    {"min", either<numbers::number_itself, numbers::least>},
    {"max", either<numbers::number_itself, numbers::greatest>},
    {"abs", each<numbers::absolute>},
    {"avg", over_list<numbers::average>},
    {"intSum", over_list<numbers::int_sum>},
    {"doubleSum", over_list<numbers::double_sum>},
    {"longSum", over_list<numbers::long_sum>},
    {"intSubtract", over_list<numbers::int_difference>},
    {"doubleSubtract", over_list<numbers::double_difference>},
    {"longSubtract", over_list<numbers::long_difference>},
    {"divide", over_list<numbers::quotient>},
    {"divideAndRound", directed<numbers::rounded_quotient>},
    {"toInteger", each<numbers::to_integer>},
    {"toDouble", each<numbers::to_double>},
    {"toLong", each<numbers::to_long>},
    {"toBoolean", each<to_boolean>},
    {"toString", each<to_text>},
    {"size", size},
    {"squashNulls", squash_nulls<false>},
    {"recursivelySquashNulls", squash_nulls<true>},
    {"squashDuplicates", squash_duplicates},
    {"noop", noop},
    {"isPresent", is_present},
    {"notNull", not_null},
    {"isNull", is_null},
    {"firstElement", over_list<first_element>},
    {"lastElement", over_list<last_element>},
    {"elementAt", directed<element_at>},
    {"toList", either<list_of_one, whole_list>},
    {"sort", either<itself, sort>},
};

}  // namespace

Function find_function(std::string_view name) {
  const auto found = std::ranges::find(kFunctions, name, &Named::name);
  return found == std::end(kFunctions) ? nullptr : found->function;
}

}  // namespace flow::jolt
