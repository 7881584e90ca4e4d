#include "flow/jolt/numbers.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "flow/el/value.h"
#include "flow/engine/quantity.h"
#include "flow/jolt/foreign.h"

namespace flow::jolt {
namespace {

namespace json = boost::json;

using Int = std::int32_t;
using Long = std::int64_t;

bool fits_int(Long value) { return value == static_cast<Int>(value); }

/// As Java narrows: what does not fit becomes the nearest that does.
template <class Whole>
Whole narrowed(double real) {
  if (std::isnan(real)) return 0;
  constexpr auto kLeast = std::numeric_limits<Whole>::min(), kMost = std::numeric_limits<Whole>::max();
  if (real <= static_cast<double>(kLeast)) return kLeast;
  return real >= static_cast<double>(kMost) ? kMost : static_cast<Whole>(real);
}

double real_of(const json::value& number) {
  return number.is_double() ? number.get_double() : static_cast<double>(number.get_int64());
}
Long long_of(const json::value& number) {
  return number.is_double() ? narrowed<Long>(number.get_double()) : number.get_int64();
}
Int int_of(const json::value& number) {
  return number.is_double() ? narrowed<Int>(number.get_double()) : static_cast<Int>(number.get_int64());
}

/// Java's Double.parseDouble, without its hexadecimal digits.
std::optional<double> parse_real(std::string_view text) {
  text = el::trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const double sign = negative ? -1 : 1;
  if (text == "Infinity") return sign * std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text.ends_with('d') || text.ends_with('D') || text.ends_with('f') || text.ends_with('F')) text.remove_suffix(1);
  if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) return std::nullopt;
  double real = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return sign * real;
}

std::optional<Long> long_itself(const json::value& value) {
  if (!value.is_int64() && !is_foreign_long(value)) return std::nullopt;
  return to_number(value)->get_int64();
}

/// Which of the list `better` prefers, an Integer before a Long before a Double of the same size. Whole numbers and
/// doubles are compared without their fractions, as in Jolt.
Answer extreme(const json::array& list, bool (*better)(double, double), bool (*better_whole)(Long, Long)) {
  std::optional<Long> of_int, of_long;
  std::optional<double> real;
  for (const auto& element : list) {
    const auto number = to_number(element);
    if (!number) continue;
    if (const auto* value = number->if_int64()) {
      auto& whole = is_foreign_long(element) || !fits_int(*value) ? of_long : of_int;
      if (!whole || better_whole(*value, *whole)) whole = *value;
    } else if (!real || better(number->get_double(), *real)) {
      real = number->get_double();
    }
  }
  const auto wins = [&](const std::optional<Long>& whole, const std::optional<Long>& other) {
    return whole && (!other || !better_whole(*other, *whole)) &&
           (!real || !better_whole(narrowed<Long>(*real), *whole));
  };
  if (wins(of_int, of_long)) return json::value(*of_int);
  if (wins(of_long, {})) return java_long(*of_long);
  return real ? Answer(json::value(*real)) : Answer{};
}

/// A decimal text of all its digits, cut to `digits` behind the point, halves away from zero.
double rounded_half_up(double real, int digits) {
  if (!std::isfinite(real)) return real;
  constexpr int kAllDigits = 1074;  // that a double can have behind the point
  auto text = fmt::format("{:.{}f}", std::abs(real), kAllDigits);
  const auto cut = text.find('.') + 1 + static_cast<std::size_t>(digits);
  const bool up = cut < text.size() && text[cut] >= '5';
  text.resize(std::min(cut, text.size()));
  if (text.ends_with('.')) text.pop_back();
  for (auto at = text.size(); up;) {
    if (at == 0) {
      text.insert(0, 1, '1');
      break;
    }
    if (text[--at] == '.') continue;
    if (text[at] != '9') {
      ++text[at];
      break;
    }
    text[at] = '0';
  }
  double rounded = 0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return std::signbit(real) ? -rounded : rounded;
}

}  // namespace

std::optional<json::value> to_number(const json::value& value) {
  if (value.is_int64() || value.is_double()) return value;
  if (value.is_uint64()) return json::value(static_cast<double>(value.get_uint64()));
  const auto foreign = foreign_of(value);
  if (!value.is_string() || (foreign && foreign->kind == Foreign::Kind::Other)) return std::nullopt;
  const std::string_view text = foreign ? foreign->text : std::string_view(value.get_string());
  if (const auto whole = parse_whole_number(text)) return json::value(*whole);
  if (const auto real = parse_real(text)) return json::value(*real);
  return std::nullopt;
}

