#include "engine/functions/date_part.h"
#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

bool is_time_part(DatePart part) { return part >= DatePart::Hour && part <= DatePart::Nanosecond; }

base::Error not_a_part(const Call& call, const sql::Expr& expr) {
  return bind::error_at(1044, "42P13", expr.at,
                        fmt::format("'{}' is not a valid date/time component for function {}.",
                                    call.translator.column_name(expr), call.name));
}

/// The argument as a wall clock (the engine's TIMESTAMP or DATE), text read as TIMESTAMP_NTZ. `type` is what it was,
/// `offset` the minutes of a TIMESTAMP_TZ.
struct Moment {
  std::string sql;
  LogicalType type;
  std::string offset{};
};
Result<Moment> moment(Call& call, BoundExpr value) {
  using enum TypeKind;
  if (value.type.kind == Text || value.type.kind == Variant || value.type.kind == Null) {
    TRY(value, bind::convert(std::move(value), LogicalType::timestamp_ntz(), bind::CastMode::Explicit, call.context()));
  }
  if (value.type.kind == Date) return Moment{to_sql(value), value.type};
  if (value.type.kind == Time)
    return Moment{fmt::format("(DATE '1970-01-01' + CAST({} AS TIME))", to_sql(value)), value.type};
  if (!value.type.is_timestamp()) {
    call.args.push_back(value);
    return base::fail(call.wrong_types());
  }
  const LogicalType type = value.type;
  const std::string offset = type.kind == TimestampTz ? bind::offset_of(to_sql(value)) : std::string();
  TRY(const BoundExpr local,
      bind::convert(std::move(value), LogicalType::timestamp_ntz(), bind::CastMode::Explicit, call.context()));
  return Moment{to_sql(bind::recarry(local, Carrier::TimestampUs)), type, offset};
}

/// A wall clock back to the type that it came from; a TIMESTAMP_TZ keeps its offset.
BoundExpr back(Call& call, std::string sql, const Moment& from) {
  using enum TypeKind;
  const LogicalType& type = from.type;
  if (type.kind == Date) return make(fmt::format("CAST({} AS DATE)", sql), type);
  if (type.kind == Time) return make(fmt::format("CAST(CAST({} AS TIME) AS TIME_NS)", sql), type);
  if (type.kind == TimestampLtz) return make(bind::to_instant(sql, call.context()), type);
  if (type.kind == TimestampTz)
    return make(bind::zoned_sql(fmt::format("({} - to_minutes({}))", sql, from.offset), from.offset), type);
  return make(sql, type);
}

Result<BoundExpr> argument(Call& call, std::size_t index) {
  return call.translator.expression(call.node.arguments[index].value, call.scope);
}

std::string interval(DatePart part, const std::string& amount) {
  switch (part) {
    case DatePart::Year: return fmt::format("to_years(CAST({} AS INTEGER))", amount);
    case DatePart::Quarter: return fmt::format("to_months(CAST({} * 3 AS INTEGER))", amount);
    case DatePart::Month: return fmt::format("to_months(CAST({} AS INTEGER))", amount);
    case DatePart::Week:
    case DatePart::WeekIso: return fmt::format("to_days(CAST({} * 7 AS INTEGER))", amount);
    case DatePart::Hour: return fmt::format("to_hours({})", amount);
    case DatePart::Minute: return fmt::format("to_minutes({})", amount);
    case DatePart::Second: return fmt::format("to_seconds(CAST({} AS DOUBLE))", amount);
    case DatePart::Millisecond: return fmt::format("to_milliseconds(CAST({} AS DOUBLE))", amount);
    case DatePart::Microsecond: return fmt::format("to_microseconds({})", amount);
    case DatePart::Nanosecond: return fmt::format("to_microseconds({} // 1000)", amount);
    default: return fmt::format("to_days(CAST({} AS INTEGER))", amount);
  }
}

Result<BoundExpr> add_to(Call& call, DatePart part, BoundExpr amount, BoundExpr value) {
  TRY(amount, bind::convert(std::move(amount), LogicalType::number(), bind::CastMode::Implicit, call.context()));
  const std::string n = to_sql(bind::recarry(std::move(amount), Carrier::Int64));
  // Parts of a day move the instant, not the wall clock.
  if (value.type.kind == TypeKind::TimestampLtz && is_time_part(part))
    return call.made(fmt::format("({} + {})", to_sql(bind::recarry(value, Carrier::TimestampUs)), interval(part, n)),
                     value.type);
  const TypeKind given = value.type.kind;
  TRY(Moment at, moment(call, std::move(value)));
  if (given == TypeKind::Date && is_time_part(part)) at.type = LogicalType::timestamp_ntz();
  if (given == TypeKind::Time && !is_time_part(part)) return base::fail(call.wrong_types());
  BoundExpr made = back(call, fmt::format("({} + {})", at.sql, interval(part, n)), at);
  return made;
}

