#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::CastMode;

CastMode mode_of(const Call& call) { return call.name.starts_with("TRY_") ? CastMode::Try : CastMode::Explicit; }
std::string_view plain(const Call& call) {
  return call.name.starts_with("TRY_") ? std::string_view(call.name).substr(4) : std::string_view(call.name);
}

/// TO_DATE(text [, format]) and its like.
Result<BoundExpr> to_moment(Call& call) {
  const std::string_view name = plain(call);
  LogicalType type = LogicalType::timestamp_ntz();
  if (name == "TO_DATE" || name == "DATE")
    type = LogicalType::date();
  else if (name == "TO_TIME" || name == "TIME")
    type = LogicalType::time();
  else if (name == "TO_TIMESTAMP_LTZ")
    type = LogicalType::timestamp_ltz();
  else if (name == "TO_TIMESTAMP_TZ")
    type = LogicalType::timestamp_tz();
  else if (name == "TO_TIMESTAMP") {
    TRY(type, logical_type({.name = "TIMESTAMP"}, call.translator.parameters()));
  }
  BoundExpr& value = call.args[0];
  if (value.type.kind == TypeKind::Number && call.count() == 2) {
    // The second argument is the scale of an epoch.
    const auto* scale = call.args[1].value ? std::get_if<Decimal>(&*call.args[1].value) : nullptr;
    if (!scale) return base::fail(call.wrong_types());
    TRY(const BoundExpr real,
        bind::convert(value, LogicalType::number(38, value.type.scale), CastMode::Explicit, call.context()));
    double divisor = 1;
    for (base::Int128 i = 0; i < scale->digits; ++i) divisor *= 10;
    BoundExpr seconds = bind::make(
        fmt::format("make_timestamp(CAST(CAST({} AS DOUBLE) / {} * 1000000 AS BIGINT))", to_sql(real), divisor),
        LogicalType::timestamp_ntz());
    return bind::convert(seconds, type, CastMode::Explicit, call.context());
  }
  if (call.count() == 2) {
    TRY(const std::string format, call.text(1));
    TRY(const BoundExpr text, bind::convert(value, LogicalType::text(), CastMode::Explicit, call.context()));
    return bind::read_date_time(text, type, format, mode_of(call), call.context());
  }
  return bind::convert(value, type, mode_of(call), call.context());
}

Result<BoundExpr> to_char(Call& call) {
  BoundExpr& value = call.args[0];
  if (call.count() == 1) return bind::convert(value, LogicalType::text(), CastMode::Explicit, call.context());
  TRY(const std::string format, call.text(1));
  if (value.type.kind == TypeKind::Date || value.type.kind == TypeKind::Time || value.type.is_timestamp())
    return bind::write_date_time_text(value, format, call.context());
  if (value.type.kind == TypeKind::Number || value.type.kind == TypeKind::Float) {
    TRY(const BoundExpr number,
        bind::convert(value, LogicalType::number(38, value.type.kind == TypeKind::Number ? value.type.scale : 10),
                      CastMode::Explicit, call.context()));
    return call.made(fmt::format("fr_number_format(CAST({} AS VARCHAR), {})", to_sql(number), format),
                     LogicalType::text());
  }
  return bind::convert(value, LogicalType::text(), CastMode::Explicit, call.context());
}

Result<BoundExpr> to_number(Call& call) {
  // (x), (x, p), (x, p, s), (x, format [, p, s])
  std::size_t next = 1;
  const bool formatted = call.count() > 1 && call.args[1].type.kind == TypeKind::Text;
  if (formatted) ++next;
  const auto constant = [&](std::size_t index, int otherwise) -> Result<int> {
    if (index >= call.count()) return otherwise;
    const auto* number = call.args[index].value ? std::get_if<Decimal>(&*call.args[index].value) : nullptr;
    if (!number)
      return base::fail(
          bind::error_at(1015, "22023", call.at,
                         fmt::format("argument {} to function {} needs to be constant", index + 1, call.name)));
    return static_cast<int>(number->digits);
  };
  TRY(const int precision, constant(next, 38));
  TRY(const int scale, constant(next + 1, 0));
  if (precision < 1 || precision > 38 || scale < 0 || scale > 37) return base::fail(call.wrong_types());
  BoundExpr value = call.args[0];
  // The usual formats only add group separators and a currency sign.
  if (formatted)
    value = bind::make(fmt::format("regexp_replace({}, '[,$ ]', '', 'g')", to_sql(value)), LogicalType::text());
  return bind::convert(value, LogicalType::number(precision, scale), mode_of(call), call.context());
}

Result<BoundExpr> to_plain(Call& call) {
  const std::string_view name = plain(call);
  const LogicalType type = name == "TO_BOOLEAN"   ? LogicalType::boolean()
                           : name == "TO_DOUBLE"  ? LogicalType::real()
                           : name == "TO_BINARY"  ? LogicalType::binary()
                           : name == "TO_VARIANT" ? LogicalType::variant()
                           : name == "TO_OBJECT"  ? LogicalType::object()
                                                  : LogicalType::array();
  return bind::convert(call.args[0], type, mode_of(call), call.context());
}

}  // namespace

std::vector<Entry> conversion_entries() {
  std::vector<Entry> all{
      {"TO_CHAR", 1, 2, to_char},         {"TO_VARCHAR", 1, 2, to_char},     {"TO_BOOLEAN", 1, 1, to_plain},
      {"TRY_TO_BOOLEAN", 1, 1, to_plain}, {"TO_DOUBLE", 1, 2, to_plain},     {"TRY_TO_DOUBLE", 1, 2, to_plain},
      {"TO_BINARY", 1, 2, to_plain},      {"TRY_TO_BINARY", 1, 2, to_plain}, {"TO_VARIANT", 1, 1, to_plain},
      {"TO_OBJECT", 1, 1, to_plain},      {"TO_ARRAY", 1, 1, to_plain},      {"DATE", 1, 2, to_moment},
      {"TIME", 1, 2, to_moment},
  };
  for (const char* name :
       {"TO_NUMBER", "TO_DECIMAL", "TO_NUMERIC", "TRY_TO_NUMBER", "TRY_TO_DECIMAL", "TRY_TO_NUMERIC"})
    all.push_back({name, 1, 4, to_number});
  for (const char* name :
       {"TO_DATE", "TO_TIME", "TO_TIMESTAMP", "TO_TIMESTAMP_NTZ", "TO_TIMESTAMP_LTZ", "TO_TIMESTAMP_TZ", "TRY_TO_DATE",
        "TRY_TO_TIME", "TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_NTZ", "TRY_TO_TIMESTAMP_LTZ", "TRY_TO_TIMESTAMP_TZ"})
    all.push_back({name, 1, 2, to_moment});
  return all;
}

}  // namespace engine::functions
