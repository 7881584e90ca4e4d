#include "engine/values/value_text.h"

#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "base/overloaded.h"

namespace engine {
namespace {

DateTimeFormat format_of(const Parameters& parameters, std::string_view name, std::string_view fallback) {
  const std::string& own = parameters.text(name);
  const auto format = DateTimeFormat::parse(own.empty() || own == "AUTO" ? parameters.text(fallback) : own);
  if (format && !format->is_auto()) return *format;
  return *DateTimeFormat::parse("YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM");
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

std::string timestamp_text(const Timestamp& value, const catalog::LogicalType& type, const FormatSettings& settings) {
  const DateTimeFormat* format = &settings.timestamp_ntz;
  std::int64_t offset = 0;  // seconds
  if (type.kind == catalog::TypeKind::TimestampLtz) {
    format = &settings.timestamp_ltz;
    offset = settings.zone.offset_at(value.seconds);
  } else if (type.kind == catalog::TypeKind::TimestampTz) {
    format = &settings.timestamp_tz;
    offset = value.offset_minutes * 60;
  }
  const std::int64_t local = value.seconds + offset;
  const std::int64_t days = floor_divide(local, 86'400);
  std::string out;
  write_date_time(out, *format, static_cast<std::int32_t>(days), (local - days * 86'400) * 1'000'000'000 + value.nanos,
                  static_cast<int>(offset / 60), type.scale);
  return out;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

}  // namespace

FormatSettings format_settings(const Parameters& parameters) {
  auto zone = TimeZone::find(parameters.text("TIMEZONE"));
  if (!zone) zone = TimeZone::find("UTC");
  ASSERT(zone.has_value());
  return {.date = format_of(parameters, "DATE_OUTPUT_FORMAT", "DATE_OUTPUT_FORMAT"),
          .time = format_of(parameters, "TIME_OUTPUT_FORMAT", "TIME_OUTPUT_FORMAT"),
          .timestamp_ntz = format_of(parameters, "TIMESTAMP_NTZ_OUTPUT_FORMAT", "TIMESTAMP_OUTPUT_FORMAT"),
          .timestamp_ltz = format_of(parameters, "TIMESTAMP_LTZ_OUTPUT_FORMAT", "TIMESTAMP_OUTPUT_FORMAT"),
          .timestamp_tz = format_of(parameters, "TIMESTAMP_TZ_OUTPUT_FORMAT", "TIMESTAMP_OUTPUT_FORMAT"),
          .zone = *zone,
          .binary_as_base64 = parameters.text("BINARY_OUTPUT_FORMAT") == "BASE64",
          .json_indent = static_cast<int>(parameters.number("JSON_INDENT"))};
}

std::string float_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char digits[40];
  // Fixed form where people expect it, the exponent where it would be long.
  const double size = std::fabs(value);
  const bool fixed = size == 0 || (size >= 1e-5 && size < 1e15);
  const auto [end, problem] = fixed
                                  ? std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed)
                                  : std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  return std::string(digits, end);
}

std::string decimal_text(const Decimal& value) {
  std::string digits = base::to_string(value.digits < 0 ? -value.digits : value.digits);
  if (value.scale > 0) {
    const auto scale = static_cast<std::size_t>(value.scale);
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, ".");
  }
  return value.digits < 0 ? "-" + digits : digits;
}

std::string to_text(const Value& value, const catalog::LogicalType& type, const FormatSettings& settings) {
  return std::visit(
      base::Overloaded{
          [](std::monostate) { return std::string("NULL"); },
          [](bool b) { return std::string(b ? "true" : "false"); },
          [](const Decimal& number) { return decimal_text(number); },
          [](double number) { return float_text(number); },
          [](const std::string& text) { return text; },
          [&](const Date& date) {
            std::string out;
            write_date_time(out, settings.date, date.days, 0, 0);
            return out;
          },
          [&](const Time& time) {
            std::string out;
            write_date_time(out, settings.time, 0, time.ns, 0, type.scale);
            return out;
          },
          [&](const Timestamp& timestamp) { return timestamp_text(timestamp, type, settings); },
          [&](const Binary& binary) { return settings.binary_as_base64 ? base64(binary.bytes) : hex(binary.bytes); },
          [](const Json& json) { return json.text; },
      },
      value);
}

}  // namespace engine
