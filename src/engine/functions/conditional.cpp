#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

/// All arguments as one type: "f(a, b)".
Result<BoundExpr> unified(Call& call, std::string_view pattern_open, std::string_view pattern_close) {
  std::vector<BoundExpr*> all;
  for (BoundExpr& arg : call.args) all.push_back(&arg);
  TRY(const LogicalType type, bind::unify(all, call.name, call.at, call.context()));
  std::string list;
  for (const BoundExpr& arg : call.args) list += (list.empty() ? "" : ", ") + to_sql(arg);
  BoundExpr made = call.made(fmt::format("{}{}{}", pattern_open, list, pattern_close), type);
  made.carrier = call.args[0].carrier;
  return made;
}

Result<BoundExpr> choose(Call& call, const std::string& condition, BoundExpr yes, BoundExpr no) {
  TRY(const LogicalType type, bind::unify({&yes, &no}, call.name, call.at, call.context()));
  BoundExpr made =
      call.made(fmt::format("(CASE WHEN {} THEN {} ELSE {} END)", condition, to_sql(yes), to_sql(no)), type);
  made.carrier = yes.carrier;
  made.nullable = yes.nullable || no.nullable;
  return made;
}

Result<BoundExpr> iff(Call& call) {
  TRY(const std::string condition, call.boolean(0));
  return choose(call, condition, call.args[1], call.args[2]);
}

Result<BoundExpr> coalesce(Call& call) {
  TRY(BoundExpr made, unified(call, "COALESCE(", ")"));
  made.nullable = std::ranges::all_of(call.args, &BoundExpr::nullable);
  return made;
}

Result<BoundExpr> nvl2(Call& call) {
  return choose(call, fmt::format("{} IS NOT NULL", to_sql(call.args[0])), call.args[1], call.args[2]);
}

Result<BoundExpr> nullif(Call& call) {
  BoundExpr a = call.args[0], b = call.args[1];
  TRY_VOID(bind::unify_comparison(a, b, call.at, call.context()));
  BoundExpr made =
      call.made(fmt::format("(CASE WHEN {} = {} THEN NULL ELSE {} END)", to_sql(a), to_sql(b), to_sql(call.args[0])),
                call.args[0].type);
  made.carrier = call.args[0].carrier;
  return made;
}

Result<BoundExpr> equal_null(Call& call) {
  return call.translator.compare("IS NOT DISTINCT FROM", call.args[0], call.args[1], call.at);
}

Result<BoundExpr> zeroifnull(Call& call) {
  TRY(BoundExpr zero, bind::number_literal("0"));
  call.args.push_back(std::move(zero));
  return coalesce(call);
}

Result<BoundExpr> nullifzero(Call& call) {
  TRY(BoundExpr zero, bind::number_literal("0"));
  call.args.push_back(std::move(zero));
  return nullif(call);
}

