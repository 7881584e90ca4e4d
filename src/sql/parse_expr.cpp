// Operators, by precedence climbing.
#include "sql/parse_expr.h"

#include <optional>

#include "sql/parse_query.h"

namespace sql {
namespace {

enum class Level { Or, And, Not, Compare, Concat, Add, Multiply, Sign };
struct Operator {
  std::string_view symbol;
  BinaryOp op;
  Level level;
};

constexpr auto kOperators = std::to_array<Operator>({
    {"=", BinaryOp::Equal, Level::Compare},
    {"<>", BinaryOp::NotEqual, Level::Compare},
    {"!=", BinaryOp::NotEqual, Level::Compare},
    {"<", BinaryOp::Less, Level::Compare},
    {"<=", BinaryOp::LessEqual, Level::Compare},
    {">", BinaryOp::Greater, Level::Compare},
    {">=", BinaryOp::GreaterEqual, Level::Compare},
    {"||", BinaryOp::Concat, Level::Concat},
    {"+", BinaryOp::Add, Level::Add},
    {"-", BinaryOp::Subtract, Level::Add},
    {"*", BinaryOp::Multiply, Level::Multiply},
    {"/", BinaryOp::Divide, Level::Multiply},
    {"%", BinaryOp::Modulo, Level::Multiply},
});

Level above(Level level) { return static_cast<Level>(static_cast<int>(level) + 1); }

std::optional<Operator> operator_at(const Cursor& cursor) {
  if (cursor.at_word("OR")) return Operator{"OR", BinaryOp::Or, Level::Or};
  if (cursor.at_word("AND")) return Operator{"AND", BinaryOp::And, Level::And};
  if (!cursor.at(TokenKind::Symbol)) return std::nullopt;
  for (const Operator& candidate : kOperators)
    if (cursor.at_symbol(candidate.symbol)) return candidate;
  return std::nullopt;
}

base::Result<Expr> parse_level(Cursor& cursor, Level least);

/// `::type`, `:key`, `.key`, `[index]`, `(+)`, COLLATE after a primary.
base::Result<Expr> parse_postfix(Cursor& cursor) {
  const std::size_t first = cursor.index();
  TRY(Expr value, parse_primary(cursor));
  for (;;) {
    const bool in_path = std::holds_alternative<PathAccess>(value.node) || std::holds_alternative<Index>(value.node);
    if (cursor.accept_symbol("::")) {
      TRY(TypeName type, cursor.type_name());
      value = make_expr(cursor, first, Cast{CastKind::Cast, std::move(value), std::move(type)});
    } else if (cursor.at_symbol(":") || (in_path && cursor.at_symbol("."))) {
      cursor.take();
      if (!cursor.at(TokenKind::Word) && !cursor.at(TokenKind::QuotedName)) return cursor.unexpected();
      const Token& key = cursor.take();
      const bool quoted = key.kind == TokenKind::QuotedName;
      std::string text = quoted ? key.text : std::string(cursor.written(key));  // keys keep their case
      value = make_expr(cursor, first, PathAccess{std::move(value), std::move(text), quoted});
    } else if (cursor.accept_symbol("[")) {
      TRY(Expr index, parse_expression(cursor));
      TRY_VOID(cursor.expect_symbol("]"));
      value = make_expr(cursor, first, Index{std::move(value), std::move(index)});
    } else if (cursor.at_symbol("(") && cursor.at_symbol("+", 1) && cursor.at_symbol(")", 2)) {
      cursor.move_to(cursor.index() + 3);
      value = make_expr(cursor, first, OuterMark{std::move(value)});
    } else if (cursor.accept_word("COLLATE")) {
      TRY(std::string collation, cursor.string_literal());
      FunctionCall call{.name = {.parts = {{.name = "COLLATE"}}}};
      call.arguments.push_back({std::nullopt, std::move(value)});
      call.arguments.push_back(
          {std::nullopt, make_expr(cursor, cursor.index() - 1, StringLiteral{std::move(collation)})});
      value = make_expr(cursor, first, std::move(call));
    } else {
      return value;
    }
    TRY_VOID(cursor.grow());
  }
}

std::optional<UnaryOp> sign_at(const Cursor& cursor) {
  if (cursor.at_symbol("-")) return UnaryOp::Minus;
  if (cursor.at_symbol("+")) return UnaryOp::Plus;
  if (cursor.at_symbol("**")) return UnaryOp::Spread;
  if (cursor.at_identifier(1) && cursor.at_word("PRIOR")) return UnaryOp::Prior;
  if (cursor.at_identifier(1) && cursor.at_word("CONNECT_BY_ROOT")) return UnaryOp::ConnectByRoot;
  return std::nullopt;
}

base::Result<Expr> parse_sign(Cursor& cursor) {
  const auto op = sign_at(cursor);
  if (!op) return parse_postfix(cursor);
  TRY(const auto nesting, cursor.nest());
  const std::size_t first = cursor.index();
  cursor.take();
  TRY(Expr operand, parse_sign(cursor));
  return make_expr(cursor, first, Unary{*op, std::move(operand)});
}

base::Result<Expr> parse_not(Cursor& cursor) {
  TRY(const auto nesting, cursor.nest());
  const std::size_t first = cursor.index();
  cursor.take();
  TRY(Expr operand, parse_level(cursor, Level::Not));
  return make_expr(cursor, first, Unary{UnaryOp::Not, std::move(operand)});
}

/// `left op` has been read: ANY (query), ALL (query), or an operand.
base::Result<Expr> parse_right_side(Cursor& cursor, Expr left, const Operator& op, std::size_t first) {
  if (op.level == Level::Compare && cursor.at_any_word({"ANY", "ALL", "SOME"}) && cursor.at_symbol("(", 1)) {
    const Quantifier quantifier = cursor.take().text == "ALL" ? Quantifier::All : Quantifier::Any;
    TRY(Query query, parse_query_in_parentheses(cursor));
    return make_expr(cursor, first, QuantifiedCompare{op.op, std::move(left), quantifier, std::move(query)});
  }
  TRY(Expr right, parse_level(cursor, above(op.level)));
  return make_expr(cursor, first, Binary{op.op, std::move(left), std::move(right)});
}

base::Result<Expr> parse_level(Cursor& cursor, Level least) {
  const std::size_t first = cursor.index();
  TRY(Expr left, least <= Level::Not && cursor.at_word("NOT") ? parse_not(cursor) : parse_sign(cursor));
  for (;;) {
    if (least <= Level::Compare && at_predicate(cursor)) {
      TRY(left, parse_predicate(cursor, std::move(left), first));
    } else {
      const auto op = operator_at(cursor);
      if (!op || op->level < least) return left;
      cursor.take();
      TRY(left, parse_right_side(cursor, std::move(left), *op, first));
    }
    TRY_VOID(cursor.grow());
  }
}

/// `x -> e`, `(x, y) -> e`
bool at_lambda(const Cursor& cursor) {
  if (cursor.at_identifier()) return cursor.at_symbol("->", 1);
  if (!cursor.at_symbol("(")) return false;
  std::size_t ahead = 1;
  while (cursor.at_identifier(ahead) && cursor.at_symbol(",", ahead + 1)) ahead += 2;
  return cursor.at_identifier(ahead) && cursor.at_symbol(")", ahead + 1) && cursor.at_symbol("->", ahead + 2);
}

base::Result<Expr> parse_lambda(Cursor& cursor) {
  const std::size_t first = cursor.index();
  std::vector<Identifier> parameters;
  if (cursor.at_symbol("(")) {
    TRY(parameters, cursor.identifier_list());
  } else {
    TRY(Identifier parameter, cursor.identifier());
    parameters.push_back(std::move(parameter));
  }
  TRY_VOID(cursor.expect_symbol("->"));
  TRY(Expr body, parse_expression(cursor));
  return make_expr(cursor, first, Lambda{std::move(parameters), std::move(body)});
}

}  // namespace

base::Result<Expr> parse_expression(Cursor& cursor) {
  TRY(const auto nesting, cursor.nest());
  return at_lambda(cursor) ? parse_lambda(cursor) : parse_level(cursor, Level::Or);
}

base::Result<Expr> parse_operand(Cursor& cursor) { return parse_level(cursor, Level::Concat); }

base::Result<std::vector<Expr>> parse_expressions(Cursor& cursor) {
  std::vector<Expr> list;
  do {
    TRY(Expr expr, parse_expression(cursor));
    list.push_back(std::move(expr));
  } while (cursor.accept_symbol(","));
  return list;
}

base::Result<Expr> parse_value(Cursor& cursor) {
  const std::size_t first = cursor.index();
  if (cursor.at_word("DEFAULT") && !cursor.at_symbol(".", 1) && !cursor.at_symbol("(", 1)) {
    cursor.take();
    return make_expr(cursor, first, DefaultValue{});
  }
  return parse_expression(cursor);
}

}  // namespace sql
