#include <set>

#include "base/overloaded.h"
#include "engine/dml/target.h"
#include "sql/parser.h"

namespace engine {
namespace {

using catalog::ObjectId;

/// Finds the streams among the tables that a tree reads, views followed.
class StreamFinder {
 public:
  StreamFinder(const catalog::Snapshot& catalog, const StatementContext& context)
      : catalog_(catalog), context_(context), scope_(context.names) {}

  void query(const sql::Query& query) {
    for (const auto& common : query.with) this->query(*common.query);
    std::visit(
        base::Overloaded{
            [&](const sql::Select& select) { this->select(select); },
            [&](const sql::Values& values) {
              for (const auto& row : values.rows)
                for (const sql::Expr& cell : row) expr(cell);
            },
            [&](const sql::SetOperation& operation) { this->query(*operation.left), this->query(*operation.right); },
        },
        query.body);
    for (const auto& item : query.order_by) expr(item.value);
  }

  void table(const sql::TableRef& ref) {
    std::visit(base::Overloaded{
                   [&](const sql::NamedTable& named) { name(named.name); },
                   [&](const sql::SubqueryTable& sub) { query(*sub.query); },
                   [&](const sql::FunctionTable& call) { expr(call.call); },
                   [&](const sql::ValuesTable& values) {
                     for (const auto& row : values.rows)
                       for (const sql::Expr& cell : row) expr(cell);
                   },
                   [&](const sql::Join& join) {
                     table(*join.left), table(*join.right);
                     if (join.on) expr(*join.on);
                   },
                   [&](const sql::Pivot& pivot) { table(*pivot.source); },
                   [&](const sql::Unpivot& unpivot) { table(*unpivot.source); },
                   [](const auto&) {},
               },
               ref.node);
  }

  void expr(const sql::Expr& e) {
    std::visit(base::Overloaded{
                   [&](const sql::Unary& n) { expr(*n.operand); },
                   [&](const sql::Binary& n) { expr(*n.left), expr(*n.right); },
                   [&](const sql::QuantifiedCompare& n) { expr(*n.left), query(*n.query); },
                   [&](const sql::Between& n) { expr(*n.value), expr(*n.low), expr(*n.high); },
                   [&](const sql::InList& n) {
                     expr(*n.value);
                     for (const sql::Expr& item : n.items) expr(item);
                   },
                   [&](const sql::InSubquery& n) { expr(*n.value), query(*n.query); },
                   [&](const sql::Like& n) { expr(*n.value); },
                   [&](const sql::IsNull& n) { expr(*n.value); },
                   [&](const sql::IsDistinctFrom& n) { expr(*n.left), expr(*n.right); },
                   [&](const sql::IsBoolean& n) { expr(*n.value); },
                   [&](const sql::Case& n) {
                     if (n.subject) expr(**n.subject);
                     for (const auto& branch : n.branches) expr(branch.when), expr(branch.then);
                     if (n.otherwise) expr(**n.otherwise);
                   },
                   [&](const sql::Cast& n) { expr(*n.value); },
                   [&](const sql::FunctionCall& n) {
                     for (const auto& argument : n.arguments) expr(argument.value);
                   },
                   [&](const sql::Exists& n) { query(*n.query); },
                   [&](const sql::ScalarSubquery& n) { query(*n.query); },
                   [&](const sql::RowValue& n) {
                     for (const sql::Expr& element : n.elements) expr(element);
                   },
                   [](const auto&) {},
               },
               e.node);
  }

  std::set<ObjectId> found;

 private:
  void select(const sql::Select& select) {
    for (const auto& item : select.items) expr(item.value);
    for (const auto& ref : select.from) table(ref);
    if (select.where) expr(*select.where);
    if (select.having) expr(*select.having);
    if (select.qualify) expr(*select.qualify);
  }

  void name(const sql::ObjectName& object) {
    const auto parts = dml::parts_of(object, context_);
    if (!parts) return;  // binding reports it
    const auto record = catalog::find(catalog_, scope_, catalog::ObjectKind::Table, *parts);
    if (!record) {
      if (const auto stream = catalog::find(catalog_, scope_, catalog::ObjectKind::Stream, *parts))
        found.insert(stream->id);
      return;
    }
    const auto* view = std::get_if<catalog::ViewBody>(&record->body);
    if (!view || !views_.insert(record->id).second) return;
    const auto parsed = sql::parse_query(view->query_text);
    if (!parsed) return;
    const catalog::NameScope outside = scope_;
    scope_.schema = record->container;
    if (const auto schema = catalog_.find(record->container)) scope_.database = schema->container;
    query(**parsed);
    scope_ = outside;
  }

