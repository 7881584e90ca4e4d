#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

/// ROUND, TRUNC, CEIL, FLOOR of x to `digits`: exact numbers stay exact and gain one leading digit.
Result<BoundExpr> rounding(Call& call) {
  BoundExpr& x = call.args[0];
  if (x.type.kind == TypeKind::Text || x.type.kind == TypeKind::Variant) {
    TRY(x, bind::convert(std::move(x), x.type.kind == TypeKind::Text ? LogicalType::number(38, 5) : LogicalType::real(),
                         bind::CastMode::Implicit, call.context()));
  }
  if (x.type.kind == TypeKind::Null) return x;
  if (x.type.kind != TypeKind::Number && x.type.kind != TypeKind::Float) return base::fail(call.wrong_types());
  std::optional<std::int64_t> digits = 0;
  if (call.count() > 1) {
    digits.reset();
    if (call.args[1].value)
      if (const auto* number = std::get_if<Decimal>(&*call.args[1].value); number && number->scale == 0)
        digits = static_cast<std::int64_t>(number->digits);
  }
  const char mode = call.name == "CEIL" ? 'c' : call.name == "FLOOR" ? 'f' : call.name == "ROUND" ? 'r' : 't';
  const bool half_even = call.count() > 2;
  if (x.type.kind == TypeKind::Float) {
    std::string places = "CAST(0 AS BIGINT)";
    if (call.count() > 1) {
      TRY(places, call.integer(1));
    }
    return call.made(fmt::format("fr_round_float({}, {}, '{}')", to_sql(x), places, half_even ? 'e' : mode),
                     LogicalType::real());
  }
  const int scale = digits ? static_cast<int>(std::clamp<std::int64_t>(*digits, 0, x.type.scale)) : x.type.scale;
  if (digits && *digits >= x.type.scale) return x;
  std::string places = fmt::format("CAST({} AS BIGINT)", digits.value_or(0));
  if (!digits) {
    TRY(places, call.integer(1));
  }
  const LogicalType type = LogicalType::number(std::min(38, x.type.precision - x.type.scale + 1 + scale), scale);
  const Carrier carrier = carrier_of(type, bind::is_wide(x.carrier));
  BoundExpr made = make(fmt::format("fr_round{}_{}({}, {}, '{}')", bind::is_wide(carrier) ? "128" : "64", scale,
                                    to_sql(x), places, half_even ? 'e' : mode),
                        type, carrier, x.nullable, x.constant);
  return made;
}

Result<BoundExpr> modulo(Call& call) {
  return call.translator.arithmetic(sql::BinaryOp::Modulo, call.args[0], call.args[1], call.at);
}

Result<BoundExpr> sequence(Call& call) {
  const int digits = call.name == "SEQ1" ? 3 : call.name == "SEQ2" ? 5 : call.name == "SEQ4" ? 10 : 19;
  // Counts the rows of the generator where there is one.
  for (const ScopeRelation& relation : call.scope.relations)
    if (relation.columns.size() == 1 && relation.columns[0].physical == "_n" && relation.columns[0].name.empty())
      return make(bind::column_sql(relation, relation.columns[0]), LogicalType::number(digits, 0), Carrier::Int64,
                  false);
  return make("(row_number() OVER () - 1)", LogicalType::number(digits, 0), Carrier::Int64, false);
}

Result<BoundExpr> uniform(Call& call) {
  const bool real = call.args[0].type.kind == TypeKind::Float || call.args[1].type.kind == TypeKind::Float ||
                    call.args[0].type.scale > 0 || call.args[1].type.scale > 0;
  TRY(const std::string generator, call.integer(2));
  if (real) {
    TRY(const std::string low, call.real(0));
    TRY(const std::string high, call.real(1));
    return make(fmt::format("({0} + ({1} - {0}) * fr_unit({2}))", low, high, generator), LogicalType::real());
  }
  TRY(const std::string low, call.integer(0));
  TRY(const std::string high, call.integer(1));
  return make(fmt::format("({0} + CAST(floor(fr_unit({2}) * ({1} - {0} + 1)) AS BIGINT))", low, high, generator),
              LogicalType::number());
}

/// Without a seed the statement's moment and the place of the call are one: the same run gives the same values.
Result<BoundExpr> random(Call& call) {
  std::string seed =
      fmt::format("CAST({} AS BIGINT)",
                  (call.translator.context().statement.now.ns ^ (call.at.offset * 7919LL)) & 0x7FFFFFFFFFFFLL);
  if (call.count() > 0) {
    TRY(seed, call.integer(0));
  }
  return make(fmt::format("fr_random({})", seed), LogicalType::number(19, 0), Carrier::Int64, false);
}

Result<BoundExpr> hash(Call& call) {
  std::string list;
  for (BoundExpr& arg : call.args) {
    TRY(const BoundExpr text, bind::convert(arg, LogicalType::text(), bind::CastMode::Explicit, call.context()));
    list += (list.empty() ? "" : ", ") + to_sql(text);
  }
  return make(fmt::format("fr_hash({})", list), LogicalType::number(19, 0), Carrier::Int64, false);
}

}  // namespace

std::vector<Entry> numeric_entries() {
  return {
      {"ROUND", 1, 3, rounding}, {"TRUNC", 1, 2, rounding}, {"TRUNCATE", 1, 2, rounding}, {"CEIL", 1, 2, rounding},
      {"FLOOR", 1, 2, rounding}, {"MOD", 2, 2, modulo},     {"SEQ1", 0, 1, sequence},     {"SEQ2", 0, 1, sequence},
      {"SEQ4", 0, 1, sequence},  {"SEQ8", 0, 1, sequence},  {"UNIFORM", 3, 3, uniform},   {"HASH", 1, -1, hash},
      {"RANDOM", 0, 1, random},
  };
}

}  // namespace engine::functions
