#include "change/view_plan.h"

#include <algorithm>
#include <map>

#include "change/stream_errors.h"
#include "engine/dml/target.h"
#include "engine/functions/registry.h"
#include "sql/children.h"
#include "sql/parser.h"

namespace change {
namespace {

using base::Result;
using catalog::ObjectKind;

constexpr int kNestingMost = 50;

base::Error untracked(std::string_view what, base::SourceSpan at = {}) {
  return {base::ErrorKind::Unsupported, 2, "0A000",
          fmt::format("SQL compilation error:\nChange tracking is not supported on queries with {}.", what), at};
}

sql::Expr text(std::string value) { return {.node = sql::StringLiteral{std::move(value)}}; }
sql::Expr column(std::string name) { return {.node = sql::ColumnRef{{{.name = std::move(name), .quoted = true}}}}; }
sql::Expr concatenated(sql::Expr left, sql::Expr right) {
  return {.node = sql::Binary{sql::BinaryOp::Concat, std::move(left), std::move(right)}};
}

class Planner {
 public:
  explicit Planner(const catalog::Snapshot& catalog, const engine::StatementContext& statement)
      : catalog_(catalog), statement_(statement) {}

  Result<ViewPlan> run(const catalog::Record& view) {
    TRY_VOID(this->view(view));
    return std::move(plan_);
  }

 private:
  /// What a query's names mean.
  struct Surroundings {
    catalog::NameScope names;
    std::string_view text;
    std::map<std::string, const sql::CommonTable*> common;
  };
  using Identities = std::vector<std::string>;  // columns that together identify a row

  Result<std::size_t> view(const catalog::Record& record) {
    const auto& body = std::get<catalog::ViewBody>(record.body);
    if (++depth_ > kNestingMost)
      return base::fail(compile_error(
          1420, "54001", fmt::format("View definition for '{}' nests too deep or refers to itself", record.name)));
    TRY(const auto tree, sql::parse_query(body.query_text));
    const auto schema = catalog_.find(record.container);
    const auto database = schema ? catalog_.find(schema->container) : nullptr;
    Surroundings here{.names = statement_.names, .text = body.query_text, .common = {}};
    here.names.schema = record.container;
    here.names.database = schema ? std::optional(schema->container) : std::nullopt;
    here.names.public_too = false;
    here.names.access = catalog::access_of_owner(here.names.access, catalog_, record);
    std::vector<std::string> qualified{record.name};
    if (schema && database) qualified = {database->name, schema->name, record.name};
    auto made = part(*tree, here, body.column_names, std::move(qualified));
    --depth_;
    return made;
  }

  Result<std::size_t> part(const sql::Query& query, const Surroundings& here, std::vector<std::string> column_names,
                           std::vector<std::string> qualified) {
    TRY(sql::Query rewritten, this->query(query, here, ""));
    plan_.parts.push_back({.query = std::move(rewritten),
                           .text = std::string(here.text),
                           .names = here.names,
                           .column_names = std::move(column_names),
                           .qualified = std::move(qualified)});
    return plan_.parts.size() - 1;
  }

  /// `branch`: what begins the identities of its rows.
  Result<sql::Query> query(sql::Query query, Surroundings here, const std::string& branch) {
    if (query.limit || query.offset) return base::fail(untracked("LIMIT", query.at));
    if (query.recursive) return base::fail(untracked("recursive common table expressions", query.at));
    const std::vector<sql::CommonTable> with = std::exchange(query.with, {});
    for (const sql::CommonTable& table : with) here.common[table.name.name] = &table;
    query.order_by.clear();  // a view's rows have no order
    query.order_by_all.reset();
    if (auto* select = std::get_if<sql::Select>(&query.body)) {
      TRY_VOID(this->select(*select, here, branch));
    } else if (auto* set = std::get_if<sql::SetOperation>(&query.body)) {
      TRY_VOID(set_operation(*set, here, branch, query.at));
    } else {
      return base::fail(untracked("VALUES", query.at));
    }
    return query;
  }

