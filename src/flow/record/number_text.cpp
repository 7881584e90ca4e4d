#include "flow/record/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "flow/el/value.h"

namespace flow::record {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_digits(std::string_view text) {
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return text;
}

/// Digits, a point, an exponent: what is left is not part of the number; nothing: it does not begin with one.
std::optional<std::string_view> after_number(std::string_view text) {
  const auto whole_end = without_digits(text);
  const bool has_whole = whole_end.size() < text.size();
  text = whole_end;
  bool has_fraction = false;
  if (text.starts_with('.')) {
    const auto end = without_digits(text.substr(1));
    has_fraction = end.size() + 1 < text.size();
    text = end;
  }
  if (!has_whole && !has_fraction) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    auto exponent = text.substr(1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    const auto end = without_digits(exponent);
    if (end.size() == exponent.size()) return std::nullopt;
    text = end;
  }
  return text;
}

std::string_view unsigned_part(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

template <class T>
std::optional<T> parse_real(std::string_view text) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  auto digits = unsigned_part(text);
  if (digits == "NaN") return std::numeric_limits<T>::quiet_NaN();
  if (digits == "Infinity") return negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  const auto rest = after_number(digits);
  if (!rest) return std::nullopt;
  if (!rest->empty() && (rest->size() > 1 || std::string_view("dDfF").find(rest->front()) == std::string_view::npos))
    return std::nullopt;
  digits.remove_suffix(rest->size());
  T value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Too large is infinity, too small is nothing: the exponent decides.
    const auto exponent = digits.find_first_of("eE");
    const bool small = exponent != std::string_view::npos && digits.substr(exponent + 1).starts_with('-');
    value = small ? T{0} : std::numeric_limits<T>::infinity();
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<std::int64_t> parse_whole(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) { return parse_real<double>(text); }
std::optional<float> parse_float(std::string_view text) { return parse_real<float>(text); }

bool is_whole_text(std::string_view text) {
  text = unsigned_part(text);
  return !text.empty() && std::ranges::all_of(text, is_digit);
}
bool is_real_text(std::string_view text) {
  text = unsigned_part(text);
  if (text == "Infinity" || text == "NaN") return true;
  return is_decimal_text(text);
}
bool is_decimal_text(std::string_view text) {
  const auto rest = after_number(unsigned_part(text));
  return rest && rest->empty();
}

std::optional<std::string> plain_decimal(std::string_view text) {
  const auto number = unsigned_part(text);
  const auto rest = after_number(number);
  if (!rest || !rest->empty()) return std::nullopt;
  auto mantissa = number.substr(0, number.find_first_of("eE"));
  std::int64_t exponent = 0;
  if (mantissa.size() < number.size()) {
    const auto parsed = parse_whole(number.substr(mantissa.size() + 1));
    if (!parsed || std::abs(*parsed) > 10'000) return std::nullopt;
    exponent = *parsed;
  }
  const auto point = mantissa.find('.');
  std::string digits(mantissa.substr(0, point));
  auto scale = point == std::string_view::npos ? 0 : static_cast<std::int64_t>(mantissa.size() - point - 1);
  if (point != std::string_view::npos) digits += mantissa.substr(point + 1);
  scale -= exponent;
  if (scale < 0) {
    digits.append(static_cast<std::size_t>(-scale), '0');
    scale = 0;
  }
  if (digits.size() <= static_cast<std::size_t>(scale))
    digits.insert(0, static_cast<std::size_t>(scale) + 1 - digits.size(), '0');
  const auto whole = digits.size() - static_cast<std::size_t>(scale);
  const auto first = std::min(digits.find_first_not_of('0'), whole - 1);
  std::string plain = text.starts_with('-') ? "-" : "";
  plain.append(digits, first, whole - first);
  if (scale > 0) plain.append(".").append(digits, whole);
  return plain;
}

std::string java_double(double value) { return el::to_text(el::Value{value}); }
std::string java_float(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), static_cast<float>(value)).ptr;
  return java_double(parse_double({buffer, static_cast<std::size_t>(end - buffer)}).value_or(value));
}

DecimalDigits digits_of(std::string_view plain) {
  DecimalDigits result{.negative = plain.starts_with('-')};
  plain = unsigned_part(plain);
  const auto point = plain.find('.');
  result.digits = plain.substr(0, point);
  if (point != std::string_view::npos) {
    result.digits += plain.substr(point + 1);
    result.scale = static_cast<int>(plain.size() - point - 1);
  }
  return result;
}

}  // namespace flow::record
