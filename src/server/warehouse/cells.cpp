#include "server/warehouse/cells.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/overloaded.h"
#include "server/json_text.h"

namespace server::warehouse {
namespace {

using catalog::LogicalType;
using catalog::TypeKind;

/// `units` * 10^-scale with exactly `scale` fraction digits.
void append_fixed_point(std::string& out, base::Int128 units, int scale) {
  const bool negative = units < 0;
  auto digits = base::to_string(negative ? -units : units);
  const auto fraction = static_cast<std::size_t>(scale);
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  if (negative) out += '-';
  out.append(digits, 0, digits.size() - fraction);
  if (fraction > 0) out.append(".").append(digits, digits.size() - fraction);
}

base::Int128 rescaled(base::Int128 digits, int from, int to) {
  return to >= from ? digits * base::power_of_ten(to - from) : digits / base::power_of_ten(from - to);
}

void append_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void append_timestamp(std::string& out, const engine::Timestamp& value, const LogicalType& type) {
  const auto fraction = base::Int128{value.nanos} / base::power_of_ten(9 - type.scale);
  append_fixed_point(out, base::Int128{value.seconds} * base::power_of_ten(type.scale) + fraction, type.scale);
  if (type.kind == TypeKind::TimestampTz) fmt::format_to(std::back_inserter(out), " {}", value.offset_minutes + 1440);
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
}

std::string number_or_null(bool given, std::int64_t number) { return given ? std::to_string(number) : "null"; }

}  // namespace

std::string_view wire_type(TypeKind kind) {
  switch (kind) {
    case TypeKind::Number: return "fixed";
    case TypeKind::Float: return "real";
    case TypeKind::Null:  // an untyped NULL is text to clients
    case TypeKind::Text: return "text";
    case TypeKind::Binary: return "binary";
    case TypeKind::Boolean: return "boolean";
    case TypeKind::Date: return "date";
    case TypeKind::Time: return "time";
    case TypeKind::TimestampNtz: return "timestamp_ntz";
    case TypeKind::TimestampLtz: return "timestamp_ltz";
    case TypeKind::TimestampTz: return "timestamp_tz";
    case TypeKind::Variant: return "variant";
    case TypeKind::Object: return "object";
    case TypeKind::Array: return "array";
  }
  return "text";
}

void append_cell(std::string& out, const engine::Value& value, const LogicalType& type) {
  if (engine::is_null(value)) {
    out += "null";
    return;
  }
  if (const auto* text = std::get_if<std::string>(&value)) return append_json_string(out, *text);
  if (const auto* json = std::get_if<engine::Json>(&value)) return append_json_string(out, indent_json(json->text));
  out += '"';
  std::visit(base::Overloaded{
                 [](std::monostate) {},
                 [&](bool flag) { out += flag ? '1' : '0'; },
                 [&](const engine::Decimal& number) {
                   append_fixed_point(out, rescaled(number.digits, number.scale, type.scale), type.scale);
                 },
                 [&](double number) { append_double(out, number); },
                 [](const std::string&) {},
                 [&](const engine::Date& date) { out += std::to_string(date.days); },
                 [&](const engine::Time& time) {
                   append_fixed_point(out, base::Int128{time.ns} / base::power_of_ten(9 - type.scale), type.scale);
                 },
                 [&](const engine::Timestamp& timestamp) { append_timestamp(out, timestamp, type); },
                 [&](const engine::Binary& binary) { append_hex(out, binary.bytes); },
                 [](const engine::Json&) {},
             },
             value);
  out += '"';
}

void append_row_type(std::string& out, const std::vector<engine::ResultColumn>& columns) {
  constexpr std::int64_t kMaxTextBytes = 16'777'216;
  out += '[';
  for (const auto& column : columns) {
    if (out.back() != '[') out += ',';
    const auto& type = column.type;
    const bool number = type.kind == TypeKind::Number;
    const bool text = type.kind == TypeKind::Text || type.kind == TypeKind::Null;
    const bool binary = type.kind == TypeKind::Binary;
    const bool clock = type.kind == TypeKind::Time || type.is_timestamp();
    const auto length =
        std::max<std::int64_t>(1, type.kind == TypeKind::Null ? LogicalType::kMaxTextLength : type.length);
    out += R"({"name":)";
    append_json_string(out, column.name);
    fmt::format_to(std::back_inserter(out),
                   R"(,"database":"","schema":"","table":"","nullable":{},"type":"{}","byteLength":{},"length":{},)"
                   R"("scale":{},"precision":{},"collation":null}})",
                   column.nullable, wire_type(type.kind),
                   number_or_null(text || binary, text ? std::min(4 * length, kMaxTextBytes) : length),
                   number_or_null(text || binary, length), number_or_null(number || clock, type.scale),
                   number_or_null(number || clock, number ? type.precision : 0));
  }
  out += ']';
}

void append_rows(std::string& out, const engine::ResultSet& result) {
  const auto& columns = result.columns();
  out += '[';
  for (std::uint64_t row = 0; row < result.row_count(); ++row) {
    out += row == 0 ? "[" : ",[";
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (column > 0) out += ',';
      append_cell(out, result.value(row, column), columns[column].type);
    }
    out += ']';
  }
  out += ']';
}

}  // namespace server::warehouse
