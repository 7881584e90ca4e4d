#include "engine/dml/no_rows.h"

#include "base/overloaded.h"
#include "engine/dml/target.h"
#include "engine/functions/registry.h"
#include "sql/parser.h"

namespace engine {
namespace {

constexpr int kViewDepthMax = 50;

/// Whether a call makes a row of no rows: an aggregate without OVER, and what is not known here.
bool may_aggregate(const sql::FunctionCall& call) {
  if (call.over) return false;
  if (call.name.parts.size() != 1) return true;
  const std::string& name = call.name.parts[0].name;
  if (functions::has_pattern(name)) return false;
  const functions::Entry* entry = functions::find_entry(name);
  return entry == nullptr || entry->kind == functions::Kind::Aggregate;
}

class Emptiness {
 public:
  Emptiness(const catalog::Snapshot& catalog, const StatementContext& context, const HasNoRows& has_no_rows)
      : catalog_(catalog), context_(context), names_(context.names), has_no_rows_(has_no_rows) {}

  bool query(const sql::Query& query) {
    if (query.recursive) return false;
    const auto outside = common_;
    for (const sql::CommonTable& common : query.with) common_[common.name.name] = this->query(*common.query);
    const bool empty = std::visit(base::Overloaded{
                                      [&](const sql::Select& node) { return select(node); },
                                      [&](const sql::Values&) { return false; },
                                      [&](const sql::SetOperation& node) { return operation(node); },
                                  },
                                  query.body);
    common_ = outside;
    return empty;
  }

  bool table(const sql::TableRef& ref) {
    return std::visit(base::Overloaded{
                          [&](const sql::NamedTable& node) { return !node.changes && !node.at && name(node.name); },
                          [&](const sql::SubqueryTable& node) { return query(*node.query); },
                          [&](const sql::Join& node) { return join(node); },
                          [](const auto&) { return false; },
                      },
                      ref.node);
  }

  bool any(const std::vector<sql::TableRef>& refs) {
    return std::ranges::any_of(refs, [&](const sql::TableRef& ref) { return table(ref); });
  }

  /// Whether a condition holds for no row.
  bool never(const std::optional<sql::Expr>& condition) { return condition && never(*condition); }

  bool name(const sql::ObjectName& object) {
    const auto parts = dml::parts_of(object, context_);
    if (!parts) return false;
    if (parts->size() == 1)
      if (const auto common = common_.find(parts->front()); common != common_.end()) return common->second;
    if (const auto record = catalog::find(catalog_, names_, catalog::ObjectKind::Table, *parts)) {
      if (const auto* body = std::get_if<catalog::ViewBody>(&record->body)) return view(*record, *body);
      return std::holds_alternative<catalog::TableBody>(record->body) && has_no_rows_(*record);
    }
    const auto stream = catalog::find(catalog_, names_, catalog::ObjectKind::Stream, *parts);
    return stream && has_no_rows_(*stream);
  }

 private:
  bool select(const sql::Select& node) {
    if (node.from.empty() || node.connect_by || node.group_by_all) return false;
    // GROUP BY () and what contains it answer a row for no rows.
    for (const sql::GroupElement& element : node.group_by)
      if (element.kind != sql::GroupElement::Kind::Plain) return false;
    if (node.group_by.empty()) {
      for (const sql::SelectItem& item : node.items)
        if (aggregates(item.value)) return false;
      if (node.having || (node.qualify && aggregates(*node.qualify))) return false;
    }
    return any(node.from) || never(node.where);
  }

  bool operation(const sql::SetOperation& node) {
    const bool left = query(*node.left);
    switch (node.op) {
      case sql::SetOp::Union:
      case sql::SetOp::UnionAll: return left && query(*node.right);
      case sql::SetOp::Intersect: return left || query(*node.right);
      case sql::SetOp::Except: return left;
    }
    return false;
  }