namespace numbers {

Answer number_itself(const json::value& value) {
  const auto foreign = foreign_of(value);
  return value.is_number() || (foreign && foreign->kind != Foreign::Kind::Other) ? Answer(value) : Answer{};
}

Answer least(const json::array& list) {
  return extreme(list, [](double a, double b) { return a < b; }, [](Long a, Long b) { return a < b; });
}
Answer greatest(const json::array& list) {
  return extreme(list, [](double a, double b) { return a > b; }, [](Long a, Long b) { return a > b; });
}

Answer absolute(const json::value& value) {
  const auto number = to_number(value);
  if (!number) return std::nullopt;
  if (number->is_double()) return json::value(std::abs(number->get_double()));
  const auto whole = number->get_int64();
  const auto answer = whole < 0 && whole != std::numeric_limits<Long>::min() ? -whole : whole;
  return is_foreign_long(value) ? java_long(answer) : json::value(answer);
}

Answer average(const json::array& list) {
  double sum = 0;
  int count = 0;
  for (const auto& element : list)
    if (const auto number = to_number(element)) {
      sum += real_of(*number);
      ++count;
    }
  return count == 0 ? Answer{} : Answer(json::value(sum / count));
}

Answer int_sum(const json::array& list) {
  std::uint32_t sum = 0;  // which wraps as Java's do
  for (const auto& element : list)
    if (const auto number = to_number(element)) sum += static_cast<std::uint32_t>(int_of(*number));
  return json::value(Long{static_cast<Int>(sum)});
}

Answer long_sum(const json::array& list) {
  std::uint64_t sum = 0;
  for (const auto& element : list)
    if (const auto number = to_number(element)) sum += static_cast<std::uint64_t>(long_of(*number));
  return java_long(static_cast<Long>(sum));
}

Answer double_sum(const json::array& list) {
  double sum = 0;
  for (const auto& element : list)
    if (const auto number = to_number(element)) sum += real_of(*number);
  return json::value(sum);
}

Answer int_difference(const json::array& list) {
  if (list.size() != 2 || !list[0].is_int64() || !list[1].is_int64()) return std::nullopt;
  const auto a = list[0].get_int64(), b = list[1].get_int64();
  if (!fits_int(a) || !fits_int(b)) return std::nullopt;
  return json::value(Long{static_cast<Int>(a - b)});
}

Answer long_difference(const json::array& list) {
  const auto a = list.size() == 2 ? long_itself(list[0]) : std::nullopt;
  const auto b = list.size() == 2 ? long_itself(list[1]) : std::nullopt;
  if (!a || !b) return std::nullopt;
  return java_long(static_cast<Long>(static_cast<std::uint64_t>(*a) - static_cast<std::uint64_t>(*b)));
}

Answer double_difference(const json::array& list) {
  if (list.size() != 2 || !list[0].is_double() || !list[1].is_double()) return std::nullopt;
  return json::value(list[0].get_double() - list[1].get_double());
}

Answer quotient(const json::array& list) {
  if (list.size() != 2) return std::nullopt;
  const auto over = to_number(list[0]), under = to_number(list[1]);
  if (!over || !under || real_of(*under) == 0) return std::nullopt;
  return json::value(real_of(*over) / real_of(*under));
}

Answer rounded_quotient(const json::value& digits, const json::array& list) {
  constexpr Long kDigitsMax = 300;
  if (!digits.is_int64() || digits.get_int64() < 0 || digits.get_int64() > kDigitsMax) return std::nullopt;
  auto answer = quotient(list);
  if (answer) *answer = rounded_half_up(answer->get_double(), static_cast<int>(digits.get_int64()));
  return answer;
}

Answer to_integer(const json::value& value) {
  const auto number = to_number(value);
  return number ? Answer(json::value(Long{int_of(*number)})) : Answer{};
}
Answer to_long(const json::value& value) {
  const auto number = to_number(value);
  return number ? Answer(java_long(long_of(*number))) : Answer{};
}
Answer to_double(const json::value& value) {
  const auto number = to_number(value);
  return number ? Answer(json::value(real_of(*number))) : Answer{};
}

}  // namespace numbers
}  // namespace flow::jolt
