#include <fmt/format.h>

#include "flow/el/pattern.h"
#include "flow/el/tree.h"

namespace flow::el {
namespace {

using Arguments = std::span<const Value>;
using Answer = base::Result<Value>;

bool truth(const Value& value) {
  const auto converted = to_boolean(value);
  return !is_null(converted) && std::get<bool>(converted);
}
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

Answer is_null_value(const Context&, const Value& s, Arguments) { return Value{is_null(s)}; }
Answer not_null(const Context&, const Value& s, Arguments) { return Value{!is_null(s)}; }
Answer is_empty(const Context&, const Value& s, Arguments) {
  return Value{is_null(s) || to_text(s).find_first_not_of(" \t\r\n\f\v") == std::string::npos};
}
Answer equals(const Context&, const Value& s, Arguments a) {
  if (is_null(s) || is_null(a[0])) return Value{false};
  return Value{to_text(s) == to_text(a[0])};
}
Answer equals_ignore_case(const Context&, const Value& s, Arguments a) {
  if (is_null(s) || is_null(a[0])) return Value{false};
  return Value{lower(to_text(s)) == lower(to_text(a[0]))};
}
template <class Compare>
Answer compare(const Context&, const Value& s, Arguments a) {
  const auto left = to_number(s), right = to_number(a[0]);
  if (is_null(left) || is_null(right)) return Value{false};
  const auto* whole_left = std::get_if<std::int64_t>(&left);
  const auto* whole_right = std::get_if<std::int64_t>(&right);
  if (whole_left != nullptr && whole_right != nullptr) return Value{Compare{}(*whole_left, *whole_right)};
  const auto decimal = [](const Value& v) {
    const auto* whole = std::get_if<std::int64_t>(&v);
    return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(v);
  };
  return Value{Compare{}(decimal(left), decimal(right))};
}
Answer both(const Context&, const Value& s, Arguments a) { return Value{truth(s) && truth(a[0])}; }
Answer either(const Context&, const Value& s, Arguments a) { return Value{truth(s) || truth(a[0])}; }
Answer negate(const Context&, const Value& s, Arguments) { return Value{!truth(s)}; }
Answer if_else(const Context&, const Value& s, Arguments a) { return a[truth(s) ? 0 : 1]; }
Answer starts_with(const Context&, const Value& s, Arguments a) {
  return Value{!is_null(s) && to_text(s).starts_with(to_text(a[0]))};
}
Answer ends_with(const Context&, const Value& s, Arguments a) {
  return Value{!is_null(s) && to_text(s).ends_with(to_text(a[0]))};
}
Answer contains(const Context&, const Value& s, Arguments a) {
  return Value{!is_null(s) && to_text(s).find(to_text(a[0])) != std::string::npos};
}
Answer in(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{false};
  for (const auto& candidate : a)
    if (!is_null(candidate) && to_text(candidate) == to_text(s)) return Value{true};
  return Value{false};
}
Answer find(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{false};
  TRY(const auto pattern, Pattern::compile(to_text(a[0])));
  TRY(const bool found, pattern.find(to_text(s)));
  return Value{found};
}
Answer matches(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{false};
  TRY(const auto pattern, Pattern::compile(to_text(a[0])));
  TRY(const bool found, pattern.matches(to_text(s)));
  return Value{found};
}

constexpr Function kFunctions[] = {
    {"isNull", 0, 0, is_null_value},
    {"notNull", 0, 0, not_null},
    {"isEmpty", 0, 0, is_empty},
    {"equals", 1, 1, equals},
    {"equalsIgnoreCase", 1, 1, equals_ignore_case},
    {"gt", 1, 1, compare<std::greater<>>},
    {"ge", 1, 1, compare<std::greater_equal<>>},
    {"lt", 1, 1, compare<std::less<>>},
    {"le", 1, 1, compare<std::less_equal<>>},
    {"and", 1, 1, both},
    {"or", 1, 1, either},
    {"not", 0, 0, negate},
    {"ifElse", 2, 2, if_else},
    {"startsWith", 1, 1, starts_with},
    {"endsWith", 1, 1, ends_with},
    {"contains", 1, 1, contains},
    {"in", 1, 1000, in},
    {"find", 1, 1, find},
    {"matches", 1, 1, matches},
};

}  // namespace

std::span<const Function> truth_functions() { return kFunctions; }

}  // namespace flow::el
