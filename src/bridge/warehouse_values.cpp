#include "bridge/warehouse_values.h"

#include "base/overloaded.h"
#include "engine/values/value_text.h"
#include "flow/database/sql_values.h"
#include "flow/record/number_text.h"

namespace bridge {
namespace {

using catalog::TypeKind;
using flow::database::Type;
using flow::record::Kind;
using flow::record::Value;

constexpr std::int64_t kMicros = 1'000'000;
constexpr int kDigitsMax = 38;

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

Value held(Kind kind, std::string made, std::string& text) {
  text = std::move(made);
  return Value::of(kind, std::string_view(text));
}

engine::Value decimal_of(std::string_view plain) {
  const auto parts = flow::record::digits_of(plain);
  if (parts.digits.size() > kDigitsMax) return std::string(plain);
  base::Int128 digits = 0;
  for (const char c : parts.digits) digits = digits * 10 + (c - '0');
  return engine::Decimal{parts.negative ? -digits : digits, parts.scale};
}

}  // namespace

flow::database::Column column_of(std::string name, const catalog::LogicalType& type) {
  flow::database::Column column{.name = std::move(name)};
  switch (type.kind) {
    case TypeKind::Number:
      // Whole numbers are BIGINT there, with all their digits as precision.
      column.type = type.scale == 0 ? Type::BigInt : Type::Decimal;
      column.precision = type.precision;
      column.scale = type.scale;
      break;
    case TypeKind::Float: column.type = Type::Double; break;
    case TypeKind::Binary: column.type = Type::Binary; break;
    case TypeKind::Boolean: column.type = Type::Boolean; break;
    case TypeKind::Date: column.type = Type::Date; break;
    case TypeKind::Time: column.type = Type::Time; break;
    case TypeKind::TimestampNtz: column.type = Type::Timestamp; break;
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: column.type = Type::TimestampWithZone; break;
    default: column.type = Type::VarChar;
  }
  return column;
}

Value flow_value(const engine::Value& value, Type type, std::string& text) {
  return std::visit(
      base::Overloaded{
          [](std::monostate) { return Value{}; },
          [](bool flag) { return Value::of(Kind::Boolean, std::int64_t{flag}); },
          [&](const engine::Decimal& number) {
            if (type != Type::BigInt) return held(Kind::Decimal, engine::decimal_text(number), text);
            if (number.digits == static_cast<std::int64_t>(number.digits))
              return Value::of(Kind::Long, static_cast<std::int64_t>(number.digits));
            return held(Kind::BigInt, base::to_string(number.digits), text);
          },
          [](double real) { return Value::of(Kind::Double, real); },
          [&](const std::string& characters) { return held(Kind::String, characters, text); },
          [](const engine::Date& date) { return Value::of(Kind::Date, std::int64_t{date.days}); },
          [](const engine::Time& time) { return Value::of(Kind::Time, time.ns / 1000); },
          [](const engine::Timestamp& at) {
            return Value::of(Kind::Timestamp, at.seconds * kMicros + at.nanos / 1000);
          },
          [&](const engine::Binary& binary) { return held(Kind::Bytes, binary.bytes, text); },
          [&](const engine::Json& json) { return held(Kind::String, json.text, text); },
      },
      static_cast<const std::variant<std::monostate, bool, engine::Decimal, double, std::string, engine::Date,
                                     engine::Time, engine::Timestamp, engine::Binary, engine::Json>&>(value));
}

engine::Value engine_value(const Value& value) {
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: return {};
    case Kind::Boolean: return engine::Value(value.whole != 0);
    case Kind::Byte:
    case Kind::Short:
    case Kind::Int:
    case Kind::Long: return engine::Decimal{value.whole, 0};
    case Kind::BigInt:
    case Kind::Decimal: return decimal_of(value.text());
    case Kind::Float:
    case Kind::Double: return engine::Value(value.real);
    case Kind::Timestamp: {
      const auto seconds = floor_div(value.whole, kMicros);
      return engine::Timestamp{seconds, static_cast<std::int32_t>(value.whole - seconds * kMicros) * 1000, 0};
    }
    case Kind::Date: return engine::Date{static_cast<std::int32_t>(value.whole)};
    case Kind::Time: return engine::Time{value.whole * 1000};
    case Kind::Bytes: return engine::Binary{std::string(value.text())};
    default: return flow::database::sql_text(value);
  }
}

}  // namespace bridge
