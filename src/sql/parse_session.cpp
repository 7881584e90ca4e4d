// Transactions and session variables.
#include "sql/parse_dml.h"
#include "sql/parse_expr.h"

namespace sql {
namespace {

base::Result<Statement> parse_begin(Cursor& cursor) {
  BeginTransaction begin;
  if (cursor.accept_word("NAME")) {
    TRY(begin.name, cursor.identifier());
  }
  return Statement{std::move(begin)};
}

}  // namespace

base::Result<Statement> parse_transaction(Cursor& cursor) {
  const std::string& verb = cursor.take().text;
  if (verb == "START") {
    TRY_VOID(cursor.expect_word("TRANSACTION"));
    return parse_begin(cursor);
  }
  if (!cursor.accept_word("WORK") && verb == "BEGIN") cursor.accept_word("TRANSACTION");
  if (verb == "BEGIN") return parse_begin(cursor);
  if (verb == "COMMIT") return Statement{CommitTransaction{}};
  return Statement{RollbackTransaction{}};
}

/// SET v = e, SET (a, b) = (e, f)
base::Result<Statement> parse_set(Cursor& cursor) {
  cursor.take();
  SetVariables set;
  if (!cursor.at_symbol("(")) {
    TRY(Identifier name, cursor.identifier());
    set.names.push_back(std::move(name));
    TRY_VOID(cursor.expect_symbol("="));
    TRY(Expr value, parse_expression(cursor));
    set.values.push_back(std::move(value));
    return Statement{std::move(set)};
  }
  TRY(set.names, cursor.identifier_list());
  TRY_VOID(cursor.expect_symbol("="));
  const bool query = cursor.at_symbol("(") && cursor.at_any_word({"SELECT", "WITH"}, 1);
  if (query) {
    TRY(Expr value, parse_expression(cursor));
    set.values.push_back(std::move(value));
    return Statement{std::move(set)};
  }
  TRY_VOID(cursor.expect_symbol("("));
  TRY(set.values, parse_expressions(cursor));
  TRY_VOID(cursor.expect_symbol(")"));
  return Statement{std::move(set)};
}

base::Result<Statement> parse_unset(Cursor& cursor) {
  cursor.take();
  UnsetVariables unset;
  if (cursor.at_symbol("(")) {
    TRY(unset.names, cursor.identifier_list());
  } else {
    TRY(Identifier name, cursor.identifier());
    unset.names.push_back(std::move(name));
  }
  return Statement{std::move(unset)};
}

}  // namespace sql
