#pragma once

#include "sql/ast_name.h"
#include "sql/box.h"

// One line per node where it fits: the trees read as a grammar.
// clang-format off
namespace sql {

struct Expr;
struct Query;

struct NumberLiteral { std::string text; bool operator==(const NumberLiteral&) const = default; };
struct StringLiteral { std::string value; bool operator==(const StringLiteral&) const = default; };
struct BooleanLiteral { bool value; bool operator==(const BooleanLiteral&) const = default; };
struct NullLiteral { bool operator==(const NullLiteral&) const = default; };
/// DATE '2024-01-01', TIMESTAMP_NTZ '...': `type` in upper case.
struct TypedLiteral { std::string type; std::string value; bool operator==(const TypedLiteral&) const = default; };
/// INTERVAL '1 day, 2 hours', or with a unit of its own: INTERVAL '1' DAY.
struct IntervalLiteral { std::string value; std::string unit; bool operator==(const IntervalLiteral&) const = default; };

/// A column, qualified or not; also `sequence.NEXTVAL`, LEVEL, METADATA$ACTION.
struct ColumnRef { std::vector<Identifier> parts; bool operator==(const ColumnRef&) const = default; };
/// `$1`, `t.$1`: counted from 1.
struct PositionalRef { std::vector<Identifier> qualifier; std::uint32_t position; bool operator==(const PositionalRef&) const = default; };
/// `$name`, folded.
struct SessionVariable { std::string name; bool operator==(const SessionVariable&) const = default; };
/// `?` without a label; `:1`, `:name` with the text after the colon, folded.
struct BindRef { std::optional<std::string> label; bool operator==(const BindRef&) const = default; };
/// DEFAULT as a value of INSERT, UPDATE or MERGE.
struct DefaultValue { bool operator==(const DefaultValue&) const = default; };

/// REPLACE (e AS c)
struct StarReplace;
struct StarRename { Identifier from, to; bool operator==(const StarRename&) const = default; };
struct Star {
  std::vector<Identifier> qualifier;
  std::optional<std::string> ilike;
  std::vector<Identifier> exclude;
  std::vector<StarReplace> replace;
  std::vector<StarRename> rename;
  bool operator==(const Star&) const = default;
};

enum class UnaryOp { Minus, Plus, Not, Prior, ConnectByRoot, Spread };
struct Unary { UnaryOp op; Box<Expr> operand; bool operator==(const Unary&) const = default; };

enum class BinaryOp { Or, And, Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Add, Subtract, Multiply, Divide, Modulo, Concat };
struct Binary { BinaryOp op; Box<Expr> left, right; bool operator==(const Binary&) const = default; };
/// a = ANY (SELECT ..), a > ALL (SELECT ..)
enum class Quantifier { Any, All };
struct QuantifiedCompare { BinaryOp op; Box<Expr> left; Quantifier quantifier; Box<Query> query; bool operator==(const QuantifiedCompare&) const = default; };

struct Between { Box<Expr> value, low, high; bool negated = false; bool operator==(const Between&) const = default; };
struct InList { Box<Expr> value; std::vector<Expr> items; bool negated = false; bool operator==(const InList&) const = default; };
struct InSubquery { Box<Expr> value; Box<Query> query; bool negated = false; bool operator==(const InSubquery&) const = default; };

enum class LikeOp { Like, ILike, RLike };
/// `quantifier` with several patterns: LIKE ANY ('a%', 'b%'); without it exactly one pattern.
struct Like {
  LikeOp op;
  Box<Expr> value;
  std::vector<Expr> patterns;
  std::optional<Quantifier> quantifier;
  std::optional<Box<Expr>> escape;
  bool negated = false;
  bool operator==(const Like&) const = default;
};
struct IsNull { Box<Expr> value; bool negated = false; bool operator==(const IsNull&) const = default; };
struct IsDistinctFrom { Box<Expr> left, right; bool negated = false; bool operator==(const IsDistinctFrom&) const = default; };
struct IsBoolean { Box<Expr> value; bool expected; bool negated = false; bool operator==(const IsBoolean&) const = default; };

struct CaseBranch;
struct Case { std::optional<Box<Expr>> subject; std::vector<CaseBranch> branches; std::optional<Box<Expr>> otherwise; bool operator==(const Case&) const = default; };
enum class CastKind { Cast, TryCast };
/// CAST(e AS t), TRY_CAST(e AS t) and e::t, which is printed as CAST.
struct Cast { CastKind kind; Box<Expr> value; TypeName type; bool operator==(const Cast&) const = default; };

enum class NullsOrder { Default, First, Last };
struct OrderItem;
struct FrameBound;
enum class FrameUnit { Rows, Range, Groups };
struct WindowFrame { FrameUnit unit; std::vector<FrameBound> bounds; bool operator==(const WindowFrame&) const = default; };  // one or two
/// OVER (...), or OVER name of a WINDOW clause.
struct WindowSpec {
  std::optional<Identifier> base;
  std::vector<Expr> partition_by;
  std::vector<OrderItem> order_by;
  std::optional<WindowFrame> frame;
  bool operator==(const WindowSpec&) const = default;
};
struct Argument;
enum class NullTreatment { Default, Ignore, Respect };
/// CURRENT_TIMESTAMP and its like without parentheses are calls with `bare` set. EXTRACT(a FROM b) becomes DATE_PART('a', b),
/// POSITION(a IN b) becomes POSITION(a, b), TRIM and the like are plain calls. COUNT(*) has a Star as its argument.
struct FunctionCall {
  ObjectName name;
  std::vector<Argument> arguments;
  bool distinct = false;
  bool bare = false;
  std::vector<OrderItem> order_by;      // inside the parentheses; the other engine's form
  std::vector<OrderItem> within_group;
  std::optional<Box<Expr>> filter;
  NullTreatment nulls = NullTreatment::Default;
  std::optional<WindowSpec> over;
  bool operator==(const FunctionCall&) const = default;
};

struct Exists { Box<Query> query; bool operator==(const Exists&) const = default; };
struct ScalarSubquery { Box<Query> query; bool operator==(const ScalarSubquery&) const = default; };
/// (a, b) with two or more elements.
struct RowValue { std::vector<Expr> elements; bool operator==(const RowValue&) const = default; };

/// `base:key`: the first step into semi-structured data; the next ones are PathAccess or Index around it. Keys keep their case.
struct PathAccess { Box<Expr> value; std::string key; bool quoted = false; bool operator==(const PathAccess& o) const { return value == o.value && key == o.key; } };
/// `base[0]`, `base['k']`
struct Index { Box<Expr> value, index; bool operator==(const Index&) const = default; };
struct ObjectEntry;
/// {'k': e, ...}; `{*}` is an entry without a key.
struct ObjectLiteral { std::vector<ObjectEntry> entries; bool operator==(const ObjectLiteral&) const = default; };
struct ArrayLiteral { std::vector<Expr> items; bool operator==(const ArrayLiteral&) const = default; };
struct Lambda { std::vector<Identifier> parameters; Box<Expr> body; bool operator==(const Lambda&) const = default; };
/// `e (+)`
struct OuterMark { Box<Expr> value; bool operator==(const OuterMark&) const = default; };
/// Text for the other engine, printed as it is; no parser makes one.
struct RawSql { std::string text; bool operator==(const RawSql&) const = default; };

/// A variant whose making, copies, moves and comparison are compiled once, in ast.cpp: of so many alternatives they are most of what a
/// file with trees costs to compile.
struct ExprNode : std::variant<NumberLiteral, StringLiteral, BooleanLiteral, NullLiteral, TypedLiteral, IntervalLiteral, ColumnRef,
                  PositionalRef, SessionVariable, BindRef, DefaultValue, Star, Unary, Binary, QuantifiedCompare, Between, InList,
                  InSubquery, Like, IsNull, IsDistinctFrom, IsBoolean, Case, Cast, FunctionCall, Exists, ScalarSubquery, RowValue,
                  PathAccess, Index, ObjectLiteral, ArrayLiteral, Lambda, OuterMark, RawSql> {
  ExprNode() noexcept;
  template <Alternative<ExprNode> T>
  ExprNode(T node) : ExprNode(of(std::move(node))) {}
  ExprNode(const ExprNode& other);
  ExprNode(ExprNode&& other) noexcept;
  ExprNode& operator=(const ExprNode& other);
  ExprNode& operator=(ExprNode&& other) noexcept;
  ~ExprNode();
  bool operator==(const ExprNode& other) const;

 private:
  template <class T>
  static ExprNode of(T node);
  friend struct Alternatives<ExprNode>;
};

struct Expr {
  ExprNode node;
  base::SourceSpan at{};
  bool operator==(const Expr&) const = default;
};

struct StarReplace { Expr value; Identifier column; bool operator==(const StarReplace&) const = default; };
struct CaseBranch { Expr when, then; bool operator==(const CaseBranch&) const = default; };
struct OrderItem { Expr value; bool descending = false; NullsOrder nulls = NullsOrder::Default; bool operator==(const OrderItem&) const = default; };
struct FrameBound {
  enum class Kind { UnboundedPreceding, Preceding, CurrentRow, Following, UnboundedFollowing };
  Kind kind;
  std::optional<Expr> offset;
  bool operator==(const FrameBound&) const = default;
};
struct Argument { std::optional<Identifier> name; Expr value; bool operator==(const Argument&) const = default; };
struct ObjectEntry { std::optional<Expr> key; Expr value; bool operator==(const ObjectEntry&) const = default; };

}  // namespace sql

// An expression holds queries: its comparison needs them whole.
#include "sql/ast_query.h"
