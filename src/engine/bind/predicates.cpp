#include "engine/bind/translator.h"

namespace engine::bind {

Result<BoundExpr> Translator::between(const sql::Between& node, base::SourceSpan at, const Scope& scope) {
  TRY(const BoundExpr value, expression(*node.value, scope));
  TRY(BoundExpr low, expression(*node.low, scope));
  TRY(BoundExpr high, expression(*node.high, scope));
  TRY(const BoundExpr above, compare(">=", value, std::move(low), at));
  TRY(const BoundExpr below, compare("<=", value, std::move(high), at));
  return make(fmt::format("({}({} AND {}))", node.negated ? "NOT " : "", to_sql(above), to_sql(below)),
              LogicalType::boolean());
}

Result<BoundExpr> Translator::in_list(const sql::InList& node, base::SourceSpan at, const Scope& scope) {
  if (const auto* row = std::get_if<sql::RowValue>(&node.value->node)) {
    std::string sql;
    for (const sql::Expr& item : node.items) {
      const auto* other = std::get_if<sql::RowValue>(&item.node);
      if (!other || other->elements.size() != row->elements.size())
        return base::fail(
            compile_error(2023, "22000", "IN list elements must have as many values as the left side", at));
      TRY(const BoundExpr same, binary({.op = sql::BinaryOp::Equal, .left = *node.value, .right = item}, at, scope));
      sql += (sql.empty() ? "" : " OR ") + to_sql(same);
    }
    return make(fmt::format("({}({}))", node.negated ? "NOT " : "", sql), LogicalType::boolean());
  }
  TRY(BoundExpr value, expression(*node.value, scope));
  std::vector<BoundExpr> items;
  for (const sql::Expr& item : node.items) {
    TRY(BoundExpr bound, expression(item, scope));
    items.push_back(std::move(bound));
  }
  // One type for the whole list: the engine prunes by constants of the column's carrier.
  bool uniform = true;
  std::string list;
  for (const BoundExpr& item : items) {
    BoundExpr left = value, right = item;
    TRY_VOID(unify_comparison(left, right, at, context_));
    uniform &= to_sql(left) == to_sql(value);
    list += (list.empty() ? "" : ", ") + to_sql(right);
  }
  if (uniform)
    return make(fmt::format("({} {}IN ({}))", to_sql(value), node.negated ? "NOT " : "", list), LogicalType::boolean());
  std::string any;
  for (const BoundExpr& item : items) {
    TRY(const BoundExpr same, compare("=", value, item, at));
    any += (any.empty() ? "" : " OR ") + to_sql(same);
  }
  return make(fmt::format("({}({}))", node.negated ? "NOT " : "", any), LogicalType::boolean());
}

namespace {

/// The subquery with its columns as the comparison needs them.
std::string recolumned(const BoundQuery& query, const std::vector<BoundExpr>& columns, const std::string& name) {
  std::string list;
  bool same = true;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    same &= to_sql(columns[i]) == fmt::format("{}._{}", name, i);
    list += fmt::format("{}{} AS _{}", i ? ", " : "", to_sql(columns[i]), i);
  }
  return same ? query.sql : fmt::format("SELECT {} FROM ({}) AS {}", list, query.sql, name);
}

}  // namespace

Result<BoundExpr> Translator::in_subquery(const sql::InSubquery& node, base::SourceSpan at, const Scope& scope) {
  std::vector<BoundExpr> left;
  if (const auto* row = std::get_if<sql::RowValue>(&node.value->node)) {
    for (const sql::Expr& element : row->elements) {
      TRY(BoundExpr bound, expression(element, scope));
      left.push_back(std::move(bound));
    }
  } else {
    TRY(BoundExpr bound, expression(*node.value, scope));
    left.push_back(std::move(bound));
  }
  SelectFrame* outside = std::exchange(frame, nullptr);
  auto bound = query(*node.query, &scope);
  frame = outside;
  if (!bound) return base::fail(std::move(bound).error());
  if (bound->columns.size() != left.size())
    return base::fail(
        error_at(1789, "42601", at,
                 fmt::format("invalid number of result columns for subquery in IN clause, expected {}, got {}",
                             left.size(), bound->columns.size())));
  const std::string name = next_name("q");
  std::vector<BoundExpr> right;
  std::string sides;
  for (std::size_t i = 0; i < left.size(); ++i) {
    BoundExpr column = make(fmt::format("{}._{}", name, i), bound->columns[i].type, bound->columns[i].carrier);
    TRY_VOID(unify_comparison(left[i], column, at, context_));
    right.push_back(std::move(column));
    sides += (i ? ", " : "") + to_sql(left[i]);
  }
  if (left.size() > 1) sides = "(" + sides + ")";
  return make(fmt::format("({} {}IN ({}))", sides, node.negated ? "NOT " : "", recolumned(*bound, right, name)),
              LogicalType::boolean());
}

