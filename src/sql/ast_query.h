#pragma once

#include "sql/ast_expr.h"

// One line per node where it fits: the trees read as a grammar.
// clang-format off
namespace sql {

struct TableRef;

struct TableAlias { Identifier name; std::vector<Identifier> columns; bool operator==(const TableAlias&) const = default; };
/// AT (TIMESTAMP => ..), BEFORE (STATEMENT => ..), END (..): `kind` is TIMESTAMP, OFFSET, STATEMENT or STREAM.
struct TimePoint {
  enum class Side { At, Before, End };
  Side side = Side::At;
  std::string kind;
  Expr value;
  bool operator==(const TimePoint&) const = default;
};
struct ChangesClause { bool append_only = false; TimePoint from; std::optional<TimePoint> until; bool operator==(const ChangesClause&) const = default; };
/// SAMPLE [BERNOULLI|ROW|SYSTEM|BLOCK] (n [ROWS]) [SEED (k)]
struct Sample { bool blocks = false; Expr amount; bool rows = false; std::optional<Expr> seed; bool operator==(const Sample&) const = default; };
struct PivotValue { Expr value; std::optional<Identifier> alias; bool operator==(const PivotValue&) const = default; };
struct Pivot {
  Box<TableRef> source;
  std::vector<PivotValue> aggregates;
  Identifier column;
  bool any = false;                           // FOR k IN (ANY [ORDER BY ..])
  std::vector<OrderItem> any_order;
  std::vector<PivotValue> values;
  std::optional<Box<Query>> query;
  std::optional<Expr> default_on_null;
  bool operator==(const Pivot&) const = default;
};
struct UnpivotColumn { ColumnRef column; std::optional<Expr> alias; bool operator==(const UnpivotColumn&) const = default; };
struct Unpivot {
  Box<TableRef> source;
  bool include_nulls = false;
  Identifier value, name;
  std::vector<UnpivotColumn> columns;
  bool operator==(const Unpivot&) const = default;
};

struct NamedTable { ObjectName name; std::optional<ChangesClause> changes; std::optional<TimePoint> at; bool operator==(const NamedTable&) const = default; };
struct SubqueryTable { Box<Query> query; bool lateral = false; bool operator==(const SubqueryTable&) const = default; };
/// TABLE(f(..)), LATERAL FLATTEN(..), FLATTEN(..): the call, and TABLE('name') as a StringLiteral. `table_keyword` for TABLE( ).
struct FunctionTable { Expr call; bool table_keyword = true; bool lateral = false; bool operator==(const FunctionTable&) const = default; };
/// @stage/path (FILE_FORMAT => 'f', PATTERN => '..')
struct StageTable { StageRef stage; std::vector<Argument> options; bool operator==(const StageTable&) const = default; };
/// 's3://bucket/path' in the FROM of a COPY
struct LocationTable { std::string url; std::vector<Argument> options; bool operator==(const LocationTable&) const = default; };
struct ValuesTable { std::vector<std::vector<Expr>> rows; bool operator==(const ValuesTable&) const = default; };
enum class JoinKind { Inner, Left, Right, Full, Cross, Asof };
struct Join {
  JoinKind kind;
  Box<TableRef> left, right;
  bool natural = false;
  std::optional<Expr> match_condition;
  std::optional<Expr> on;
  std::vector<Identifier> using_columns;
  bool operator==(const Join&) const = default;
};
/// Text for the other engine, printed as it is; no parser makes one.
struct RawTable { std::string text; bool operator==(const RawTable&) const = default; };

/// Its members are in ast.cpp, as those of ExprNode.
struct TableNode : std::variant<NamedTable, SubqueryTable, FunctionTable, StageTable, LocationTable, ValuesTable, Join, Pivot, Unpivot,
                  RawTable> {
  TableNode() noexcept;
  template <Alternative<TableNode> T>
  TableNode(T node) : TableNode(of(std::move(node))) {}
  TableNode(const TableNode& other);
  TableNode(TableNode&& other) noexcept;
  TableNode& operator=(const TableNode& other);
  TableNode& operator=(TableNode&& other) noexcept;
  ~TableNode();
  bool operator==(const TableNode& other) const;

 private:
  template <class T>
  static TableNode of(T node);
  friend struct Alternatives<TableNode>;
};

struct TableRef {
  TableNode node;
  std::optional<TableAlias> alias;
  std::optional<Sample> sample;
  base::SourceSpan at{};
  bool operator==(const TableRef&) const = default;
};

struct SelectItem { Expr value; std::optional<Identifier> alias; bool operator==(const SelectItem&) const = default; };
/// One element of GROUP BY: a plain list is ROLLUP's, CUBE's or GROUPING SETS' list of sets.
struct GroupElement {
  enum class Kind { Plain, Rollup, Cube, GroupingSets };
  Kind kind = Kind::Plain;
  std::vector<std::vector<Expr>> sets;  // Plain: one set of one expression
  bool operator==(const GroupElement&) const = default;
};
struct NamedWindow { Identifier name; WindowSpec spec; bool operator==(const NamedWindow&) const = default; };
struct ConnectBy { std::optional<Expr> start_with; Expr condition; bool operator==(const ConnectBy&) const = default; };

struct Select {
  bool distinct = false;
  std::optional<Expr> top;
  std::vector<SelectItem> items;
  std::vector<TableRef> from;
  std::optional<Expr> where;
  std::optional<ConnectBy> connect_by;
  bool group_by_all = false;
  std::vector<GroupElement> group_by;
  std::optional<Expr> having;
  std::optional<Expr> qualify;
  std::vector<NamedWindow> windows;
  bool operator==(const Select&) const = default;
};
struct Values { std::vector<std::vector<Expr>> rows; bool operator==(const Values&) const = default; };
enum class SetOp { Union, UnionAll, Intersect, Except };
struct SetOperation { SetOp op; bool by_name = false; Box<Query> left, right; bool operator==(const SetOperation&) const = default; };

/// ORDER BY ALL [DESC] [NULLS ..]
struct OrderAll { bool descending = false; NullsOrder nulls = NullsOrder::Default; bool operator==(const OrderAll&) const = default; };
struct CommonTable { Identifier name; std::vector<Identifier> columns; Box<Query> query; bool operator==(const CommonTable&) const = default; };
/// Its members are in ast.cpp, as those of ExprNode.
struct QueryBody : std::variant<Select, Values, SetOperation> {
  QueryBody() noexcept;
  template <Alternative<QueryBody> T>
  QueryBody(T node) : QueryBody(of(std::move(node))) {}
  QueryBody(const QueryBody& other);
  QueryBody(QueryBody&& other) noexcept;
  QueryBody& operator=(const QueryBody& other);
  QueryBody& operator=(QueryBody&& other) noexcept;
  ~QueryBody();
  bool operator==(const QueryBody& other) const;

 private:
  template <class T>
  static QueryBody of(T node);
  friend struct Alternatives<QueryBody>;
};

/// A query with what stands around its body. Operands of set operations are queries themselves: with nothing but a body
/// unless they were written in parentheses.
struct Query {
  bool recursive = false;
  std::vector<CommonTable> with;
  QueryBody body;
  std::optional<OrderAll> order_by_all;
  std::vector<OrderItem> order_by;
  std::optional<Expr> limit;
  std::optional<Expr> offset;
  base::SourceSpan at{};
  bool operator==(const Query&) const = default;
};

}  // namespace sql
