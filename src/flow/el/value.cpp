#include "flow/el/value.h"

#include <fmt/format.h>
#include <unicode/ucasemap.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "flow/el/date_format.h"
#include "flow/json_text.h"

namespace flow::el {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

/// Reads over digits and says how many.
template <class F>
std::size_t take(std::string_view& text, F is) {
  const auto end = std::ranges::find_if_not(text, is);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}
bool take(std::string_view& text, char lower) {
  if (text.empty() || (text.front() | 32) != lower) return false;
  text.remove_prefix(1);
  return true;
}
bool take_exponent(std::string_view& text, char lower) {
  if (!take(text, lower)) return false;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return take(text, is_digit) > 0;
}

/// What NiFi takes for a decimal: an exponent wants a point ("1.5e3"; "1e5" is no number), digits follow the point.
bool is_decimal(std::string_view body) {
  if (body == "Infinity" || body == "NaN") return true;
  if (body.starts_with("0x") || body.starts_with("0X")) {
    body.remove_prefix(2);
    const auto whole = take(body, is_hex_digit);
    const bool point = body.starts_with('.');
    if (point) body.remove_prefix(1);
    const auto fraction = point ? take(body, is_hex_digit) : 0;
    return whole + fraction > 0 && take_exponent(body, 'p') && body.empty();
  }
  take(body, is_digit);
  if (!body.starts_with('.')) return false;
  body.remove_prefix(1);
  if (take(body, is_digit) == 0) return false;
  return body.empty() || (take_exponent(body, 'e') && body.empty());
}

double read_decimal(std::string_view body) {
  if (body == "Infinity") return HUGE_VAL;
  if (body == "NaN") return std::nan("");
  return std::strtod(std::string(body).c_str(), nullptr);  // also what is out of range, and hexadecimal
}

base::Result<Value> parse_number(std::string_view text) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  const auto body = negative || text.starts_with('+') ? text.substr(1) : text;
  const bool hex = body.starts_with("0x") || body.starts_with("0X");
  const auto digits = hex ? body.substr(2) : body;
  if (digits.empty() || !std::ranges::all_of(digits, hex ? is_hex_digit : is_digit)) {
    if (!is_decimal(body)) return Value{};
    return Value{negative ? -read_decimal(body) : read_decimal(body)};
  }
  std::int64_t whole = 0;
  const std::string signed_digits = (negative ? "-" : "") + std::string(digits);
  const char* end = signed_digits.data() + signed_digits.size();
  if (std::from_chars(signed_digits.data(), end, whole, hex ? 16 : 10).ec != std::errc{})
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("a whole number beyond 64 bits: '{}'", text));
  return Value{whole};
}

std::int64_t whole_of(double decimal) {
  if (std::isnan(decimal)) return 0;
  if (decimal >= 9.2233720368547758e18) return INT64_MAX;
  if (decimal <= -9.2233720368547758e18) return INT64_MIN;
  return static_cast<std::int64_t>(decimal);
}

bool is_whole(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

constexpr std::string_view kDateText = "EEE MMM dd HH:mm:ss zzz yyyy";

/// The pattern of which the text has the shape, of those that NiFi reads without being told.
std::optional<std::string_view> date_pattern_of(std::string_view text) {
  const auto shaped = [&](std::string_view shape) {
    return std::ranges::equal(text, shape, [](char c, char s) { return s == '9' ? is_digit(c) : c == s; });
  };
  if (shaped("9999/99/99 99:99:99.999")) return "yyyy/MM/dd HH:mm:ss.SSS";
  if (shaped("9999/99/99 99:99:99")) return "yyyy/MM/dd HH:mm:ss";
  if (text.size() > 24 && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' ') return kDateText;
  return std::nullopt;
}

}  // namespace

Instant instant_of(Date date) {
  const auto seconds = date.ms >= 0 ? date.ms / 1000 : (date.ms - 999) / 1000;
  return {seconds, static_cast<std::int32_t>((date.ms - seconds * 1000) * 1'000'000)};
}
std::int64_t ms_of(Instant instant) { return instant.seconds * 1000 + instant.nanos / 1'000'000; }

std::string_view name_of(Type type) {
  switch (type) {
    case Type::Text: return "a text";
    case Type::Boolean: return "true or false";
    case Type::Whole: return "a whole number";
    case Type::Decimal: return "a decimal number";
    case Type::Number: return "a number";
    case Type::Date: return "a date";
    case Type::Instant: return "an instant";
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  const auto visible = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  const auto begin = static_cast<std::size_t>(std::ranges::find_if(text, visible) - text.begin());
  text.remove_prefix(begin);
  while (!text.empty() && !visible(text.back())) text.remove_suffix(1);
  return text;
}

bool is_blank(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      if (std::string_view(" \t\n\v\f\r\x1C\x1D\x1E\x1F").find(text[i]) == std::string_view::npos) return false;
      ++i;
      continue;
    }
    // U+1680, U+2000 to U+200A but not U+2007, U+2028, U+2029, U+205F and U+3000
    static constexpr auto kWide =
        std::to_array<std::string_view>({"\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
                                         "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u205F", "\u3000"});
    if (std::ranges::find(kWide, text.substr(i, 3)) == kWide.end()) return false;
    i += 3;
  }
  return true;
}

