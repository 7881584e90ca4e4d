#include <fmt/format.h>

#include "base/overloaded.h"
#include "engine/dml/match.h"
#include "engine/tables.h"

namespace engine {

using dml::Target;

namespace {

using Columns = std::vector<const catalog::Column*>;

/// An unconditional clause must be the last of its kind, and each kind has its actions.
base::Status check_shape(const sql::Merge& statement) {
  for (const bool matched : {true, false}) {
    bool unconditional = false;
    for (const sql::MergeClause& clause : statement.clauses) {
      if (clause.matched != matched) continue;
      if (unconditional) return base::fail(dml::compile_error(1003, "42000", clause.at, "Unreachable merge case."));
      unconditional = !clause.condition;
      if (matched == std::holds_alternative<sql::MergeInsert>(clause.action))
        return base::fail(dml::compile_error(
            1003, "42000", clause.at, matched ? "WHEN MATCHED cannot INSERT" : "WHEN NOT MATCHED can only INSERT"));
    }
  }
  return {};
}

/// BY NAME: the source column for each column of the target.
base::Result<std::vector<sql::Expr>> by_name(const Target& target, const dml::Source& source) {
  std::size_t offered = 0;
  for (const ScopeRelation& relation : source.relations)
    offered += static_cast<std::size_t>(std::ranges::count_if(relation.columns, &ScopeColumn::in_star));
  std::vector<sql::Expr> values;
  for (const catalog::Column& column : target.body().columns) {
    const bool found = std::ranges::any_of(source.relations, [&](const ScopeRelation& relation) {
      return std::ranges::any_of(relation.columns,
                                 [&](const ScopeColumn& each) { return each.in_star && each.name == column.name; });
    });
    if (!found || offered != target.body().columns.size())
      return base::fail(dml::compile_error(
          2020, "21S01",
          fmt::format("ALL BY NAME needs the same columns in source and target; '{}' of the target {}", column.name,
                      found ? "is fine, their numbers differ" : "is missing in the source")));
    values.push_back({sql::ColumnRef{{{.name = column.name, .quoted = true}}}});
  }
  return values;
}

/// What one clause writes: its columns, and the expressions for them.
struct Assignments {
  Columns columns;
  std::vector<sql::Expr> values;
  bool from_source = false;  // by name
};

base::Result<Assignments> assignments(const sql::MergeClause& clause, const Target& target, const dml::Source& source) {
  Assignments made;
  if (const auto* update = std::get_if<sql::MergeUpdate>(&clause.action)) {
    std::vector<sql::TargetColumn> named;
    for (const sql::SetClause& set : update->set) named.push_back(set.column), made.values.push_back(set.value);
    made.from_source = update->all_by_name;
    TRY(made.columns, dml::target_columns(target, named));
  } else if (const auto* insert = std::get_if<sql::MergeInsert>(&clause.action)) {
    made.from_source = insert->all_by_name;
    made.values = insert->values;
    TRY(made.columns, dml::target_columns(target, insert->columns));
  } else {
    return made;
  }
  if (made.from_source) {
    TRY(made.values, by_name(target, source));
  }
  if (made.values.size() != made.columns.size())
    return base::fail(
        dml::compile_error(2020, "21S01",
                           fmt::format("Insert value list does not match column list expecting {} but got {}",
                                       made.columns.size(), made.values.size())));
  return made;
}

/// All columns in order: what is assigned, else `otherwise` of the column.
base::Result<std::vector<std::string>> all_values(const Assignments& made, const Target& target, const Scope& scope,
                                                  BindContext& context, bool keeps_others) {
  std::vector<std::string> values;
  for (const catalog::Column& column : target.body().columns) {
    const auto at = std::ranges::find(made.columns, &column);
    if (at != made.columns.end()) {
      TRY(values.emplace_back(), dml::value_sql(made.values[static_cast<std::size_t>(at - made.columns.begin())],
                                                column, target, scope, context));
    } else if (keeps_others) {
      values.push_back("t." + tables::column(column.id));
    } else {
      TRY(values.emplace_back(), default_sql(*target.record, column, context));
    }
  }
  return values;
}

struct Scopes {
  Scope both, source;
};

base::Result<dml::Plan> bind_plan(const sql::Merge& statement, const Target& target, const dml::Source& source,
                                  const Scopes& scopes, BindContext& context) {
  std::vector<Assignments> made;
  for (const sql::MergeClause& clause : statement.clauses) {
    TRY(made.emplace_back(), assignments(clause, target, source));
  }
  dml::Plan plan{.on = {},
                 .matched = {},
                 .unmatched = {},
                 .nondeterminism = context.statement.parameters->flag("ERROR_ON_NONDETERMINISTIC_MERGE")
                                       ? dml::Nondeterminism::Refuse
                                       : dml::Nondeterminism::TakeLast};
  std::vector<std::vector<std::string>> values(statement.clauses.size());
  std::vector<std::optional<std::string>> conditions(statement.clauses.size());
  // The order in which mistakes are reported: INSERT values, SET, conditions of MATCHED, of NOT MATCHED, ON.
  for (const bool matched : {false, true})
    for (std::size_t i = 0; i < statement.clauses.size(); ++i) {
      const sql::MergeClause& clause = statement.clauses[i];
      if (clause.matched != matched || std::holds_alternative<sql::MergeDelete>(clause.action)) continue;
      TRY(values[i],
          all_values(made[i], target, matched && !made[i].from_source ? scopes.both : scopes.source, context, matched));
    }
  for (const bool matched : {true, false})
    for (std::size_t i = 0; i < statement.clauses.size(); ++i) {
      const sql::MergeClause& clause = statement.clauses[i];
      if (clause.matched != matched || !clause.condition) continue;
      TRY(conditions[i], dml::condition_sql(*clause.condition, matched ? scopes.both : scopes.source, context));
    }
  TRY(plan.on, dml::condition_sql(statement.on, scopes.both, context));
  for (std::size_t i = 0; i < statement.clauses.size(); ++i) {
    if (statement.clauses[i].matched)
      plan.matched.push_back(
          {conditions[i], std::holds_alternative<sql::MergeDelete>(statement.clauses[i].action), std::move(values[i])});
    else
      plan.unmatched.push_back({conditions[i], std::move(values[i])});
  }
  return plan;
}

}  // namespace

base::Result<DmlOutcome> merge(const sql::Merge& statement, BindContext& context) {
  TRY_VOID(check_shape(statement));
  TRY(const Target target,
      dml::find_target(statement.table, statement.alias, context.work.catalog(), context.statement));
  TRY(const dml::Source source, dml::evaluate_source({statement.source}, context));
  Scopes scopes{.both = {.relations = {dml::relation_of(target, "t")}}, .source = {.relations = source.relations}};
  scopes.both.relations.insert(scopes.both.relations.end(), source.relations.begin(), source.relations.end());
  TRY(const dml::Plan plan, bind_plan(statement, target, source, scopes, context));
  TRY(const dml::Matched done, dml::run(target, source, plan, context));
  dml::consume_streams(context);
  RowCounts counts;
  std::vector<std::pair<std::string, std::int64_t>> columns;
  const auto has = [&]<class Action>(std::type_identity<Action>) {
    return std::ranges::any_of(statement.clauses, [](const sql::MergeClause& clause) {
      return std::holds_alternative<Action>(clause.action);
    });
  };
  if (has(std::type_identity<sql::MergeInsert>{}))
    columns.emplace_back("number of rows inserted", *(counts.inserted = done.inserted));
  if (has(std::type_identity<sql::MergeUpdate>{}))
    columns.emplace_back("number of rows updated", *(counts.updated = done.updated));
  if (has(std::type_identity<sql::MergeDelete>{}))
    columns.emplace_back("number of rows deleted", *(counts.deleted = done.deleted));
  return dml::counted(0x3400, std::move(columns), counts);
}

}  // namespace engine
