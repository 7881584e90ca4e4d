// WITH, set operations, ORDER BY and LIMIT: what stands around SELECT and VALUES.
#include "sql/parse_query.h"

#include "sql/parse_expr.h"
#include "sql/parse_query_rest.h"
#include "sql/parse_select.h"

namespace sql {
namespace {

enum class Strength { Union, Intersect, Operand };
struct SetOperator {
  SetOp op;
  bool by_name;
  Strength strength;
};

bool has_tail(const Query& query) {
  return query.order_by_all || !query.order_by.empty() || query.limit || query.offset;
}

/// A query in parentheses that has clauses of its own and gets some more: SELECT * FROM (query).
Query as_subquery(Query query) {
  const base::SourceSpan at = query.at;
  Select select;
  select.items.push_back({Expr{Star{}, at}, std::nullopt});
  select.from.push_back(TableRef{.node = SubqueryTable{std::move(query)}, .at = at});
  return Query{.body = std::move(select), .at = at};
}

base::Result<std::optional<SetOperator>> take_set_operator(Cursor& cursor, Strength least) {
  if (least <= Strength::Intersect && cursor.accept_word("INTERSECT")) {
    return std::optional(SetOperator{SetOp::Intersect, false, Strength::Intersect});
  }
  if (least > Strength::Union) return std::nullopt;
  if (cursor.accept_word("EXCEPT") || cursor.accept_word("MINUS")) {
    return std::optional(SetOperator{SetOp::Except, false, Strength::Union});
  }
  if (!cursor.accept_word("UNION")) return std::nullopt;
  SetOperator found{SetOp::Union, false, Strength::Union};
  if (cursor.accept_word("ALL")) {
    found.op = SetOp::UnionAll;
  } else {
    cursor.accept_word("DISTINCT");
  }
  found.by_name = cursor.accept_words({"BY", "NAME"});
  return std::optional(found);
}

base::Result<Query> parse_set_operand(Cursor& cursor) {
  if (cursor.at_symbol("(")) return parse_query_in_parentheses(cursor);
  const std::size_t first = cursor.index();
  if (cursor.accept_word("VALUES")) {
    TRY(auto rows, parse_value_rows(cursor));
    return Query{.body = Values{std::move(rows)}, .at = cursor.span_from(first)};
  }
  TRY(Select select, parse_select(cursor));
  return Query{.body = std::move(select), .at = cursor.span_from(first)};
}

base::Result<Query> parse_operations_after(Cursor& cursor, Query left, Strength least) {
  for (;;) {
    TRY(const auto found, take_set_operator(cursor, least));
    if (!found) return left;
    TRY(Query right, parse_set_operand(cursor));
    if (found->strength == Strength::Union) {
      TRY(right, parse_operations_after(cursor, std::move(right), Strength::Intersect));
    }
    const base::SourceSpan at = cursor.span_from(left.at);
    left = Query{.body = SetOperation{found->op, found->by_name, std::move(left), std::move(right)}, .at = at};
    TRY_VOID(cursor.grow());
  }
}

base::Status parse_order_by(Cursor& cursor, Query& query) {
  if (!cursor.accept_word("ALL")) {
    TRY(query.order_by, parse_order_items(cursor));
    return {};
  }
  TRY(const auto direction, parse_direction(cursor));
  query.order_by_all = OrderAll{direction.first, direction.second};
  return {};
}

base::Status parse_fetch(Cursor& cursor, Query& query) {
  if (!cursor.accept_word("FIRST")) cursor.accept_word("NEXT");
  TRY(query.limit, parse_operand(cursor));
  if (!cursor.accept_word("ROWS")) cursor.accept_word("ROW");
  cursor.accept_word("ONLY");
  return {};
}

base::Status parse_tail(Cursor& cursor, Query& query) {
  const bool starts = cursor.at_words({"ORDER", "BY"}) || cursor.at_any_word({"LIMIT", "OFFSET", "FETCH"});
  if (!starts) return {};
  if (has_tail(query)) query = as_subquery(std::move(query));
  if (cursor.accept_words({"ORDER", "BY"})) TRY_VOID(parse_order_by(cursor, query));
  if (cursor.accept_word("LIMIT")) {
    TRY(query.limit, parse_operand(cursor));
  }
  if (cursor.accept_word("OFFSET")) {
    TRY(query.offset, parse_operand(cursor));
    if (!cursor.accept_word("ROWS")) cursor.accept_word("ROW");
  }
  if (!query.limit && cursor.accept_word("FETCH")) TRY_VOID(parse_fetch(cursor, query));
  return {};
}

base::Result<CommonTable> parse_common_table(Cursor& cursor) {
  TRY(Identifier name, cursor.identifier());
  std::vector<Identifier> columns;
  if (cursor.at_symbol("(")) {
    TRY(columns, cursor.identifier_list());
  }
  TRY_VOID(cursor.expect_word("AS"));
  TRY(Query query, parse_query_in_parentheses(cursor));
  return CommonTable{std::move(name), std::move(columns), std::move(query)};
}

}  // namespace

bool at_query(const Cursor& cursor) {
  std::size_t ahead = 0;
  while (cursor.at_symbol("(", ahead)) ++ahead;
  return cursor.at_any_word({"SELECT", "WITH", "VALUES"}, ahead);
}

base::Result<Query> parse_query_rest(Cursor& cursor, Query left) {
  TRY(Query query, parse_operations_after(cursor, std::move(left), Strength::Union));
  TRY_VOID(parse_tail(cursor, query));
  return query;
}

base::Result<Query> parse_query(Cursor& cursor) {
  TRY(const auto nesting, cursor.nest());
  const std::size_t first = cursor.index();
  bool recursive = false;
  std::vector<CommonTable> with;
  if (cursor.accept_word("WITH")) {
    recursive = cursor.accept_word("RECURSIVE");
    do {
      TRY(CommonTable table, parse_common_table(cursor));
      with.push_back(std::move(table));
    } while (cursor.accept_symbol(","));
  }
  TRY(Query left, parse_set_operand(cursor));
  TRY(Query query, parse_query_rest(cursor, std::move(left)));
  if (!with.empty()) {
    if (!query.with.empty()) query = as_subquery(std::move(query));
    query.with = std::move(with);
    query.recursive = recursive;
  }
  query.at = cursor.span_from(first);
  return query;
}

base::Result<Query> parse_query_in_parentheses(Cursor& cursor) {
  TRY_VOID(cursor.expect_symbol("("));
  TRY(Query query, parse_query(cursor));
  TRY_VOID(cursor.expect_symbol(")"));
  return query;
}

base::Result<std::vector<std::vector<Expr>>> parse_value_rows(Cursor& cursor) {
  std::vector<std::vector<Expr>> rows;
  do {
    TRY_VOID(cursor.expect_symbol("("));
    std::vector<Expr>& row = rows.emplace_back();
    do {
      TRY(Expr value, parse_value(cursor));
      row.push_back(std::move(value));
    } while (cursor.accept_symbol(","));
    TRY_VOID(cursor.expect_symbol(")"));
  } while (cursor.accept_symbol(","));
  return rows;
}

}  // namespace sql
