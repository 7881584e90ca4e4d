#include "engine/bind/expr.h"

#include "base/int128.h"
#include "engine/values/number_text.h"
#include "engine/values/value_text.h"
#include "sql/printer.h"

namespace engine {

std::string to_sql(const BoundExpr& expr) {
  if (const auto* raw = std::get_if<sql::RawSql>(&expr.expr.node)) return raw->text;
  return "(" + sql::print(expr.expr, sql::Dialect::DuckDb) + ")";
}

namespace bind {

BoundExpr make(std::string sql, LogicalType type, Carrier carrier, bool nullable, bool constant) {
  BoundExpr made;
  made.expr.node = sql::RawSql{std::move(sql)};
  made.type = type;
  made.carrier = carrier;
  made.nullable = nullable;
  made.constant = constant;
  return made;
}

BoundExpr make(std::string sql, LogicalType type) { return make(std::move(sql), type, computed_carrier(type)); }

BoundExpr make_cast(std::string_view sql, LogicalType type, Carrier carrier) {
  return make(fmt::format("CAST({} AS {})", sql, physical_type(carrier, type.scale)), type, carrier);
}

BoundExpr null_literal() {
  BoundExpr made = make("CAST(NULL AS VARCHAR)", LogicalType::null(), Carrier::Text, true, true);
  made.value = Value{};
  return made;
}

BoundExpr text_literal(std::string_view text) {
  std::int64_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  BoundExpr made =
      make(quote(text), LogicalType::text(std::max<std::int64_t>(characters, 1)), Carrier::Text, false, true);
  made.value = std::string(text);
  return made;
}

BoundExpr boolean_literal(bool value) {
  BoundExpr made = make(value ? "TRUE" : "FALSE", LogicalType::boolean(), Carrier::Boolean, false, true);
  made.value = value;
  return made;
}

namespace {

BoundExpr decimal_literal(const Decimal& value, const LogicalType& type) {
  const std::string digits = decimal_text(value);
  const bool wide =
      type.scale > 18 || digits.size() - (digits.starts_with('-') ? 1 : 0) - (type.scale > 0 ? 1 : 0) > 18;
  const Carrier carrier = carrier_of(type, wide);
  BoundExpr made =
      make(fmt::format("CAST('{}' AS {})", digits, physical_type(carrier, type.scale)), type, carrier, false, true);
  made.value = value;
  return made;
}

}  // namespace

Result<BoundExpr> number_literal(std::string_view text) {
  if (text.find_first_of("eE") != std::string_view::npos) {
    const auto real = read_float(text);
    if (!real)
      return base::fail(compile_error(1003, "42000", fmt::format("Numeric value '{}' is not recognized", text)));
    return literal(*real);
  }
  const auto value = read_decimal(text);
  if (!value) return base::fail(compile_error(1003, "42000", fmt::format("Numeric value '{}' is out of range", text)));
  return literal(*value);
}

Result<BoundExpr> literal(const Value& value, const LogicalType* type) {
  if (is_null(value)) {
    if (!type || type->kind == TypeKind::Null) return null_literal();
    BoundExpr made = make_cast("NULL", *type, computed_carrier(*type));
    made.constant = true;
    made.value = Value{};
    return made;
  }
  BoundExpr made;
  if (const auto* flag = std::get_if<bool>(&value)) return boolean_literal(*flag);
  if (const auto* text = std::get_if<std::string>(&value)) {
    made = text_literal(*text);
    if (type && type->kind == TypeKind::Text) made.type = *type;
    return made;
  }
  if (const auto* number = std::get_if<Decimal>(&value)) {
    std::string digits = base::to_string(number->digits < 0 ? -number->digits : number->digits);
    const int count = std::max({static_cast<int>(digits.size()), number->scale, 1});
    return decimal_literal(*number, LogicalType::number(count, number->scale));
  }
  if (const auto* real = std::get_if<double>(&value)) {
    made = make(fmt::format("CAST('{}' AS DOUBLE)", float_text(*real)), LogicalType::real(), Carrier::Float64, false,
                true);
  } else if (const auto* date = std::get_if<Date>(&value)) {
    made = make(fmt::format("(DATE '1970-01-01' + CAST({} AS INTEGER))", date->days), LogicalType::date(),
                Carrier::Date32, false, true);
  } else if (const auto* time = std::get_if<Time>(&value)) {
    made = make(fmt::format("fr_time_of_ns(CAST({} AS BIGINT))", time->ns), LogicalType::time(), Carrier::TimeNs, false,
                true);
  } else if (const auto* at = std::get_if<Timestamp>(&value)) {
    const LogicalType kind = type && type->is_timestamp() ? *type : LogicalType::timestamp_ntz();
    const std::int64_t micros = at->seconds * 1'000'000 + at->nanos / 1000;
    if (kind.kind == TypeKind::TimestampTz)
      made = make(fmt::format(R"(struct_pack("instant" := make_timestamp({}), "offset" := CAST({} AS SMALLINT)))",
                              micros, at->offset_minutes),
                  kind, Carrier::TimestampTz, false, true);
    else
      made = timestamp_literal(micros, kind);
  } else if (const auto* binary = std::get_if<Binary>(&value)) {
    std::string hex;
    for (const char c : binary->bytes) hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
    made = make(fmt::format("from_hex('{}')", hex), LogicalType::binary(), Carrier::Blob, false, true);
  } else {
    made = make(fmt::format("encode({})", quote(std::get<Json>(value).text)), LogicalType::variant(), Carrier::Blob,
                false, true);
  }
  made.value = value;
  return made;
}

BoundExpr timestamp_literal(std::int64_t microseconds, LogicalType type) {
  return make(fmt::format("make_timestamp(CAST({} AS BIGINT))", microseconds), type, Carrier::TimestampUs, false, true);
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    // The engine's parser ends at a NUL.
    if (c == '\0')
      out += "' || chr(0) || '";
    else
      out += c;
  }
  out += '\'';
  return text.find('\0') == std::string_view::npos ? out : "(" + out + ")";
}

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

base::Error error_at(int number, std::string_view sqlstate, base::SourceSpan at, std::string_view message) {
  return {base::ErrorKind::InvalidValue, number, std::string(sqlstate),
          fmt::format("SQL compilation error: error line {} at position {}\n{}", at.line, at.column - 1, message), at};
}
base::Error compile_error(int number, std::string_view sqlstate, std::string_view message, base::SourceSpan at) {
  return {base::ErrorKind::InvalidValue, number, std::string(sqlstate),
          fmt::format("SQL compilation error:\n{}", message), at};
}
base::Error unsupported(std::string_view feature, base::SourceSpan at) {
  return {base::ErrorKind::Unsupported, 2, "0A000", fmt::format("Unsupported feature '{}'.", feature), at};
}

Carrier computed_carrier(const LogicalType& type, bool wide) {
  return carrier_of(type, wide && type.kind == TypeKind::Number && type.precision > 18);
}

bool is_wide(Carrier carrier) {
  return carrier == Carrier::Int128 || carrier == Carrier::Decimal128 || carrier == Carrier::TimestampNs;
}

BoundExpr recarry(BoundExpr value, Carrier carrier) {
  if (value.carrier == carrier) return value;
  std::string sql = to_sql(value);
  if (carrier == Carrier::TimestampUs && value.carrier == Carrier::TimestampNs)
    sql = fmt::format("make_timestamp(CAST(({0} - (({0} % 1000) + 1000) % 1000) // 1000 AS BIGINT))", sql);
  else if (carrier == Carrier::TimestampNs && value.carrier == Carrier::TimestampUs)
    sql = fmt::format("(CAST(epoch_us({}) AS HUGEINT) * 1000)", sql);
  else
    sql = fmt::format("CAST({} AS {})", sql, physical_type(carrier, value.type.scale));
  value.expr.node = sql::RawSql{std::move(sql)};
  value.carrier = carrier;
  return value;
}

BoundExpr rescale(BoundExpr value, int scale, bool wide) {
  const int whole = value.type.precision - value.type.scale;
  const bool was_wide = is_wide(value.carrier);
  LogicalType type = LogicalType::number(std::min(38, whole + scale), scale);
  // Moving the point needs room: a narrow carrier keeps 18 digits only.
  const bool needs = was_wide || wide || (scale > value.type.scale && whole + scale > 18 && !value.value);
  const Carrier carrier = carrier_of(type, needs);
  if (scale == value.type.scale && carrier == value.carrier) return value;
  BoundExpr made = make_cast(to_sql(value), type, carrier);
  made.nullable = value.nullable;
  made.constant = value.constant;
  return made;
}

std::optional<LogicalType> common_type(const LogicalType& a, const LogicalType& b) {
  if (a.kind == TypeKind::Null) return b;
  if (b.kind == TypeKind::Null) return a;
  if (a.kind == b.kind) {
    switch (a.kind) {
      case TypeKind::Number: {
        const int whole = std::max(a.precision - a.scale, b.precision - b.scale), scale = std::max(a.scale, b.scale);
        return LogicalType::number(std::min(38, whole + scale), scale);
      }
      case TypeKind::Text:
      case TypeKind::Binary: return a.length >= b.length ? a : b;
      case TypeKind::Null:
      case TypeKind::Float:
      case TypeKind::Boolean:
      case TypeKind::Date:
      case TypeKind::Time:
      case TypeKind::TimestampNtz:
      case TypeKind::TimestampLtz:
      case TypeKind::TimestampTz:
      case TypeKind::Variant:
      case TypeKind::Object:
      case TypeKind::Array: return a.scale >= b.scale ? a : b;
    }
  }
  if (a.is_semi_structured() || b.is_semi_structured()) return LogicalType::variant();
  const auto pair = [&](TypeKind x, TypeKind y) {
    return (a.kind == x && b.kind == y) || (a.kind == y && b.kind == x);
  };
  if (pair(TypeKind::Number, TypeKind::Float)) return LogicalType::real();
  if (pair(TypeKind::Text, TypeKind::Number)) {
    const LogicalType& number = a.kind == TypeKind::Number ? a : b;
    return common_type(number, LogicalType::number(18, 5));
  }
  if (pair(TypeKind::Text, TypeKind::Binary)) return std::nullopt;
  if (a.kind == TypeKind::Text) return b;
  if (b.kind == TypeKind::Text) return a;
  if (a.kind == TypeKind::Date && b.is_timestamp()) return b;
  if (b.kind == TypeKind::Date && a.is_timestamp()) return a;
  if (a.is_timestamp() && b.is_timestamp()) {
    if (a.kind == TypeKind::TimestampTz || b.kind == TypeKind::TimestampTz)
      return LogicalType::timestamp_tz(std::max(a.scale, b.scale));
    return LogicalType::timestamp_ltz(std::max(a.scale, b.scale));
  }
  if (pair(TypeKind::Boolean, TypeKind::Number) || pair(TypeKind::Boolean, TypeKind::Float))
    return LogicalType::boolean();
  return std::nullopt;
}

namespace {

// A literal text has its own digits.
std::optional<LogicalType> number_of_text(const BoundExpr& expr) {
  if (expr.type.kind != TypeKind::Text) return std::nullopt;
  if (expr.value)
    if (const auto* text = std::get_if<std::string>(&*expr.value))
      if (const auto number = read_decimal(*text)) return LogicalType::number(38, number->scale);
  return LogicalType::number(38, 5);
}

}  // namespace

std::optional<LogicalType> comparison_type(const BoundExpr& a, const BoundExpr& b) {
  if (a.type.kind == TypeKind::Number && b.type.kind == TypeKind::Text)
    return LogicalType::number(38, std::max(a.type.scale, number_of_text(b)->scale));
  if (b.type.kind == TypeKind::Number && a.type.kind == TypeKind::Text) return comparison_type(b, a);
  // A VARIANT beside a value of SQL is read as that value's type.
  if (a.type.kind == TypeKind::Variant && !b.type.is_semi_structured() && b.type.kind != TypeKind::Null)
    return b.type.kind == TypeKind::Text     ? LogicalType::text()
           : b.type.kind == TypeKind::Number ? LogicalType::number(38, std::max(b.type.scale, 12))
                                             : b.type;
  if (b.type.kind == TypeKind::Variant && !a.type.is_semi_structured() && a.type.kind != TypeKind::Null)
    return comparison_type(b, a);
  return common_type(a.type, b.type);
}

std::string argument_types(const std::vector<BoundExpr>& arguments) {
  std::string out = "(";
  for (const BoundExpr& argument : arguments) {
    if (out.size() > 1) out += ", ";
    out += argument.type.kind == TypeKind::Null ? "NULL" : catalog::to_text(argument.type);
  }
  return out + ")";
}

}  // namespace bind
}  // namespace engine
