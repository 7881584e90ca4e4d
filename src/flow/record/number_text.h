#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flow::record {

/// As Java parses them: a sign, digits; for reals also exponents, "NaN", "Infinity" and a suffix of the type.
std::optional<std::int64_t> parse_whole(std::string_view text);
std::optional<double> parse_double(std::string_view text);
std::optional<float> parse_float(std::string_view text);
/// Digits without exponent, superfluous zeros in front and plus; nothing: it is no number.
std::optional<std::string> plain_decimal(std::string_view text);
bool is_whole_text(std::string_view text);  // of any length
bool is_real_text(std::string_view text);
bool is_decimal_text(std::string_view text);

/// As Java prints them: 1.0, 1.0E10.
std::string java_double(double value);
std::string java_float(double value);

/// The digits of a decimal that has no exponent, and how many follow the point.
struct DecimalDigits {
  bool negative = false;
  std::string digits;  // without point
  int scale = 0;
};
DecimalDigits digits_of(std::string_view plain);

}  // namespace flow::record
