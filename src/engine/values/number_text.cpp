#include "engine/values/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace engine {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\r\f\v";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// A number as it was written: its digits without leading zeros, and the power of ten that the last of them stands for.
struct Written {
  bool negative = false;
  std::array<char, 80> digits{};  // more than any type holds; the rest only moves the exponent
  int count = 0;
  std::int64_t exponent = 0;
};

std::optional<Written> take_apart(std::string_view text) {
  text = trimmed(text);
  Written number;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) number.negative = text[at++] == '-';
  bool any = false, fraction = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    any = true;
    if (number.count == 0 && c == '0') {
      if (fraction) --number.exponent;
      continue;
    }
    if (number.count < static_cast<int>(number.digits.size())) {
      number.digits[static_cast<std::size_t>(number.count++)] = c;
      if (fraction) --number.exponent;
    } else if (!fraction) {
      ++number.exponent;
    }
  }
  if (!any) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::string_view power = text.substr(at + 1);
    if (!power.empty() && power[0] == '+') power.remove_prefix(1);
    int value = 0;
    const auto [end, problem] = std::from_chars(power.data(), power.data() + power.size(), value);
    if (problem != std::errc{} || power.empty()) return std::nullopt;
    number.exponent += value;
    at = static_cast<std::size_t>(end - text.data());
  }
  if (at != text.size()) return std::nullopt;
  return number;
}

}  // namespace

NumberProblem read_number(std::string_view text, int precision, int scale, base::Int128& digits) {
  const std::optional<Written> number = take_apart(text);
  if (!number) return NumberProblem::NotRecognized;
  digits = 0;
  if (number->count == 0) return NumberProblem::None;
  const std::int64_t shift = number->exponent + scale;  // the last written digit stands for 10^shift of the result
  const std::int64_t kept = number->count + shift;      // digits of the result
  if (kept > 38) return NumberProblem::OutOfRange;
  if (kept < 0) return NumberProblem::None;  // less than 0.05 of the last digit
  for (std::int64_t i = 0; i < kept; ++i)
    digits = digits * 10 + (i < number->count ? number->digits[static_cast<std::size_t>(i)] - '0' : 0);
  if (kept < number->count && number->digits[static_cast<std::size_t>(kept)] >= '5') ++digits;
  if (digits >= base::power_of_ten(precision)) return NumberProblem::OutOfRange;
  if (number->negative) digits = -digits;
  return NumberProblem::None;
}

std::optional<Decimal> read_decimal(std::string_view text) {
  const std::optional<Written> number = take_apart(text);
  if (!number) return std::nullopt;
  Decimal result;
  result.scale = static_cast<int>(std::clamp<std::int64_t>(-number->exponent, 0, 37));
  if (read_number(text, 38, result.scale, result.digits) != NumberProblem::None) return std::nullopt;
  return result;
}

std::optional<double> read_float(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  std::string_view number = text;
  if (number[0] == '+') number.remove_prefix(1);
  const auto is_word = [&](std::string_view word) {
    std::string_view rest = number;
    if (!rest.empty() && rest[0] == '-') rest.remove_prefix(1);
    return rest.size() == word.size() && std::ranges::equal(rest, word, [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is_word("nan")) return std::numeric_limits<double>::quiet_NaN();
  if (is_word("inf") || is_word("infinity"))
    return number[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (end != number.data() + number.size() || number.empty()) return std::nullopt;
  if (problem == std::errc::result_out_of_range) return std::nullopt;
  if (problem != std::errc{}) return std::nullopt;
  return value;
}

std::optional<bool> read_boolean(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (const std::string_view word : {"true", "t", "yes", "y", "on", "1"})
    if (lower == word) return true;
  for (const std::string_view word : {"false", "f", "no", "n", "off", "0"})
    if (lower == word) return false;
  return std::nullopt;
}

}  // namespace engine
