#include "change/view_changes.h"

#include <charconv>
#include <map>

namespace change {
namespace {

using base::Result;
using engine::Relation;

/// Answers the references in a plan's queries: a leaf by the SELECT chosen for it (the table's columns and _row), a
/// part by its bound query.
class PlanSource final : public engine::RelationSource {
 public:
  PlanSource(const ViewPlan& plan, std::vector<std::string> leaves) : plan_(plan), leaves_(std::move(leaves)) {}

  Result<std::optional<Relation>> relation(const sql::TableRef& ref, engine::BindContext& context) override {
    const auto* named = std::get_if<sql::NamedTable>(&ref.node);
    if (!named || named->name.parts.size() != 3) return std::nullopt;
    const std::string &kind = named->name.parts[0].name, &index = named->name.parts[1].name,
                      &reference = named->name.parts[2].name;
    std::size_t at = 0;
    std::from_chars(index.data(), index.data() + index.size(), at);
    std::optional<Relation> made;
    if (kind == kLeafReference) made = leaf(at, context.work.catalog());
    if (kind == kPartReference) {
      TRY(made, part(plan_.parts[at], context));
    }
    if (made) made->columns.back().name = std::string(kIdentity) + reference;
    return made;
  }

  /// The identity is the last column.
  Result<Relation> part(const ViewPlan::Part& part, engine::BindContext& context) const {
    const auto names = std::exchange(context.statement.names, part.names);
    const auto text = std::exchange(context.text, part.text);
    auto bound = engine::bind_query(part.query, context);
    context.statement.names = names;
    context.text = text;
    if (!bound) return base::fail(std::move(bound).error());
    Relation made{.sql = "(" + bound->sql + ")", .columns = {}, .qualified = part.qualified};
    for (std::size_t i = 0; i < bound->columns.size(); ++i) {
      const engine::BoundColumn& column = bound->columns[i];
      made.columns.push_back({.name = i < part.column_names.size() ? part.column_names[i] : column.name,
                              .type = column.type,
                              .carrier = column.carrier,
                              .physical = fmt::format("_{}", i),
                              .nullable = column.nullable});
    }
    made.columns.back().in_star = false;
    return made;
  }

 private:
  Relation leaf(std::size_t index, const catalog::Snapshot& catalog) const {
    const catalog::Record& table = *plan_.leaves[index].table;
    const auto& body = std::get<catalog::TableBody>(table.body);
    Relation made{.sql = fmt::format("(SELECT *, '{}:' || CAST(_row AS VARCHAR) AS _identity FROM {} AS x)",
                                     body.row_space, leaves_[index]),
                  .columns = {},
                  .qualified = {table.name}};
    if (const auto schema = catalog.find(table.container))
      if (const auto database = catalog.find(schema->container))
        made.qualified = {database->name, schema->name, table.name};
    for (const catalog::Column& column : body.columns)
      made.columns.push_back({.name = column.name,
                              .type = column.type,
                              .carrier = engine::carrier_of(column),
                              .physical = fmt::format("c{}", column.id.value),
                              .nullable = true});
    made.columns.push_back({.name = {},
                            .type = catalog::LogicalType::text(),
                            .carrier = engine::Carrier::Text,
                            .physical = "_identity",
                            .nullable = false,
                            .in_star = false});
    return made;
  }

