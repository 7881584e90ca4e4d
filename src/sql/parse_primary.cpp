// The smallest expressions: literals, names, parentheses, CASE, CAST, calls.
#include <charconv>

#include "sql/parse_expr.h"
#include "sql/parse_query.h"
#include "sql/parse_query_rest.h"

namespace sql {
namespace {

using Step = base::Result<Expr> (*)(Cursor&);

base::Result<std::uint32_t> position_of(Cursor& cursor) {
  const std::string& text = cursor.peek().text;
  std::uint32_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc{} || end != text.data() + text.size()) return cursor.unexpected();
  cursor.take();
  return position;
}

base::Result<Expr> parse_case(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  Case node;
  if (!cursor.at_word("WHEN")) {
    TRY(Expr subject, parse_expression(cursor));
    node.subject = Box<Expr>(std::move(subject));
  }
  do {
    TRY_VOID(cursor.expect_word("WHEN"));
    TRY(Expr when, parse_expression(cursor));
    TRY_VOID(cursor.expect_word("THEN"));
    TRY(Expr then, parse_expression(cursor));
    node.branches.push_back({std::move(when), std::move(then)});
  } while (cursor.at_word("WHEN"));
  if (cursor.accept_word("ELSE")) {
    TRY(Expr otherwise, parse_expression(cursor));
    node.otherwise = Box<Expr>(std::move(otherwise));
  }
  TRY_VOID(cursor.expect_word("END"));
  return make_expr(cursor, first, std::move(node));
}

base::Result<Expr> parse_cast(Cursor& cursor) {
  const std::size_t first = cursor.index();
  const CastKind kind = cursor.take().text == "CAST" ? CastKind::Cast : CastKind::TryCast;
  TRY_VOID(cursor.expect_symbol("("));
  TRY(Expr value, parse_expression(cursor));
  TRY_VOID(cursor.expect_word("AS"));
  TRY(TypeName type, cursor.type_name());
  TRY_VOID(cursor.expect_symbol(")"));
  return make_expr(cursor, first, Cast{kind, std::move(value), std::move(type)});
}

base::Result<Expr> parse_exists(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  TRY(Query query, parse_query_in_parentheses(cursor));
  return make_expr(cursor, first, Exists{std::move(query)});
}

FunctionCall call_of(std::string name, Expr first, Expr second) {
  FunctionCall call{.name = {.parts = {{.name = std::move(name)}}}};
  call.arguments.push_back({std::nullopt, std::move(first)});
  call.arguments.push_back({std::nullopt, std::move(second)});
  return call;
}

/// EXTRACT(part FROM e) is DATE_PART('part', e).
base::Result<Expr> parse_extract(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  TRY_VOID(cursor.expect_symbol("("));
  if (!cursor.at(TokenKind::Word) && !cursor.at(TokenKind::String)) return cursor.unexpected();
  std::string text(cursor.at(TokenKind::String) ? std::string_view(cursor.peek().text) : cursor.written(cursor.peek()));
  cursor.take();
  Expr part = make_expr(cursor, cursor.index() - 1, StringLiteral{std::move(text)});
  if (!cursor.accept_symbol(",")) TRY_VOID(cursor.expect_word("FROM"));
  TRY(Expr value, parse_expression(cursor));
  TRY_VOID(cursor.expect_symbol(")"));
  return make_expr(cursor, first, call_of("DATE_PART", std::move(part), std::move(value)));
}

/// POSITION(a IN b) is POSITION(a, b).
base::Result<Expr> parse_position(Cursor& cursor) {
  const std::size_t first = cursor.index();
  const Cursor start = cursor;
  cursor.take();
  TRY_VOID(cursor.expect_symbol("("));
  TRY(Expr needle, parse_operand(cursor));
  if (!cursor.accept_word("IN")) {
    cursor = start;
    TRY(ObjectName name, cursor.object_name());
    return parse_call_of(cursor, std::move(name), first);
  }
  TRY(Expr hay, parse_operand(cursor));
  TRY_VOID(cursor.expect_symbol(")"));
  return make_expr(cursor, first, call_of("POSITION", std::move(needle), std::move(hay)));
}

base::Result<Expr> parse_interval(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  IntervalLiteral node{.value = cursor.take().text};
  if (cursor.at_any_word({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND",
                          "MICROSECOND", "NANOSECOND", "YEARS", "QUARTERS", "MONTHS", "WEEKS", "DAYS", "HOURS",
                          "MINUTES", "SECONDS"}))
    node.unit = cursor.take().text;
  return make_expr(cursor, first, std::move(node));
}

/// `(e)`, `(a, b)`, `(query)`
base::Result<Expr> parse_parentheses(Cursor& cursor) {
  const std::size_t first = cursor.index();
  if (cursor.at_any_word({"SELECT", "WITH", "VALUES"}, 1)) {
    TRY(Query query, parse_query_in_parentheses(cursor));
    return make_expr(cursor, first, ScalarSubquery{std::move(query)});
  }
  cursor.take();
  TRY(std::vector<Expr> elements, parse_expressions(cursor));
  auto* subquery = std::get_if<ScalarSubquery>(&elements[0].node);
  if (subquery != nullptr && elements.size() == 1 && !cursor.at_symbol(")")) {  // ((SELECT ..) UNION ..)
    TRY(Query query, parse_query_rest(cursor, std::move(*subquery->query)));
    TRY_VOID(cursor.expect_symbol(")"));
    return make_expr(cursor, first, ScalarSubquery{std::move(query)});
  }
  TRY_VOID(cursor.expect_symbol(")"));
  if (elements.size() == 1) return std::move(elements[0]);
  return make_expr(cursor, first, RowValue{std::move(elements)});
}

base::Result<Expr> parse_array(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  ArrayLiteral node;
  if (!cursor.at_symbol("]")) {
    TRY(node.items, parse_expressions(cursor));
  }
  TRY_VOID(cursor.expect_symbol("]"));
  return make_expr(cursor, first, std::move(node));
}

base::Result<Expr> parse_object(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  ObjectLiteral node;
  if (cursor.accept_symbol("}")) return make_expr(cursor, first, std::move(node));
  do {
    if (at_star(cursor)) {
      TRY(Expr star, parse_star(cursor));
      node.entries.push_back({std::nullopt, std::move(star)});
      continue;
    }
    if (!cursor.at_symbol(":", 1)) return cursor.unexpected(cursor.peek(cursor.at(TokenKind::End) ? 0 : 1));
    TRY(Expr key, parse_primary(cursor));
    TRY_VOID(cursor.expect_symbol(":"));
    TRY(Expr value, parse_expression(cursor));
    node.entries.push_back({std::move(key), std::move(value)});
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol("}"));
  return make_expr(cursor, first, std::move(node));
}

/// `:1`, `:name`, `?`
base::Result<Expr> parse_bind(Cursor& cursor) {
  const std::size_t first = cursor.index();
  if (cursor.accept_symbol("?")) return make_expr(cursor, first, BindRef{});
  cursor.take();
  if (!cursor.at(TokenKind::Number) && !cursor.at(TokenKind::Word) && !cursor.at(TokenKind::QuotedName))
    return cursor.unexpected();
  std::string label = cursor.take().text;
  return make_expr(cursor, first, BindRef{std::move(label)});
}

bool at_typed_literal(const Cursor& cursor) {
  return cursor.peek(1).kind == TokenKind::String &&
         cursor.at_any_word({"DATE", "TIME", "TIMESTAMP", "DATETIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ",
                             "TIMESTAMPNTZ", "TIMESTAMPLTZ", "TIMESTAMPTZ"});
}

bool is_bare_function(const Cursor& cursor) {
  return cursor.at_any_word(
             {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP"}) &&
         !cursor.at_symbol("(", 1) && !cursor.at_symbol(".", 1);
}

/// Reserved words that are functions when a parenthesis follows.
bool at_reserved_function(const Cursor& cursor) {
  return cursor.at_symbol("(", 1) && cursor.at_any_word({"LEFT", "RIGHT", "INSERT", "LIKE", "ILIKE", "RLIKE"});
}

/// IDENTIFIER('f')(..)
bool at_indirect_call(const Cursor& cursor) {
  if (!cursor.at_word("IDENTIFIER") || !cursor.at_symbol("(", 1)) return false;
  const std::size_t close = cursor.at_symbol(":", 2) ? 4 : 3;
  return cursor.at_symbol(")", close) && cursor.at_symbol("(", close + 1);
}

/// A column, a call, or `t.$1`.
base::Result<Expr> parse_named(Cursor& cursor) {
  const std::size_t first = cursor.index();
  if (is_bare_function(cursor)) {
    TRY(ObjectName name, cursor.object_name());
    return make_expr(cursor, first, FunctionCall{.name = std::move(name), .bare = true});
  }
  if (at_indirect_call(cursor)) {
    TRY(ObjectName name, cursor.object_name());
    return parse_call_of(cursor, std::move(name), first);
  }
  if (!cursor.at_identifier() && !at_reserved_function(cursor)) return cursor.unexpected();
  std::vector<Identifier> parts;
  TRY(Identifier head, cursor.any_word());
  parts.push_back(std::move(head));
  while (parts.size() < 4 && cursor.accept_symbol(".")) {
    if (cursor.at(TokenKind::Positional)) {
      TRY(const std::uint32_t position, position_of(cursor));
      return make_expr(cursor, first, PositionalRef{std::move(parts), position});
    }
    if (parts.size() == 1 && cursor.at_symbol(".")) {  // db..f
      parts.push_back({.name = "", .quoted = false, .at = cursor.peek().at});
      continue;
    }
    TRY(Identifier part, cursor.any_word());
    parts.push_back(std::move(part));
  }
  if (!cursor.at_symbol("(") || (cursor.at_symbol("+", 1) && cursor.at_symbol(")", 2)))
    return make_expr(cursor, first, ColumnRef{std::move(parts)});
  if (parts.size() > 3) return cursor.unexpected();
  ObjectName name{.parts = std::move(parts), .at = cursor.span_from(first)};
  return parse_call_of(cursor, std::move(name), first);
}

base::Result<Expr> parse_word(Cursor& cursor) {
  const std::size_t first = cursor.index();
  if (cursor.accept_word("NULL")) return make_expr(cursor, first, NullLiteral{});
  if (cursor.accept_word("TRUE")) return make_expr(cursor, first, BooleanLiteral{true});
  if (cursor.accept_word("FALSE")) return make_expr(cursor, first, BooleanLiteral{false});
  if (cursor.at_word("CASE")) return parse_case(cursor);
  if (cursor.at_word("INTERVAL") && cursor.peek(1).kind == TokenKind::String) return parse_interval(cursor);
  // X'AB12': bytes in hexadecimal, kept as the call that says the same.
  if (cursor.at_word("X") && cursor.peek(1).kind == TokenKind::String &&
      cursor.peek(1).at.offset == cursor.peek().at.offset + 1) {
    cursor.take();
    FunctionCall call{.name = {.parts = {{.name = "TO_BINARY"}}}};
    call.arguments.push_back({.name = std::nullopt, .value = {.node = StringLiteral{cursor.take().text}}});
    call.arguments.push_back({.name = std::nullopt, .value = {.node = StringLiteral{"HEX"}}});
    return make_expr(cursor, first, std::move(call));
  }
  if (at_typed_literal(cursor)) {
    std::string type = cursor.take().text;
    std::string value = cursor.take().text;
    return make_expr(cursor, first, TypedLiteral{std::move(type), std::move(value)});
  }
  if (cursor.at_symbol("(", 1)) {
    if (cursor.at_any_word({"CAST", "TRY_CAST"})) return parse_cast(cursor);
    if (cursor.at_word("EXISTS")) return parse_exists(cursor);
    if (cursor.at_word("EXTRACT")) return parse_extract(cursor);
    if (cursor.at_word("POSITION")) return parse_position(cursor);
  }
  return parse_named(cursor);
}

}  // namespace

base::Result<Expr> parse_primary(Cursor& cursor) {
  const std::size_t first = cursor.index();
  switch (cursor.peek().kind) {
    case TokenKind::Number: {
      std::string text = cursor.take().text;
      return make_expr(cursor, first, NumberLiteral{std::move(text)});
    }
    case TokenKind::String:
    case TokenKind::Dollars: {
      std::string value = cursor.take().text;
      return make_expr(cursor, first, StringLiteral{std::move(value)});
    }
    case TokenKind::Positional: {
      TRY(const std::uint32_t position, position_of(cursor));
      return make_expr(cursor, first, PositionalRef{{}, position});
    }
    case TokenKind::Variable: {
      std::string name = cursor.take().text;
      return make_expr(cursor, first, SessionVariable{std::move(name)});
    }
    case TokenKind::Word: return parse_word(cursor);
    case TokenKind::QuotedName: return parse_named(cursor);
    case TokenKind::Symbol:
      if (cursor.at_symbol("(")) return parse_parentheses(cursor);
      if (cursor.at_symbol("[")) return parse_array(cursor);
      if (cursor.at_symbol("{")) return parse_object(cursor);
      if (cursor.at_symbol("?") || cursor.at_symbol(":")) return parse_bind(cursor);
      return cursor.unexpected();
    case TokenKind::Stage:
    case TokenKind::FileUri:
    case TokenKind::Invalid:
    case TokenKind::End: return cursor.unexpected();
  }
}

}  // namespace sql
