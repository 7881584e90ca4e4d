// Function calls with all that may stand in and after their parentheses; windows; stars.
#include "sql/parse_expr.h"
#include "sql/parse_query.h"

namespace sql {
namespace {

base::Result<Argument> parse_argument(Cursor& cursor) {
  Argument argument{std::nullopt, Expr{NullLiteral{}}};
  const bool may_name = cursor.at(TokenKind::Word) || cursor.at(TokenKind::QuotedName);
  if (may_name && cursor.at_symbol("=>", 1)) {
    TRY(Identifier name, cursor.any_word());
    argument.name = std::move(name);
    cursor.take();
  }
  const std::size_t first = cursor.index();
  if (at_star(cursor)) {
    TRY(argument.value, parse_star(cursor));
  } else if (cursor.at_any_word({"SELECT", "WITH"})) {
    TRY(Query query, parse_query(cursor));
    argument.value = make_expr(cursor, first, ScalarSubquery{std::move(query)});
  } else {
    TRY(argument.value, parse_expression(cursor));
  }
  return argument;
}

void take_null_treatment(Cursor& cursor, FunctionCall& call) {
  if (cursor.accept_words({"IGNORE", "NULLS"})) call.nulls = NullTreatment::Ignore;
  if (cursor.accept_words({"RESPECT", "NULLS"})) call.nulls = NullTreatment::Respect;
}

base::Result<FrameBound> parse_frame_bound(Cursor& cursor) {
  using Kind = FrameBound::Kind;
  if (cursor.accept_words({"UNBOUNDED", "PRECEDING"})) return FrameBound{Kind::UnboundedPreceding, std::nullopt};
  if (cursor.accept_words({"UNBOUNDED", "FOLLOWING"})) return FrameBound{Kind::UnboundedFollowing, std::nullopt};
  if (cursor.accept_words({"CURRENT", "ROW"})) return FrameBound{Kind::CurrentRow, std::nullopt};
  TRY(Expr offset, parse_operand(cursor));
  if (cursor.accept_word("PRECEDING")) return FrameBound{Kind::Preceding, std::move(offset)};
  TRY_VOID(cursor.expect_word("FOLLOWING"));
  return FrameBound{Kind::Following, std::move(offset)};
}

base::Result<WindowFrame> parse_frame(Cursor& cursor) {
  const std::string& unit = cursor.take().text;
  WindowFrame frame{unit == "ROWS" ? FrameUnit::Rows : unit == "RANGE" ? FrameUnit::Range : FrameUnit::Groups, {}};
  const bool between = cursor.accept_word("BETWEEN");
  TRY(FrameBound start, parse_frame_bound(cursor));
  frame.bounds.push_back(std::move(start));
  if (!between) return frame;
  TRY_VOID(cursor.expect_word("AND"));
  TRY(FrameBound end, parse_frame_bound(cursor));
  frame.bounds.push_back(std::move(end));
  return frame;
}

base::Status parse_call_tail(Cursor& cursor, FunctionCall& call) {
  for (;;) {
    if (cursor.at_words({"IGNORE", "NULLS"}) || cursor.at_words({"RESPECT", "NULLS"})) {
      take_null_treatment(cursor, call);
    } else if (cursor.at_words({"WITHIN", "GROUP"})) {
      cursor.accept_words({"WITHIN", "GROUP"});
      TRY_VOID(cursor.expect_symbol("("));
      TRY_VOID(cursor.expect_words({"ORDER", "BY"}));
      TRY(call.within_group, parse_order_items(cursor));
      TRY_VOID(cursor.expect_symbol(")"));
    } else if (cursor.at_word("FILTER") && cursor.at_symbol("(", 1) && cursor.at_word("WHERE", 2)) {
      cursor.move_to(cursor.index() + 3);
      TRY(Expr filter, parse_expression(cursor));
      call.filter = Box<Expr>(std::move(filter));
      TRY_VOID(cursor.expect_symbol(")"));
    } else if (cursor.at_word("OVER") && (cursor.at_symbol("(", 1) || cursor.at_identifier(1))) {
      cursor.take();
      TRY(WindowSpec over, parse_window(cursor));
      call.over = std::move(over);
      return {};
    } else {
      return {};
    }
  }
}

base::Status parse_star_changes(Cursor& cursor, Star& star) {
  if (cursor.accept_word("ILIKE")) {
    TRY(star.ilike, cursor.string_literal());
  }
  if (cursor.accept_word("EXCLUDE")) {
    if (cursor.at_symbol("(")) {
      TRY(star.exclude, cursor.identifier_list());
    } else {
      TRY(Identifier column, cursor.identifier());
      star.exclude.push_back(std::move(column));
    }
  }
  if (cursor.at_word("REPLACE") && cursor.at_symbol("(", 1)) {
    cursor.take();
    do {
      cursor.take();
      TRY(Expr value, parse_expression(cursor));
      TRY_VOID(cursor.expect_word("AS"));
      TRY(Identifier column, cursor.any_word());
      star.replace.push_back({std::move(value), std::move(column)});
    } while (cursor.at_symbol(","));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  if (cursor.accept_word("RENAME")) {
    const bool several = cursor.accept_symbol("(");
    do {
      TRY(Identifier from, cursor.identifier());
      TRY_VOID(cursor.expect_word("AS"));
      TRY(Identifier to, cursor.any_word());
      star.rename.push_back({std::move(from), std::move(to)});
    } while (several && cursor.accept_symbol(","));
    if (several) TRY_VOID(cursor.expect_symbol(")"));
  }
  return {};
}

}  // namespace

base::Result<Expr> parse_call_of(Cursor& cursor, ObjectName name, std::size_t first) {
  FunctionCall call{.name = std::move(name)};
  TRY_VOID(cursor.expect_symbol("("));
  call.distinct = cursor.accept_word("DISTINCT");
  if (!call.distinct) cursor.accept_word("ALL");
  if (!cursor.at_symbol(")")) {
    do {
      TRY(Argument argument, parse_argument(cursor));
      call.arguments.push_back(std::move(argument));
    } while (cursor.accept_symbol(","));
    take_null_treatment(cursor, call);
    if (cursor.accept_words({"ORDER", "BY"})) {
      TRY(call.order_by, parse_order_items(cursor));
    }
    take_null_treatment(cursor, call);
  }
  TRY_VOID(cursor.expect_symbol(")"));
  TRY_VOID(parse_call_tail(cursor, call));
  return make_expr(cursor, first, std::move(call));
}

base::Result<std::vector<Argument>> parse_arguments(Cursor& cursor) {
  std::vector<Argument> arguments;
  TRY_VOID(cursor.expect_symbol("("));
  if (cursor.accept_symbol(")")) return arguments;
  do {
    TRY(Argument argument, parse_argument(cursor));
    arguments.push_back(std::move(argument));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  return arguments;
}

base::Result<WindowSpec> parse_window(Cursor& cursor) {
  WindowSpec window;
  if (cursor.at_identifier()) {
    TRY(window.base, cursor.identifier());
    return window;
  }
  TRY_VOID(cursor.expect_symbol("("));
  if (cursor.at_identifier() && !cursor.at_any_word({"PARTITION", "RANGE", "GROUPS"})) {
    TRY(window.base, cursor.identifier());
  }
  if (cursor.accept_words({"PARTITION", "BY"})) {
    TRY(window.partition_by, parse_expressions(cursor));
  }
  if (cursor.accept_words({"ORDER", "BY"})) {
    TRY(window.order_by, parse_order_items(cursor));
  }
  if (cursor.at_any_word({"ROWS", "RANGE", "GROUPS"})) {
    TRY(window.frame, parse_frame(cursor));
  }
  TRY_VOID(cursor.expect_symbol(")"));
  return window;
}

base::Result<std::pair<bool, NullsOrder>> parse_direction(Cursor& cursor) {
  const bool descending = cursor.accept_word("DESC");
  if (!descending) cursor.accept_word("ASC");
  NullsOrder nulls = NullsOrder::Default;
  if (cursor.accept_word("NULLS")) {
    if (cursor.accept_word("FIRST")) {
      nulls = NullsOrder::First;
    } else {
      TRY_VOID(cursor.expect_word("LAST"));
      nulls = NullsOrder::Last;
    }
  }
  return std::pair{descending, nulls};
}

base::Result<std::vector<OrderItem>> parse_order_items(Cursor& cursor) {
  std::vector<OrderItem> items;
  do {
    TRY(Expr value, parse_expression(cursor));
    TRY(const auto direction, parse_direction(cursor));
    items.push_back({std::move(value), direction.first, direction.second});
  } while (cursor.accept_symbol(","));
  return items;
}

bool at_star(const Cursor& cursor) {
  std::size_t ahead = 0;
  while (cursor.at_symbol(".", ahead + 1) &&
         (cursor.peek(ahead).kind == TokenKind::Word || cursor.peek(ahead).kind == TokenKind::QuotedName))
    ahead += 2;
  return cursor.at_symbol("*", ahead);
}

base::Result<Expr> parse_star(Cursor& cursor) {
  const std::size_t first = cursor.index();
  Star star;
  while (!cursor.at_symbol("*")) {
    TRY(Identifier part, cursor.any_word());
    star.qualifier.push_back(std::move(part));
    TRY_VOID(cursor.expect_symbol("."));
  }
  cursor.take();
  TRY_VOID(parse_star_changes(cursor, star));
  return make_expr(cursor, first, std::move(star));
}

}  // namespace sql
