#include "flow/el/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "flow/el/date_format.h"
#include "flow/json_text.h"

namespace flow::el {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Value parse_number(std::string_view text) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  const auto body = negative || text.starts_with('+') ? text.substr(1) : text;
  if (body.empty()) return {};
  std::int64_t whole = 0;
  if (body.starts_with("0x") || body.starts_with("0X")) {
    const auto [end, error] = std::from_chars(body.data() + 2, body.data() + body.size(), whole, 16);
    if (error != std::errc{} || end != body.data() + body.size()) return {};
    return negative ? -whole : whole;
  }
  const std::string signed_text = (negative ? "-" : "") + std::string(body);
  const char* last = signed_text.data() + signed_text.size();
  if (const auto [end, error] = std::from_chars(signed_text.data(), last, whole); error == std::errc{} && end == last)
    return whole;
  if (body.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return {};
  double decimal = 0;
  if (const auto [end, error] = std::from_chars(signed_text.data(), last, decimal); error == std::errc{} && end == last)
    return decimal;
  return {};
}

}  // namespace

std::string to_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* decimal = std::get_if<double>(&value)) return java_double(*decimal);
  if (const auto* date = std::get_if<Date>(&value))
    return format_date(*date, "EEE MMM dd HH:mm:ss zzz yyyy", "").value_or("");
  return {};
}

Value to_number(const Value& value) {
  if (const auto* date = std::get_if<Date>(&value)) return date->ms;
  if (const auto* text = std::get_if<std::string>(&value)) return parse_number(*text);
  if (std::holds_alternative<bool>(value)) return {};
  return value;
}

Value to_whole(const Value& value) {
  const auto number = to_number(value);
  if (const auto* decimal = std::get_if<double>(&number)) {
    if (std::isnan(*decimal)) return std::int64_t{0};
    if (*decimal >= 9.2233720368547758e18) return std::int64_t{INT64_MAX};
    if (*decimal <= -9.2233720368547758e18) return std::int64_t{INT64_MIN};
    return static_cast<std::int64_t>(*decimal);
  }
  return number;
}

Value to_boolean(const Value& value) {
  if (is_null(value) || std::holds_alternative<bool>(value)) return value;
  std::string lower;
  const auto text = to_text(value);
  for (const char c : trimmed(text)) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return lower == "true";
}

base::Result<Value> to_date(const Value& value) {
  if (is_null(value) || std::holds_alternative<Date>(value)) return value;
  if (const auto* text = std::get_if<std::string>(&value)) {
    const auto plain = trimmed(*text);
    if (plain.empty()) return Value{};
    if (plain.find_first_not_of("0123456789") == std::string_view::npos)
      return Value{Date{std::get<std::int64_t>(to_whole(value))}};
    for (const std::string_view pattern :
         {"yyyy/MM/dd HH:mm:ss.SSS", "yyyy/MM/dd HH:mm:ss", "EEE MMM dd HH:mm:ss zzz yyyy"})
      if (auto date = parse_date(plain, pattern, "")) return Value{*date};
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a date: '{}'", *text));
  }
  const auto whole = to_whole(value);
  if (const auto* ms = std::get_if<std::int64_t>(&whole)) return Value{Date{*ms}};
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a date: '{}'", to_text(value)));
}

}  // namespace flow::el
