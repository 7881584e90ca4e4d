#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

std::string distinct(const Call& call) { return call.node.distinct ? "DISTINCT " : ""; }

/// The argument as a number: text is read as FLOAT or NUMBER(18,5) as in arithmetic.
Result<BoundExpr> number_argument(Call& call, std::size_t index) {
  BoundExpr value = call.args[index];
  switch (value.type.kind) {
    case TypeKind::Number:
    case TypeKind::Float: return value;
    case TypeKind::Null: return bind::make_cast("NULL", LogicalType::number(), Carrier::Int64);
    case TypeKind::Text:
    case TypeKind::Variant:
      return bind::convert(std::move(value), LogicalType::real(), bind::CastMode::Implicit, call.context());
    default: return base::fail(call.wrong_types());
  }
}

Result<BoundExpr> count(Call& call) {
  const LogicalType type = LogicalType::number(18, 0);
  std::string sql;
  const bool star =
      call.node.arguments.size() == 1 && std::holds_alternative<sql::Star>(call.node.arguments[0].value.node);
  if (star && std::get<sql::Star>(call.node.arguments[0].value.node).qualifier.empty()) {
    sql = fmt::format("count(*){}", call.over);
  } else if (star) {
    // COUNT(t.*): rows where no column is NULL.
    const auto& qualifier = std::get<sql::Star>(call.node.arguments[0].value.node).qualifier;
    std::string all;
    for (const ScopeRelation& relation : call.scope.relations) {
      if (!bind::matches(relation, qualifier)) continue;
      for (const ScopeColumn& column : relation.columns)
        if (column.in_star) all += (all.empty() ? "" : " AND ") + bind::column_sql(relation, column) + " IS NOT NULL";
    }
    if (all.empty()) return base::fail(bind::invalid_identifier(qualifier, call.at));
    sql = fmt::format("count(CASE WHEN {} THEN 1 END){}", all, call.over);
  } else if (call.count() == 1) {
    sql = fmt::format("count({}{}){}", distinct(call), to_sql(call.args[0]), call.over);
  } else {
    std::string all, list;
    for (const BoundExpr& arg : call.args) {
      all += (all.empty() ? "" : " AND ") + to_sql(arg) + " IS NOT NULL";
      list += (list.empty() ? "" : ", ") + to_sql(arg);
    }
    sql = fmt::format("count({}CASE WHEN {} THEN {} END){}", distinct(call), all,
                      call.node.distinct ? "row(" + list + ")" : "1", call.over);
  }
  return make(sql, type, Carrier::Int64, false);
}

Result<BoundExpr> count_if(Call& call) {
  TRY(const std::string condition, call.boolean(0));
  return make(fmt::format("count(CASE WHEN {} THEN 1 END){}", condition, call.over), LogicalType::number(13, 0),
              Carrier::Int64, false);
}

LogicalType sum_type(const LogicalType& type) {
  return LogicalType::number(std::min(38, type.precision + 12), type.scale);
}

Result<BoundExpr> sum(Call& call) {
  TRY(const BoundExpr value, number_argument(call, 0));
  const std::string sql = fmt::format("sum({}{}){}", distinct(call), to_sql(value), call.over);
  if (value.type.kind == TypeKind::Float) return make(sql, value.type);
  const LogicalType type = sum_type(value.type);
  return bind::make_cast(sql, type, carrier_of(type, type.precision > 18));
}

Result<BoundExpr> avg(Call& call) {
  TRY(const BoundExpr value, number_argument(call, 0));
  const std::string what = distinct(call) + to_sql(value);
  if (value.type.kind == TypeKind::Float) return make(fmt::format("avg({}){}", what, call.over), value.type);
  const int scale = std::min(value.type.scale + 6, std::max(12, value.type.scale));
  const LogicalType type = LogicalType::number(std::min(38, value.type.precision + 18), scale);
  return make(fmt::format("fr_divide_{0}(sum({1}){2}, nullif(count({1}){2}, 0))", scale, what, call.over), type,
              Carrier::Decimal128);
}

/// Functions that give one of their values back.
Result<BoundExpr> of_same_type(Call& call, std::string_view function) {
  const BoundExpr& value = call.args[0];
  if (value.type.kind == TypeKind::Null) return value;
  // Structs of an instant and an offset order by the instant first, which is its first field.
  BoundExpr made =
      make(fmt::format("{}({}{}){}", function, distinct(call), to_sql(value), call.over), value.type, value.carrier);
  return made;
}
Result<BoundExpr> min(Call& call) { return of_same_type(call, "min"); }
Result<BoundExpr> max(Call& call) { return of_same_type(call, "max"); }
Result<BoundExpr> any_value(Call& call) { return of_same_type(call, "any_value"); }
Result<BoundExpr> mode(Call& call) { return of_same_type(call, "mode"); }