Result<BoundExpr> Translator::quantified(const sql::QuantifiedCompare& node, base::SourceSpan at, const Scope& scope) {
  static constexpr std::array kSigns{"=", "<>", "<", "<=", ">", ">="};
  TRY(BoundExpr left, expression(*node.left, scope));
  SelectFrame* outside = std::exchange(frame, nullptr);
  auto bound = query(*node.query, &scope);
  frame = outside;
  if (!bound) return base::fail(std::move(bound).error());
  if (bound->columns.size() != 1)
    return base::fail(error_at(1789, "42601", at, "a subquery in ANY or ALL has one column"));
  const std::string name = next_name("q");
  BoundExpr column = make(name + "._0", bound->columns[0].type, bound->columns[0].carrier);
  TRY_VOID(unify_comparison(left, column, at, context_));
  const auto sign = static_cast<std::size_t>(node.op) - static_cast<std::size_t>(sql::BinaryOp::Equal);
  return make(fmt::format("({} {} {} ({}))", to_sql(left), kSigns.at(sign),
                          node.quantifier == sql::Quantifier::Any ? "ANY" : "ALL", recolumned(*bound, {column}, name)),
              LogicalType::boolean());
}

Result<BoundExpr> Translator::like(const sql::Like& node, const Scope& scope) {
  const LogicalType text = LogicalType::text();
  TRY(const BoundExpr bound, expression(*node.value, scope));
  TRY(const BoundExpr value, convert(bound, text, CastMode::Explicit, context_));
  std::string escape;
  if (node.escape) {
    TRY(const BoundExpr written, expression_as(**node.escape, scope, text));
    escape = " ESCAPE " + to_sql(written);
  }
  std::string sql;
  for (const sql::Expr& one : node.patterns) {
    TRY(const BoundExpr given, expression(one, scope));
    TRY(const BoundExpr pattern, convert(given, text, CastMode::Explicit, context_));
    std::string test;
    switch (node.op) {
      case sql::LikeOp::Like: test = fmt::format("({} LIKE {}{})", to_sql(value), to_sql(pattern), escape); break;
      case sql::LikeOp::ILike: test = fmt::format("({} ILIKE {}{})", to_sql(value), to_sql(pattern), escape); break;
      case sql::LikeOp::RLike:
        test = fmt::format("regexp_full_match({}, {}, 'n')", to_sql(value), to_sql(pattern));
        break;
    }
    if (!sql.empty()) sql += node.quantifier == sql::Quantifier::All ? " AND " : " OR ";
    sql += test;
  }
  return make(fmt::format("({}({}))", node.negated ? "NOT " : "", sql), LogicalType::boolean(), Carrier::Boolean, true,
              value.constant);
}

Result<BoundExpr> Translator::case_of(const sql::Case& node, base::SourceSpan at, const Scope& scope) {
  std::vector<BoundExpr> conditions, results;
  std::optional<BoundExpr> subject;
  if (node.subject) {
    TRY(subject, expression(**node.subject, scope));
  }
  for (const sql::CaseBranch& branch : node.branches) {
    if (subject) {
      TRY(BoundExpr when, expression(branch.when, scope));
      TRY(BoundExpr same, compare("=", *subject, std::move(when), branch.when.at));
      conditions.push_back(std::move(same));
    } else {
      TRY(BoundExpr when, condition(branch.when, scope, "CASE"));
      conditions.push_back(std::move(when));
    }
    TRY(BoundExpr then, expression(branch.then, scope));
    results.push_back(std::move(then));
  }
  if (node.otherwise) {
    TRY(BoundExpr otherwise, expression(**node.otherwise, scope));
    results.push_back(std::move(otherwise));
  }
  std::vector<BoundExpr*> all;
  bool nullable = !node.otherwise, constant = true;
  for (BoundExpr& result : results) {
    all.push_back(&result);
    nullable |= result.nullable;
    constant &= result.constant;
  }
  for (const BoundExpr& condition : conditions) constant &= condition.constant;
  TRY(const LogicalType type, unify(all, "CASE", at, context_));
  std::string sql = "CASE";
  for (std::size_t i = 0; i < conditions.size(); ++i)
    sql += fmt::format(" WHEN {} THEN {}", to_sql(conditions[i]), to_sql(results[i]));
  if (node.otherwise) sql += " ELSE " + to_sql(results.back());
  return make("(" + sql + " END)", type, results.front().carrier, nullable, constant);
}

}  // namespace engine::bind
