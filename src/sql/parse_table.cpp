// What stands in FROM: tables, functions, stages, subqueries, and the joins between them.
#include "sql/parse_expr.h"
#include "sql/parse_pivot.h"
#include "sql/parse_query.h"
#include "sql/parse_query_rest.h"
#include "sql/parse_select.h"

namespace sql {
namespace {

base::Result<TableNode> node_of_query(Query query, bool lateral) {
  const bool bare =
      query.with.empty() && !query.order_by_all && query.order_by.empty() && !query.limit && !query.offset;
  if (auto* values = std::get_if<Values>(&query.body); values != nullptr && bare)
    return ValuesTable{std::move(values->rows)};
  return SubqueryTable{std::move(query), lateral};
}

/// `( query )`, `( t JOIN u )`, `((query) UNION ..)`
base::Result<TableRef> parse_parentheses(Cursor& cursor) {
  TRY(const auto nesting, cursor.nest());
  const std::size_t first = cursor.index();
  if (cursor.at_any_word({"SELECT", "WITH", "VALUES"}, 1)) {
    TRY(Query query, parse_query_in_parentheses(cursor));
    TRY(TableNode node, node_of_query(std::move(query), false));
    return TableRef{.node = std::move(node), .at = cursor.span_from(first)};
  }
  cursor.take();
  TRY(TableRef inner, parse_table_ref(cursor));
  auto* subquery = std::get_if<SubqueryTable>(&inner.node);
  if (subquery != nullptr && !inner.alias && !inner.sample) {
    TRY(Query query, parse_query_rest(cursor, std::move(*subquery->query)));
    inner.node = SubqueryTable{std::move(query), subquery->lateral};
  }
  TRY_VOID(cursor.expect_symbol(")"));
  inner.at = cursor.span_from(first);
  return inner;
}

/// TABLE( f(..) ), TABLE('name'), f(..)
base::Result<TableNode> parse_function(Cursor& cursor, bool lateral) {
  if (cursor.at_word("TABLE") && cursor.at_symbol("(", 1)) {
    cursor.move_to(cursor.index() + 2);
    TRY(Expr call, parse_expression(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
    return FunctionTable{std::move(call), true, lateral};
  }
  const Token& name = cursor.peek();
  TRY(Expr call, parse_primary(cursor));
  if (!std::holds_alternative<FunctionCall>(call.node)) return cursor.unexpected(name);
  return FunctionTable{std::move(call), false, lateral};
}

base::Result<std::vector<Argument>> parse_source_options(Cursor& cursor) {
  if (!cursor.at_symbol("(")) return std::vector<Argument>{};
  return parse_arguments(cursor);
}

base::Result<ChangesClause> parse_changes(Cursor& cursor) {
  cursor.take();
  TRY_VOID(cursor.expect_symbol("("));
  TRY_VOID(cursor.expect_word("INFORMATION"));
  TRY_VOID(cursor.expect_symbol("=>"));
  const bool append_only = cursor.accept_word("APPEND_ONLY");
  if (!append_only) TRY_VOID(cursor.expect_word("DEFAULT"));
  TRY_VOID(cursor.expect_symbol(")"));
  if (!cursor.at_any_word({"AT", "BEFORE"})) return cursor.unexpected();
  TRY(TimePoint from, parse_time_point(cursor));
  ChangesClause changes{append_only, std::move(from), std::nullopt};
  if (cursor.at_word("END") && cursor.at_symbol("(", 1)) {
    TRY(changes.until, parse_time_point(cursor));
  }
  return changes;
}

/// Whether a call stands here: a dotted name and a parenthesis, where IDENTIFIER('t') is a name.
bool at_call(const Cursor& cursor) {
  if (cursor.at_word("IDENTIFIER")) return false;
  std::size_t ahead = 0;
  while (cursor.at_symbol(".", ahead + 1)) ahead += cursor.at_symbol(".", ahead + 2) ? 3 : 2;
  return cursor.at_identifier() && cursor.at_symbol("(", ahead + 1);
}

base::Result<TableNode> parse_named_table(Cursor& cursor) {
  TRY(ObjectName name, cursor.object_name());
  NamedTable table{.name = std::move(name)};
  if (cursor.at_word("CHANGES") && cursor.at_symbol("(", 1)) {
    TRY(table.changes, parse_changes(cursor));
  } else if (at_time_point(cursor)) {
    TRY(table.at, parse_time_point(cursor));
  }
  return table;
}

base::Result<TableNode> parse_source(Cursor& cursor) {
  if (cursor.accept_word("LATERAL")) {
    if (!cursor.at_symbol("(")) return parse_function(cursor, true);
    TRY(Query query, parse_query_in_parentheses(cursor));
    return SubqueryTable{std::move(query), true};
  }
  if (cursor.accept_word("VALUES")) {
    TRY(auto rows, parse_value_rows(cursor));
    return ValuesTable{std::move(rows)};
  }
  if (cursor.at_stage_ref()) {
    TRY(StageRef stage, cursor.stage_ref());
    TRY(auto options, parse_source_options(cursor));
    return StageTable{std::move(stage), std::move(options)};
  }
  if (cursor.at(TokenKind::String)) {
    std::string url = cursor.take().text;
    TRY(auto options, parse_source_options(cursor));
    return LocationTable{std::move(url), std::move(options)};
  }
  if (cursor.at(TokenKind::Positional)) {  // an earlier result of a ->> chain
    TRY(Expr earlier, parse_primary(cursor));
    return FunctionTable{std::move(earlier), false, false};
  }
  if (cursor.at_word("TABLE") || at_call(cursor)) return parse_function(cursor, false);
  return parse_named_table(cursor);
}

base::Result<std::optional<TableAlias>> parse_table_alias(Cursor& cursor) {
  TRY(auto name, parse_alias(cursor));
  if (!name) return std::nullopt;
  TableAlias alias{*std::move(name), {}};
  if (cursor.at_symbol("(")) {
    TRY(alias.columns, cursor.identifier_list());
  }
  return std::optional(std::move(alias));
}

base::Result<Sample> parse_sample(Cursor& cursor) {
  cursor.take();
  const bool blocks = cursor.at_any_word({"SYSTEM", "BLOCK"});
  if (blocks || cursor.at_any_word({"BERNOULLI", "ROW"})) cursor.take();
  TRY_VOID(cursor.expect_symbol("("));
  TRY(Expr amount, parse_operand(cursor));
  Sample sample{.blocks = blocks, .amount = std::move(amount), .rows = cursor.accept_word("ROWS")};
  TRY_VOID(cursor.expect_symbol(")"));
  if (cursor.at_any_word({"SEED", "REPEATABLE"}) && cursor.at_symbol("(", 1)) {
    cursor.move_to(cursor.index() + 2);
    TRY(sample.seed, parse_operand(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  return sample;
}

/// One source with PIVOT, alias and SAMPLE, without joins.
base::Result<TableRef> parse_factor(Cursor& cursor) {
  const std::size_t first = cursor.index();
  TableRef table;
  if (cursor.at_symbol("(")) {
    TRY(table, parse_parentheses(cursor));
  } else {
    TRY(table.node, parse_source(cursor));
  }
  for (;;) {
    if (cursor.at_word("MATCH_RECOGNIZE")) return cursor.unsupported("MATCH_RECOGNIZE");
    if (at_pivot(cursor)) {
      TRY(TableRef pivoted, parse_pivot(cursor, std::move(table)));
      table = std::move(pivoted);
    } else if (!table.alias && !table.sample) {
      TRY(table.alias, parse_table_alias(cursor));
      if (!table.alias) break;
    } else {
      break;
    }
    TRY_VOID(cursor.grow());
  }
  if (!table.sample && cursor.at_any_word({"SAMPLE", "TABLESAMPLE"})) {
    TRY(table.sample, parse_sample(cursor));
  }
  table.at = cursor.span_from(first);
  return table;
}

/// The words before and with JOIN; nothing taken if there is no join.
base::Result<std::optional<Join>> take_join(Cursor& cursor, TableRef& left) {
  const Cursor start = cursor;
  const bool natural = cursor.accept_word("NATURAL");
  JoinKind kind = JoinKind::Inner;
  if (cursor.accept_word("LEFT")) {
    kind = JoinKind::Left;
  } else if (cursor.accept_word("RIGHT")) {
    kind = JoinKind::Right;
  } else if (cursor.accept_word("FULL")) {
    kind = JoinKind::Full;
  } else if (!natural && cursor.accept_word("CROSS")) {
    kind = JoinKind::Cross;
  } else if (!natural && cursor.at_words({"ASOF", "JOIN"})) {
    cursor.take();
    kind = JoinKind::Asof;
  } else {
    cursor.accept_word("INNER");
  }
  const bool outer = kind == JoinKind::Left || kind == JoinKind::Right || kind == JoinKind::Full;
  if (outer) cursor.accept_word("OUTER");
  if (!cursor.accept_word("JOIN")) {
    if (cursor.index() != start.index()) return cursor.unexpected();
    return std::nullopt;
  }
  TRY(TableRef right, parse_factor(cursor));
  return std::optional(Join{.kind = kind, .left = std::move(left), .right = std::move(right), .natural = natural});
}

base::Status parse_join_condition(Cursor& cursor, Join& join) {
  if (join.kind == JoinKind::Asof) {
    TRY_VOID(cursor.expect_word("MATCH_CONDITION"));
    TRY_VOID(cursor.expect_symbol("("));
    TRY(join.match_condition, parse_expression(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  if (cursor.accept_word("ON")) {
    TRY(join.on, parse_expression(cursor));
  } else if (cursor.at_word("USING") && cursor.at_symbol("(", 1)) {
    cursor.take();
    TRY(join.using_columns, cursor.identifier_list());
  }
  return {};
}

}  // namespace

bool at_time_point(const Cursor& cursor) { return cursor.at_any_word({"AT", "BEFORE"}) && cursor.at_symbol("(", 1); }

base::Result<TimePoint> parse_time_point(Cursor& cursor) {
  const std::string& side = cursor.take().text;
  TRY_VOID(cursor.expect_symbol("("));
  if (!cursor.at_any_word({"TIMESTAMP", "OFFSET", "STATEMENT", "STREAM"})) return cursor.unexpected();
  std::string kind = cursor.take().text;
  TRY_VOID(cursor.expect_symbol("=>"));
  TRY(Expr value, parse_expression(cursor));
  TRY_VOID(cursor.expect_symbol(")"));
  using Side = TimePoint::Side;
  return TimePoint{side == "AT"    ? Side::At
                   : side == "END" ? Side::End
                                   : Side::Before,
                   std::move(kind), std::move(value)};
}

base::Result<TableRef> parse_table_ref(Cursor& cursor) {
  const std::size_t first = cursor.index();
  TRY(TableRef left, parse_factor(cursor));
  for (;;) {
    TRY(auto join, take_join(cursor, left));
    if (!join) return left;
    TRY_VOID(parse_join_condition(cursor, *join));
    left = TableRef{.node = *std::move(join), .at = cursor.span_from(first)};
    TRY_VOID(cursor.grow());
  }
}

base::Result<std::vector<TableRef>> parse_table_list(Cursor& cursor) {
  std::vector<TableRef> tables;
  do {
    TRY(TableRef table, parse_table_ref(cursor));
    tables.push_back(std::move(table));
  } while (cursor.accept_symbol(","));
  return tables;
}

}  // namespace sql
