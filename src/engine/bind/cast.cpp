#include "engine/bind/cast.h"

#include "engine/values/number_text.h"

namespace engine::bind {
namespace {

/// Our functions take what an assignment fills as one more argument: its errors begin with that.
std::string labelled(std::string call, const BindContext& context) {
  if (context.assigning.empty() || !call.ends_with(')') || call.starts_with("fr_try_")) return call;
  const auto open = call.find('(');
  return call.substr(0, open) + "_in" + call.substr(open, call.size() - open - 1) + ", " + quote(context.assigning) +
         ")";
}

std::string_view try_prefix(CastMode mode) { return mode == CastMode::Try ? "fr_try_" : "fr_"; }

base::Error no_cast(const BoundExpr& value, const LogicalType& to) {
  return compile_error(1065, "22023",
                       fmt::format("Invalid argument types for function 'CAST': ({}) to {}",
                                   catalog::to_text(value.type), catalog::to_text(to)));
}

BoundExpr keep_flags(BoundExpr made, const BoundExpr& from, CastMode mode = CastMode::Explicit) {
  made.nullable = from.nullable || mode == CastMode::Try;
  made.constant = from.constant;
  return made;
}

/// Cuts fractional digits that the type does not keep.
std::string truncate_fraction(std::string sql, const LogicalType& type, int from_scale) {
  if (type.scale >= 6 || type.scale >= from_scale) return sql;
  std::int64_t step = 1;
  for (int i = type.scale; i < 6; ++i) step *= 10;
  return fmt::format("fr_cut_fraction({}, CAST({} AS BIGINT))", sql, step);
}

Result<BoundExpr> to_number(const BoundExpr& value, const LogicalType& to, CastMode mode, const BindContext& context) {
  const std::string sql = to_sql(value);
  const bool small = to.precision <= 18;
  switch (value.type.kind) {
    case TypeKind::Text: {
      if (value.value && mode != CastMode::Try) {
        base::Int128 digits = 0;
        const auto* text = std::get_if<std::string>(&*value.value);
        if (text && read_number(*text, to.precision, to.scale, digits) == NumberProblem::None) {
          TRY(BoundExpr made, literal(Decimal{digits, to.scale}));
          made.type = to;
          return made;
        }
      }
      const Carrier carrier = carrier_of(to, !small);
      const char* width = is_wide(carrier) ? "128" : "64";
      return make(labelled(to.scale == 0 ? fmt::format("{}int{}({}, CAST({} AS INTEGER))", try_prefix(mode), width, sql,
                                                       to.precision)
                                         : fmt::format("{}dec{}_{}({}, CAST({} AS INTEGER))", try_prefix(mode), width,
                                                       to.scale, sql, to.precision),
                           context),
                  to, carrier);
    }
    case TypeKind::Number: {
      const int whole_from = value.type.precision - value.type.scale, whole_to = to.precision - to.scale;
      const bool shrinks = whole_to < whole_from || (whole_to == whole_from && to.scale < value.type.scale);
      const bool needs_room = to.scale > value.type.scale && whole_from + to.scale > 18 && !value.value;
      const Carrier roomy = carrier_of(to, is_wide(value.carrier) || needs_room);
      const Carrier carrier = small ? carrier_of(to, false) : roomy;
      std::string out = roomy == value.carrier && to.scale == value.type.scale
                            ? sql
                            : fmt::format("CAST({} AS {})", sql, physical_type(roomy, to.scale));
      if (shrinks && to.precision < 38) {
        const char* width = is_wide(roomy) ? "128" : "64";
        out = labelled(
            fmt::format("{}fit{}_{}({}, CAST({} AS INTEGER))", try_prefix(mode), width, to.scale, out, to.precision),
            context);
      }
      if (carrier != roomy) out = fmt::format("CAST({} AS {})", out, physical_type(carrier, to.scale));
      BoundExpr made = make(out, to, carrier);
      if (out == sql) made.value = value.value;
      return made;
    }
    case TypeKind::Float: {
      const Carrier carrier = carrier_of(to, !small);
      return make_cast(fmt::format("round({}, {})", sql, to.scale), to, carrier);
    }
    case TypeKind::Boolean: {
      const Carrier carrier = carrier_of(to, false);
      return make_cast(fmt::format("CAST({} AS BIGINT)", sql), to, carrier);
    }
    case TypeKind::Variant: {
      const Carrier carrier = carrier_of(to, !small);
      const char* width = is_wide(carrier) ? "128" : "64";
      return make(to.scale == 0
                      ? fmt::format("{}v_int{}({}, CAST({} AS INTEGER))", try_prefix(mode), width, sql, to.precision)
                      : fmt::format("{}v_dec{}_{}({}, CAST({} AS INTEGER))", try_prefix(mode), width, to.scale, sql,
                                    to.precision),
                  to, carrier);
    }
    case TypeKind::Null:
    case TypeKind::Binary:
    case TypeKind::Date:
    case TypeKind::Time:
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz:
    case TypeKind::Object:
    case TypeKind::Array: break;
  }
  return base::fail(no_cast(value, to));
}

Result<BoundExpr> to_text_type(const BoundExpr& value, const LogicalType& to, CastMode mode, BindContext& context) {
  std::string sql = to_sql(value);
  std::int64_t longest = LogicalType::kMaxTextLength;
  switch (value.type.kind) {
    case TypeKind::Text: longest = value.type.length; break;
    case TypeKind::Number:
      longest = value.type.precision + (value.type.scale > 0 ? 2 : 1);
      sql = fmt::format("CAST({} AS VARCHAR)", sql);
      break;
    case TypeKind::Float: sql = fmt::format("fr_float_text({})", sql); break;
    case TypeKind::Boolean:
      longest = 5;
      sql = fmt::format("CAST({} AS VARCHAR)", sql);
      break;
    case TypeKind::Binary: sql = fmt::format("hex({})", sql); break;
    case TypeKind::Date:
    case TypeKind::Time:
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: sql = to_sql(write_date_time_text(value, {}, context)); break;
    case TypeKind::Variant: sql = fmt::format("fr_v_text({})", sql); break;
    case TypeKind::Object:
    case TypeKind::Array: sql = fmt::format("decode({})", sql); break;
    case TypeKind::Null: break;
  }
  if (to.length < longest && to.length < LogicalType::kMaxTextLength)
    sql = labelled(fmt::format("{}fit_text({}, CAST({} AS BIGINT))", try_prefix(mode), sql, to.length), context);
  BoundExpr made = make(sql, to, Carrier::Text);
  if (value.value && std::holds_alternative<std::string>(*value.value) && sql == to_sql(value))
    made.value = value.value;
  return made;
}

Result<BoundExpr> to_timestamp(const BoundExpr& given, const LogicalType& to, CastMode mode, BindContext& context) {
  BoundExpr value = recarry(given, given.carrier == Carrier::TimestampNs ? Carrier::TimestampUs : given.carrier);
  std::string sql = to_sql(value);
  using enum TypeKind;
  switch (value.type.kind) {
    case Text: return read_date_time(value, to, "'AUTO'", mode, context);
    case Number:
    case Float: {
      if (mode == CastMode::Implicit) return base::fail(no_cast(value, to));
      sql = fmt::format("fr_epoch(CAST({} AS DOUBLE))", sql);
      if (value.type.kind == Number && value.type.scale == 0)
        sql = fmt::format("make_timestamp(CAST({} AS BIGINT) * 1000000)", to_sql(value));
      if (to.kind == TimestampTz) sql = in_session_zone(sql, context);
      return make(sql, to, to.kind == TimestampTz ? Carrier::TimestampTz : Carrier::TimestampUs);
    }
    case Date: sql = fmt::format("CAST({} AS TIMESTAMP)", sql); break;
    case Time: sql = fmt::format("(DATE '1970-01-01' + CAST({} AS TIME))", sql); break;
    case Variant:
      return make(fmt::format("{}v_{}({}, {})", try_prefix(mode), to.kind == TimestampNtz ? "ntz" : "ltz", sql,
                              zone_sql(context)),
                  to, Carrier::TimestampUs);
    case TimestampNtz: break;
    case TimestampLtz:
      if (to.kind == TimestampNtz) sql = to_local(sql, context);
      break;
    case TimestampTz:
      if (to.kind == TimestampTz) return make(sql, to, Carrier::TimestampTz);
      sql = to.kind == TimestampLtz ? instant_of(sql)
                                    : fmt::format("({} + to_minutes({}))", instant_of(sql), offset_of(sql));
      return make(truncate_fraction(sql, to, value.type.scale), to, Carrier::TimestampUs);
    case Null:
    case Binary:
    case Boolean:
    case Object:
    case Array: return base::fail(no_cast(value, to));
  }
  const bool is_local = value.type.kind != TimestampLtz;
  if (to.kind != TimestampNtz && is_local) sql = to_instant(sql, context);
  if (to.kind == TimestampTz) return make(in_session_zone(sql, context), to, Carrier::TimestampTz);
  const int from_scale = value.type.is_timestamp() ? value.type.scale : 0;
  return make(truncate_fraction(sql, to, from_scale), to, Carrier::TimestampUs);
}

/// DATE and TIME from what has them as a part.
Result<BoundExpr> to_part(const BoundExpr& value, const LogicalType& to, CastMode mode, BindContext& context) {
  const bool to_date = to.kind == TypeKind::Date;
  if (value.type.kind == TypeKind::Text) return read_date_time(value, to, "'AUTO'", mode, context);
  if (value.type.kind == TypeKind::Time && !to_date) return make(to_sql(value), to, Carrier::TimeNs);
  if (value.type.kind == TypeKind::Variant && to_date)
    return make(fmt::format("{}v_date({})", try_prefix(mode), to_sql(value)), to, Carrier::Date32);
  if (!value.type.is_timestamp()) return base::fail(no_cast(value, to));
  TRY(const BoundExpr local, to_timestamp(value, LogicalType::timestamp_ntz(), mode, context));
  if (to_date) return make_cast(to_sql(local), to, Carrier::Date32);
  return make(fmt::format("CAST(CAST({} AS TIME) AS TIME_NS)", to_sql(local)), to, Carrier::TimeNs);
}

Result<BoundExpr> converted(const BoundExpr& value, const LogicalType& to, CastMode mode, BindContext& context) {
  const std::string sql = to_sql(value);
  switch (to.kind) {
    case TypeKind::Null: return value;
    case TypeKind::Number: return to_number(value, to, mode, context);
    case TypeKind::Float:
      switch (value.type.kind) {
        case TypeKind::Text:
          return make(labelled(fmt::format("{}float({})", try_prefix(mode), sql), context), to, Carrier::Float64);
        case TypeKind::Float: return value;
        case TypeKind::Number: return make_cast(sql, to, Carrier::Float64);
        case TypeKind::Boolean: return make_cast(sql, to, Carrier::Float64);
        case TypeKind::Variant: return make(fmt::format("{}v_float({})", try_prefix(mode), sql), to, Carrier::Float64);
        default: return base::fail(no_cast(value, to));
      }
    case TypeKind::Text: return to_text_type(value, to, mode, context);
    case TypeKind::Binary:
      if (value.type.kind == TypeKind::Binary) return make(sql, to, Carrier::Blob);
      if (value.type.kind == TypeKind::Text)
        return make(fmt::format("{}binary({})", try_prefix(mode), sql), to, Carrier::Blob);
      return base::fail(no_cast(value, to));
    case TypeKind::Boolean:
      switch (value.type.kind) {
        case TypeKind::Boolean: return value;
        case TypeKind::Text:
          return make(labelled(fmt::format("{}boolean({})", try_prefix(mode), sql), context), to, Carrier::Boolean);
        case TypeKind::Number:
        case TypeKind::Float: return make(fmt::format("({} <> 0)", sql), to, Carrier::Boolean);
        case TypeKind::Variant:
          return make(fmt::format("{}v_boolean({})", try_prefix(mode), sql), to, Carrier::Boolean);
        default: return base::fail(no_cast(value, to));
      }
    case TypeKind::Date:
      if (value.type.kind == TypeKind::Date) return value;
      return to_part(value, to, mode, context);
    case TypeKind::Time: return to_part(value, to, mode, context);
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: return to_timestamp(value, to, mode, context);
    case TypeKind::Variant:
    case TypeKind::Object:
    case TypeKind::Array:
      if (value.type.is_semi_structured()) {
        if (to.kind == TypeKind::Variant) return make(sql, to, Carrier::Blob);
        if (value.type.kind == TypeKind::Variant || value.type.kind == to.kind)
          return make(fmt::format("fr_v_{}({})", to.kind == TypeKind::Object ? "object" : "array", sql), to,
                      Carrier::Blob);
        return base::fail(no_cast(value, to));
      }
      if (to.kind == TypeKind::Object) return base::fail(no_cast(value, to));
      BoundExpr made;
      switch (value.type.kind) {
        case TypeKind::Number:
          made = make(fmt::format("fr_v_of_number(CAST({} AS VARCHAR))", sql), LogicalType::variant(), Carrier::Blob);
          break;
        case TypeKind::Float:
          made = make(fmt::format("fr_v_of_float({})", sql), LogicalType::variant(), Carrier::Blob);
          break;
        case TypeKind::Boolean:
          made = make(fmt::format("encode(CAST({} AS VARCHAR))", sql), LogicalType::variant(), Carrier::Blob);
          break;
        default: {
          TRY(const BoundExpr text, to_text_type(value, LogicalType::text(), CastMode::Explicit, context));
          made = make(fmt::format("fr_v_of_text({})", to_sql(text)), LogicalType::variant(), Carrier::Blob);
        }
      }
      if (to.kind == TypeKind::Array) made = make(fmt::format("fr_v_array({})", to_sql(made)), to, Carrier::Blob);
      return made;
  }
  return base::fail(no_cast(value, to));
}

}  // namespace

Result<BoundExpr> convert(BoundExpr value, const LogicalType& to, CastMode mode, BindContext& context) {
  if (value.type == to && value.carrier != Carrier::TimestampNs) return value;
  if (value.type.kind == TypeKind::Null) {
    BoundExpr made =
        value.value ? make_cast("NULL", to, computed_carrier(to)) : make_cast(to_sql(value), to, computed_carrier(to));
    made.constant = value.constant;
    return made;
  }
  TRY(BoundExpr made, converted(value, to, mode, context));
  return keep_flags(std::move(made), value, mode);
}

std::string zone_sql(const BindContext& context) { return quote(context.statement.parameters->text("TIMEZONE")); }
std::string to_local(std::string_view timestamp, const BindContext& context) {
  return fmt::format("fr_local({}, {})", timestamp, zone_sql(context));
}
std::string to_instant(std::string_view timestamp, const BindContext& context) {
  return fmt::format("fr_instant({}, {})", timestamp, zone_sql(context));
}
// The casts are for NULL, whose fields have no type.
std::string instant_of(std::string_view zoned) {
  return fmt::format("CAST(struct_extract({}, 'instant') AS TIMESTAMP)", zoned);
}
std::string offset_of(std::string_view zoned) {
  return fmt::format("CAST(struct_extract({}, 'offset') AS SMALLINT)", zoned);
}
std::string zoned_sql(std::string_view instant, std::string_view offset) {
  return fmt::format(R"((CASE WHEN {0} IS NOT NULL THEN struct_pack("instant" := {0}, "offset" := {1}) END))", instant,
                     offset);
}
std::string in_session_zone(std::string_view instant, const BindContext& context) {
  return zoned_sql(instant, fmt::format("fr_offset({}, {})", instant, zone_sql(context)));
}

BoundExpr read_date_time(const BoundExpr& text, const LogicalType& to, std::string_view format, CastMode mode,
                         BindContext& context) {
  const std::string sql = to_sql(text);
  const std::string zone = zone_sql(context);
  const std::string_view prefix = try_prefix(mode);
  BoundExpr made;
  using enum TypeKind;
  // A format of the session stands for AUTO where it was set.
  const auto session = [&](std::string_view parameter) {
    const std::string& own = context.statement.parameters->text(parameter);
    return format == "'AUTO'" && !own.empty() ? quote(own) : std::string(format);
  };
  if (to.kind == Date)
    made = make(labelled(fmt::format("{}date({}, {})", prefix, sql, session("DATE_INPUT_FORMAT")), context), to,
                Carrier::Date32);
  else if (to.kind == Time)
    made = make(labelled(fmt::format("{}time({}, {})", prefix, sql, session("TIME_INPUT_FORMAT")), context), to,
                Carrier::TimeNs);
  else if (to.kind == TimestampNtz)
    made = make(
        truncate_fraction(
            labelled(fmt::format("{}ntz({}, {})", prefix, sql, session("TIMESTAMP_INPUT_FORMAT")), context), to, 9),
        to, Carrier::TimestampUs);
  else if (to.kind == TimestampLtz)
    made = make(
        truncate_fraction(
            labelled(fmt::format("{}ltz({}, {}, {})", prefix, sql, session("TIMESTAMP_INPUT_FORMAT"), zone), context),
            to, 9),
        to, Carrier::TimestampUs);
  else
    made = make(zoned_sql(fmt::format("{}ltz({}, {}, {})", prefix, sql, session("TIMESTAMP_INPUT_FORMAT"), zone),
                          fmt::format("{}tz_offset({}, {}, {})", prefix, sql, session("TIMESTAMP_INPUT_FORMAT"), zone)),
                to, Carrier::TimestampTz);
  return keep_flags(std::move(made), text, mode);
}

BoundExpr write_date_time_text(const BoundExpr& given, std::string_view format, BindContext& context) {
  const BoundExpr value = recarry(given, given.carrier == Carrier::TimestampNs ? Carrier::TimestampUs : given.carrier);
  const Parameters& parameters = *context.statement.parameters;
  const auto pick = [&](std::string_view name) {
    if (!format.empty()) return std::string(format);
    const std::string& own = parameters.text(name);
    return quote(own.empty() ? parameters.text("TIMESTAMP_OUTPUT_FORMAT") : own);
  };
  const std::string sql = to_sql(value);
  std::string out;
  switch (value.type.kind) {
    case TypeKind::Date: out = fmt::format("fr_date_text({}, {})", sql, pick("DATE_OUTPUT_FORMAT")); break;
    case TypeKind::Time: out = fmt::format("fr_time_text({}, {})", sql, pick("TIME_OUTPUT_FORMAT")); break;
    case TypeKind::TimestampLtz:
      out = fmt::format("fr_ltz_text({}, {}, {})", sql, pick("TIMESTAMP_LTZ_OUTPUT_FORMAT"), zone_sql(context));
      break;
    case TypeKind::TimestampTz:
      out = fmt::format("fr_tz_text(struct_extract({0}, 'instant'), struct_extract({0}, 'offset'), {1})", sql,
                        pick("TIMESTAMP_TZ_OUTPUT_FORMAT"));
      break;
    default: out = fmt::format("fr_ntz_text({}, {})", sql, pick("TIMESTAMP_NTZ_OUTPUT_FORMAT")); break;
  }
  return keep_flags(make(out, LogicalType::text(), Carrier::Text), value);
}

Result<LogicalType> unify(std::vector<BoundExpr*> values, std::string_view what, base::SourceSpan at,
                          BindContext& context) {
  LogicalType type = LogicalType::null();
  for (const BoundExpr* value : values) {
    LogicalType mine = value->type;
    // A literal text beside numbers has its own scale, not that of NUMBER(18,5).
    const auto common = common_type(type, mine);
    if (!common) {
      std::vector<BoundExpr> all;
      for (const BoundExpr* one : values) all.push_back(*one);
      return base::fail(error_at(
          1044, "42P13", at, fmt::format("Invalid argument types for function '{}': {}", what, argument_types(all))));
    }
    type = *common;
  }
  if (type.kind == TypeKind::Number) {
    int scale = -1, whole = 0;
    bool exact = true;
    for (const BoundExpr* value : values) {
      if (value->type.kind == TypeKind::Number) {
        scale = std::max(scale, value->type.scale);
        whole = std::max(whole, value->type.precision - value->type.scale);
      } else if (value->type.kind == TypeKind::Text) {
        const auto* text = value->value ? std::get_if<std::string>(&*value->value) : nullptr;
        const auto number = text ? read_decimal(*text) : std::nullopt;
        if (number) {
          scale = std::max(scale, number->scale);
          whole = std::max(whole, 18);
        } else {
          exact = false;
        }
      }
    }
    if (exact && scale >= 0) type = LogicalType::number(std::min(38, whole + scale), scale);
  }
  bool wide = false;
  for (BoundExpr* value : values) {
    TRY(*value, convert(std::move(*value), type, CastMode::Implicit, context));
    wide |= is_wide(value->carrier);
  }
  for (BoundExpr* value : values)
    if (type.kind == TypeKind::Number || type.is_timestamp())
      *value = recarry(std::move(*value), carrier_of(type, wide));
  return type;
}

base::Status unify_comparison(BoundExpr& left, BoundExpr& right, base::SourceSpan at, BindContext& context) {
  const auto type = comparison_type(left, right);
  if (!type)
    return base::fail(error_at(
        1044, "42P13", at, fmt::format("Invalid argument types for function '=': {}", argument_types({left, right}))));
  if (type->kind == TypeKind::Null) return {};
  bool wide = false;
  for (BoundExpr* side : {&left, &right}) {
    const bool same_number =
        side->type.kind == TypeKind::Number && type->kind == TypeKind::Number && side->type.scale == type->scale;
    const bool same_text = side->type.kind == TypeKind::Text && type->kind == TypeKind::Text;
    const bool same_time = side->type.kind == type->kind && type->is_timestamp();
    if (!same_number && !same_text && !same_time) {
      if (side->type.kind == TypeKind::Number && type->kind == TypeKind::Number)
        *side = rescale(std::move(*side), type->scale, false);
      else {
        LogicalType to = *type;
        TRY(*side, convert(std::move(*side), to, CastMode::Implicit, context));
      }
    }
    wide |= is_wide(side->carrier);
  }
  if (type->kind == TypeKind::Number || type->is_timestamp())
    for (BoundExpr* side : {&left, &right})
      if (type->kind != TypeKind::TimestampTz) *side = recarry(std::move(*side), carrier_of(*type, wide));
  // Instants compare, offsets do not.
  if (type->kind == TypeKind::TimestampTz)
    for (BoundExpr* side : {&left, &right})
      *side = make(fmt::format("struct_extract({}, 'instant')", to_sql(*side)), LogicalType::timestamp_ltz(),
                   Carrier::TimestampUs, side->nullable);
  return {};
}

}  // namespace engine::bind
