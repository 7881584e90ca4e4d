#pragma once

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/bind/cast.h"

namespace engine::bind {

/// A common table expression in reach: its name in the engine's SQL and what it offers.
struct CommonTableEntry {
  std::string physical;
  std::vector<BoundColumn> columns;
};

/// The SELECT whose parts are being bound: its aliases, its groups, and what its expressions turned out to hold.
struct SelectFrame {
  const std::vector<sql::SelectItem>* items = nullptr;  // whose aliases can be used
  const std::vector<sql::NamedWindow>* windows = nullptr;
  std::set<std::size_t> aliases_open;  // against an alias that uses itself
  bool aliases_first = false;          // ORDER BY: an alias wins over a column
  bool grouped = false;
  std::set<std::string> groups;  // texts of the grouping expressions
  bool has_aggregate = false, has_window = false;
  int inside_aggregate = 0, inside_window = 0, inside_alias = 0;
  bool aggregates_allowed = true, windows_allowed = true;
  std::optional<base::Error> ungrouped;  // the first column outside of groups and aggregates

  /// A window function that another one uses, by way of an alias. Window functions do not nest in the engine: this one
  /// is computed by a SELECT below.
  struct LiftedWindow {
    std::string name, sql;
  };
  std::vector<std::vector<LiftedWindow>> lifted;  // by how many window functions stand around it, less one
  /// The name of its column in the SELECT below.
  std::string lift(const std::string& sql, const std::string& new_name);
};

/// Which relations, by their physical names, a predicate of WHERE names with and without `(+)`.
struct OuterMarks {
  std::set<std::string> marked, plain;
  bool inside = false;
};

/// Binds one statement's trees. One object per call of the functions in binder.h; all state of the statement is in the
/// context.
class Translator {
 public:
  explicit Translator(BindContext& context) : context_(context) {}
  BindContext& context() { return context_; }
  const Parameters& parameters() const { return *context_.statement.parameters; }

  // ---- Queries (query.cpp, select.cpp, star.cpp)
  Result<BoundQuery> query(const sql::Query& query, const Scope* outer);
  // ---- Relations (from.cpp, table.cpp, join.cpp)
  Result<BoundFrom> from(const std::vector<sql::TableRef>& from, const Scope* outer);
  /// One for each reference between commas.
  Result<std::vector<BoundFrom>> from_parts(const std::vector<sql::TableRef>& from, const Scope* outer);
  Result<BoundFrom> relation(const sql::TableRef& ref, const Scope* outer);

  // ---- Expressions (expression.cpp, operators.cpp, predicates.cpp)
  Result<BoundExpr> expression(const sql::Expr& expr, const Scope& scope);
  Result<BoundExpr> condition(const sql::Expr& expr, const Scope& scope, std::string_view where);
  /// Bound and cast.
  Result<BoundExpr> expression_as(const sql::Expr& expr, const Scope& scope, const LogicalType& type);
  Result<BoundExpr> constant_as(const sql::Expr& expr, const LogicalType& type);
  Result<BoundExpr> call(const sql::FunctionCall& call, const sql::Expr& expr, const Scope& scope);
  Result<std::string> window(const sql::WindowSpec& spec, const Scope& scope, std::string_view default_frame = {});
  Result<std::string> order_by(const std::vector<sql::OrderItem>& items, const Scope& scope);
  Result<BoundExpr> arithmetic(sql::BinaryOp op, BoundExpr left, BoundExpr right, base::SourceSpan at);
  Result<BoundExpr> compare(std::string_view op, BoundExpr left, BoundExpr right, base::SourceSpan at);
  Result<BoundExpr> cast_date_literal(const sql::TypedLiteral& literal, base::SourceSpan at);

  /// Names of stored parts behind IDENTIFIER(..) and the like.
  Result<std::vector<std::string>> name_parts(const sql::ObjectName& name);
  Result<Value> bound_value(const std::optional<std::string>& label, base::SourceSpan at);
  Result<Value> variable(const std::string& name, base::SourceSpan at);

  std::string next_name(std::string_view prefix) { return fmt::format("{}{}", prefix, context_.next_alias++); }
  /// How the client sees a column without alias.
  std::string column_name(const sql::Expr& expr) const;

  SelectFrame* frame = nullptr;
  OuterMarks* outer_marks = nullptr;  // while a predicate of WHERE is bound: only there is `(+)` allowed

