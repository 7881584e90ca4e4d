#include "flow/database/record_values.h"

#include <string>

#include "flow/database/attribute_parameters.h"
#include "flow/database/sql_values.h"
#include "flow/record/convert.h"
#include "flow/record/json_text.h"
#include "flow/record/number_text.h"
#include "flow/record/value_text.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

bool is_nested(const Value& value) {
  return value.kind == Kind::Record || value.kind == Kind::Array || value.kind == Kind::Map;
}

Value text_value(const Value& value, record::Arena& arena) {
  if (value.is_text()) return Value::of(Kind::String, value.text());
  std::string text;
  if (is_nested(value))
    record::append_json(text, value, {});
  else
    text = sql_text(value);
  return Value::of(Kind::String, arena.text(text));
}

/// Bytes of an array of numbers, as Avro's bytes may have become.
base::Result<Value> bytes_value(const Value& value, BinaryText form, record::Arena& arena) {
  if (value.is_text())
    return parameter_value(Type::Binary, value.text(),
                           form == BinaryText::Hexadecimal ? "hex"
                           : form == BinaryText::Base64    ? "base64"
                                                           : "",
                           arena);
  if (value.kind != Kind::Array) return value;
  std::string bytes;
  for (const auto& item : value.items()) bytes += static_cast<char>(item.whole);
  return Value::of(Kind::Bytes, arena.text(bytes));
}

Value or_same(const base::Result<Value>& converted, const Value& value) { return converted ? *converted : value; }

constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

base::Result<Value> column_value(const Value& value, Type type, BinaryText form, record::Arena& arena) {
  if (value.is_null()) return Value{};
  if (is_nested(value) && type != Type::Binary && type != Type::VarBinary && type != Type::LongVarBinary &&
      type != Type::Blob)
    return text_value(value, arena);
  switch (type) {
    case Type::Binary:
    case Type::VarBinary:
    case Type::LongVarBinary:
    case Type::Blob: return bytes_value(value, form, arena);
    case Type::Bit:
    case Type::Boolean:
      if (value.is_number()) return Value::of(Kind::Boolean, std::int64_t{record::whole_of(value) != 0});
      [[fallthrough]];
    case Type::TinyInt:
    case Type::SmallInt:
    case Type::Integer:
    case Type::BigInt:
    case Type::Float:
    case Type::Real:
    case Type::Double:
      if (value.kind >= Kind::Boolean && value.kind <= Kind::Decimal) return value;
      if (is_text(type) || !value.is_text()) return value;
      return or_same(parameter_value(type, value.text(), "", arena), value);
    case Type::Decimal:
    case Type::Numeric: {
      if (value.kind == Kind::Boolean) return value;
      const auto plain = record::plain_decimal(record::plain_text(value));
      return plain ? Value::of(Kind::Decimal, arena.text(*plain)) : value;
    }
    case Type::Date:
      if (value.kind == Kind::Timestamp) return Value::of(Kind::Date, floor_div(value.whole, kDay));
      if (value.is_text() || value.is_number())
        return or_same(parameter_value(type, record::plain_text(value), "", arena), value);
      return value;
    case Type::Time:
    case Type::TimeWithZone:
      if (value.kind == Kind::Timestamp)
        return Value::of(Kind::Time, value.whole - floor_div(value.whole, kDay) * kDay);
      if (value.is_text() || value.is_number())
        return or_same(parameter_value(type, record::plain_text(value), "", arena), value);
      return value;
    case Type::Timestamp:
    case Type::TimestampWithZone:
      if (value.kind == Kind::Date) return Value::of(Kind::Timestamp, value.whole * kDay);
      if (value.is_text() || value.is_number())
        return or_same(parameter_value(type, record::plain_text(value), "", arena), value);
      return value;
    default: return text_value(value, arena);
  }
}

}  // namespace flow::database