Result<BoundExpr> by(Call& call) {
  return make(fmt::format("{}({}, {}){}", call.name == "MIN_BY" ? "arg_min" : "arg_max", to_sql(call.args[0]),
                          to_sql(call.args[1]), call.over),
              call.args[0].type, call.args[0].carrier);
}

Result<BoundExpr> median(Call& call) {
  TRY(const BoundExpr value, number_argument(call, 0));
  if (value.type.kind == TypeKind::Float)
    return make(fmt::format("median({}){}", to_sql(value), call.over), value.type);
  const LogicalType type =
      LogicalType::number(std::min(38, value.type.precision + 3), std::min(37, value.type.scale + 3));
  const std::string real = fmt::format("CAST({} AS DECIMAL(38,{}))", to_sql(value), type.scale);
  return bind::make_cast(fmt::format("median({}){}", real, call.over), type, carrier_of(type, type.precision > 18));
}

Result<BoundExpr> deviation(Call& call) {
  static const std::map<std::string_view, std::string_view> names{
      {"STDDEV", "stddev_samp"}, {"STDDEV_SAMP", "stddev_samp"}, {"STDDEV_POP", "stddev_pop"},
      {"VARIANCE", "var_samp"},  {"VAR_SAMP", "var_samp"},       {"VARIANCE_SAMP", "var_samp"},
      {"VAR_POP", "var_pop"},    {"VARIANCE_POP", "var_pop"},    {"SKEW", "skewness"},
      {"KURTOSIS", "kurtosis"}};
  TRY(const BoundExpr value, number_argument(call, 0));
  const std::string sql =
      fmt::format("{}({}CAST({} AS DOUBLE)){}", names.at(call.name), distinct(call), to_sql(value), call.over);
  if (value.type.kind == TypeKind::Number && call.name.starts_with("VAR")) {
    const LogicalType type = LogicalType::number(38, std::min(12, 2 * value.type.scale + 6));
    return bind::make_cast(sql, type, Carrier::Decimal128);
  }
  return make(sql, LogicalType::real());
}

Result<BoundExpr> correlated(Call& call) {
  TRY(const std::string y, call.real(0));
  TRY(const std::string x, call.real(1));
  std::string lower;
  for (const char c : call.name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return make(fmt::format("{}({}, {}){}", lower, y, x, call.over), LogicalType::real());
}

Result<BoundExpr> percentile(Call& call) {
  if (call.node.within_group.size() != 1)
    return base::fail(
        bind::error_at(1003, "42000", call.at, fmt::format("{} needs WITHIN GROUP (ORDER BY ..)", call.name)));
  const sql::OrderItem& item = call.node.within_group[0];
  TRY(const BoundExpr value, call.translator.expression(item.value, call.scope));
  TRY(const std::string fraction, call.real(0));
  const bool continuous = call.name == "PERCENTILE_CONT";
  LogicalType type = value.type;
  if (continuous && type.kind == TypeKind::Number)
    type = LogicalType::number(std::min(38, type.precision + 3), std::min(37, type.scale + 3));
  const std::string input = continuous && type.kind == TypeKind::Number
                                ? fmt::format("CAST({} AS DECIMAL(38,{}))", to_sql(value), type.scale)
                                : to_sql(value);
  const std::string share = item.descending ? fmt::format("(1 - {})", fraction) : fraction;
  const std::string sql = fmt::format("quantile_{}({}, {}){}", continuous ? "cont" : "disc", input, share, call.over);
  if (type.kind == TypeKind::Number)
    return bind::make_cast(sql, type, carrier_of(type, continuous || bind::is_wide(value.carrier)));
  return make(sql, type, value.carrier);
}

Result<BoundExpr> listagg(Call& call) {
  TRY(const std::string value, call.text(0));
  std::string separator = "''";
  if (call.count() > 1) {
    TRY(separator, call.text(1));
  }
  TRY(std::string order, call.translator.order_by(call.node.within_group, call.scope));
  if (!order.empty()) order = " " + order;
  return make(fmt::format("coalesce(string_agg({}{}, {}{}){}, '')", distinct(call), value, separator, order, call.over),
              LogicalType::text(), Carrier::Text, false);
}

Result<BoundExpr> bool_agg(Call& call) {
  TRY(const std::string value, call.boolean(0));
  if (call.name == "BOOLXOR_AGG")
    return make(fmt::format("(count(CASE WHEN {} THEN 1 END){} = 1)", value, call.over), LogicalType::boolean());
  return make(fmt::format("{}({}){}", call.name == "BOOLAND_AGG" ? "bool_and" : "bool_or", value, call.over),
              LogicalType::boolean());
}

Result<BoundExpr> approximate_count(Call& call) {
  return make(fmt::format("approx_count_distinct({}){}", to_sql(call.args[0]), call.over), LogicalType::number(18, 0),
              Carrier::Int64, false);
}

Result<BoundExpr> bit_agg(Call& call) {
  TRY(const std::string value, call.integer(0));
  return make(fmt::format("{}({}){}",
                          call.name == "BITAND_AGG"  ? "bit_and"
                          : call.name == "BITOR_AGG" ? "bit_or"
                                                     : "bit_xor",
                          value, call.over),
              LogicalType::number());
}

Result<BoundExpr> hash_agg(Call& call) {
  std::string list;
  for (std::size_t i = 0; i < call.count(); ++i) {
    TRY(const std::string text, call.text(i));
    list += (i ? ", " : "") + text;
  }
  return make(fmt::format("coalesce(bit_xor(fr_hash({})){}, CAST(0 AS BIGINT))", list, call.over),
              LogicalType::number(19, 0), Carrier::Int64, false);
}

Result<BoundExpr> array_agg(Call& call) {
  TRY(const std::string value, call.as(0, LogicalType::variant()));
  TRY(std::string order, call.translator.order_by(call.node.within_group, call.scope));
  if (!order.empty()) order = " " + order;
  return make(fmt::format("encode('[' || coalesce(string_agg({}decode({}), ','{}){}, '') || ']')", distinct(call),
                          value, order, call.over),
              LogicalType::array(), Carrier::Blob, false);
}

Result<BoundExpr> object_agg(Call& call) {
  TRY(const std::string key, call.text(0));
  TRY(const std::string value, call.as(1, LogicalType::variant()));
  return make(
      fmt::format(
          "fr_v_parse('{{' || coalesce(string_agg(decode(fr_v_of_text({})) || ':' || decode({}), ','){}, '') || '}}')",
          key, value, call.over),
      LogicalType::object(), Carrier::Blob, false);
}

Result<BoundExpr> grouping(Call& call) {
  std::string list;
  for (const BoundExpr& arg : call.args) list += (list.empty() ? "" : ", ") + to_sql(arg);
  return bind::make_cast(fmt::format("grouping({})", list), LogicalType::number(), Carrier::Int64);
}

}  // namespace

