#pragma once

// Expressions, and the pieces of them that other parsers need.

#include "sql/ast_expr.h"
#include "sql/cursor.h"

namespace sql {

base::Result<Expr> parse_expression(Cursor& cursor);
/// `e, e, ..` without parentheses around it; at least one.
base::Result<std::vector<Expr>> parse_expressions(Cursor& cursor);
/// ORDER BY has been taken.
base::Result<std::vector<OrderItem>> parse_order_items(Cursor& cursor);
/// `( [name =>] e, .. )`; may be empty.
base::Result<std::vector<Argument>> parse_arguments(Cursor& cursor);

}  // namespace sql
