#include "engine/bind/select.h"

namespace engine::bind {
namespace {

bool mentions(const sql::Query& query, const std::string& name);

bool mentions(const sql::TableRef& ref, const std::string& name) {
  if (const auto* table = std::get_if<sql::NamedTable>(&ref.node))
    return table->name.parts.size() == 1 && table->name.parts[0].name == name;
  if (const auto* join = std::get_if<sql::Join>(&ref.node))
    return mentions(*join->left, name) || mentions(*join->right, name);
  if (const auto* query = std::get_if<sql::SubqueryTable>(&ref.node)) return mentions(*query->query, name);
  return false;
}

bool mentions(const sql::Query& query, const std::string& name) {
  if (const auto* select = std::get_if<sql::Select>(&query.body))
    return std::ranges::any_of(select->from, [&](const sql::TableRef& ref) { return mentions(ref, name); });
  if (const auto* set = std::get_if<sql::SetOperation>(&query.body))
    return mentions(*set->left, name) || mentions(*set->right, name);
  return false;
}

std::string column_list(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += fmt::format("{}_{}", i ? ", " : "", i);
  return list;
}

base::Status rename(std::vector<BoundColumn>& columns, const std::vector<sql::Identifier>& names, base::SourceSpan at) {
  if (names.empty()) return {};
  if (names.size() != columns.size())
    return base::fail(compile_error(
        2020, "21S01",
        fmt::format("Invalid number of columns in alias list: expected {}, got {}", columns.size(), names.size()), at));
  for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = names[i].name;
  return {};
}

/// The query with its columns cast to those types and carriers by position.
Result<std::string> recast(const BoundQuery& query, const std::vector<BoundColumn>& to, const std::string& name,
                           BindContext& context) {
  std::string list;
  bool same = true;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::string column = fmt::format("{}._{}", name, i);
    TRY(BoundExpr made, convert(make(column, query.columns[i].type, query.columns[i].carrier), to[i].type,
                                CastMode::Implicit, context));
    made = recarry(std::move(made), to[i].carrier);
    same &= to_sql(made) == column;
    list += fmt::format("{}{} AS _{}", i ? ", " : "", to_sql(made), i);
  }
  return same ? query.sql : fmt::format("SELECT {} FROM ({}) AS {}", list, query.sql, name);
}

}  // namespace

Result<std::string> Translator::limits(const sql::Query& query) {
  std::string out;
  const auto add = [&](const std::optional<sql::Expr>& expr, std::string_view keyword) -> base::Status {
    if (!expr || std::holds_alternative<sql::NullLiteral>(expr->node)) return {};
    if (const auto* text = std::get_if<sql::StringLiteral>(&expr->node); text && text->value.empty()) return {};
    TRY(const BoundExpr bound, constant_as(*expr, LogicalType::number()));
    if (bound.value && is_null(*bound.value)) return {};
    if (bound.value)
      if (const auto* number = std::get_if<Decimal>(&*bound.value); number && number->digits < 0)
        return base::fail(error_at(1003, "42000", expr->at,
                                   fmt::format("syntax error unexpected '-': {} must not be negative", keyword)));
    out += fmt::format(" {} {}", keyword, to_sql(bound));
    return {};
  };
  TRY_VOID(add(query.limit, "LIMIT"));
  TRY_VOID(add(query.offset, "OFFSET"));
  return out;
}

Result<BoundQuery> Translator::query(const sql::Query& query, const Scope* outer) {
  const auto outside = common_tables_;
  std::string with;
  bool any_recursive = false;
  const auto bind_all = [&]() -> Result<BoundQuery> {
    for (const sql::CommonTable& table : query.with) {
      const std::string physical = next_name("w");
      const auto* set = std::get_if<sql::SetOperation>(&table.query->body);
      const bool recurses = set && set->op == sql::SetOp::UnionAll && mentions(*set->right, table.name.name) &&
                            !mentions(*set->left, table.name.name);
      Result<BoundQuery> bound = recurses ? recursive(table, *set, physical, outer) : this->query(*table.query, outer);
      if (!bound) return base::fail(std::move(bound).error());
      TRY_VOID(rename(bound->columns, table.columns, table.name.at));
      any_recursive |= recurses;
      with += fmt::format("{}{}({}) AS ({})", with.empty() ? "" : ", ", physical, column_list(bound->columns.size()),
                          bound->sql);
      common_tables_[table.name.name] = {physical, bound->columns};
    }
    TRY(const std::string limit, limits(query));
    return body(query, outer, limit);
  };
  auto made = bind_all();
  common_tables_ = outside;
  if (made && !with.empty())
    made->sql = fmt::format("WITH {}{} {}", any_recursive ? "RECURSIVE " : "", with, made->sql);
  return made;
}

