#include "flow/database/attribute_parameters.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "flow/database/sql_values.h"

#include "flow/record/date_format.h"
#include "flow/record/number_text.h"
#include "store/checksum.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

constexpr std::int64_t kMilli = 1000, kDay = std::int64_t{86'400} * 1'000'000;

base::Failure<base::Error> wrong(std::string_view what, std::string_view text) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the value is not {}: '{}'", what, text));
}

/// Milliseconds since 1970, a text of the format, or as SQL writes it.
base::Result<std::int64_t> micros_of(std::string_view text, std::string_view format,
                                     std::optional<Value> (*parse)(std::string_view), std::string_view what,
                                     std::int64_t unit) {
  if (!format.empty()) {
    const auto parsed = record::DateFormat(std::string(format), "UTC").parse(text);
    if (!parsed) return wrong(fmt::format("{} of the format '{}'", what, format), text);
    return *parsed;
  }
  if (record::is_whole_text(text)) {
    if (const auto millis = record::parse_whole(text)) return *millis * kMilli;
  }
  const auto value = parse(text);
  if (!value) return wrong(what, text);
  return value->whole * unit;
}

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

bool is_true(std::string_view text) {
  return text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" || text == "True";
}

}  // namespace

base::Result<Value> parameter_value(Type type, std::string_view text, std::string_view format, record::Arena& arena) {
  switch (type) {
    case Type::Bit:
    case Type::Boolean: return Value::of(Kind::Boolean, std::int64_t{is_true(text)});
    case Type::TinyInt:
    case Type::SmallInt:
    case Type::Integer:
    case Type::BigInt: {
      const auto whole = record::parse_whole(text);
      return whole ? base::Result<Value>(Value::of(Kind::Long, *whole)) : wrong("a whole number", text);
    }
    case Type::Float:
    case Type::Real:
    case Type::Double: {
      const auto real = record::parse_double(text);
      return real ? base::Result<Value>(Value::of(Kind::Double, *real)) : wrong("a number", text);
    }
    case Type::Decimal:
    case Type::Numeric: {
      const auto plain = record::plain_decimal(text);
      return plain ? base::Result<Value>(Value::of(Kind::Decimal, arena.text(*plain))) : wrong("a number", text);
    }
    case Type::Date: {
      TRY(const auto micros, micros_of(text, format, parse_date, "a date", kDay));
      return Value::of(Kind::Date, floor_div(micros, kDay));
    }
    case Type::Time:
    case Type::TimeWithZone: {
      TRY(const auto micros, micros_of(text, format, parse_time, "a time", 1));
      return Value::of(Kind::Time, micros - floor_div(micros, kDay) * kDay);
    }
    case Type::Timestamp:
    case Type::TimestampWithZone: {
      TRY(const auto micros, micros_of(text, format, parse_timestamp, "a timestamp", 1));
      return Value::of(Kind::Timestamp, micros);
    }
    case Type::Binary:
    case Type::VarBinary:
    case Type::LongVarBinary:
    case Type::Blob: {
      if (format.empty() || format == "ascii") return Value::of(Kind::Bytes, arena.text(text));
      if (format == "hex") {
        const auto bytes = from_hex(text);
        return bytes ? base::Result<Value>(Value::of(Kind::Bytes, arena.text(*bytes))) : wrong("hexadecimal", text);
      }
      if (format == "base64") {
        const auto bytes = store::from_base64(text);
        return bytes ? base::Result<Value>(Value::of(Kind::Bytes, arena.text(*bytes))) : wrong("base64", text);
      }
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("the format of binary data is ascii, hex or base64, not '{}'", format));
    }
    default: return Value::of(Kind::String, arena.text(text));
  }
}

base::Result<Parameters> attribute_parameters(const Attributes& attributes, record::Arena& arena) {
  constexpr std::string_view kPrefix = "sql.args.", kSuffix = ".type";
  std::map<int, Parameter> numbered;
  const auto find = [&](std::string_view prefix, std::string_view what) {
    const auto found = attributes.find(fmt::format("{}{}", prefix, what));
    return found == attributes.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  for (const auto& [name, type_text] : attributes) {
    const std::string_view key = name;
    if (!key.starts_with(kPrefix) || !key.ends_with(kSuffix) || key.size() <= kPrefix.size() + kSuffix.size()) continue;
    const auto digits = key.substr(kPrefix.size(), key.size() - kPrefix.size() - kSuffix.size());
    const auto number = record::parse_whole(digits), code = record::parse_whole(type_text);
    if (!number || *number < 1 || *number > 65'535) continue;
    const auto at = [&](std::string_view what, std::string_view why) {
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("attribute sql.args.{}.{}: {}", *number, what, why));
    };
    if (!code) return at("type", fmt::format("'{}' is not the number of an SQL type", type_text));
    const auto prefix = fmt::format("sql.args.{}.", digits);
    Parameter parameter{.type = static_cast<Type>(*code)};
    const auto text = find(prefix, "value");
    const bool empty_is_null = !is_text(parameter.type);
    if (text && !(text->empty() && empty_is_null)) {
      const auto value = parameter_value(parameter.type, *text, find(prefix, "format").value_or(""), arena);
      if (!value) return at("value", value.error().message);
      parameter.value = *value;
    }
    numbered.emplace(static_cast<int>(*number), parameter);
  }
  Parameters parameters;
  int expected = 1;
  for (const auto& [number, parameter] : numbered) {
    if (number != expected++)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("attribute sql.args.{}.type is missing", expected - 1));
    parameters.push_back(parameter);
  }
  return parameters;
}

}  // namespace flow::database