std::vector<Entry> aggregate_entries() {
  constexpr Kind kAggregate = Kind::Aggregate;
  std::vector<Entry> all{
      {"COUNT", 1, -1, count, kAggregate},
      {"COUNT_IF", 1, 1, count_if, kAggregate},
      {"SUM", 1, 1, sum, kAggregate},
      {"AVG", 1, 1, avg, kAggregate},
      {"MIN", 1, 1, min, kAggregate},
      {"MAX", 1, 1, max, kAggregate},
      {"ANY_VALUE", 1, 1, any_value, kAggregate},
      {"MODE", 1, 1, mode, kAggregate},
      {"MIN_BY", 2, 2, by, kAggregate},
      {"MAX_BY", 2, 2, by, kAggregate},
      {"MEDIAN", 1, 1, median, kAggregate},
      {"CORR", 2, 2, correlated, kAggregate},
      {"COVAR_POP", 2, 2, correlated, kAggregate},
      {"COVAR_SAMP", 2, 2, correlated, kAggregate},
      {"PERCENTILE_CONT", 1, 1, percentile, kAggregate},
      {"PERCENTILE_DISC", 1, 1, percentile, kAggregate},
      {"LISTAGG", 1, 2, listagg, kAggregate},
      {"STRING_AGG", 1, 2, listagg, kAggregate},
      {"BOOLAND_AGG", 1, 1, bool_agg, kAggregate},
      {"BOOLOR_AGG", 1, 1, bool_agg, kAggregate},
      {"BOOLXOR_AGG", 1, 1, bool_agg, kAggregate},
      {"APPROX_COUNT_DISTINCT", 1, 1, approximate_count, kAggregate},
      {"HLL", 1, 1, approximate_count, kAggregate},
      {"BITAND_AGG", 1, 1, bit_agg, kAggregate},
      {"BITOR_AGG", 1, 1, bit_agg, kAggregate},
      {"BITXOR_AGG", 1, 1, bit_agg, kAggregate},
      {"HASH_AGG", 1, -1, hash_agg, kAggregate},
      {"ARRAY_AGG", 1, 1, array_agg, kAggregate},
      {"OBJECT_AGG", 2, 2, object_agg, kAggregate},
      {"GROUPING", 1, -1, grouping, kAggregate},
      {"GROUPING_ID", 1, -1, grouping, kAggregate},
  };
  for (const char* name : {"STDDEV", "STDDEV_SAMP", "STDDEV_POP", "VARIANCE", "VAR_SAMP", "VARIANCE_SAMP", "VAR_POP",
                           "VARIANCE_POP", "SKEW", "KURTOSIS"})
    all.push_back({name, 1, 1, deviation, kAggregate});
  return all;
}

}  // namespace engine::functions
