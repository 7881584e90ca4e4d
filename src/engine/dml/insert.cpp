#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/dml/target.h"
#include "engine/tables.h"
#include "sql/printer.h"

namespace engine {

using catalog::Column;
using dml::Target;

namespace {

base::Error count_mismatch(std::size_t expected, std::size_t found) {
  return dml::compile_error(
      2020, "21S01",
      fmt::format("Insert value list does not match column list expecting {} but got {}", expected, found));
}

/// The values of all columns in order: those given, else their defaults. `given` is parallel to `columns`.
base::Result<std::string> whole_rows(const Target& target, const std::vector<const Column*>& columns,
                                     const std::vector<std::string>& given, BindContext& context) {
  std::string list = "CAST(NULL AS BIGINT) AS _row";
  for (const Column& column : target.body().columns) {
    const auto at = std::ranges::find(columns, &column);
    std::string value;
    if (at != columns.end()) {
      value = given[static_cast<std::size_t>(at - columns.begin())];
    } else {
      TRY(value, default_sql(*target.record, column, context));
    }
    list += ", " + value;
  }
  return list;
}

/// VALUES rows, each cell cast to its column.
base::Result<std::string> bind_values(const Target& target, const std::vector<const Column*>& columns,
                                      const sql::Values& values, BindContext& context) {
  std::vector<std::string> rows;
  for (const auto& row : values.rows) {
    if (row.size() != columns.size()) return base::fail(count_mismatch(columns.size(), row.size()));
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const sql::Expr& cell = row[i];
      const bool plain =
          std::holds_alternative<sql::BindRef>(cell.node) || std::holds_alternative<sql::SessionVariable>(cell.node);
      if (std::holds_alternative<sql::DefaultValue>(cell.node)) {
        TRY(cells.emplace_back(), default_sql(*target.record, *columns[i], context));
        continue;
      }
      TRY(BoundExpr bound, bind_expression(cell, Scope{}, context));
      if (bound.type.is_semi_structured() && !plain)
        return base::fail(dml::compile_error(
            2014, "22000", fmt::format("Invalid expression [{}] in VALUES clause", sql::print(cell))));
      TRY(cells.emplace_back(), dml::assigned_sql(std::move(bound), *columns[i], target, context));
    }
    rows.push_back(fmt::format("({})", fmt::join(cells, ", ")));
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) names.push_back(fmt::format("_{}", i));
  TRY(const std::string list, whole_rows(target, columns, names, context));
  return fmt::format("SELECT {} FROM (VALUES {}) AS src({})", list, fmt::join(rows, ", "), fmt::join(names, ", "));
}

base::Result<std::string> bind_rows(const Target& target, const std::vector<const Column*>& columns,
                                    const BoundQuery& query, BindContext& context) {
  if (query.columns.size() != columns.size()) return base::fail(count_mismatch(columns.size(), query.columns.size()));
  std::vector<std::string> values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const BoundColumn& column = query.columns[i];
    BoundExpr value{.expr = {sql::RawSql{fmt::format("src._{}", i)}},
                    .type = column.type,
                    .carrier = column.carrier,
                    .nullable = column.nullable};
    TRY(values.emplace_back(), dml::assigned_sql(std::move(value), *columns[i], target, context));
  }
  TRY(const std::string list, whole_rows(target, columns, values, context));
  return fmt::format("SELECT {} FROM ({}) AS src", list, query.sql);
}

}  // namespace

base::Result<DmlOutcome> insert(const sql::Insert& statement, BindContext& context) {
  TRY(const Target target, dml::find_target(statement.table, std::nullopt, context.work.catalog(), context.statement));
  TRY(const auto columns, dml::target_columns(target, statement.columns));
  std::string made;
  if (const auto* values = std::get_if<sql::Values>(&statement.source.body);
      values && statement.source.with.empty() && statement.source.order_by.empty()) {
    TRY(made, bind_values(target, columns, *values, context));
  } else {
    TRY(const BoundQuery query, bind_query(statement.source, context));
    TRY(made, bind_rows(target, columns, query, context));
  }
  catalog::RecordPtr table = target.record;
  if (statement.overwrite) {
    // The source may read what is about to end.
    TRY(const std::string rows, context.work.scratch(made));
    made = "SELECT * FROM " + rows;
    TRY_VOID(context.work.clear(*table));
    table = context.work.catalog().find(table->id);
  }
  TRY(const Work::Changed changed, context.work.change(*table, {.ended_sql = "", .made_sql = made}));
  dml::consume_streams(context);
  RowCounts counts;
  counts.inserted = changed.made;
  return dml::counted(0x3100, {{"number of rows inserted", changed.made}}, counts);
}

