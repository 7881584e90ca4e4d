#include <algorithm>
#include <functional>

#include "flow/el/tree.h"
#include "flow/json_text.h"

namespace flow::el {
namespace {

const std::string* text_in(const Value& value) { return std::get_if<std::string>(&value); }

Answer is_null_value(const Inputs& in) { return Value{is_null(in.subject)}; }
Answer not_null(const Inputs& in) { return Value{!is_null(in.subject)}; }
Answer is_empty(const Inputs& in) { return Value{is_null(in.subject) || is_blank(*text_in(in.subject))}; }

/// Of different types the texts are compared, dates as milliseconds.
std::string comparable(const Value& value) {
  if (const auto* date = std::get_if<Date>(&value)) return to_text(Value{date->ms});
  return to_text(value);
}
Answer equals(const Inputs& in) {
  const auto& other = in.arguments[0];
  if (is_null(in.subject) || is_null(other)) return Value{false};
  if (in.subject.index() == other.index()) return Value{in.subject == other};
  return Value{comparable(in.subject) == comparable(other)};
}
Answer equals_ignore_case(const Inputs& in) {
  if (is_null(in.subject) || is_null(in.arguments[0])) return Value{false};
  return Value{folded(*text_in(in.subject)) == folded(*text_in(in.arguments[0]))};
}

template <class Compare>
Answer compare(const Inputs& in) {
  const auto& left = in.subject;
  const auto& right = in.arguments[0];
  if (is_null(left) || is_null(right)) return Value{false};
  const auto* whole_left = std::get_if<std::int64_t>(&left);
  const auto* whole_right = std::get_if<std::int64_t>(&right);
  if (whole_left != nullptr && whole_right != nullptr) return Value{Compare{}(*whole_left, *whole_right)};
  return Value{Compare{}(decimal_of(left), decimal_of(right))};
}

/// Only a value that decides keeps the other from counting; null does not.
Answer both(const Inputs& in) {
  const auto* truth = std::get_if<bool>(&in.subject);
  return truth != nullptr && !*truth ? Value{false} : in.arguments[0];
}
Answer either(const Inputs& in) {
  const auto* truth = std::get_if<bool>(&in.subject);
  return truth != nullptr && *truth ? Value{true} : in.arguments[0];
}
Answer negate(const Inputs& in) {
  if (const auto* truth = std::get_if<bool>(&in.subject)) return Value{!*truth};
  return base::fail(base::ErrorKind::InvalidValue, "not() of a value that is missing");
}
Answer if_else(const Inputs& in) {
  const auto* truth = std::get_if<bool>(&in.subject);
  return in.arguments[truth != nullptr && *truth ? 0 : 1];
}

template <bool (*test)(std::string_view text, std::string_view wanted)>
Answer tested(const Inputs& in) {
  const auto* text = text_in(in.subject);
  const auto* wanted = text_in(in.arguments[0]);
  return Value{text != nullptr && wanted != nullptr && test(*text, *wanted)};
}
bool starts_with(std::string_view text, std::string_view wanted) { return text.starts_with(wanted); }
bool ends_with(std::string_view text, std::string_view wanted) { return text.ends_with(wanted); }
bool contains(std::string_view text, std::string_view wanted) { return text.find(wanted) != std::string_view::npos; }

Answer in_list(const Inputs& in) {
  if (is_null(in.subject)) return Value{false};
  return Value{std::ranges::any_of(in.arguments, [&](const Value& candidate) { return candidate == in.subject; })};
}

enum class Extent { Whole, Anywhere };
template <Extent extent>
Answer matched(const Inputs& in) {
  if (is_null(in.subject) || is_null(in.arguments[0])) return Value{false};
  std::optional<Compiled> holder;
  TRY(const auto* pattern, compiled_of<Pattern>(in, holder, compile_pattern));
  const auto& text = *text_in(in.subject);
  TRY(const bool found, extent == Extent::Whole ? pattern->matches(text) : pattern->find(text));
  return Value{found};
}

/// An object or an array: a bare number or text is none here.
Answer is_json(const Inputs& in) {
  if (is_null(in.subject)) return Value{false};
  const auto text = trimmed(*text_in(in.subject));
  const bool possible =
      (text.starts_with('[') && text.ends_with(']')) || (text.starts_with('{') && text.ends_with('}'));
  return Value{possible && parse_json(text).has_value()};
}
Answer is_valid_instant(const Inputs& in) {
  return Value{!is_null(in.subject) && parse_iso_or_rfc(trimmed(*text_in(in.subject))).has_value()};
}
Answer is_valid_date_value(const Inputs& in) {
  if (is_null(in.subject) || is_null(in.arguments[0])) return Value{false};
  std::optional<Compiled> holder;
  const auto pattern = compiled_of<DatePattern>(in, holder, compile_date_pattern);
  if (!pattern) return Value{false};
  const auto* zone = in.arguments.size() > 1 ? text_in(in.arguments[1]) : nullptr;
  return Value{is_valid_date(trimmed(*text_in(in.subject)), **pattern, zone == nullptr ? std::string_view() : *zone)};
}

constexpr Function kFunctions[] = {
    {"isNull", Type::Boolean, 't', "", 0, is_null_value},
    {"notNull", Type::Boolean, 't', "", 0, not_null},
    {"isEmpty", Type::Boolean, 't', "", 0, is_empty},
    {"equals", Type::Boolean, '*', "*", 1, equals},
    {"equalsIgnoreCase", Type::Boolean, 't', "t", 1, equals_ignore_case},
    {"gt", Type::Boolean, 'n', "n", 1, compare<std::greater<>>},
    {"ge", Type::Boolean, 'n', "n", 1, compare<std::greater_equal<>>},
    {"lt", Type::Boolean, 'n', "n", 1, compare<std::less<>>},
    {"le", Type::Boolean, 'n', "n", 1, compare<std::less_equal<>>},
    {"and", Type::Boolean, 'b', "b", 1, both},
    {"or", Type::Boolean, 'b', "b", 1, either},
    {"not", Type::Boolean, 'b', "", 0, negate},
    {"ifElse", Type::Text, 'b', "tt", 2, if_else},
    {"startsWith", Type::Boolean, 't', "t", 1, tested<starts_with>},
    {"endsWith", Type::Boolean, 't', "t", 1, tested<ends_with>},
    {"contains", Type::Boolean, 't', "t", 1, tested<contains>},
    {"in", Type::Boolean, 't', "t+", 1, in_list},
    {"find", Type::Boolean, 't', "t", 1, matched<Extent::Anywhere>, compile_pattern},
    {"matches", Type::Boolean, 't', "t", 1, matched<Extent::Whole>, compile_pattern},
    {"isJson", Type::Boolean, 't', "", 0, is_json},
    {"isValidInstant", Type::Boolean, 't', "", 0, is_valid_instant},
    {"isValidDate", Type::Boolean, 't', "tt", 1, is_valid_date_value, compile_date_pattern},
};

}  // namespace

std::span<const Function> truth_functions() { return kFunctions; }

}  // namespace flow::el
