#pragma once

// Expressions, and the pieces of them that other parsers need.

#include <utility>

#include "sql/ast_expr.h"
#include "sql/cursor.h"

namespace sql {

base::Result<Expr> parse_expression(Cursor& cursor);
/// An operand of a comparison: no AND, OR, NOT, no comparison.
base::Result<Expr> parse_operand(Cursor& cursor);
/// `e, e, ..` without parentheses around it; at least one.
base::Result<std::vector<Expr>> parse_expressions(Cursor& cursor);
/// An expression or DEFAULT.
base::Result<Expr> parse_value(Cursor& cursor);
/// `e [ASC|DESC] [NULLS FIRST|LAST], ..`: ORDER BY has been taken.
base::Result<std::vector<OrderItem>> parse_order_items(Cursor& cursor);
/// [ASC|DESC] [NULLS FIRST|LAST]
base::Result<std::pair<bool, NullsOrder>> parse_direction(Cursor& cursor);
/// `( [name =>] e, .. )`; may be empty.
base::Result<std::vector<Argument>> parse_arguments(Cursor& cursor);
/// `( [base] [PARTITION BY ..] [ORDER BY ..] [frame] )`, or a name alone.
base::Result<WindowSpec> parse_window(Cursor& cursor);
/// `*` or `t.*`
bool at_star(const Cursor& cursor);
/// With ILIKE, EXCLUDE, REPLACE, RENAME.
base::Result<Expr> parse_star(Cursor& cursor);

// Steps of the expression parser, each in a file of its own.
base::Result<Expr> parse_primary(Cursor& cursor);
/// From the `(` after a function's name.
base::Result<Expr> parse_call_of(Cursor& cursor, ObjectName name, std::size_t first);
/// Whether IS, IN, BETWEEN, LIKE and the like stand here, with NOT or without.
bool at_predicate(const Cursor& cursor);
base::Result<Expr> parse_predicate(Cursor& cursor, Expr left, std::size_t first);

template <class Node>
Expr make_expr(const Cursor& cursor, std::size_t first, Node node) {
  return Expr{std::move(node), cursor.span_from(first)};
}

}  // namespace sql