base::Result<std::int64_t> fill(const catalog::Record& table, const BoundQuery& query, BindContext& context) {
  const Target target{std::make_shared<const catalog::Record>(table), table.name, {}};
  TRY(const auto columns, dml::target_columns(target, {}));
  TRY(const std::string made, bind_rows(target, columns, query, context));
  TRY(const Work::Changed changed, context.work.change(table, {.ended_sql = "", .made_sql = made}));
  dml::consume_streams(context);
  return changed.made;
}

base::Result<DmlOutcome> truncate(const sql::Truncate& statement, BindContext& context) {
  const DmlOutcome done{make_status("Statement executed successfully."), {}, 0x6000};
  auto target = dml::find_target(statement.table, std::nullopt, context.work.catalog(), context.statement);
  if (!target && statement.if_exists && target.error().kind == base::ErrorKind::NotFound) return done;
  TRY(const Target found, std::move(target));
  TRY_VOID(context.work.clear(*found.record));
  return done;
}

namespace {

struct Into {
  Target target;
  std::vector<const Column*> columns;
  std::string rows;  // SELECT of whole rows from the source, without its condition
};

base::Result<Into> bind_into(const sql::IntoClause& clause, const Scope& source, const std::string& from,
                             BindContext& context) {
  TRY(Target target, dml::find_target(clause.table, std::nullopt, context.work.catalog(), context.statement));
  TRY(auto columns, dml::target_columns(target, clause.columns));
  const auto& offered = source.relations.front().columns;
  const std::size_t given = clause.values.empty() ? offered.size() : clause.values.size();
  if (given != columns.size()) return base::fail(count_mismatch(columns.size(), given));
  std::vector<std::string> values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!clause.values.empty()) {
      TRY(values.emplace_back(), dml::value_sql(clause.values[i], *columns[i], target, source, context));
      continue;
    }
    BoundExpr value{.expr = {sql::RawSql{"src." + offered[i].physical}},
                    .type = offered[i].type,
                    .carrier = offered[i].carrier,
                    .nullable = offered[i].nullable};
    TRY(values.emplace_back(), dml::assigned_sql(std::move(value), *columns[i], target, context));
  }
  TRY(std::string list, whole_rows(target, columns, values, context));
  return Into{std::move(target), std::move(columns), fmt::format("SELECT {} FROM {} AS src", list, from)};
}

}  // namespace

base::Result<DmlOutcome> insert_multi(const sql::MultiInsert& statement, BindContext& context) {
  TRY(const BoundQuery query, bind_query(statement.source, context));
  TRY(const std::string rows, context.work.scratch(query.sql));  // evaluated once
  Scope source{.relations = {{.alias = "", .qualified = {}, .physical = "src", .columns = {}}}};
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    const BoundColumn& column = query.columns[i];
    source.relations.front().columns.push_back({.name = column.name,
                                                .type = column.type,
                                                .carrier = column.carrier,
                                                .nullable = column.nullable,
                                                .physical = fmt::format("_{}", i)});
  }
  // All clauses are checked before the first row is written.
  std::vector<Into> insertions;
  std::string earlier = "false";
  for (const sql::InsertBranch& branch : statement.branches) {
    std::string condition = "true";
    if (branch.when) {
      TRY(const std::string when, dml::condition_sql(*branch.when, source, context));
      condition =
          fmt::format("coalesce({}, false){}", when, statement.first ? fmt::format(" AND NOT ({})", earlier) : "");
      earlier += fmt::format(" OR coalesce({}, false)", when);
    } else if (statement.branches.size() > 1) {
      condition = fmt::format("NOT ({})", earlier);  // ELSE
    }
    for (const sql::IntoClause& clause : branch.into) {
      TRY(Into into, bind_into(clause, source, rows, context));
      into.rows += " WHERE " + condition;
      insertions.push_back(std::move(into));
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> counts;
  std::vector<catalog::ObjectId> cleared;
  std::int64_t all = 0;
  for (const Into& into : insertions) {
    const catalog::ObjectId id = into.target.record->id;
    if (statement.overwrite && std::ranges::find(cleared, id) == cleared.end()) {
      TRY_VOID(context.work.clear(*into.target.record));
      cleared.push_back(id);
    }
    TRY(const Work::Changed changed,
        context.work.change(*context.work.catalog().find(id), {.ended_sql = "", .made_sql = into.rows}));
    const std::string name = "number of rows inserted into " + into.target.record->name;
    const auto column = std::ranges::find(counts, name, &std::pair<std::string, std::int64_t>::first);
    if (column == counts.end())
      counts.emplace_back(name, changed.made);
    else
      column->second += changed.made;
    all += changed.made;
  }
  dml::consume_streams(context);
  RowCounts rows_changed;
  rows_changed.inserted = all;
  return dml::counted(0x3500, std::move(counts), rows_changed);
}

}  // namespace engine
