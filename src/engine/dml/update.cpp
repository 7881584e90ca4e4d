#include <fmt/format.h>

#include "engine/dml/match.h"
#include "engine/tables.h"

namespace engine {

using dml::Target;

namespace {

/// The columns that SET names, and all columns' new values in order.
base::Result<std::vector<std::string>> set_values(const Target& target, const std::vector<sql::SetClause>& set,
                                                  const Scope& scope, BindContext& context) {
  std::vector<sql::TargetColumn> named;
  for (const sql::SetClause& clause : set) named.push_back(clause.column);
  TRY(const auto columns, dml::target_columns(target, named));
  std::vector<std::string> values;
  for (const catalog::Column& column : target.body().columns) {
    const auto at = std::ranges::find(columns, &column);
    if (at == columns.end()) {
      values.push_back("t." + tables::column(column.id));
    } else {
      TRY(values.emplace_back(),
          dml::value_sql(set[static_cast<std::size_t>(at - columns.begin())].value, column, target, scope, context));
    }
  }
  return values;
}

DmlOutcome updated(std::int64_t rows, std::int64_t multi_joined) {
  RowCounts counts;
  counts.updated = rows;
  counts.multi_joined_updated = multi_joined;
  return dml::counted(0x3200, {{"number of rows updated", rows}, {"number of multi-joined rows updated", multi_joined}},
                      counts);
}

/// The rows that a condition over the target alone selects.
struct Selected {
  std::string ended;   // for RowChanges::ended_sql
  std::string images;  // for FROM
};
base::Result<Selected> selected(const Target& target, const std::optional<sql::Expr>& where, const Scope& scope,
                                BindContext& context) {
  const std::string rows = context.work.rows(*target.record);
  std::string condition = "true";
  if (where) {
    TRY(condition, dml::condition_sql(*where, scope, context));
    TRY(const auto found,
        dml::few(rows, fmt::format("SELECT t._seq FROM {} AS t WHERE {}", rows, condition), context.work));
    if (found) return Selected{found->images, found->images};
  }
  TRY(const std::string hits,
      context.work.scratch(fmt::format("SELECT t._seq FROM {} AS t WHERE {}", rows, condition)));
  return Selected{"SELECT _seq FROM " + hits,
                  fmt::format("(SELECT * FROM {} WHERE _seq IN (SELECT _seq FROM {}))", rows, hits)};
}

}  // namespace

base::Result<DmlOutcome> update(const sql::Update& statement, BindContext& context) {
  TRY(const Target target,
      dml::find_target(statement.table, statement.alias, context.work.catalog(), context.statement));
  Scope scope{.relations = {dml::relation_of(target, "t")}};
  if (statement.from.empty()) {
    TRY(const auto values, set_values(target, statement.set, scope, context));
    TRY(const Selected found, selected(target, statement.where, scope, context));
    std::string list = "t._row";
    for (const std::string& value : values) list += ", " + value;
    TRY(const Work::Changed changed,
        context.work.change(*target.record, {.ended_sql = found.ended,
                                             .made_sql = fmt::format("SELECT {} FROM {} AS t", list, found.images)}));
    dml::consume_streams(context);
    return updated(changed.ended, 0);
  }
  TRY(const dml::Source source, dml::evaluate_source(statement.from, context));
  scope.relations.insert(scope.relations.end(), source.relations.begin(), source.relations.end());
  dml::Plan plan{.on = "true",
                 .matched = {},
                 .unmatched = {},
                 .nondeterminism = context.statement.parameters->flag("ERROR_ON_NONDETERMINISTIC_UPDATE")
                                       ? dml::Nondeterminism::Refuse
                                       : dml::Nondeterminism::TakeLast};
  TRY(auto values, set_values(target, statement.set, scope, context));
  plan.matched.push_back({.condition = {}, .removes = false, .values = std::move(values)});
  if (statement.where) {
    TRY(plan.on, dml::condition_sql(*statement.where, scope, context));
  }
  TRY(const dml::Matched done, dml::run(target, source, plan, context));
  dml::consume_streams(context);
  return updated(done.updated, done.multi_joined);
}

base::Result<DmlOutcome> delete_rows(const sql::Delete& statement, BindContext& context) {
  TRY(const Target target,
      dml::find_target(statement.table, statement.alias, context.work.catalog(), context.statement));
  Scope scope{.relations = {dml::relation_of(target, "t")}};
  std::int64_t deleted = 0;
  if (statement.using_tables.empty()) {
    TRY(const Selected found, selected(target, statement.where, scope, context));
    TRY(const Work::Changed changed, context.work.change(*target.record, {.ended_sql = found.ended, .made_sql = ""}));
    deleted = changed.ended;
  } else {
    TRY(const dml::Source source, dml::evaluate_source(statement.using_tables, context));
    scope.relations.insert(scope.relations.end(), source.relations.begin(), source.relations.end());
    dml::Plan plan{.on = "true", .matched = {{.condition = {}, .removes = true, .values = {}}}, .unmatched = {}};
    if (statement.where) {
      TRY(plan.on, dml::condition_sql(*statement.where, scope, context));
    }
    TRY(const dml::Matched done, dml::run(target, source, plan, context));
    deleted = done.deleted;
  }
  dml::consume_streams(context);
  RowCounts counts;
  counts.deleted = deleted;
  return dml::counted(0x3300, {{"number of rows deleted", deleted}}, counts);
}

}  // namespace engine