 private:
  friend class SelectBinder;
  Result<BoundExpr> node(const sql::Expr& expr, const Scope& scope);
  Result<BoundExpr> column(const sql::ColumnRef& ref, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> positional(const sql::PositionalRef& ref, base::SourceSpan at, const Scope& scope);
  Result<std::optional<BoundExpr>> alias(const std::string& name, const Scope& scope);
  Result<std::optional<BoundExpr>> sequence_value(const sql::ColumnRef& ref);
  Result<BoundExpr> unary(const sql::Unary& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> binary(const sql::Binary& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> interval_sum(const sql::Binary& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> between(const sql::Between& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> in_list(const sql::InList& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> in_subquery(const sql::InSubquery& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> quantified(const sql::QuantifiedCompare& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> like(const sql::Like& node, const Scope& scope);
  Result<BoundExpr> case_of(const sql::Case& node, base::SourceSpan at, const Scope& scope);
  Result<BoundExpr> path(const sql::Expr& expr, const Scope& scope);

  Result<BoundFrom> named_table(const sql::NamedTable& ref, const sql::TableRef& whole);
  Result<BoundFrom> table(const catalog::Record& table, const sql::NamedTable& ref, const sql::TableRef& whole);
  Result<BoundFrom> view(const catalog::Record& view, const sql::TableRef& whole);
  Result<BoundFrom> join(const sql::Join& join, const Scope* outer);
  Result<BoundFrom> generator(const sql::FunctionCall& call, const sql::TableRef& whole, base::SourceSpan at);
  Result<BoundFrom> unpivot(const sql::Unpivot& unpivot, const sql::TableRef& whole, const Scope* outer);
  Result<BoundFrom> pivot(const sql::Pivot& pivot, const sql::TableRef& whole, const Scope* outer);
  Result<BoundFrom> flatten(const sql::FunctionCall& call, const sql::TableRef& whole, const Scope* outer);
  Result<BoundFrom> split_to_table(const sql::FunctionCall& call, const sql::TableRef& whole, const Scope* outer);
  Result<BoundFrom> values(const std::vector<std::vector<sql::Expr>>& rows, const sql::TableRef& whole,
                           const Scope* outer);
  Result<catalog::Version> version_of(const sql::TimePoint& point, const catalog::Record& table);
  /// Wraps a SELECT as a relation with the alias of its reference.
  Result<BoundFrom> derived(const BoundQuery& query, const sql::TableRef& whole);
  Result<BoundFrom> named(std::string sql, ScopeRelation relation, const sql::TableRef& whole);

  Result<BoundQuery> body(const sql::Query& query, const Scope* outer, std::string_view limit_sql);
  Result<BoundQuery> set_operation(const sql::SetOperation& operation, const Scope* outer, base::SourceSpan at);
  Result<BoundQuery> recursive(const sql::CommonTable& table, const sql::SetOperation& operation,
                               const std::string& physical, const Scope* outer);
  Result<BoundQuery> values_query(const std::vector<std::vector<sql::Expr>>& rows, const Scope* outer,
                                  base::SourceSpan at);
  Result<std::string> limits(const sql::Query& query);

  BindContext& context_;
  std::map<std::string, CommonTableEntry> common_tables_;
  std::optional<catalog::Version> as_of_;  // inside of a view that is read AT a point in time
};

/// Looks a name up in one scope, its outer ones not asked. Errors: 002028 when it is ambiguous.
struct FoundColumn {
  const ScopeRelation* relation;
  const ScopeColumn* column;
};
Result<std::optional<FoundColumn>> find_column(const Scope& scope, const std::vector<sql::Identifier>& parts,
                                               base::SourceSpan at);
/// True when a qualifier names the relation: its alias, or the end of its full name.
bool matches(const ScopeRelation& relation, std::span<const sql::Identifier> qualifier);
std::string column_sql(const ScopeRelation& relation, const ScopeColumn& column);
BoundExpr column_expr(const ScopeRelation& relation, const ScopeColumn& column);
/// "A.B" as error texts show names.
std::string shown(const std::vector<sql::Identifier>& parts);
base::Error invalid_identifier(const std::vector<sql::Identifier>& parts, base::SourceSpan at);

}  // namespace engine::bind