  base::Status set_operation(sql::SetOperation& set, const Surroundings& here, const std::string& branch,
                             base::SourceSpan at) {
    switch (set.op) {
      case sql::SetOp::UnionAll: break;
      case sql::SetOp::Union: return base::fail(untracked("joins of type '[UNION]'", at));
      case sql::SetOp::Intersect: return base::fail(untracked("joins of type '[INTERSECT]'", at));
      case sql::SetOp::Except: return base::fail(untracked("joins of type '[EXCEPT]'", at));
    }
    const int id = next_union_++;
    branches_.emplace_back(id, 0);
    TRY(set.left, query(std::move(*set.left), here, branch + "0"));
    branches_.back().second = 1;
    TRY(set.right, query(std::move(*set.right), here, branch + "1"));
    branches_.pop_back();
    return {};
  }

  base::Status select(sql::Select& select, const Surroundings& here, const std::string& branch) {
    if (select.distinct) return base::fail(untracked("DISTINCT"));
    if (select.top) return base::fail(untracked("LIMIT"));
    if (select.connect_by) return base::fail(untracked("CONNECT BY"));
    if (select.group_by_all || !select.group_by.empty() || select.having) return base::fail(untracked("GROUP BY"));
    if (select.qualify) return base::fail(untracked("QUALIFY"));
    if (select.from.empty()) return base::fail(untracked("SELECT without FROM"));
    for (const sql::SelectItem& item : select.items) TRY_VOID(allowed(item.value, here));
    if (select.where) TRY_VOID(allowed(*select.where, here));
    Identities identities;
    for (sql::TableRef& ref : select.from) TRY_VOID(relation(ref, here, identities));
    sql::Expr identity = column(identities[0]);
    for (std::size_t i = 1; i < identities.size(); ++i)
      identity = concatenated(concatenated(std::move(identity), text("|")), column(identities[i]));
    // Parentheses keep (a|b)|c and a|(b|c) apart when they are parts of another identity.
    if (identities.size() > 1 || !branch.empty())
      identity = concatenated(concatenated(text(branch + "("), std::move(identity)), text(")"));
    select.items.push_back(
        {.value = std::move(identity), .alias = sql::Identifier{.name = std::string(kIdentity), .quoted = true}});
    return {};
  }

  base::Status relation(sql::TableRef& ref, const Surroundings& here, Identities& identities) {
    if (ref.sample) return base::fail(untracked("SAMPLE", ref.at));
    if (auto* join = std::get_if<sql::Join>(&ref.node)) {
      if (join->kind != sql::JoinKind::Inner && join->kind != sql::JoinKind::Cross)
        return base::fail(untracked(fmt::format("joins of type '[{}]'", join_type(join->kind)), ref.at));
      TRY_VOID(relation(*join->left, here, identities));
      TRY_VOID(relation(*join->right, here, identities));
      return join->on ? allowed(*join->on, here) : base::Status{};
    }
    if (const auto* subquery = std::get_if<sql::SubqueryTable>(&ref.node)) {
      if (subquery->lateral) return base::fail(untracked("correlated subqueries", ref.at));
      TRY(const std::size_t made, part(*subquery->query, here, {}, {}));
      refer(ref, kPartReference, made, identities);
      return {};
    }
    if (const auto* named = std::get_if<sql::NamedTable>(&ref.node)) return this->named(*named, ref, here, identities);
    return base::fail(untracked("sources other than tables and views", ref.at));
  }

  base::Status named(const sql::NamedTable& named, sql::TableRef& ref, const Surroundings& here,
                     Identities& identities) {
    if (named.at || named.changes) return base::fail(untracked("time travel", ref.at));
    TRY(const auto parts, engine::dml::parts_of(named.name, statement_));
    if (parts.size() == 1)
      if (const auto found = here.common.find(parts[0]); found != here.common.end())
        return common(*found->second, ref, here, identities);
    const auto record = catalog::find(catalog_, here.names, ObjectKind::Table, parts);
    if (!record) {
      if (catalog::find(catalog_, here.names, ObjectKind::Stream, parts))
        return base::fail(untracked("sources other than tables and views", ref.at));
      return base::fail(catalog::not_found(ObjectKind::Table, catalog::joined(parts)));
    }
    if (record->kind == ObjectKind::View) {
      TRY(const std::size_t made, view(*record));
      refer(ref, kPartReference, made, identities);
      return {};
    }
    plan_.leaves.push_back({.table = record, .branches = branches_});
    refer(ref, kLeafReference, plan_.leaves.size() - 1, identities);
    return {};
  }

