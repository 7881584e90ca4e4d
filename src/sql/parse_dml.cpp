// INSERT, UPDATE, DELETE, TRUNCATE.
#include "sql/parse_dml.h"

#include "sql/parse_expr.h"
#include "sql/parse_query.h"
#include "sql/parse_select.h"
#include "sql/parse_set_clauses.h"

namespace sql {
namespace {

/// `[INTO] t [(c, ..)]`: a parenthesis may open the column list or the query.
base::Result<std::vector<TargetColumn>> parse_optional_columns(Cursor& cursor) {
  if (!cursor.at_symbol("(") || at_query(cursor)) return std::vector<TargetColumn>{};
  return parse_target_columns(cursor);
}

base::Result<IntoClause> parse_into(Cursor& cursor) {
  TRY_VOID(cursor.expect_word("INTO"));
  TRY(ObjectName table, cursor.object_name());
  IntoClause into{.table = std::move(table)};
  TRY(into.columns, parse_optional_columns(cursor));
  if (cursor.accept_word("VALUES")) {
    TRY_VOID(cursor.expect_symbol("("));
    do {
      TRY(Expr value, parse_value(cursor));
      into.values.push_back(std::move(value));
    } while (cursor.accept_symbol(","));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  return into;
}

base::Result<InsertBranch> parse_branch(Cursor& cursor, std::optional<Expr> when) {
  InsertBranch branch{.when = std::move(when)};
  do {
    TRY(IntoClause into, parse_into(cursor));
    branch.into.push_back(std::move(into));
  } while (cursor.at_word("INTO"));
  return branch;
}

/// INSERT [OVERWRITE] has been taken, ALL or FIRST follows. FIRST without WHEN is an error.
base::Result<Statement> parse_multi_insert(Cursor& cursor, bool overwrite) {
  MultiInsert insert{.overwrite = overwrite, .first = cursor.take().text == "FIRST"};
  if (!cursor.at_word("WHEN")) {
    if (insert.first) return cursor.unexpected();
    TRY(InsertBranch branch, parse_branch(cursor, std::nullopt));
    insert.branches.push_back(std::move(branch));
  }
  while (cursor.accept_word("WHEN")) {
    TRY(Expr when, parse_expression(cursor));
    TRY_VOID(cursor.expect_word("THEN"));
    TRY(InsertBranch branch, parse_branch(cursor, std::move(when)));
    insert.branches.push_back(std::move(branch));
  }
  if (insert.branches[0].when && cursor.accept_word("ELSE")) {
    TRY(InsertBranch branch, parse_branch(cursor, std::nullopt));
    insert.branches.push_back(std::move(branch));
  }
  TRY(insert.source, parse_query(cursor));
  return Statement{std::move(insert)};
}

base::Result<std::optional<Expr>> parse_where(Cursor& cursor) {
  if (!cursor.accept_word("WHERE")) return std::nullopt;
  TRY(Expr where, parse_expression(cursor));
  return std::optional(std::move(where));
}

}  // namespace

base::Result<TargetColumn> parse_target_column(Cursor& cursor) {
  TargetColumn column;
  do {
    TRY(Identifier part, cursor.identifier());
    column.parts.push_back(std::move(part));
  } while (column.parts.size() < 4 && cursor.accept_symbol("."));
  return column;
}

base::Result<std::vector<TargetColumn>> parse_target_columns(Cursor& cursor) {
  std::vector<TargetColumn> columns;
  TRY_VOID(cursor.expect_symbol("("));
  do {
    TRY(TargetColumn column, parse_target_column(cursor));
    columns.push_back(std::move(column));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  return columns;
}

base::Result<std::vector<SetClause>> parse_set_clauses(Cursor& cursor) {
  std::vector<SetClause> clauses;
  do {
    TRY(TargetColumn column, parse_target_column(cursor));
    TRY_VOID(cursor.expect_symbol("="));
    TRY(Expr value, parse_value(cursor));
    clauses.push_back({std::move(column), std::move(value)});
  } while (cursor.accept_symbol(","));
  return clauses;
}

base::Result<Statement> parse_insert(Cursor& cursor) {
  cursor.take();
  const bool overwrite = cursor.accept_word("OVERWRITE");
  if (cursor.at_any_word({"ALL", "FIRST"})) return parse_multi_insert(cursor, overwrite);
  TRY_VOID(cursor.expect_word("INTO"));
  TRY(ObjectName table, cursor.object_name());
  Insert insert{.overwrite = overwrite, .table = std::move(table)};
  TRY(insert.columns, parse_optional_columns(cursor));
  if (!at_query(cursor)) return cursor.unexpected();
  TRY(insert.source, parse_query(cursor));
  return Statement{std::move(insert)};
}

base::Result<Statement> parse_update(Cursor& cursor) {
  cursor.take();
  TRY(ObjectName table, cursor.object_name());
  Update update{.table = std::move(table)};
  TRY(update.alias, parse_alias(cursor));
  TRY_VOID(cursor.expect_word("SET"));
  TRY(update.set, parse_set_clauses(cursor));
  if (cursor.accept_word("FROM")) {
    TRY(update.from, parse_table_list(cursor));
  }
  TRY(update.where, parse_where(cursor));
  return Statement{std::move(update)};
}

base::Result<Statement> parse_delete(Cursor& cursor) {
  cursor.take();
  TRY_VOID(cursor.expect_word("FROM"));
  TRY(ObjectName table, cursor.object_name());
  Delete node{.table = std::move(table)};
  TRY(node.alias, parse_alias(cursor));
  if (cursor.accept_word("USING")) {
    TRY(node.using_tables, parse_table_list(cursor));
  }
  TRY(node.where, parse_where(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_truncate(Cursor& cursor) {
  cursor.take();
  cursor.accept_word("TABLE");
  Truncate node{.if_exists = cursor.accept_words({"IF", "EXISTS"})};
  TRY(node.table, cursor.object_name());
  return Statement{std::move(node)};
}

}  // namespace sql