std::string with_case(const std::string& text, Case wanted) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string out = text;
    const char from = wanted == Case::Upper ? 'a' : 'A';
    for (char& c : out)
      if (c >= from && c < from + 26) c = static_cast<char>(c ^ 0x20);
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  auto* map = ucasemap_open("", 0, &status);
  std::string out(text.size() * 3 + 1, '\0');
  const auto length = (wanted == Case::Upper ? ucasemap_utf8ToUpper : ucasemap_utf8ToLower)(
      map, out.data(), static_cast<std::int32_t>(out.size()), text.data(), static_cast<std::int32_t>(text.size()),
      &status);
  ucasemap_close(map);
  out.resize(static_cast<std::size_t>(std::max(length, 0)));
  return U_FAILURE(status) ? text : out;
}

std::string folded(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  auto* map = ucasemap_open("", U_FOLD_CASE_DEFAULT, &status);
  std::string out(text.size() * 3 + 1, '\0');
  const auto length = ucasemap_utf8FoldCase(map, out.data(), static_cast<std::int32_t>(out.size()), text.data(),
                                            static_cast<std::int32_t>(text.size()), &status);
  ucasemap_close(map);
  out.resize(static_cast<std::size_t>(std::max(length, 0)));
  return U_FAILURE(status) ? std::string(text) : out;
}

double decimal_of(const Value& number) {
  const auto* whole = std::get_if<std::int64_t>(&number);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(number);
}

std::size_t java_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) length += byte >= 0xF0 ? 2 : 1;
  }
  return length;
}
std::size_t byte_of_unit(std::string_view text, std::size_t unit) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte & 0xC0) == 0x80) continue;
    if (seen >= unit) return at;
    seen += byte >= 0xF0 ? 2 : 1;
  }
  return at;
}

std::string to_text(const Value& value, std::string_view time_zone) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* decimal = std::get_if<double>(&value)) return java_double(*decimal);
  if (const auto* date = std::get_if<Date>(&value))
    return format_date(instant_of(*date), DatePattern::compile(kDateText).value(), time_zone,
                       DateDialect::SimpleDateFormat)
        .value_or("");
  if (const auto* instant = std::get_if<Instant>(&value)) return iso_text(*instant);
  return {};
}

base::Result<Value> to_number(const Value& value) {
  if (const auto* date = std::get_if<Date>(&value)) return Value{date->ms};
  if (const auto* instant = std::get_if<Instant>(&value)) return Value{ms_of(*instant)};
  if (const auto* text = std::get_if<std::string>(&value)) return parse_number(*text);
  if (std::holds_alternative<bool>(value)) return Value{};
  return value;
}

base::Result<Value> to_whole(const Value& value) {
  TRY(auto number, to_number(value));
  if (const auto* decimal = std::get_if<double>(&number)) return Value{whole_of(*decimal)};
  return number;
}

base::Result<Value> to_decimal(const Value& value) {
  TRY(auto number, to_number(value));
  if (const auto* whole = std::get_if<std::int64_t>(&number)) return Value{static_cast<double>(*whole)};
  return number;
}

Value to_boolean(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return value;
  return std::ranges::equal(trimmed(*text), std::string_view("true"),
                            [](char c, char wanted) { return (c | 32) == wanted; });
}

base::Result<Value> to_date(const Value& value, DateDialect dialect, std::string_view time_zone) {
  if (std::holds_alternative<Instant>(value)) return Value{};
  if (const auto* text = std::get_if<std::string>(&value)) {
    const auto plain = trimmed(*text);
    if (is_whole(plain)) {
      TRY(const auto ms, to_whole(value));
      return Value{Date{std::get<std::int64_t>(ms)}};
    }
    if (const auto pattern = date_pattern_of(plain)) {
      TRY(const auto instant, parse_date(plain, DatePattern::compile(*pattern).value(), time_zone, dialect));
      return Value{Date{ms_of(instant)}};
    }
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a date: '{}'", *text));
  }
  if (std::holds_alternative<Date>(value)) return value;
  TRY(const auto whole, to_whole(value));
  if (const auto* ms = std::get_if<std::int64_t>(&whole)) return Value{Date{*ms}};
  return Value{};
}

base::Result<Value> to_instant(const Value& value) {
  if (std::holds_alternative<Date>(value)) return Value{};
  if (std::holds_alternative<Instant>(value)) return value;
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && !is_whole(trimmed(*text))) {
    if (const auto instant = parse_iso_or_rfc(trimmed(*text))) return Value{*instant};
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not an instant: '{}'", *text));
  }
  TRY(const auto whole, to_whole(value));
  if (const auto* ms = std::get_if<std::int64_t>(&whole)) return Value{instant_of(Date{*ms})};
  return Value{};
}

}  // namespace flow::el
