#include "sql/parse_select.h"

#include "sql/parse_expr.h"
#include "sql/parse_query.h"

namespace sql {
namespace {

bool at_clause_word(const Cursor& cursor) {
  if (cursor.at_any_word({"LIMIT", "OFFSET", "FETCH", "WINDOW", "EXCEPT", "PIVOT", "UNPIVOT", "ASOF", "MATCH_CONDITION",
                          "MATCH_RECOGNIZE"}))
    return true;
  return cursor.at_symbol("(", 1) && cursor.at_any_word({"AT", "BEFORE", "CHANGES", "END"});
}

base::Result<SelectItem> parse_item(Cursor& cursor) {
  if (at_star(cursor)) {
    TRY(Expr star, parse_star(cursor));
    return SelectItem{std::move(star), std::nullopt};
  }
  TRY(Expr value, parse_expression(cursor));
  TRY(auto alias, parse_alias(cursor));
  return SelectItem{std::move(value), std::move(alias)};
}

/// `(a, b)`, `()`, or one expression.
base::Result<std::vector<Expr>> parse_group_set(Cursor& cursor) {
  if (cursor.at_symbol("(") && cursor.at_symbol(")", 1)) {
    cursor.move_to(cursor.index() + 2);
    return std::vector<Expr>{};
  }
  TRY(Expr expr, parse_expression(cursor));
  if (auto* row = std::get_if<RowValue>(&expr.node)) return std::move(row->elements);
  std::vector<Expr> set;
  set.push_back(std::move(expr));
  return set;
}

base::Result<GroupElement> parse_group_element(Cursor& cursor) {
  GroupElement element;
  if (cursor.at_symbol("(", 1) && cursor.at_any_word({"ROLLUP", "CUBE"})) {
    element.kind = cursor.take().text == "CUBE" ? GroupElement::Kind::Cube : GroupElement::Kind::Rollup;
  } else if (cursor.at_words({"GROUPING", "SETS"}) && cursor.at_symbol("(", 2)) {
    cursor.move_to(cursor.index() + 2);
    element.kind = GroupElement::Kind::GroupingSets;
  } else {
    TRY(Expr expr, parse_expression(cursor));
    element.sets.emplace_back().push_back(std::move(expr));
    return element;
  }
  TRY_VOID(cursor.expect_symbol("("));
  do {
    TRY(auto set, parse_group_set(cursor));
    element.sets.push_back(std::move(set));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  return element;
}

base::Status parse_group_by(Cursor& cursor, Select& select) {
  if (cursor.accept_word("ALL")) {
    select.group_by_all = true;
    return {};
  }
  do {
    TRY(GroupElement element, parse_group_element(cursor));
    select.group_by.push_back(std::move(element));
  } while (cursor.accept_symbol(","));
  return {};
}

/// START WITH and CONNECT BY, in either order.
base::Status parse_connect_by(Cursor& cursor, Select& select) {
  std::optional<Expr> start;
  if (cursor.accept_words({"START", "WITH"})) {
    TRY(start, parse_expression(cursor));
    if (!cursor.at_words({"CONNECT", "BY"})) return cursor.unexpected();
  }
  if (!cursor.accept_words({"CONNECT", "BY"})) return {};
  TRY(Expr condition, parse_expression(cursor));
  if (!start && cursor.accept_words({"START", "WITH"})) {
    TRY(start, parse_expression(cursor));
  }
  select.connect_by = ConnectBy{std::move(start), std::move(condition)};
  return {};
}

base::Status parse_named_windows(Cursor& cursor, Select& select) {
  do {
    TRY(Identifier name, cursor.identifier());
    TRY_VOID(cursor.expect_word("AS"));
    TRY(WindowSpec spec, parse_window(cursor));
    select.windows.push_back({std::move(name), std::move(spec)});
  } while (cursor.accept_symbol(","));
  return {};
}

bool at_top(const Cursor& cursor) {
  const TokenKind next = cursor.peek(1).kind;
  return cursor.at_word("TOP") &&
         (next == TokenKind::Number || next == TokenKind::Variable || cursor.at_symbol("?", 1));
}

}  // namespace

base::Result<std::optional<Identifier>> parse_alias(Cursor& cursor) {
  if (!cursor.accept_word("AS") && (!cursor.at_identifier() || at_clause_word(cursor))) return std::nullopt;
  TRY(Identifier alias, cursor.identifier());
  return std::optional(std::move(alias));
}

base::Result<Select> parse_select(Cursor& cursor) {
  TRY_VOID(cursor.expect_word("SELECT"));
  Select select;
  select.distinct = cursor.accept_word("DISTINCT");
  if (!select.distinct) cursor.accept_word("ALL");
  if (at_top(cursor)) {
    cursor.take();
    TRY(select.top, parse_primary(cursor));
  }
  do {
    TRY(SelectItem item, parse_item(cursor));
    select.items.push_back(std::move(item));
  } while (cursor.accept_symbol(","));
  if (cursor.accept_word("FROM")) {
    TRY(select.from, parse_table_list(cursor));
  }
  if (cursor.accept_word("WHERE")) {
    TRY(select.where, parse_expression(cursor));
  }
  TRY_VOID(parse_connect_by(cursor, select));
  if (cursor.accept_words({"GROUP", "BY"})) TRY_VOID(parse_group_by(cursor, select));
  if (cursor.accept_word("HAVING")) {
    TRY(select.having, parse_expression(cursor));
  }
  if (cursor.accept_word("QUALIFY")) {
    TRY(select.qualify, parse_expression(cursor));
  }
  if (cursor.accept_word("WINDOW")) TRY_VOID(parse_named_windows(cursor, select));
  return select;
}

}  // namespace sql