  const ViewPlan& plan_;
  std::vector<std::string> leaves_;
};

/// The view's query with these SELECTs as its tables.
Result<Relation> bind(const ViewPlan& plan, std::vector<std::string> leaves, engine::BindContext& context) {
  PlanSource source(plan, std::move(leaves));
  context.sources.insert(context.sources.begin(), &source);
  auto made = source.part(plan.parts.back(), context);
  context.sources.erase(context.sources.begin());
  return made;
}

std::string no_rows_of(std::string_view rows) { return fmt::format("(SELECT * FROM {} AS x WHERE false)", rows); }

/// What a table shows in one state: the images that changed, and those that did not.
struct Side {
  std::string changed, unchanged, all;
};
using Sides = std::map<catalog::ObjectId, Side>;

/// The sum of the terms "leaf i changed, those before it unchanged, those after it all". Nothing when no table changed.
Result<std::optional<Relation>> sum(const ViewPlan& plan, const Sides& sides, engine::BindContext& context) {
  std::optional<Relation> total;
  std::string terms;
  for (std::size_t i = 0; i < plan.leaves.size(); ++i) {
    if (sides.at(plan.leaves[i].table->id).changed.empty()) continue;
    std::vector<std::string> leaves;
    for (std::size_t k = 0; k < plan.leaves.size(); ++k) {
      const Side& side = sides.at(plan.leaves[k].table->id);
      if (k == i)
        leaves.push_back(side.changed);
      else if (apart(plan.leaves[i], plan.leaves[k]))
        leaves.push_back(no_rows_of(side.all));
      else
        leaves.push_back(k < i ? side.unchanged : side.all);
    }
    TRY(total, bind(plan, std::move(leaves), context));
    terms += (terms.empty() ? "(" : " UNION ALL ") + fmt::format("SELECT * FROM {} AS x", total->sql);
  }
  if (total) total->sql = terms + ")";
  return total;
}

std::string row_id(const catalog::Record& view, std::string_view identity) {
  return fmt::format("sha1('view {}:' || {})", view.id.value, identity);
}

/// `rows` has the columns of the view and then the identity; `relation` describes them.
Relation as_insertions(const catalog::Record& view, Relation relation, std::string_view rows) {
  const std::string identity = relation.columns.back().physical;
  relation.columns.pop_back();
  relation.sql = fmt::format("(SELECT *, 'INSERT' AS _action, false AS _update, {} AS _row_id FROM {} AS x)",
                             row_id(view, identity), rows);
  return relation;
}

Result<Relation> nothing(const catalog::Record& view, const ViewPlan& plan, catalog::Version at,
                         engine::BindContext& context) {
  std::vector<std::string> leaves;
  for (const ViewPlan::Leaf& leaf : plan.leaves) {
    TRY(const std::string rows, context.work.rows_at(*leaf.table, at));
    leaves.push_back(no_rows_of(rows));
  }
  TRY(Relation empty, bind(plan, std::move(leaves), context));
  const std::string rows = empty.sql;
  return as_insertions(view, std::move(empty), rows);
}

}  // namespace

Result<Relation> view_changes(const catalog::Record& view, catalog::Version from, catalog::Version until,
                              engine::BindContext& context) {
  TRY(const ViewPlan plan, plan_view(view, context));
  Sides before, after;
  for (const catalog::RecordPtr& table : plan.tables()) {
    TRY(const std::string then, context.work.rows_at(*table, from));
    TRY(const std::string now, context.work.rows_at(*table, until));
    TRY(const bool touched, context.work.touched(*table, from, until));
    if (!touched) {
      before[table->id] = {.changed = {}, .unchanged = then, .all = then};
      after[table->id] = {.changed = {}, .unchanged = now, .all = now};
      continue;
    }
    TRY(const std::string changes, context.work.changes(*table, from, until));
    TRY(const std::string kept, context.work.scratch(fmt::format("SELECT * FROM {} AS x", changes)));
    const auto side = [&](const std::string& all, std::string_view action) {
      return Side{.changed = fmt::format("(SELECT * FROM {} AS x WHERE _action = '{}')", kept, action),
                  .unchanged = fmt::format("(SELECT * FROM {} AS x ANTI JOIN {} AS y ON x._row = y._row)", all, kept),
                  .all = all};
    };
    before[table->id] = side(then, "DELETE");
    after[table->id] = side(now, "INSERT");
  }
  TRY(auto old_rows, sum(plan, before, context));
  TRY(auto new_rows, sum(plan, after, context));
  if (!old_rows || !new_rows) return nothing(view, plan, until, context);

  Relation made = std::move(*new_rows);
  made.columns.pop_back();
  const std::string identity = fmt::format("_{}", made.columns.size());
  std::string both, same = "true", old_side, new_side;
  for (const Relation::Column& column : made.columns) {
    both += fmt::format(", o.{0} AS o{0}, n.{0} AS n{0}", column.physical);
    same += fmt::format(" AND o.{0} IS NOT DISTINCT FROM n.{0}", column.physical);
    old_side += fmt::format("o{0} AS {0}, ", column.physical);
    new_side += fmt::format("n{0} AS {0}, ", column.physical);
  }
  made.sql = fmt::format(
      "(WITH o AS ({0}), n AS ({1}), net AS MATERIALIZED (SELECT coalesce(o.{2}, n.{2}) AS _identity, o.{2} IS NOT "
      "NULL AS was, n.{2} IS NOT NULL AS is_now{3}"
      " FROM o FULL JOIN n ON o.{2} = n.{2} WHERE o.{2} IS NULL OR n.{2} IS NULL OR NOT ({4}))"
      " SELECT {5}'DELETE' AS _action, is_now AS _update, {7} AS _row_id FROM net WHERE was UNION ALL"
      " SELECT {6}'INSERT' AS _action, was AS _update, {7} AS _row_id FROM net WHERE is_now)",
      old_rows->sql, made.sql, identity, both, same, old_side, new_side, row_id(view, "_identity"));
  return made;
}

Result<Relation> view_insertions(const catalog::Record& view, catalog::Version from, catalog::Version until,
                                 engine::BindContext& context) {
  TRY(const ViewPlan plan, plan_view(view, context));
  Sides sides;
  for (const catalog::RecordPtr& table : plan.tables()) {
    TRY(const std::string then, context.work.rows_at(*table, from));
    TRY(const bool touched, context.work.touched(*table, from, until));
    if (!touched) {
      sides[table->id] = {.changed = {}, .unchanged = then, .all = then};
      continue;
    }
    TRY(const std::string inserted, context.work.insertions(*table, from, until));
    std::string columns;
    for (const catalog::Column& column : std::get<catalog::TableBody>(table->body).columns)
      columns += fmt::format("c{}, ", column.id.value);
    sides[table->id] = {.changed = inserted,
                        .unchanged = then,
                        .all = fmt::format("(SELECT {0}_row FROM {1} AS x UNION ALL SELECT {0}_row FROM {2} AS x)",
                                           columns, then, inserted)};
  }
  TRY(auto rows, sum(plan, sides, context));
  if (!rows) return nothing(view, plan, until, context);
  const std::string text = rows->sql;
  return as_insertions(view, *std::move(rows), text);
}

Result<Relation> view_rows_at(const catalog::Record& view, catalog::Version at, engine::BindContext& context) {
  TRY(const ViewPlan plan, plan_view(view, context));
  std::vector<std::string> leaves;
  for (const ViewPlan::Leaf& leaf : plan.leaves) {
    TRY(std::string rows, context.work.rows_at(*leaf.table, at));
    leaves.push_back(std::move(rows));
  }
  TRY(Relation whole, bind(plan, std::move(leaves), context));
  const std::string rows = whole.sql;
  return as_insertions(view, std::move(whole), rows);
}

}  // namespace change