  bool join(const sql::Join& node) {
    switch (node.kind) {
      case sql::JoinKind::Inner:
      case sql::JoinKind::Cross: return table(*node.left) || table(*node.right);
      case sql::JoinKind::Left:
      case sql::JoinKind::Asof: return table(*node.left);
      case sql::JoinKind::Right: return table(*node.right);
      case sql::JoinKind::Full: return table(*node.left) && table(*node.right);
    }
    return false;
  }

  bool never(const sql::Expr& condition) {
    return std::visit(base::Overloaded{
                          [&](const sql::Binary& node) {
                            return node.op == sql::BinaryOp::And && (never(*node.left) || never(*node.right));
                          },
                          [&](const sql::InSubquery& node) { return !node.negated && query(*node.query); },
                          [&](const sql::Exists& node) { return query(*node.query); },
                          [](const auto&) { return false; },
                      },
                      condition.node);
  }

  bool aggregates(const sql::Expr& expr) {
    const auto each = [&](const std::vector<sql::Expr>& list) {
      return std::ranges::any_of(list, [&](const sql::Expr& one) { return aggregates(one); });
    };
    return std::visit(
        base::Overloaded{
            [](const sql::ColumnRef&) { return false; }, [](const sql::PositionalRef&) { return false; },
            [](const sql::StringLiteral&) { return false; }, [](const sql::NumberLiteral&) { return false; },
            [](const sql::BooleanLiteral&) { return false; }, [](const sql::NullLiteral&) { return false; },
            [](const sql::Star&) { return false; }, [&](const sql::Unary& node) { return aggregates(*node.operand); },
            [&](const sql::Binary& node) { return aggregates(*node.left) || aggregates(*node.right); },
            [&](const sql::IsNull& node) { return aggregates(*node.value); },
            [&](const sql::Cast& node) { return aggregates(*node.value); },
            [&](const sql::Case& node) {
              if (node.subject && aggregates(**node.subject)) return true;
              for (const sql::CaseBranch& branch : node.branches)
                if (aggregates(branch.when) || aggregates(branch.then)) return true;
              return node.otherwise && aggregates(**node.otherwise);
            },
            [&](const sql::FunctionCall& node) {
              if (may_aggregate(node)) return true;
              return std::ranges::any_of(node.arguments,
                                         [&](const sql::Argument& argument) { return aggregates(argument.value); });
            },
            [&](const sql::RowValue& node) { return each(node.elements); },
            [](const auto&) { return true; },  // not looked into
        },
        expr.node);
  }

  bool view(const catalog::Record& record, const catalog::ViewBody& body) {
    if (depth_ >= kViewDepthMax) return false;
    const auto parsed = sql::parse_query(body.query_text);
    if (!parsed) return false;
    const auto names = std::exchange(
        names_,
        {.database = names_.database, .schema = record.container, .public_too = true, .session = names_.session});
    if (const auto schema = catalog_.find(record.container)) names_.database = schema->container;
    const auto common = std::exchange(common_, {});
    ++depth_;
    const bool empty = query(**parsed);
    --depth_;
    names_ = names;
    common_ = common;
    return empty;
  }

  const catalog::Snapshot& catalog_;
  const StatementContext& context_;
  catalog::NameScope names_;
  const HasNoRows& has_no_rows_;
  std::map<std::string, bool> common_;  // tables of WITH in reach: whether they are empty
  int depth_ = 0;
};

}  // namespace

bool changes_nothing(const sql::Statement& statement, const catalog::Snapshot& catalog, const StatementContext& context,
                     const HasNoRows& has_no_rows) {
  Emptiness empty(catalog, context, has_no_rows);
  return std::visit(base::Overloaded{
                        [&](const sql::Insert& node) { return !node.overwrite && empty.query(node.source); },
                        [&](const sql::Update& node) {
                          return empty.any(node.from) || empty.never(node.where) || empty.name(node.table);
                        },
                        [&](const sql::Delete& node) {
                          return empty.any(node.using_tables) || empty.never(node.where) || empty.name(node.table);
                        },
                        [&](const sql::Merge& node) { return empty.table(node.source); },
                        [&](const sql::Truncate& node) { return empty.name(node.table); },
                        [](const auto&) { return false; },
                    },
                    statement.node);
}

}  // namespace engine
