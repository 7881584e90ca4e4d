#include "sql/parse_pivot.h"

#include "sql/parse_expr.h"
#include "sql/parse_query.h"
#include "sql/parse_select.h"

namespace sql {
namespace {

base::Result<std::vector<PivotValue>> parse_pivot_values(Cursor& cursor) {
  std::vector<PivotValue> values;
  do {
    TRY(Expr value, parse_expression(cursor));
    TRY(auto alias, parse_alias(cursor));
    values.push_back({std::move(value), std::move(alias)});
  } while (cursor.accept_symbol(","));
  return values;
}

/// What stands in the parentheses of IN.
base::Status parse_pivot_choice(Cursor& cursor, Pivot& pivot) {
  if (at_query(cursor)) {
    TRY(Query query, parse_query(cursor));
    pivot.query = Box<Query>(std::move(query));
  } else if (cursor.accept_word("ANY")) {
    pivot.any = true;
    if (cursor.accept_words({"ORDER", "BY"})) {
      TRY(pivot.any_order, parse_order_items(cursor));
    }
  } else {
    TRY(pivot.values, parse_pivot_values(cursor));
  }
  return {};
}

base::Result<Pivot> parse_pivot_node(Cursor& cursor, TableRef source) {
  Pivot pivot{.source = std::move(source)};
  TRY_VOID(cursor.expect_symbol("("));
  TRY(pivot.aggregates, parse_pivot_values(cursor));
  TRY_VOID(cursor.expect_word("FOR"));
  TRY(pivot.column, cursor.identifier());
  TRY_VOID(cursor.expect_word("IN"));
  TRY_VOID(cursor.expect_symbol("("));
  TRY_VOID(parse_pivot_choice(cursor, pivot));
  TRY_VOID(cursor.expect_symbol(")"));
  if (cursor.accept_words({"DEFAULT", "ON", "NULL"})) {
    TRY_VOID(cursor.expect_symbol("("));
    TRY(pivot.default_on_null, parse_expression(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  TRY_VOID(cursor.expect_symbol(")"));
  return pivot;
}

base::Result<UnpivotColumn> parse_unpivot_column(Cursor& cursor) {
  UnpivotColumn column;
  do {
    TRY(Identifier part, cursor.identifier());
    column.column.parts.push_back(std::move(part));
  } while (cursor.accept_symbol("."));
  if (cursor.accept_word("AS")) {
    TRY(column.alias, parse_primary(cursor));
  }
  return column;
}

base::Result<Unpivot> parse_unpivot_node(Cursor& cursor, TableRef source) {
  Unpivot unpivot{.source = std::move(source)};
  unpivot.include_nulls = cursor.accept_words({"INCLUDE", "NULLS"});
  if (!unpivot.include_nulls) cursor.accept_words({"EXCLUDE", "NULLS"});
  TRY_VOID(cursor.expect_symbol("("));
  TRY(unpivot.value, cursor.identifier());
  TRY_VOID(cursor.expect_word("FOR"));
  TRY(unpivot.name, cursor.identifier());
  TRY_VOID(cursor.expect_word("IN"));
  TRY_VOID(cursor.expect_symbol("("));
  do {
    TRY(UnpivotColumn column, parse_unpivot_column(cursor));
    unpivot.columns.push_back(std::move(column));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  TRY_VOID(cursor.expect_symbol(")"));
  return unpivot;
}

}  // namespace

bool at_pivot(const Cursor& cursor) {
  return cursor.at_word("UNPIVOT") || (cursor.at_word("PIVOT") && cursor.at_symbol("(", 1));
}

base::Result<TableRef> parse_pivot(Cursor& cursor, TableRef source) {
  const base::SourceSpan start = source.at;
  if (cursor.accept_word("PIVOT")) {
    TRY(Pivot pivot, parse_pivot_node(cursor, std::move(source)));
    return TableRef{.node = std::move(pivot), .at = cursor.span_from(start)};
  }
  cursor.take();
  TRY(Unpivot unpivot, parse_unpivot_node(cursor, std::move(source)));
  return TableRef{.node = std::move(unpivot), .at = cursor.span_from(start)};
}

}  // namespace sql
