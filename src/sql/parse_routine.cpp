// CREATE PROCEDURE and CREATE FUNCTION.

#include "sql/parse_create.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"
#include "sql/statement_end.h"

namespace sql {

namespace {

base::Result<std::vector<RoutineArgument>> parse_routine_arguments(Cursor& cursor) {
  std::vector<RoutineArgument> arguments;
  TRY_VOID(cursor.expect_symbol("("));
  if (cursor.accept_symbol(")")) return arguments;
  do {
    TRY(Identifier name, cursor.identifier());
    RoutineArgument argument{.name = std::move(name), .type = {}};
    if (cursor.accept_word("OUT") || cursor.accept_word("OUTPUT"))
      argument.out = true;
    else if (!cursor.accept_word("IN"))
      cursor.accept_word("INPUT");
    TRY(argument.type, cursor.type_name());
    if (cursor.accept_word("DEFAULT")) {
      TRY(argument.default_value, parse_expression(cursor));
    }
    arguments.push_back(std::move(argument));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  return arguments;
}

/// RETURNS has been taken.
base::Status parse_returns(Cursor& cursor, CreateRoutine& node) {
  if (cursor.accept_word("TABLE")) {
    TRY_VOID(cursor.expect_symbol("("));
    node.returns_table.emplace();
    while (!cursor.accept_symbol(")")) {
      if (!node.returns_table->empty()) TRY_VOID(cursor.expect_symbol(","));
      TRY(Identifier name, cursor.identifier());
      TRY(TypeName type, cursor.type_name());
      node.returns_table->push_back({std::move(name), std::move(type)});
    }
  } else {
    TRY(node.returns, cursor.type_name());
  }
  if (cursor.accept_words({"NOT", "NULL"}))
    node.returns_not_null = true;
  else
    cursor.accept_word("NULL");
  return {};
}

base::Status parse_clause(Cursor& cursor, CreateRoutine& node) {
  if (cursor.accept_symbol(",")) return {};
  if (cursor.accept_words({"COPY", "GRANTS"})) {
    node.copy_grants = true;
  } else if (cursor.accept_words({"RETURNS", "NULL", "ON", "NULL", "INPUT"})) {
    node.null_handling = "RETURNS NULL ON NULL INPUT";
  } else if (cursor.accept_words({"CALLED", "ON", "NULL", "INPUT"})) {
    node.null_handling = "CALLED ON NULL INPUT";
  } else if (cursor.accept_word("STRICT")) {
    node.null_handling = "STRICT";
  } else if (cursor.accept_word("RETURNS")) {
    return parse_returns(cursor, node);
  } else if (cursor.accept_word("LANGUAGE")) {
    TRY(Identifier language, cursor.any_word());
    node.language = std::move(language.name);
  } else if (cursor.at_any_word({"VOLATILE", "IMMUTABLE", "MEMOIZABLE"})) {
    node.volatility = cursor.take().text;
  } else if (cursor.accept_words({"EXECUTE", "AS"})) {
    node.execute_as = cursor.accept_word("RESTRICTED") ? "RESTRICTED " : "";
    if (!cursor.at_any_word({"OWNER", "CALLER"})) return cursor.unexpected();
    node.execute_as += cursor.take().text;
  } else if (at_option(cursor)) {
    TRY(Option option, parse_option(cursor));
    node.options.push_back(std::move(option));
  } else {
    return cursor.unexpected();
  }
  return {};
}

/// AS has been taken.
base::Result<RoutineBody> parse_routine_body(Cursor& cursor) {
  using Delimiter = RoutineBody::Delimiter;
  const std::size_t first = cursor.index();
  if (cursor.at(TokenKind::String) || cursor.at(TokenKind::Dollars)) {
    const Token& token = cursor.take();
    return RoutineBody{token.kind == TokenKind::String ? Delimiter::Quote : Delimiter::Dollar, token.text, token.at};
  }
  if (!starts_block(cursor.tokens(), first)) return cursor.unexpected();
  cursor.move_to(find_block_end(cursor.tokens(), first));
  if (!cursor.previous().is_word("END")) return cursor.unexpected();
  SourceText source = cursor.source_from(first);
  return RoutineBody{Delimiter::Block, std::move(source.text), source.at};
}

}  // namespace

base::Result<Statement> parse_create_routine(Cursor& cursor, CreateWords words, CreateRoutine::Kind kind) {
  if (words.transient || words.recursive) return cursor.unexpected(cursor.previous());
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateRoutine node{.kind = kind,
                     .mode = words.mode,
                     .secure = words.secure,
                     .temporary = words.temporary,
                     .aggregate = words.aggregate,
                     .name = std::move(name)};
  TRY(node.arguments, parse_routine_arguments(cursor));
  while (!cursor.at_statement_end() && !cursor.at_word("AS")) TRY_VOID(parse_clause(cursor, node));
  if (!node.returns && !node.returns_table) return cursor.unexpected();
  if (cursor.accept_word("AS")) {
    TRY(node.body, parse_routine_body(cursor));
  }
  return Statement{std::move(node)};
}

}  // namespace sql
