#include "sql/parse_statement.h"

#include <algorithm>

#include "sql/parse_ddl.h"
#include "sql/parse_dml.h"
#include "sql/parse_expr.h"
#include "sql/parse_query.h"
#include "sql/parser.h"
#include "sql/statement_end.h"

namespace sql {
namespace {

using Parser = base::Result<Statement> (*)(Cursor&);
struct Verb {
  std::string_view word;
  Parser parse;
};

base::Result<Statement> parse_query_statement(Cursor& cursor) {
  TRY(Query query, parse_query(cursor));
  return Statement{QueryStatement{std::move(query)}};
}

base::Result<Statement> parse_block(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.move_to(find_block_end(cursor.tokens(), first));
  if (!cursor.previous().is_word("END")) return cursor.unexpected();
  return Statement{ScriptBlock{cursor.source_from(first).text}};
}

constexpr auto kVerbs = std::to_array<Verb>({
    // clang-format off
    {"ALTER", parse_alter},       {"BEGIN", parse_transaction},  {"CALL", parse_call},
    {"COMMENT", parse_comment_on}, {"COMMIT", parse_transaction}, {"COPY", parse_copy},
    {"CREATE", parse_create},     {"DELETE", parse_delete},      {"DESC", parse_describe},
    {"DESCRIBE", parse_describe}, {"DROP", parse_drop},          {"EXECUTE", parse_execute},
    {"EXPLAIN", parse_explain},   {"GET", parse_get},            {"GRANT", parse_grant},
    {"INSERT", parse_insert},     {"LIST", parse_list},          {"LS", parse_list},
    {"MERGE", parse_merge},       {"PUT", parse_put},            {"REMOVE", parse_remove},
    {"REVOKE", parse_grant},      {"RM", parse_remove},          {"ROLLBACK", parse_transaction},
    {"SET", parse_set},           {"SHOW", parse_show},          {"START", parse_transaction},
    {"TRUNCATE", parse_truncate}, {"UNDROP", parse_undrop},      {"UNSET", parse_unset},
    {"UPDATE", parse_update},     {"USE", parse_use},
    // clang-format on
});

base::Result<Statement> parse_one(Cursor& cursor) {
  if (at_query(cursor)) return parse_query_statement(cursor);
  if (starts_block(cursor.tokens(), cursor.index())) return parse_block(cursor);
  for (const Verb& verb : kVerbs)
    if (cursor.at_word(verb.word)) return verb.parse(cursor);
  return cursor.unexpected();
}

/// What is no token must not hide in a part that is kept as text.
base::Status check_tokens(const Cursor& cursor, std::size_t first) {
  for (std::size_t i = first; i < cursor.index(); ++i)
    if (cursor.tokens()[i].kind == TokenKind::Invalid) return cursor.unexpected(cursor.tokens()[i]);
  return {};
}

base::Result<Statement> parse_complete_statement(Cursor& cursor) {
  TRY(Statement statement, parse_statement(cursor));
  if (!cursor.at_statement_end()) return cursor.unexpected();
  return statement;
}

}  // namespace

base::Result<Statement> parse_statement(Cursor& cursor) {
  TRY(const auto nesting, cursor.nest());
  const std::size_t first = cursor.index();
  TRY(Statement statement, parse_one(cursor));
  if (cursor.at_symbol("->>")) {
    statement.source = cursor.source_from(first);
    PipeChain chain{{std::move(statement)}};
    while (cursor.accept_symbol("->>")) {
      const std::size_t step = cursor.index();
      TRY(Statement next, parse_one(cursor));
      next.source = cursor.source_from(step);
      chain.steps.push_back(std::move(next));
    }
    statement = Statement{std::move(chain)};
  }
  TRY_VOID(check_tokens(cursor, first));
  statement.source = cursor.source_from(first);
  return statement;
}

base::Result<std::vector<Statement>> parse_script(std::string_view text) {
  std::vector<Statement> statements;
  Cursor cursor(text);
  for (;;) {
    while (cursor.accept_symbol(";")) {
    }
    if (cursor.at(TokenKind::End)) return statements;
    TRY(Statement statement, parse_complete_statement(cursor));
    statements.push_back(std::move(statement));
  }
}

base::Result<Statement> parse_statement(std::string_view text) {
  Cursor cursor(text);
  TRY(Statement statement, parse_complete_statement(cursor));
  while (cursor.accept_symbol(";")) {
  }
  if (!cursor.at(TokenKind::End)) return cursor.unexpected();
  return statement;
}

base::Result<Box<Query>> parse_query(std::string_view text) {
  Cursor cursor(text);
  TRY(Query query, parse_query(cursor));
  cursor.accept_symbol(";");
  if (!cursor.at(TokenKind::End)) return cursor.unexpected();
  return Box<Query>(std::move(query));
}

base::Result<Expr> parse_expression(std::string_view text) {
  Cursor cursor(text);
  TRY(Expr expr, parse_expression(cursor));
  if (!cursor.at(TokenKind::End)) return cursor.unexpected();
  return expr;
}

std::vector<base::SourceSpan> split_statements(std::string_view text) {
  std::vector<base::SourceSpan> spans;
  Cursor cursor(text);
  for (;;) {
    while (cursor.accept_symbol(";")) {
    }
    if (cursor.at(TokenKind::End)) return spans;
    const std::size_t first = cursor.index();
    cursor.move_to(find_statement_end(cursor.tokens(), first));
    spans.push_back(cursor.span_from(first));
  }
}

}  // namespace sql