Result<BoundExpr> dateadd(Call& call) {
  const auto part = date_part(call.node.arguments[0].value);
  if (!part) return base::fail(not_a_part(call, call.node.arguments[0].value));
  TRY(BoundExpr amount, argument(call, 1));
  TRY(BoundExpr value, argument(call, 2));
  return add_to(call, *part, std::move(amount), std::move(value));
}

Result<BoundExpr> add_months(Call& call) {
  BoundExpr value = call.args[0];
  if (value.type.kind == TypeKind::Text) {
    TRY(value, bind::convert(std::move(value), LogicalType::date(), bind::CastMode::Explicit, call.context()));
  }
  TRY(const Moment at, moment(call, value));
  TRY(const std::string months, call.integer(1));
  // The last day of a month stays the last day.
  const std::string moved = fmt::format("({} + to_months(CAST({} AS INTEGER)))", at.sql, months);
  return back(call,
              fmt::format("(CASE WHEN CAST({0} AS DATE) = last_day({0}) THEN CAST({1} AS TIMESTAMP) + "
                          "to_days(CAST(day(last_day({1})) - day({1}) AS INTEGER)) ELSE {1} END)",
                          at.sql, moved),
              at);
}

Result<BoundExpr> datediff(Call& call) {
  const auto part = date_part(call.node.arguments[0].value);
  if (!part) return base::fail(not_a_part(call, call.node.arguments[0].value));
  TRY(BoundExpr from, argument(call, 1));
  TRY(BoundExpr to, argument(call, 2));
  TRY(const Moment a, moment(call, std::move(from)));
  TRY(const Moment b, moment(call, std::move(to)));
  std::string sql =
      fmt::format("date_diff('{}', CAST({} AS TIMESTAMP), CAST({} AS TIMESTAMP))", engine_word(*part), a.sql, b.sql);
  if (*part == DatePart::Nanosecond) sql = "(" + sql + " * 1000)";
  return make(sql, LogicalType::number(9, 0));
}

/// Either order of part and value.
Result<std::pair<DatePart, BoundExpr>> part_and_value(Call& call) {
  for (const std::size_t i : {0U, 1U}) {
    const auto part = date_part(call.node.arguments[i].value);
    if (!part) continue;
    TRY(BoundExpr value, argument(call, 1 - i));
    return std::pair{*part, std::move(value)};
  }
  return base::fail(not_a_part(call, call.node.arguments[0].value));
}

Result<BoundExpr> date_trunc(Call& call) {
  TRY(auto both, part_and_value(call));
  TRY(const Moment at, moment(call, std::move(both.second)));
  if (at.type.kind == TypeKind::Date && is_time_part(both.first)) return back(call, at.sql, at);
  return back(call, fmt::format("date_trunc('{}', {})", engine_word(both.first), at.sql), at);
}

Result<BoundExpr> extract(Call& call, DatePart part, BoundExpr value) {
  using enum DatePart;
  const bool epoch =
      part == EpochSecond || part == EpochMillisecond || part == EpochMicrosecond || part == EpochNanosecond;
  if (epoch) {
    // An instant counts from the epoch by itself, not by its wall clock.
    std::string sql;
    if (value.type.kind == TypeKind::TimestampLtz || value.type.kind == TypeKind::TimestampTz) {
      TRY(const BoundExpr instant,
          bind::convert(std::move(value), LogicalType::timestamp_ltz(), bind::CastMode::Explicit, call.context()));
      sql = to_sql(bind::recarry(instant, Carrier::TimestampUs));
    } else {
      TRY(const Moment at, moment(call, std::move(value)));
      sql = fmt::format("CAST({} AS TIMESTAMP)", at.sql);
    }
    const char* scale = part == EpochSecond        ? " // 1000000"
                        : part == EpochMillisecond ? " // 1000"
                        : part == EpochNanosecond  ? " * 1000"
                                                   : "";
    return make(fmt::format("(epoch_us({}){})", sql, scale), LogicalType::number());
  }
  if (part == TimezoneHour || part == TimezoneMinute) {
    TRY(const BoundExpr zoned,
        bind::convert(std::move(value), LogicalType::timestamp_tz(), bind::CastMode::Explicit, call.context()));
    return make(fmt::format("CAST(struct_extract({}, 'offset') {} 60 AS BIGINT)", to_sql(zoned),
                            part == TimezoneHour ? "//" : "%"),
                LogicalType::number(9, 0));
  }
  TRY(const Moment at, moment(call, std::move(value)));
  if (part == Nanosecond || part == Microsecond || part == Millisecond) {
    const char* scale = part == Nanosecond ? " * 1000" : part == Millisecond ? " // 1000" : "";
    return make(
        fmt::format("CAST((date_part('microsecond', CAST({} AS TIMESTAMP)) % 1000000){} AS BIGINT)", at.sql, scale),
        LogicalType::number(9, 0));
  }
  return make(fmt::format("CAST(date_part('{}', {}) AS BIGINT)", engine_word(part), at.sql),
              LogicalType::number(part == Year ? 4 : 2, 0));
}

