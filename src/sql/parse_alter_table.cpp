#include "sql/parse_alter.h"
#include "sql/parse_columns.h"
#include "sql/parse_create.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"

namespace sql {

namespace {

base::Result<AlterAction> parse_add(Cursor& cursor) {
  if (at_table_constraint(cursor)) {
    TRY(Constraint constraint, parse_table_constraint(cursor));
    return AlterAction{AddConstraint{std::move(constraint)}};
  }
  if (cursor.at_words({"SEARCH", "OPTIMIZATION"})) {
    TRY(std::string words, parse_words(cursor));
    return AlterAction{AlterWords{"ADD " + words}};
  }
  if (cursor.at_words({"ROW", "ACCESS", "POLICY"})) return cursor.unsupported("ROW ACCESS POLICY");
  AddColumns add;
  cursor.accept_word("COLUMN");
  add.if_not_exists = cursor.accept_words({"IF", "NOT", "EXISTS"});
  do {
    if (!add.columns.empty()) cursor.accept_word("COLUMN");
    TRY(ColumnDef column, parse_column_definition(cursor));
    add.columns.push_back(std::move(column));
  } while (cursor.accept_symbol(","));
  return AlterAction{std::move(add)};
}

base::Result<AlterAction> parse_drop_part(Cursor& cursor) {
  if (cursor.accept_words({"CLUSTERING", "KEY"})) return AlterAction{ClusterBy{}};
  if (cursor.accept_word("CONSTRAINT")) {
    TRY(Identifier name, cursor.identifier());
    if (!cursor.accept_word("CASCADE")) cursor.accept_word("RESTRICT");
    return AlterAction{DropConstraint{.name = std::move(name)}};
  }
  if (cursor.at_words({"PRIMARY", "KEY"}) || cursor.at_words({"FOREIGN", "KEY"}) || cursor.at_word("UNIQUE")) {
    TRY(Constraint constraint, parse_constraint_key(cursor));
    return AlterAction{DropConstraint{.constraint = std::move(constraint)}};
  }
  if (cursor.at_words({"SEARCH", "OPTIMIZATION"})) {
    TRY(std::string words, parse_words(cursor));
    return AlterAction{AlterWords{"DROP " + words}};
  }
  if (cursor.at_words({"ROW", "ACCESS", "POLICY"})) return cursor.unsupported("ROW ACCESS POLICY");
  DropColumns drop;
  cursor.accept_word("COLUMN");
  drop.if_exists = accept_if_exists(cursor);
  do {
    TRY(Identifier column, cursor.identifier());
    drop.columns.push_back(std::move(column));
  } while (cursor.accept_symbol(","));
  return AlterAction{std::move(drop)};
}

base::Result<AlterAction> parse_rename_part(Cursor& cursor) {
  const bool constraint = cursor.accept_word("CONSTRAINT");
  if (!constraint) TRY_VOID(cursor.expect_word("COLUMN"));
  TRY(Identifier from, cursor.identifier());
  TRY_VOID(cursor.expect_word("TO"));
  TRY(Identifier to, cursor.identifier());
  if (constraint) return AlterAction{RenameConstraint{std::move(from), std::move(to)}};
  return AlterAction{RenameColumn{std::move(from), std::move(to)}};
}

base::Result<AlterColumn> parse_column_change(Cursor& cursor) {
  using Change = AlterColumn::Change;
  cursor.accept_word("COLUMN");
  TRY(Identifier column, cursor.identifier());
  AlterColumn change{.column = std::move(column), .change = Change::SetType};
  if (cursor.accept_words({"DROP", "NOT", "NULL"})) {
    change.change = Change::DropNotNull;
  } else if (cursor.accept_words({"DROP", "DEFAULT"})) {
    change.change = Change::DropDefault;
  } else if (cursor.accept_words({"SET", "NOT", "NULL"}) || cursor.accept_words({"NOT", "NULL"})) {
    change.change = Change::SetNotNull;
  } else if (cursor.accept_words({"SET", "DEFAULT"})) {
    change.change = Change::SetDefault;
    TRY(change.default_value, parse_expression(cursor));
  } else if (cursor.accept_words({"UNSET", "COMMENT"})) {
    change.change = Change::UnsetComment;
  } else if (cursor.accept_word("COMMENT")) {
    change.change = Change::SetComment;
    cursor.accept_symbol("=");
    TRY(change.comment, cursor.string_literal());
  } else if (cursor.at_any_word({"SET", "UNSET"}) && cursor.at_any_word({"MASKING", "PROJECTION", "TAG"}, 1)) {
    return cursor.unsupported("policy or TAG of a column");
  } else {
    cursor.accept_word("SET");
    if (!cursor.accept_words({"DATA", "TYPE"})) cursor.accept_word("TYPE");
    TRY(change.type, cursor.type_name());
  }
  return change;
}

base::Result<AlterAction> parse_column_changes(Cursor& cursor) {
  AlterColumns alter;
  const bool parentheses = cursor.accept_symbol("(");
  do {
    TRY(AlterColumn change, parse_column_change(cursor));
    alter.changes.push_back(std::move(change));
  } while (cursor.accept_symbol(","));
  if (parentheses) TRY_VOID(cursor.expect_symbol(")"));
  return AlterAction{std::move(alter)};
}

}  // namespace

base::Result<AlterAction> parse_table_action(Cursor& cursor) {
  if (cursor.accept_word("ADD")) return parse_add(cursor);
  if (cursor.accept_word("DROP")) return parse_drop_part(cursor);
  if (cursor.accept_word("RENAME")) return parse_rename_part(cursor);
  if (cursor.accept_word("ALTER") || cursor.accept_word("MODIFY")) return parse_column_changes(cursor);
  if (cursor.at_words({"CLUSTER", "BY"})) {
    ClusterBy cluster;
    TRY_VOID(parse_cluster_by(cursor, cluster.keys));
    return AlterAction{std::move(cluster)};
  }
  if (!cursor.at_any_word({"RESUME", "SUSPEND", "RECLUSTER", "ENABLE", "DISABLE"})) return cursor.unexpected();
  TRY(std::string words, parse_words(cursor));
  return AlterAction{AlterWords{std::move(words)}};
}

}  // namespace sql
