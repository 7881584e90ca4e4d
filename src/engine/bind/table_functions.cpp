#include "engine/bind/translator.h"

namespace engine::bind {
namespace {

const sql::Expr* argument(const sql::FunctionCall& call, std::string_view name, std::size_t position) {
  std::size_t unnamed = 0;
  for (const sql::Argument& one : call.arguments) {
    if (one.name && one.name->name == name) return &one.value;
    if (!one.name && unnamed++ == position) return &one.value;
  }
  return nullptr;
}

}  // namespace

Result<BoundFrom> Translator::generator(const sql::FunctionCall& call, const sql::TableRef& whole,
                                        base::SourceSpan at) {
  const sql::Expr* count = argument(call, "ROWCOUNT", 0);
  if (!count)
    return base::fail(
        compile_error(1015, "22023", "GENERATOR needs a constant ROWCOUNT; TIMELIMIT alone is not supported", at));
  TRY(const BoundExpr rows, constant_as(*count, LogicalType::number()));
  return named(fmt::format("(SELECT range AS _n FROM range(CAST({} AS BIGINT)))", to_sql(rows)),
               ScopeRelation{.alias = {},
                             .qualified = {},
                             .physical = {},
                             .columns = {{.name = "",
                                          .type = LogicalType::number(),
                                          .carrier = Carrier::Int64,
                                          .nullable = false,
                                          .physical = "_n",
                                          .in_star = false}}},
               whole);
}

Result<BoundFrom> Translator::flatten(const sql::FunctionCall& call, const sql::TableRef& whole, const Scope* outer) {
  const sql::Expr* input = argument(call, "INPUT", 0);
  if (!input)
    return base::fail(
        error_at(938, "22023", whole.at, "not enough arguments for function [FLATTEN], expected 1, got 0"));
  const Scope none;
  SelectFrame* outside = std::exchange(frame, nullptr);
  auto bound = expression(*input, outer ? *outer : none);
  frame = outside;
  TRY(BoundExpr value, std::move(bound));
  TRY(value, convert(std::move(value), LogicalType::variant(), CastMode::Implicit, context_));
  const auto flag = [&](std::string_view name, std::size_t position) -> Result<bool> {
    const sql::Expr* given = argument(call, name, position);
    if (!given) return false;
    TRY(const BoundExpr made, constant_as(*given, LogicalType::boolean()));
    return made.value && std::get_if<bool>(&*made.value) && std::get<bool>(*made.value);
  };
  const auto word = [&](std::string_view name, std::size_t position) -> Result<std::string> {
    const sql::Expr* given = argument(call, name, position);
    if (!given) return std::string{};
    TRY(const BoundExpr made, constant_as(*given, LogicalType::text()));
    const auto* text = made.value ? std::get_if<std::string>(&*made.value) : nullptr;
    return text ? *text : std::string{};
  };
  TRY(const std::string path, word("PATH", 1));
  TRY(const bool outer_rows, flag("OUTER", 2));
  TRY(const bool recursive, flag("RECURSIVE", 3));
  TRY(const std::string mode, word("MODE", 4));
  if (!path.empty()) value = make(fmt::format("fr_v_path({}, {})", to_sql(value), quote(path)), LogicalType::variant());
  // One row for each element: the function gives a list of encoded elements, which the engine unnests.
  const std::string sql = fmt::format(
      "(SELECT CAST(1 AS BIGINT) AS seq, fr_v_step_key(e) AS key, fr_v_step_path(e) AS path, fr_v_step_index(e) AS "
      "idx, fr_v_step_value(e) AS value, fr_v_step_this(e) AS this "
      "FROM (SELECT unnest(string_split(fr_v_flatten({}, {}, {}, {}), chr(30))) AS e) AS f WHERE e <> '')",
      to_sql(value), outer_rows ? "TRUE" : "FALSE", recursive ? "TRUE" : "FALSE", quote(mode.empty() ? "BOTH" : mode));
  const auto column = [](std::string name, LogicalType type, std::string physical) {
    return ScopeColumn{.name = std::move(name),
                       .type = type,
                       .carrier = computed_carrier(type),
                       .nullable = true,
                       .physical = std::move(physical)};
  };
  return named(
      sql,
      ScopeRelation{
          .alias = "FLATTEN",
          .qualified = {},
          .physical = {},
          .columns = {column("SEQ", LogicalType::number(), "seq"), column("KEY", LogicalType::text(), "key"),
                      column("PATH", LogicalType::text(), "path"), column("INDEX", LogicalType::number(), "idx"),
                      column("VALUE", LogicalType::variant(), "value"),
                      column("THIS", LogicalType::variant(), "this")}},
      whole);
}

Result<BoundFrom> Translator::split_to_table(const sql::FunctionCall& call, const sql::TableRef& whole,
                                             const Scope* outer) {
  const sql::Expr *text = argument(call, "STRING", 0), *separator = argument(call, "DELIMITER", 1);
  if (!text || !separator)
    return base::fail(error_at(
        938, "22023", whole.at,
        fmt::format("not enough arguments for function [SPLIT_TO_TABLE], expected 2, got {}", call.arguments.size())));
  const Scope none;
  SelectFrame* outside = std::exchange(frame, nullptr);
  auto bound_text = expression_as(*text, outer ? *outer : none, LogicalType::text());
  auto bound_separator = expression_as(*separator, outer ? *outer : none, LogicalType::text());
  frame = outside;
  TRY(const BoundExpr value, std::move(bound_text));
  TRY(const BoundExpr delimiter, std::move(bound_separator));
  const std::string sql = fmt::format(
      "(SELECT CAST(1 AS BIGINT) AS seq, CAST(idx AS BIGINT) AS idx, value FROM (SELECT unnest(l) AS value, "
      "generate_subscripts(l, 1) AS idx FROM (SELECT string_split({}, {}) AS l) AS x) AS y)",
      to_sql(value), to_sql(delimiter));
  return named(sql,
               ScopeRelation{.alias = "SPLIT_TO_TABLE",
                             .qualified = {},
                             .physical = {},
                             .columns = {{.name = "SEQ",
                                          .type = LogicalType::number(),
                                          .carrier = Carrier::Int64,
                                          .nullable = false,
                                          .physical = "seq"},
                                         {.name = "INDEX",
                                          .type = LogicalType::number(),
                                          .carrier = Carrier::Int64,
                                          .nullable = false,
                                          .physical = "idx"},
                                         {.name = "VALUE",
                                          .type = LogicalType::text(),
                                          .carrier = Carrier::Text,
                                          .nullable = false,
                                          .physical = "value"}}},
               whole);
}

Result<BoundFrom> Translator::unpivot(const sql::Unpivot& unpivot, const sql::TableRef& whole, const Scope* outer) {
  TRY(BoundFrom source, relation(*unpivot.source, outer));
  const Scope scope{.relations = source.relations, .outer = outer};
  std::vector<BoundExpr> values;
  std::vector<std::string> names, used;
  for (const sql::UnpivotColumn& column : unpivot.columns) {
    TRY(BoundExpr value, this->column(column.column, whole.at, scope));
    values.push_back(std::move(value));
    used.push_back(column.column.parts.back().name);
    names.push_back(used.back());
    if (column.alias) {
      TRY(const BoundExpr alias_value, constant_as(*column.alias, LogicalType::text()));
      if (alias_value.value) names.back() = std::get<std::string>(*alias_value.value);
    }
  }
  std::vector<BoundExpr*> all;
  for (BoundExpr& value : values) all.push_back(&value);
  TRY(const LogicalType type, unify(all, "UNPIVOT", whole.at, context_));
  BoundQuery made;
  std::string kept;
  for (const ScopeRelation& relation : source.relations)
    for (const ScopeColumn& column : relation.columns) {
      if (std::ranges::find(used, column.name) != used.end() || !column.in_star || column.hidden) continue;
      kept += fmt::format("{} AS _{}, ", column_sql(relation, column), made.columns.size());
      made.columns.push_back(
          {.name = column.name, .type = column.type, .carrier = column.carrier, .nullable = column.nullable});
    }
  const std::size_t n = made.columns.size();
  made.columns.push_back(
      {.name = unpivot.name.name, .type = LogicalType::text(), .carrier = Carrier::Text, .nullable = false});
  made.columns.push_back(
      {.name = unpivot.value.name, .type = type, .carrier = values.front().carrier, .nullable = true});
  // One pass over the source for all columns: a small list of positions beside each row.
  std::string name_case = "CASE u._u", value_case = "CASE u._u", positions;
  for (std::size_t i = 0; i < values.size(); ++i) {
    name_case += fmt::format(" WHEN {} THEN {}", i, quote(names[i]));
    value_case += fmt::format(" WHEN {} THEN {}", i, to_sql(values[i]));
    positions += fmt::format("{}({})", i ? ", " : "", i);
  }
  made.sql = fmt::format("SELECT {}{} END AS _{}, {} END AS _{} FROM {}, (VALUES {}) AS u(_u)", kept, name_case, n,
                         value_case, n + 1, source.sql, positions);
  if (!unpivot.include_nulls)
    made.sql = fmt::format("SELECT * FROM ({}) AS p WHERE p._{} IS NOT NULL", made.sql, n + 1);
  return derived(made, whole);
}

Result<BoundFrom> Translator::pivot(const sql::Pivot& pivot, const sql::TableRef& whole, const Scope* outer) {
  if (pivot.any || pivot.query) return base::fail(unsupported("PIVOT with values found at run time", whole.at));
  if (pivot.aggregates.size() != 1) return base::fail(unsupported("PIVOT with several aggregates", whole.at));
  TRY(BoundFrom source, relation(*pivot.source, outer));
  const Scope scope{.relations = source.relations, .outer = outer};
  const auto* aggregate = std::get_if<sql::FunctionCall>(&pivot.aggregates[0].value.node);
  if (!aggregate || aggregate->arguments.size() != 1)
    return base::fail(compile_error(1003, "42000", "PIVOT needs one aggregate function", whole.at));
  const auto* measured = std::get_if<sql::ColumnRef>(&aggregate->arguments[0].value.node);
  BoundQuery made;
  std::string groups;
  for (const ScopeRelation& relation : source.relations)
    for (const ScopeColumn& column : relation.columns) {
      if (column.name == pivot.column.name || (measured && column.name == measured->parts.back().name) ||
          !column.in_star || column.hidden)
        continue;
      made.sql += fmt::format("{} AS _{}, ", column_sql(relation, column), made.columns.size());
      groups += (groups.empty() ? "" : ", ") + column_sql(relation, column);
      made.columns.push_back(
          {.name = column.name, .type = column.type, .carrier = column.carrier, .nullable = column.nullable});
    }
  SelectFrame pivot_frame;
  SelectFrame* outside = std::exchange(frame, &pivot_frame);
  const auto bind_values = [&]() -> base::Status {
    for (const sql::PivotValue& one : pivot.values) {
      sql::FunctionCall filtered = *aggregate;
      sql::Expr column_key, test;
      column_key.node = sql::ColumnRef{{pivot.column}};
      test.node = sql::Binary{.op = sql::BinaryOp::Equal, .left = column_key, .right = one.value};
      filtered.filter = test;
      sql::Expr call_expr;
      call_expr.node = filtered;
      TRY(BoundExpr cell, call(filtered, call_expr, scope));
      if (pivot.default_on_null) {
        TRY(BoundExpr otherwise, constant_as(*pivot.default_on_null, LogicalType::null()));
        TRY(const LogicalType type, unify({&cell, &otherwise}, "PIVOT", whole.at, context_));
        cell = make(fmt::format("COALESCE({}, {})", to_sql(cell), to_sql(otherwise)), type, cell.carrier);
      }
      made.sql += fmt::format("{} AS _{}, ", to_sql(cell), made.columns.size());
      // A text names its column with its quotes, in its own case.
      const auto* written = std::get_if<sql::StringLiteral>(&one.value.node);
      made.columns.push_back({.name = one.alias ? one.alias->name
                                      : written ? "'" + written->value + "'"
                                                : column_name(one.value),
                              .type = cell.type,
                              .carrier = cell.carrier});
    }
    return {};
  };
  auto bound = bind_values();
  frame = outside;
  TRY_VOID(std::move(bound));
  made.sql.resize(made.sql.size() - 2);
  made.sql = fmt::format("SELECT {} FROM {}{}{}", made.sql, source.sql, groups.empty() ? "" : " GROUP BY ", groups);
  return derived(made, whole);
}

}  // namespace engine::bind