Result<BoundExpr> date_part_call(Call& call) {
  TRY(auto both, part_and_value(call));
  return extract(call, both.first, std::move(both.second));
}

Result<BoundExpr> part_function(Call& call) {
  std::string word = call.name;
  const auto part = date_part(word);
  if (!part) return base::fail(call.wrong_types());
  return extract(call, *part, call.args[0]);
}

Result<BoundExpr> name_of_day(Call& call) {
  TRY(const Moment at, moment(call, call.args[0]));
  return make(fmt::format("left({}({}), 3)", call.name == "DAYNAME" ? "dayname" : "monthname", at.sql),
              LogicalType::text(3));
}

Result<BoundExpr> last_day(Call& call) {
  TRY(const BoundExpr value, argument(call, 0));
  TRY(const Moment at, moment(call, value));
  DatePart part = DatePart::Month;
  if (call.node.arguments.size() > 1) {
    const auto named = date_part(call.node.arguments[1].value);
    if (!named) return base::fail(not_a_part(call, call.node.arguments[1].value));
    part = *named;
  }
  return make(fmt::format("CAST(date_trunc('{}', {}) + {} - to_days(1) AS DATE)", engine_word(part), at.sql,
                          interval(part, "CAST(1 AS BIGINT)")),
              LogicalType::date());
}

Result<BoundExpr> neighbour_day(Call& call) {
  TRY(const Moment at, moment(call, call.args[0]));
  TRY(const std::string name, call.text(1));
  const std::string wanted = fmt::format(
      "(CASE lower(left(trim({}), 2)) WHEN 'su' THEN 0 WHEN 'mo' THEN 1 WHEN 'tu' THEN 2 WHEN 'we' THEN 3 WHEN 'th' "
      "THEN 4 WHEN 'fr' THEN 5 WHEN 'sa' THEN 6 END)",
      name);
  const std::string today = fmt::format("date_part('dayofweek', {})", at.sql);
  const bool next = call.name == "NEXT_DAY";
  const std::string distance = next ? fmt::format("(({} - {} + 6) % 7 + 1)", wanted, today)
                                    : fmt::format("(({} - {} + 6) % 7 + 1)", today, wanted);
  return make(fmt::format("(CAST({} AS DATE) {} CAST({} AS INTEGER))", at.sql, next ? "+" : "-", distance),
              LogicalType::date());
}

Result<BoundExpr> months_between(Call& call) {
  TRY(const Moment a, moment(call, call.args[0]));
  TRY(const Moment b, moment(call, call.args[1]));
  const std::string whole =
      fmt::format("date_diff('month', CAST({1} AS TIMESTAMP), CAST({0} AS TIMESTAMP))", a.sql, b.sql);
  return make(fmt::format("(CASE WHEN day({0}) = day({1}) OR (CAST({0} AS DATE) = last_day({0}) AND CAST({1} AS DATE) "
                          "= last_day({1})) THEN CAST({2} AS DOUBLE) "
                          "ELSE round({2} + (day({0}) - day({1})) / 31.0, 6) END)",
                          a.sql, b.sql, whole),
              LogicalType::real());
}

Result<BoundExpr> date_from_parts(Call& call) {
  TRY(const std::string y, call.integer(0));
  TRY(const std::string m, call.integer(1));
  TRY(const std::string d, call.integer(2));
  const std::string date = fmt::format(
      "CAST(DATE '1970-01-01' + to_months(CAST(({} - 1970) * 12 + {} - 1 AS INTEGER)) + to_days(CAST({} - 1 AS "
      "INTEGER)) AS DATE)",
      y, m, d);
  if (call.count() == 3) return make(date, LogicalType::date());
  TRY(const std::string h, call.integer(3));
  TRY(const std::string mi, call.integer(4));
  TRY(const std::string s, call.integer(5));
  std::string sql = fmt::format(
      "(CAST({} AS TIMESTAMP) + to_hours({}) + to_minutes({}) + to_seconds(CAST({} AS DOUBLE)))", date, h, mi, s);
  if (call.count() > 6) {
    TRY(const std::string ns, call.integer(6));
    sql = fmt::format("({} + to_microseconds({} // 1000))", sql, ns);
  }
  const bool local = call.name.find("LTZ") != std::string::npos;
  return local ? back(call, sql, {"", LogicalType::timestamp_ltz()}) : make(sql, LogicalType::timestamp_ntz());
}

