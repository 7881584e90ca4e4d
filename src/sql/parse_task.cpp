// CREATE PIPE, STREAM, TASK and ALERT.

#include "sql/parse_create.h"
#include "sql/parse_ddl.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"
#include "sql/parse_query.h"
#include "sql/parse_statement.h"

namespace sql {

base::Result<TaskBody> parse_body(Cursor& cursor) {
  const std::size_t first = cursor.index();
  TRY(const Statement statement, parse_statement(cursor));
  SourceText source = cursor.source_from(first);
  return TaskBody{std::move(source.text), source.at};
}

base::Result<Statement> parse_create_pipe(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  TRY(Options options, parse_options(cursor));
  TRY_VOID(cursor.expect_word("AS"));
  const bool parentheses = cursor.accept_symbol("(");
  if (!cursor.at_word("COPY")) return cursor.unexpected();
  const std::size_t first = cursor.index();
  TRY(Statement copy, parse_copy(cursor));
  if (!std::holds_alternative<CopyIntoTable>(copy.node)) return cursor.unexpected(cursor.tokens()[first + 2]);
  copy.source = cursor.source_from(first);
  SourceText copy_text = copy.source;
  if (parentheses) TRY_VOID(cursor.expect_symbol(")"));
  return Statement{CreatePipe{words.mode, std::move(name), std::move(options), std::move(copy), std::move(copy_text)}};
}

base::Result<Statement> parse_create_stream(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateStream node{.mode = words.mode, .name = std::move(name)};
  TRY(node.clone, parse_clone(cursor));
  TRY(node.options, parse_options(cursor));  // tags
  node.copy_grants = cursor.accept_words({"COPY", "GRANTS"});
  if (node.clone) return Statement{std::move(node)};

  TRY_VOID(cursor.expect_word("ON"));
  const Token& kind_token = cursor.peek();
  TRY(node.source_kind, parse_kind(cursor));
  if (node.source_kind != "TABLE" && node.source_kind != "VIEW" && node.source_kind != "EXTERNAL TABLE" &&
      node.source_kind != "STAGE" && node.source_kind != "DYNAMIC TABLE" && node.source_kind != "EVENT TABLE")
    return cursor.unexpected(kind_token);
  TRY(node.source, cursor.object_name());
  if (at_time_point(cursor)) {
    TRY(node.at, parse_time_point(cursor));
  }
  for (;;) {
    if (cursor.accept_symbol(",")) continue;
    // Tags have their place before ON.
    if (cursor.at_word("TAG") || cursor.at_word("WITH") || !at_option(cursor)) return Statement{std::move(node)};
    TRY(Option option, parse_option(cursor));
    node.options.push_back(std::move(option));
  }
}

base::Result<Statement> parse_create_task(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateTask node{.mode = words.mode, .name = std::move(name)};
  TRY(node.clone, parse_clone(cursor));
  if (node.clone) return Statement{std::move(node)};
  while (!cursor.accept_word("AS")) {
    if (cursor.accept_symbol(",")) continue;
    if (cursor.accept_word("AFTER")) {
      TRY(node.after, parse_object_names(cursor));
    } else if (cursor.accept_words({"EXECUTE", "AS", "USER"})) {
      TRY(node.execute_as_user, cursor.object_name());
    } else if (cursor.accept_word("WHEN")) {
      const std::size_t first = cursor.index();
      TRY(node.when, parse_expression(cursor));
      node.when_text = cursor.source_from(first);
    } else if (at_option(cursor)) {
      TRY(Option option, parse_option(cursor));
      node.options.push_back(std::move(option));
    } else {
      return cursor.unexpected();
    }
  }
  TRY(node.body, parse_body(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_create_alert(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  TRY(Options options, parse_options(cursor));
  TRY_VOID(cursor.expect_word("IF"));
  TRY_VOID(cursor.expect_symbol("("));
  TRY_VOID(cursor.expect_word("EXISTS"));
  if (cursor.at_symbol("(") && cursor.at_any_word({"SHOW", "CALL"}, 1))
    return cursor.unsupported("SHOW or CALL as the condition of an alert");
  TRY(Query condition, parse_query_in_parentheses(cursor));
  TRY_VOID(cursor.expect_symbol(")"));
  TRY_VOID(cursor.expect_word("THEN"));
  TRY(TaskBody action, parse_body(cursor));
  return Statement{
      CreateAlert{words.mode, std::move(name), std::move(options), std::move(condition), std::move(action)}};
}

}  // namespace sql