/// NULL when any argument is NULL; the engine's own skips them.
Result<BoundExpr> extreme(Call& call) {
  TRY(BoundExpr made, unified(call, call.name == "GREATEST" ? "greatest(" : "least(", ")"));
  std::string nulls;
  for (const BoundExpr& arg : call.args)
    if (arg.nullable) nulls += (nulls.empty() ? "" : " OR ") + to_sql(arg) + " IS NULL";
  if (!nulls.empty())
    made.expr.node = sql::RawSql{fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", nulls, to_sql(made))};
  return made;
}
Result<BoundExpr> extreme_ignore_nulls(Call& call) {
  return unified(call, call.name == "GREATEST_IGNORE_NULLS" ? "greatest(" : "least(", ")");
}

Result<BoundExpr> decode(Call& call) {
  std::vector<BoundExpr> results;
  std::vector<std::string> conditions;
  std::size_t i = 1;
  for (; i + 1 < call.count(); i += 2) {
    TRY(const BoundExpr same, call.translator.compare("IS NOT DISTINCT FROM", call.args[0], call.args[i], call.at));
    conditions.push_back(to_sql(same));
    results.push_back(call.args[i + 1]);
  }
  const bool otherwise = i < call.count();
  if (otherwise) results.push_back(call.args[i]);
  std::vector<BoundExpr*> all;
  for (BoundExpr& result : results) all.push_back(&result);
  TRY(const LogicalType type, bind::unify(all, "DECODE", call.at, call.context()));
  std::string sql = "(CASE";
  for (std::size_t k = 0; k < conditions.size(); ++k)
    sql += fmt::format(" WHEN {} THEN {}", conditions[k], to_sql(results[k]));
  if (otherwise) sql += " ELSE " + to_sql(results.back());
  BoundExpr made = call.made(sql + " END)", type);
  made.carrier = results[0].carrier;
  return made;
}

/// DIV0(a, b), DIV0NULL(a, b): the division with its zero guarded.
Result<BoundExpr> div0(Call& call) {
  TRY(BoundExpr divisor, bind::convert(call.args[1],
                                       call.args[1].type.kind == TypeKind::Float    ? LogicalType::real()
                                       : call.args[1].type.kind == TypeKind::Number ? call.args[1].type
                                                                                    : LogicalType::number(18, 5),
                                       bind::CastMode::Implicit, call.context()));
  const std::string zero = call.name == "DIV0NULL" ? fmt::format("({0} = 0 OR {0} IS NULL)", to_sql(divisor))
                                                   : fmt::format("({} = 0)", to_sql(divisor));
  BoundExpr guarded = divisor;
  guarded.expr.node = sql::RawSql{fmt::format("NULLIF({}, 0)", to_sql(divisor))};
  guarded.value.reset();
  if (divisor.type.kind == TypeKind::Number)
    guarded.expr.node = sql::RawSql{
        fmt::format("CAST(NULLIF({}, 0) AS {})", to_sql(divisor), physical_type(divisor.carrier, divisor.type.scale))};
  TRY(BoundExpr quotient, call.translator.arithmetic(sql::BinaryOp::Divide, call.args[0], guarded, call.at));
  const std::string none =
      call.name == "DIV0NULL" ? "" : fmt::format("WHEN {} IS NULL THEN NULL ", to_sql(call.args[0]));
  quotient.expr.node = sql::RawSql{fmt::format("(CASE {}WHEN {} THEN 0 ELSE {} END)", none, zero, to_sql(quotient))};
  quotient.expr.node = sql::RawSql{
      fmt::format("CAST({} AS {})", to_sql(quotient), physical_type(quotient.carrier, quotient.type.scale))};
  return quotient;
}

Result<BoundExpr> bool_op(Call& call) {
  TRY(const std::string a, call.boolean(0));
  if (call.name == "BOOLNOT") return call.made(fmt::format("(NOT {})", a), LogicalType::boolean());
  TRY(const std::string b, call.boolean(1));
  return call.made(fmt::format("({} {} {})", a,
                               call.name == "BOOLAND"  ? "AND"
                               : call.name == "BOOLOR" ? "OR"
                                                       : "<>",
                               b),
                   LogicalType::boolean());
}

Result<BoundExpr> is_null_call(Call& call) {
  return make(fmt::format("({} IS NULL)", to_sql(call.args[0])), LogicalType::boolean());
}

}  // namespace

std::vector<Entry> conditional_entries() {
  return {
      {"IFF", 3, 3, iff},
      {"COALESCE", 1, -1, coalesce},
      {"NVL", 2, 2, coalesce},
      {"IFNULL", 2, 2, coalesce},
      {"NVL2", 3, 3, nvl2},
      {"NULLIF", 2, 2, nullif},
      {"EQUAL_NULL", 2, 2, equal_null},
      {"ZEROIFNULL", 1, 1, zeroifnull},
      {"NULLIFZERO", 1, 1, nullifzero},
      {"GREATEST", 1, -1, extreme},
      {"LEAST", 1, -1, extreme},
      {"GREATEST_IGNORE_NULLS", 1, -1, extreme_ignore_nulls},
      {"LEAST_IGNORE_NULLS", 1, -1, extreme_ignore_nulls},
      {"DECODE", 3, -1, decode},
      {"DIV0", 2, 2, div0},
      {"DIV0NULL", 2, 2, div0},
      {"BOOLAND", 2, 2, bool_op},
      {"BOOLOR", 2, 2, bool_op},
      {"BOOLXOR", 2, 2, bool_op},
      {"BOOLNOT", 1, 1, bool_op},
      {"IS_NULL", 1, 1, is_null_call},
  };
}

}  // namespace engine::functions
