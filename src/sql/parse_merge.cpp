#include "sql/parse_dml.h"
#include "sql/parse_expr.h"
#include "sql/parse_query.h"
#include "sql/parse_select.h"
#include "sql/parse_set_clauses.h"

namespace sql {
namespace {

base::Result<MergeUpdate> parse_merge_update(Cursor& cursor) {
  if (cursor.accept_words({"ALL", "BY", "NAME"})) return MergeUpdate{.all_by_name = true};
  TRY_VOID(cursor.expect_word("SET"));
  TRY(auto set, parse_set_clauses(cursor));
  return MergeUpdate{.set = std::move(set)};
}

base::Result<MergeInsert> parse_merge_insert(Cursor& cursor) {
  if (cursor.accept_words({"ALL", "BY", "NAME"})) return MergeInsert{.all_by_name = true};
  MergeInsert insert;
  if (cursor.at_symbol("(")) {
    TRY(insert.columns, parse_target_columns(cursor));
  }
  TRY_VOID(cursor.expect_word("VALUES"));
  TRY_VOID(cursor.expect_symbol("("));
  do {
    TRY(Expr value, parse_value(cursor));
    insert.values.push_back(std::move(value));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  return insert;
}

base::Result<MergeClause> parse_clause(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  MergeClause clause;
  clause.matched = !cursor.accept_word("NOT");
  TRY_VOID(cursor.expect_word("MATCHED"));
  if (cursor.accept_word("AND")) {
    TRY(clause.condition, parse_expression(cursor));
  }
  TRY_VOID(cursor.expect_word("THEN"));
  if (clause.matched && cursor.accept_word("UPDATE")) {
    TRY(clause.action, parse_merge_update(cursor));
  } else if (clause.matched && cursor.accept_word("DELETE")) {
    clause.action = MergeDelete{};
  } else if (!clause.matched && cursor.accept_word("INSERT")) {
    TRY(clause.action, parse_merge_insert(cursor));
  } else {
    return cursor.unexpected();
  }
  clause.at = cursor.span_from(first);
  return clause;
}

}  // namespace

base::Result<Statement> parse_merge(Cursor& cursor) {
  cursor.take();
  TRY_VOID(cursor.expect_word("INTO"));
  TRY(ObjectName table, cursor.object_name());
  TRY(auto alias, parse_alias(cursor));
  TRY_VOID(cursor.expect_word("USING"));
  TRY(TableRef source, parse_table_ref(cursor));
  TRY_VOID(cursor.expect_word("ON"));
  TRY(Expr on, parse_expression(cursor));
  Merge merge{.table = std::move(table), .alias = std::move(alias), .source = std::move(source), .on = std::move(on)};
  if (!cursor.at_word("WHEN")) return cursor.unexpected();
  while (cursor.at_word("WHEN")) {
    TRY(MergeClause clause, parse_clause(cursor));
    merge.clauses.push_back(std::move(clause));
  }
  return Statement{std::move(merge)};
}

}  // namespace sql
