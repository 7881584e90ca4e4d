#include "server/warehouse/binds.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>

#include "http/message.h"

namespace server::warehouse {
namespace {

namespace json = boost::json;
using base::Int128;
using engine::Value;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::optional<Int128> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 38) return std::nullopt;
  Int128 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

std::optional<Value> parse_fixed(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos) {
    const auto digits = parse_integer(text);
    return digits ? std::optional<Value>(engine::Decimal{*digits, 0}) : std::nullopt;
  }
  const auto scale = text.size() - point - 1;
  const auto digits = parse_integer(std::string(text.substr(0, point)) + std::string(text.substr(point + 1)));
  if (!digits || scale > 37) return std::nullopt;
  return engine::Decimal{*digits, static_cast<int>(scale)};
}

std::optional<Value> parse_real(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0') return std::nullopt;
  return value;
}

std::optional<Value> parse_hex(std::string_view text) {
  engine::Binary binary;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    binary.bytes += static_cast<char>(byte);
  }
  return binary;
}

engine::Timestamp timestamp_of(Int128 nanos) {
  auto seconds = static_cast<std::int64_t>(nanos / kNanosPerSecond);
  auto rest = static_cast<std::int64_t>(nanos % kNanosPerSecond);
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  }
  return {seconds, static_cast<std::int32_t>(rest), 0};
}

std::optional<Value> parse_timestamp(std::string_view text) {
  const auto blank = text.find(' ');
  const auto nanos = parse_integer(text.substr(0, blank));
  if (!nanos) return std::nullopt;
  auto timestamp = timestamp_of(*nanos);
  if (blank != std::string_view::npos) {
    const auto offset = parse_integer(text.substr(blank + 1));
    if (!offset || *offset < 0 || *offset > 2880) return std::nullopt;
    timestamp.offset_minutes = static_cast<std::int16_t>(*offset - 1440);
  }
  return timestamp;
}

std::optional<Value> parse_date(std::string_view text) {
  constexpr Int128 kMillisPerDay = 86'400'000;
  const auto millis = parse_integer(text);
  if (!millis) return std::nullopt;
  const auto floor = *millis / kMillisPerDay - (*millis % kMillisPerDay < 0 ? 1 : 0);
  return engine::Date{static_cast<std::int32_t>(floor)};
}

/// Object keys sorted, as a VARIANT has them.
json::value sorted(const json::value& value) {
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const auto& item : *array) out.push_back(sorted(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    std::map<std::string, json::value> fields;
    for (const auto& [name, item] : *object) fields.emplace(std::string(name), sorted(item));
    json::object out;
    for (auto& [name, item] : fields) out.emplace(name, std::move(item));
    return out;
  }
  return value;
}

std::optional<Value> parse_json(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error) return std::nullopt;
  return engine::Json{json::serialize(sorted(value))};
}

std::optional<Value> parse_typed(std::string_view type, std::string_view text) {
  if (type == "FIXED") return parse_fixed(text);
  if (type == "REAL") return parse_real(text);
  if (type == "BOOLEAN") return Value(http::equal_without_case(text, "true") || text == "1");
  if (type == "BINARY") return parse_hex(text);
  if (type == "DATE") return parse_date(text);
  if (type == "TIME") {
    const auto nanos = parse_integer(text);
    return nanos ? std::optional<Value>(engine::Time{static_cast<std::int64_t>(*nanos)}) : std::nullopt;
  }
  if (type.starts_with("TIMESTAMP")) return parse_timestamp(text);
  if (type == "VARIANT" || type == "OBJECT" || type == "ARRAY") return parse_json(text);
  return std::nullopt;
}

Value value_of(std::string_view type, const json::value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return parse_bind(type, value.get_string());
  return parse_bind(type, json::serialize(value));
}

}  // namespace

Value parse_bind(std::string_view type, std::string_view text) {
  std::string upper(type);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (auto value = parse_typed(upper, text)) return *std::move(value);
  return std::string(text);
}

base::Result<Binds> parse_binds(const json::object& bindings) {
  Binds binds;
  std::size_t rows = 1;
  for (const auto& [name, bind] : bindings) {
    if (!bind.is_object() || !bind.get_object().contains("value"))
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("bind {} has no value", std::string_view(name)));
    if (const auto* list = bind.get_object().at("value").if_array()) {
      if (binds.array && list->size() != rows)
        return base::fail(base::ErrorKind::InvalidValue, "array binds must be of one length");
      binds.array = true;
      rows = list->size();
    }
  }
  binds.rows.resize(rows);
  for (std::size_t position = 1; position <= bindings.size(); ++position) {
    const auto* bind = bindings.if_contains(std::to_string(position));
    if (bind == nullptr)
      return base::fail({base::ErrorKind::InvalidValue,
                         2049,
                         "42601",
                         fmt::format("SQL compilation error:\nBind variable ? not set: {}", position),
                         {}});
    const auto& object = bind->get_object();
    const auto* type = object.if_contains("type");
    const auto type_name = type != nullptr && type->is_string() ? std::string(type->get_string()) : std::string("TEXT");
    const auto& value = object.at("value");
    for (std::size_t row = 0; row < rows; ++row)
      binds.rows[row].push_back(value_of(type_name, value.is_array() ? value.get_array()[row] : value));
  }
  return binds;
}

}  // namespace server::warehouse
