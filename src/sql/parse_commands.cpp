// CALL, EXECUTE, USE, GRANT, REVOKE, COMMENT ON, EXPLAIN.

#include "sql/parse_ddl.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"
#include "sql/parse_statement.h"

namespace sql {

namespace {

base::Result<Statement> parse_execute_task(Cursor& cursor) {
  TRY(ObjectName task, cursor.object_name());
  ExecuteTask node{.task = std::move(task)};
  if (cursor.accept_words({"USING", "CONFIG"})) {
    TRY_VOID(cursor.expect_symbol("="));
    TRY(node.config, cursor.string_literal());
  } else if (cursor.accept_words({"RETRY", "LAST"})) {
    node.retry_last = true;
  } else if (cursor.accept_words({"RETRY", "GRAPH", "RUN", "GROUP"})) {
    TRY(node.retry_graph_run_group, cursor.string_literal());
  }
  return Statement{std::move(node)};
}

base::Result<Statement> parse_execute_immediate(Cursor& cursor) {
  if (cursor.at_word("FROM")) return cursor.unsupported("EXECUTE IMMEDIATE FROM");
  TRY(Expr text, parse_expression(cursor));
  ExecuteImmediate node{.text = std::move(text)};
  if (cursor.accept_word("USING")) {
    TRY_VOID(cursor.expect_symbol("("));
    TRY(node.using_values, parse_expressions(cursor));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  return Statement{std::move(node)};
}

/// `words [, words ..]` up to ON, TO or FROM
base::Result<std::vector<std::string>> parse_privileges(Cursor& cursor) {
  std::vector<std::string> privileges;
  do {
    std::string words;
    while (cursor.at(TokenKind::Word) && !cursor.at_any_word({"ON", "TO", "FROM"})) {
      if (!words.empty()) words += ' ';
      words += cursor.take().text;
    }
    if (words.empty()) return cursor.unexpected();
    privileges.push_back(std::move(words));
  } while (cursor.accept_symbol(","));
  return privileges;
}

/// After ON: ACCOUNT, ALL TABLES IN SCHEMA s, FUTURE TABLES IN DATABASE d, TABLE t, PROCEDURE p(NUMBER)
base::Status parse_grant_target(Cursor& cursor, Grant& node) {
  if (cursor.accept_word("ACCOUNT")) {
    node.on_kind = "ACCOUNT";
    return {};
  }
  if (cursor.at_any_word({"ALL", "FUTURE"})) {
    node.on_kind = cursor.take().text;
    while (!cursor.at_word("IN")) {
      if (!cursor.at(TokenKind::Word)) return cursor.unexpected();
      node.on_kind += ' ' + cursor.take().text;
    }
    cursor.take();
    if (!cursor.at_any_word({"SCHEMA", "DATABASE"})) return cursor.unexpected();
    node.on_kind += " IN " + cursor.take().text;
  } else {
    TRY(node.on_kind, parse_kind(cursor));
  }
  TRY(node.on, cursor.object_name());
  TRY(node.argument_types, parse_argument_types(cursor));
  return {};
}

}  // namespace

base::Result<Statement> parse_call(Cursor& cursor) {
  cursor.take();
  TRY(ObjectName name, cursor.object_name());
  Call node{.name = std::move(name)};
  TRY(node.arguments, parse_arguments(cursor));
  if (cursor.accept_word("INTO")) {
    TRY_VOID(cursor.expect_symbol(":"));
    TRY(node.into, cursor.identifier());
  }
  return Statement{std::move(node)};
}

base::Result<Statement> parse_execute(Cursor& cursor) {
  cursor.take();
  if (cursor.accept_word("TASK")) return parse_execute_task(cursor);
  if (cursor.accept_word("IMMEDIATE")) return parse_execute_immediate(cursor);
  if (cursor.at_word("ALERT")) return cursor.unsupported("EXECUTE ALERT");
  return cursor.unexpected();
}

base::Result<Statement> parse_use(Cursor& cursor) {
  cursor.take();
  Use node{};
  if (cursor.accept_words({"SECONDARY", "ROLES"})) {
    node.kind = "SECONDARY ROLES";
    TRY(Identifier roles, cursor.any_word());  // ALL, NONE or a role
    node.name.parts.push_back(std::move(roles));
    return Statement{std::move(node)};
  }
  if (cursor.at_any_word({"DATABASE", "SCHEMA", "WAREHOUSE", "ROLE"}) && cursor.at_identifier(1))
    node.kind = cursor.take().text;
  TRY(node.name, cursor.object_name());
  return Statement{std::move(node)};
}

base::Result<Statement> parse_grant(Cursor& cursor) {
  Grant node{};
  node.revoke = cursor.take().text == "REVOKE";
  const bool role = cursor.at_word("ROLE") && cursor.at_identifier(1);
  const bool database_role = cursor.at_words({"DATABASE", "ROLE"});
  if (role || database_role) {
    if (database_role) node.privileges.push_back(cursor.take().text + " ROLE");
    cursor.take();
    TRY(node.role, cursor.object_name());
  } else {
    TRY(node.privileges, parse_privileges(cursor));
    TRY_VOID(cursor.expect_word("ON"));
    TRY_VOID(parse_grant_target(cursor, node));
  }
  TRY_VOID(cursor.expect_word(node.revoke ? "FROM" : "TO"));
  if (cursor.at_any_word({"ROLE", "USER", "SHARE"}) && cursor.at_identifier(1)) {
    node.to_kind = cursor.take().text;
  } else if (cursor.accept_words({"DATABASE", "ROLE"})) {
    node.to_kind = "DATABASE ROLE";
  } else if (cursor.accept_words({"APPLICATION", "ROLE"})) {
    node.to_kind = "APPLICATION ROLE";
  }
  TRY(node.to, cursor.object_name());
  TRY(node.tail, parse_words(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_comment_on(Cursor& cursor) {
  cursor.take();
  CommentOn node{};
  node.if_exists = accept_if_exists(cursor);
  TRY_VOID(cursor.expect_word("ON"));
  TRY(node.kind, parse_kind(cursor));
  TRY(node.name, cursor.object_name());
  while (node.kind == "COLUMN" &&
         cursor.accept_symbol(".")) {  // db.schema.table.column is one part longer than other names
    TRY(Identifier column, cursor.any_word());
    node.name.parts.push_back(std::move(column));
  }
  TRY(node.argument_types, parse_argument_types(cursor));
  TRY_VOID(cursor.expect_word("IS"));
  TRY(node.comment, cursor.string_literal());
  return Statement{std::move(node)};
}

base::Result<Statement> parse_explain(Cursor& cursor) {
  cursor.take();
  std::string format;
  if (cursor.accept_word("USING")) {
    if (!cursor.at_any_word({"TABULAR", "JSON", "TEXT"})) return cursor.unexpected();
    format = cursor.take().text;
  }
  TRY(Statement statement, parse_statement(cursor));
  return Statement{Explain{std::move(format), std::move(statement)}};
}

}  // namespace sql