  /// A common table is the subquery that it names; it sees those that were written before it.
  base::Status common(const sql::CommonTable& table, sql::TableRef& ref, Surroundings here, Identities& identities) {
    if (++depth_ > kNestingMost) return base::fail(untracked("recursive common table expressions", ref.at));
    here.common.erase(table.name.name);
    std::vector<std::string> names;
    for (const sql::Identifier& name : table.columns) names.push_back(name.name);
    TRY(const std::size_t made, part(*table.query, here, std::move(names), {table.name.name}));
    --depth_;
    refer(ref, kPartReference, made, identities);
    return {};
  }

  void refer(sql::TableRef& ref, std::string_view kind, std::size_t index, Identities& identities) {
    const std::string number = std::to_string(next_reference_++);
    ref.node = sql::NamedTable{
        .name = {.parts = {{.name = std::string(kind)}, {.name = std::to_string(index)}, {.name = number}}},
        .changes = {},
        .at = {}};
    identities.push_back(std::string(kIdentity) + number);
  }

  base::Status allowed(const sql::Expr& expr, const Surroundings& here) {
    if (sql::subquery_of(expr)) return base::fail(untracked("subqueries outside of FROM", expr.at));
    if (std::holds_alternative<sql::PositionalRef>(expr.node))
      return base::fail(untracked("columns by position", expr.at));
    if (std::holds_alternative<sql::OuterMark>(expr.node))
      return base::fail(untracked("joins of type '[LEFT OUTER]'", expr.at));
    if (const auto* call = std::get_if<sql::FunctionCall>(&expr.node)) {
      if (call->over) return base::fail(untracked("window functions", expr.at));
      const std::string name = call->name.parts.empty() ? "" : call->name.parts.back().name;
      const auto* entry = call->name.parts.size() == 1 ? engine::functions::find_entry(name) : nullptr;
      if (entry && entry->kind == engine::functions::Kind::Aggregate)
        return base::fail(untracked("aggregate functions", expr.at));
      if (entry && entry->kind == engine::functions::Kind::Window)
        return base::fail(untracked("window functions", expr.at));
      if (!entry && !(call->name.parts.size() == 1 && engine::functions::has_pattern(name))) {
        TRY(const auto parts, engine::dml::parts_of(call->name, statement_));
        if (catalog::find(catalog_, here.names, ObjectKind::Function, parts))
          return base::fail(untracked("user-defined functions", expr.at));
      }
    }
    base::Status found;
    sql::for_each_child(expr, [&](const sql::Expr& child) {
      if (found) found = allowed(child, here);
    });
    return found;
  }

  static std::string_view join_type(sql::JoinKind kind) {
    switch (kind) {
      case sql::JoinKind::Inner: return "INNER";
      case sql::JoinKind::Cross: return "CROSS";
      case sql::JoinKind::Left: return "LEFT OUTER";
      case sql::JoinKind::Right: return "RIGHT OUTER";
      case sql::JoinKind::Full: return "FULL OUTER";
      case sql::JoinKind::Asof: return "ASOF";
    }
    return "";
  }

  const catalog::Snapshot& catalog_;
  const engine::StatementContext& statement_;
  ViewPlan plan_;
  std::vector<std::pair<int, int>> branches_;
  int depth_ = 0, next_union_ = 0, next_reference_ = 0;
};

}  // namespace

std::vector<catalog::RecordPtr> ViewPlan::tables() const {
  std::vector<catalog::RecordPtr> found;
  for (const Leaf& leaf : leaves)
    if (std::ranges::none_of(found, [&](const auto& table) { return table->id == leaf.table->id; }))
      found.push_back(leaf.table);
  return found;
}

base::Result<ViewPlan> plan_view(const catalog::Record& view, const engine::BindContext& context) {
  return Planner(context.work.catalog(), context.statement).run(view);
}

bool apart(const ViewPlan::Leaf& one, const ViewPlan::Leaf& other) {
  for (std::size_t i = 0; i < std::min(one.branches.size(), other.branches.size()); ++i) {
    if (one.branches[i].first != other.branches[i].first) return false;
    if (one.branches[i].second != other.branches[i].second) return true;
  }
  return false;
}

}  // namespace change
