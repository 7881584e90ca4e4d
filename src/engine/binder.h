#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/carrier.h"
#include "engine/relation_source.h"
#include "engine/result_set.h"
#include "engine/statement_context.h"
#include "engine/work.h"
#include "sql/ast.h"

namespace engine {

/// SYSTEM$ functions that answer one value for constant arguments; implemented by exec/.
class SystemFunctions {
 public:
  virtual ~SystemFunctions() = default;
  struct Answer {
    Value value;
    catalog::LogicalType type;
  };
  /// Nothing when no function has that name (upper case).
  virtual base::Result<std::optional<Answer>> call(std::string_view name, const std::vector<Value>& arguments) = 0;
};

class SequenceSource;

/// What a binding is done with; lives as long as the statement.
struct BindContext {
  StatementContext& statement;
  Work& work;
  std::vector<RelationSource*> sources;  // asked in order, before tables and views are looked up
  /// Filled by binding: what the statement reads, through views too.
  std::vector<catalog::ObjectId> tables_read, streams_read;
  int view_depth = 0;
  std::string_view text{};  // what the spans of the tree point into: expressions without alias are named after it
  SystemFunctions* system = nullptr;
  bool wide_arithmetic = false;  // set to plan again a statement that failed with an overflow of a narrow carrier
  std::vector<std::shared_ptr<SequenceSource>>
      sequences{};          // that NEXTVAL in the bound SQL asks: keep the context until it ran
  std::string assigning{};  // while assign() works: "table T failed on column C"
  int next_alias = 0;       // names of the engine's SQL, unique in the statement
};

/// An expression in the engine's SQL with the type the dialect gives it.
struct BoundExpr {
  sql::Expr expr;  // prints with Dialect::DuckDb
  catalog::LogicalType type;
  Carrier carrier = Carrier::Text;
  bool nullable = true;
  bool constant = false;
  std::optional<Value> value{};  // of a literal
};
/// The text of an expression in the engine's SQL; it can stand anywhere an operand can.
std::string to_sql(const BoundExpr& expr);

struct BoundColumn {
  std::string name;  // as the client sees it
  catalog::LogicalType type;
  Carrier carrier = Carrier::Text;
  bool nullable = true;
};

struct BoundQuery {
  std::string sql;  // a SELECT of the engine; its columns are named _0, _1, ... in the order of `columns`
  std::vector<BoundColumn> columns;
};

/// Resolves every name and type of a query, writes every cast out, expands views, and translates it. Errors carry the
/// dialect's numbers and positions.
base::Result<BoundQuery> bind_query(const sql::Query& query, BindContext& context);

/// Columns that expressions can name: the target and the source of a MERGE, a table and what UPDATE .. FROM joins with
/// it.
struct ScopeColumn {
  std::string name;  // stored form; empty: reachable by position only
  catalog::LogicalType type;
  Carrier carrier = Carrier::Text;
  bool nullable = true;
  std::string physical;  // how the engine's SQL names it, without the qualifier
  bool in_star = true;   // part of `*`
  bool hidden = false;   // merged by USING: only a qualifier reaches it
};
struct ScopeRelation {
  std::string alias;                   // stored form: what a qualifier must say
  std::vector<std::string> qualified;  // database, schema, name: longer qualifiers that fit too (none when aliased)
  std::string physical;  // alias in the engine's SQL; empty: `physical` of each column is a whole expression
  std::vector<ScopeColumn> columns;
};
struct Scope {
  std::vector<ScopeRelation> relations;
  const Scope* outer = nullptr;  // of a correlated subquery
};
/// A table reference in a scope of its own: (text for FROM, what it offers). `physical` becomes its alias.
struct BoundFrom {
  std::string sql;  // "(SELECT ...) AS physical", joins included
  std::vector<ScopeRelation> relations;
};
base::Result<BoundFrom> bind_from(const std::vector<sql::TableRef>& from, BindContext& context);
base::Result<BoundExpr> bind_expression(const sql::Expr& expr, const Scope& scope, BindContext& context);

/// Casts as an assignment does: to the type of a column, in its carrier; errors become "DML operation to table T failed
/// on column C with error: ..." at run time when `column_label` ("table T failed on column C") is given.
base::Result<BoundExpr> assign(BoundExpr value, const catalog::LogicalType& type, Carrier carrier, BindContext& context,
                               std::string_view column_label = {});
/// An explicit cast (CAST, ::).
base::Result<BoundExpr> cast(BoundExpr value, const catalog::LogicalType& type, BindContext& context);

/// A constant expression's value (options, LIMIT, binds).
base::Result<Value> evaluate(const sql::Expr& expr, BindContext& context);

base::Result<catalog::LogicalType> logical_type(const sql::TypeName& name, const Parameters& parameters);

}  // namespace engine
