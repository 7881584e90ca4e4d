#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

Result<BoundExpr> rank_like(Call& call) {
  std::string lower;
  for (const char c : call.name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (call.name == "PERCENT_RANK" || call.name == "CUME_DIST")
    return make(fmt::format("{}(){}", lower, call.over), LogicalType::real());
  return make(fmt::format("{}(){}", lower, call.over), LogicalType::number(18, 0), Carrier::Int64, false);
}

Result<BoundExpr> ntile(Call& call) {
  TRY(const std::string buckets, call.integer(0));
  return make(fmt::format("ntile({}){}", buckets, call.over), LogicalType::number(18, 0));
}

std::string nulls(const Call& call) { return call.node.nulls == sql::NullTreatment::Ignore ? " IGNORE NULLS" : ""; }

/// LAG and LEAD: a negative distance looks the other way, as in the engine.
Result<BoundExpr> neighbour(Call& call) {
  const char* function = call.name == "LAG" ? "lag" : "lead";
  std::string distance = "1";
  if (call.count() > 1) {
    TRY(distance, call.integer(1));
  }
  BoundExpr value = call.args[0];
  if (call.count() < 3)
    return make(fmt::format("{}({}, {}{}){}", function, to_sql(value), distance, nulls(call), call.over), value.type,
                value.carrier);
  BoundExpr otherwise = call.args[2];
  TRY(const LogicalType type, bind::unify({&value, &otherwise}, call.name, call.at, call.context()));
  return make(
      fmt::format("{}({}, {}, {}{}){}", function, to_sql(value), distance, to_sql(otherwise), nulls(call), call.over),
      type, value.carrier);
}

Result<BoundExpr> edge(Call& call) {
  const BoundExpr& value = call.args[0];
  return make(fmt::format("{}({}{}){}", call.name == "FIRST_VALUE" ? "first_value" : "last_value", to_sql(value),
                          nulls(call), call.over),
              value.type, value.carrier);
}

Result<BoundExpr> nth(Call& call) {
  TRY(const std::string position, call.integer(1));
  return make(fmt::format("nth_value({}, {}{}){}", to_sql(call.args[0]), position, nulls(call), call.over),
              call.args[0].type, call.args[0].carrier);
}

Result<BoundExpr> ratio(Call& call) {
  BoundExpr value = call.args[0];
  if (value.type.kind != TypeKind::Number && value.type.kind != TypeKind::Float) return base::fail(call.wrong_types());
  if (value.type.kind == TypeKind::Float)
    return make(fmt::format("({0} / sum({0}){1})", to_sql(value), call.over), value.type);
  const LogicalType type = LogicalType::number(38, std::max(value.type.scale, std::min(value.type.scale + 6, 12)));
  return make(fmt::format("fr_divide_{0}({1}, nullif(sum({1}){2}, 0))", type.scale, to_sql(value), call.over), type,
              Carrier::Decimal128);
}

}  // namespace

std::vector<Entry> window_entries() {
  std::vector<Entry> all{
      {"NTILE", 1, 1, ntile, Kind::Window},           {"LAG", 1, 3, neighbour, Kind::Window},
      {"LEAD", 1, 3, neighbour, Kind::Window},        {"FIRST_VALUE", 1, 1, edge, Kind::Window},
      {"LAST_VALUE", 1, 1, edge, Kind::Window},       {"NTH_VALUE", 2, 2, nth, Kind::Window},
      {"RATIO_TO_REPORT", 1, 1, ratio, Kind::Window},
  };
  for (const char* name : {"ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST"})
    all.push_back({name, 0, 0, rank_like, Kind::Window});
  return all;
}

}  // namespace engine::functions