Result<BoundExpr> time_from_parts(Call& call) {
  TRY(const std::string h, call.integer(0));
  TRY(const std::string m, call.integer(1));
  TRY(const std::string s, call.integer(2));
  return make(fmt::format("fr_time_of_ns((({} * 3600 + {} * 60 + {}) * 1000000000) % 86400000000000)", h, m, s),
              LogicalType::time());
}

Result<BoundExpr> time_slice(Call& call) {
  TRY(const BoundExpr value, argument(call, 0));
  TRY(const Moment at, moment(call, value));
  TRY(const BoundExpr given, argument(call, 1));
  const auto part = date_part(call.node.arguments[2].value);
  if (!part) return base::fail(not_a_part(call, call.node.arguments[2].value));
  bool end = false;
  if (call.node.arguments.size() > 3)
    if (const auto* word = std::get_if<sql::StringLiteral>(&call.node.arguments[3].value.node))
      end = word->value == "END" || word->value == "end";
  const std::string width = interval(*part, to_sql(given));
  std::string sql = fmt::format("time_bucket({}, CAST({} AS TIMESTAMP), TIMESTAMP '1970-01-{}')", width, at.sql,
                                *part == DatePart::Week ? "05" : "01");
  if (end) sql = fmt::format("({} + {})", sql, width);
  return back(call, sql, at);
}

Result<BoundExpr> convert_timezone(Call& call) {
  if (call.count() == 3) {
    TRY(const std::string from, call.text(0));
    TRY(const std::string to, call.text(1));
    TRY(const BoundExpr value,
        bind::convert(call.args[2], LogicalType::timestamp_ntz(), bind::CastMode::Explicit, call.context()));
    return call.made(fmt::format("fr_local(fr_instant({}, {}), {})", to_sql(value), from, to),
                     LogicalType::timestamp_ntz());
  }
  TRY(const std::string to, call.text(0));
  TRY(const BoundExpr instant,
      bind::convert(call.args[1], LogicalType::timestamp_ltz(), bind::CastMode::Explicit, call.context()));
  return call.made(bind::zoned_sql(to_sql(instant), fmt::format("fr_offset({}, {})", to_sql(instant), to)),
                   LogicalType::timestamp_tz());
}

}  // namespace

std::vector<Entry> datetime_entries() {
  std::vector<Entry> all{
      {"DATEADD", 3, 3, dateadd, Kind::Raw},
      {"TIMESTAMPADD", 3, 3, dateadd, Kind::Raw},
      {"TIMEADD", 3, 3, dateadd, Kind::Raw},
      {"DATEDIFF", 3, 3, datediff, Kind::Raw},
      {"TIMESTAMPDIFF", 3, 3, datediff, Kind::Raw},
      {"TIMEDIFF", 3, 3, datediff, Kind::Raw},
      {"DATE_TRUNC", 2, 2, date_trunc, Kind::Raw},
      {"DATE_PART", 2, 2, date_part_call, Kind::Raw},
      {"EXTRACT", 2, 2, date_part_call, Kind::Raw},
      {"LAST_DAY", 1, 2, last_day, Kind::Raw},
      {"NEXT_DAY", 2, 2, neighbour_day},
      {"PREVIOUS_DAY", 2, 2, neighbour_day},
      {"ADD_MONTHS", 2, 2, add_months},
      {"MONTHS_BETWEEN", 2, 2, months_between},
      {"DATE_FROM_PARTS", 3, 3, date_from_parts},
      {"DATEFROMPARTS", 3, 3, date_from_parts},
      {"TIMESTAMP_FROM_PARTS", 6, 7, date_from_parts},
      {"TIMESTAMP_NTZ_FROM_PARTS", 6, 7, date_from_parts},
      {"TIMESTAMP_LTZ_FROM_PARTS", 6, 7, date_from_parts},
      {"TIME_FROM_PARTS", 3, 4, time_from_parts},
      {"TIME_SLICE", 3, 4, time_slice, Kind::Raw},
      {"CONVERT_TIMEZONE", 2, 3, convert_timezone},
      {"DAYNAME", 1, 1, name_of_day},
      {"MONTHNAME", 1, 1, name_of_day},
  };
  for (const char* name :
       {"YEAR", "QUARTER", "MONTH", "WEEK", "WEEKISO", "WEEKOFYEAR", "DAY", "DAYOFMONTH", "DAYOFWEEK", "DAYOFWEEKISO",
        "DAYOFYEAR", "YEAROFWEEK", "YEAROFWEEKISO", "HOUR", "MINUTE", "SECOND"})
    all.push_back({name, 1, 1, part_function});
  return all;
}

}  // namespace engine::functions