  const catalog::Snapshot& catalog_;
  const StatementContext& context_;
  catalog::NameScope scope_;
  std::set<ObjectId> views_;
};

}  // namespace

std::vector<ObjectId> streams_in(const sql::Query& query, const catalog::Snapshot& catalog,
                                 const StatementContext& context) {
  StreamFinder finder(catalog, context);
  finder.query(query);
  return {finder.found.begin(), finder.found.end()};
}

namespace {

LockMode inserting(bool overwrite) { return overwrite ? LockMode::Exclusive : LockMode::Shared; }
std::vector<std::string_view> rights_to_insert(bool overwrite) {
  return overwrite ? std::vector<std::string_view>{"INSERT", "DELETE"} : std::vector<std::string_view>{"INSERT"};
}
std::vector<std::string_view> rights_to_merge(const sql::Merge& merge) {
  std::vector<std::string_view> rights{"SELECT"};
  for (const sql::MergeClause& clause : merge.clauses)
    rights.push_back(std::holds_alternative<sql::MergeInsert>(clause.action)   ? "INSERT"
                     : std::holds_alternative<sql::MergeUpdate>(clause.action) ? "UPDATE"
                                                                               : "DELETE");
  return rights;
}

}  // namespace

base::Result<std::vector<DmlLock>> locks_of(const sql::Statement& statement, const catalog::Snapshot& catalog,
                                            const StatementContext& context) {
  // In the order of ids, so that two statements with the same tables do not wait for each other.
  std::map<ObjectId, LockMode> locks;
  StreamFinder streams(catalog, context);
  const auto add = [&](const sql::ObjectName& name, LockMode mode,
                       const std::vector<std::string_view>& privileges) -> base::Status {
    TRY(const dml::Target target, dml::find_target(name, std::nullopt, catalog, context));
    for (const std::string_view privilege : privileges)
      TRY_VOID(catalog::require(context.names.access, catalog, *target.record, {privilege}));
    LockMode& wanted = locks.try_emplace(target.record->id, mode).first->second;
    wanted = std::max(wanted, mode);
    return {};
  };
  const auto status =
      std::visit(base::Overloaded{
                     [&](const sql::Insert& node) -> base::Status {
                       streams.query(node.source);
                       return add(node.table, inserting(node.overwrite), rights_to_insert(node.overwrite));
                     },
                     [&](const sql::MultiInsert& node) -> base::Status {
                       streams.query(node.source);
                       for (const auto& branch : node.branches)
                         for (const auto& into : branch.into)
                           TRY_VOID(add(into.table, inserting(node.overwrite), rights_to_insert(node.overwrite)));
                       return {};
                     },
                     [&](const sql::Update& node) -> base::Status {
                       for (const auto& ref : node.from) streams.table(ref);
                       for (const auto& set : node.set) streams.expr(set.value);
                       if (node.where) streams.expr(*node.where);
                       return add(node.table, LockMode::Write, {"UPDATE"});
                     },
                     [&](const sql::Delete& node) -> base::Status {
                       for (const auto& ref : node.using_tables) streams.table(ref);
                       if (node.where) streams.expr(*node.where);
                       return add(node.table, LockMode::Write, {"DELETE"});
                     },
                     [&](const sql::Merge& node) -> base::Status {
                       streams.table(node.source);
                       return add(node.table, LockMode::Write, rights_to_merge(node));
                     },
                     [&](const sql::Truncate& node) -> base::Status {
                       auto added = add(node.table, LockMode::Exclusive, {"TRUNCATE"});
                       if (!added && node.if_exists && added.error().kind == base::ErrorKind::NotFound) return {};
                       return added;
                     },
                     [](const auto&) -> base::Status { return {}; },
                 },
                 statement.node);
  TRY_VOID(base::Status(status));
  for (const ObjectId stream : streams.found) locks[stream] = LockMode::Exclusive;
  std::vector<DmlLock> list;
  for (const auto& [object, mode] : locks) list.push_back({object, mode});
  return list;
}

}  // namespace engine