Result<BoundQuery> Translator::body(const sql::Query& query, const Scope* outer, std::string_view limit_sql) {
  if (const auto* select = std::get_if<sql::Select>(&query.body))
    return bind_select(*this, *select, {.query = &query, .limit_sql = std::string(limit_sql)}, outer);
  SelectFrame* outside = std::exchange(frame, nullptr);
  const auto* rows = std::get_if<sql::Values>(&query.body);
  auto made = rows ? values_query(rows->rows, outer, query.at)
                   : set_operation(std::get<sql::SetOperation>(query.body), outer, query.at);
  std::optional<base::Error> problem;
  if (made && (query.order_by_all || !query.order_by.empty() || !limit_sql.empty())) {
    const std::string name = next_name("s");
    if (auto order = order_columns(*this, query, made->columns, name))
      made->sql = fmt::format("SELECT {} FROM ({}) AS {}{}{}", column_list(made->columns.size()), made->sql, name,
                              *order, limit_sql);
    else
      problem = order.error();
  }
  frame = outside;
  if (problem) return base::fail(*std::move(problem));
  return made;
}

Result<BoundQuery> Translator::set_operation(const sql::SetOperation& operation, const Scope* outer,
                                             base::SourceSpan at) {
  TRY(BoundQuery left, query(*operation.left, outer));
  TRY(BoundQuery right, query(*operation.right, outer));
  if (operation.by_name) {
    // The right side in the order of the left one; what only one side has is NULL on the other.
    std::vector<BoundColumn> columns = left.columns;
    for (const BoundColumn& column : right.columns)
      if (std::ranges::find(columns, column.name, &BoundColumn::name) == columns.end()) columns.push_back(column);
    for (BoundQuery* side : {&left, &right}) {
      const std::string name = next_name("s");
      std::string list;
      std::vector<BoundColumn> ordered;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto found = std::ranges::find(side->columns, columns[i].name, &BoundColumn::name);
        list += fmt::format("{}{} AS _{}", i ? ", " : "",
                            found == side->columns.end() ? "CAST(NULL AS VARCHAR)"
                                                         : fmt::format("{}._{}", name, found - side->columns.begin()),
                            i);
        ordered.push_back(
            found == side->columns.end()
                ? BoundColumn{.name = columns[i].name, .type = LogicalType::null(), .carrier = Carrier::Text}
                : *found);
      }
      side->sql = fmt::format("SELECT {} FROM ({}) AS {}", list, side->sql, name);
      side->columns = std::move(ordered);
    }
  }
  if (left.columns.size() != right.columns.size())
    return base::fail(compile_error(
        1789, "42601",
        fmt::format(
            "invalid number of result columns for set operator input branches, expected {}, got {} in branch {{2}}",
            left.columns.size(), right.columns.size()),
        at));
  std::vector<BoundColumn> columns;
  for (std::size_t i = 0; i < left.columns.size(); ++i) {
    const BoundColumn &a = left.columns[i], &b = right.columns[i];
    const auto type = common_type(a.type, b.type);
    if (!type)
      return base::fail(compile_error(1790, "42601",
                                      fmt::format("inconsistent data type for result columns for set operator input "
                                                  "branches, expected {}, got {} for expression [{}] in branch {{2}}",
                                                  catalog::to_text(a.type), catalog::to_text(b.type), b.name),
                                      at));
    BoundColumn column{.name = a.name, .type = *type, .nullable = a.nullable || b.nullable};
    const bool wide = is_wide(a.carrier) || is_wide(b.carrier) ||
                      (type->kind == TypeKind::Number && type->precision > 18 &&
                       (a.type.scale < type->scale || b.type.scale < type->scale));
    column.carrier =
        type->kind == TypeKind::Number || type->is_timestamp() ? carrier_of(*type, wide) : computed_carrier(*type);
    columns.push_back(std::move(column));
  }
  TRY(const std::string first, recast(left, columns, next_name("s"), context_));
  TRY(const std::string second, recast(right, columns, next_name("s"), context_));
  std::string_view keyword;
  switch (operation.op) {
    case sql::SetOp::Union: keyword = "UNION"; break;
    case sql::SetOp::UnionAll: keyword = "UNION ALL"; break;
    case sql::SetOp::Intersect: keyword = "INTERSECT"; break;
    case sql::SetOp::Except: keyword = "EXCEPT"; break;
  }
  return BoundQuery{fmt::format("SELECT {} FROM (({}) {} ({})) AS {}", column_list(columns.size()), first, keyword,
                                second, next_name("s")),
                    std::move(columns)};
}

Result<BoundQuery> Translator::recursive(const sql::CommonTable& table, const sql::SetOperation& operation,
                                         const std::string& physical, const Scope* outer) {
  TRY(BoundQuery anchor, query(*operation.left, outer));
  TRY_VOID(rename(anchor.columns, table.columns, table.name.at));
  // The recursion may widen texts and numbers: the anchor's columns take the roomiest form of their kind.
  std::vector<BoundColumn> columns = anchor.columns;
  for (BoundColumn& column : columns) {
    if (column.type.kind == TypeKind::Text) column.type = LogicalType::text();
    if (column.type.kind == TypeKind::Number) column.type = LogicalType::number(38, column.type.scale);
  }
  common_tables_[table.name.name] = {physical, columns};
  TRY(const BoundQuery step, query(*operation.right, outer));
  if (step.columns.size() != columns.size())
    return base::fail(compile_error(
        1789, "42601",
        fmt::format(
            "invalid number of result columns for set operator input branches, expected {}, got {} in branch {{2}}",
            columns.size(), step.columns.size()),
        table.name.at));
  TRY(const std::string first, recast(anchor, columns, next_name("s"), context_));
  TRY(const std::string second, recast(step, columns, next_name("s"), context_));
  return BoundQuery{fmt::format("({}) UNION ALL ({})", first, second), std::move(columns)};
}

Result<BoundQuery> Translator::values_query(const std::vector<std::vector<sql::Expr>>& rows, const Scope* outer,
                                            base::SourceSpan at) {
  Scope scope;
  scope.outer = outer;
  std::vector<std::vector<BoundExpr>> bound;
  for (const auto& row : rows) {
    if (row.size() != rows.front().size())
      return base::fail(compile_error(2020, "21S01", "VALUES rows must have the same number of values", at));
    std::vector<BoundExpr> values;
    for (const sql::Expr& expr : row) {
      TRY(BoundExpr value, expression(expr, scope));
      values.push_back(std::move(value));
    }
    bound.push_back(std::move(values));
  }
  BoundQuery made;
  for (std::size_t i = 0; i < rows.front().size(); ++i) {
    std::vector<BoundExpr*> column;
    bool nullable = false;
    for (auto& row : bound) {
      column.push_back(&row[i]);
      nullable |= row[i].nullable;
    }
    TRY(const LogicalType type, unify(column, "VALUES", at, context_));
    made.columns.push_back({.name = fmt::format("COLUMN{}", i + 1),
                            .type = type,
                            .carrier = bound.front()[i].carrier,
                            .nullable = nullable});
  }
  std::string list;
  for (const auto& row : bound) {
    list += list.empty() ? "(" : ", (";
    for (std::size_t i = 0; i < row.size(); ++i) list += (i ? ", " : "") + to_sql(row[i]);
    list += ")";
  }
  made.sql =
      fmt::format("SELECT {0} FROM (VALUES {1}) AS {2}({0})", column_list(made.columns.size()), list, next_name("v"));
  return made;
}

}  // namespace engine::bind
