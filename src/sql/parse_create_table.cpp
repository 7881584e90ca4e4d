// CREATE TABLE and CREATE VIEW.

#include "sql/parse_columns.h"
#include "sql/parse_create.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"
#include "sql/parse_query.h"

namespace sql {

namespace {

base::Result<TableKind> kind_of(const Cursor& cursor, const CreateWords& words) {
  if (words.secure || words.recursive) return cursor.unexpected(cursor.previous());
  if (words.external) return TableKind::External;
  if (words.dynamic) return TableKind::Dynamic;
  if (words.event) return TableKind::Event;
  if (words.hybrid) return TableKind::Hybrid;
  if (words.temporary) return TableKind::Temporary;
  return words.transient ? TableKind::Transient : TableKind::Permanent;
}

base::Status parse_elements(Cursor& cursor, CreateTable& node) {
  TRY_VOID(cursor.expect_symbol("("));
  do {
    if (at_table_constraint(cursor)) {
      TRY(Constraint constraint, parse_table_constraint(cursor));
      node.constraints.push_back(std::move(constraint));
    } else {
      TRY(ColumnDef column, parse_column_definition(cursor));
      node.columns.push_back(std::move(column));
    }
  } while (cursor.accept_symbol(","));
  return cursor.expect_symbol(")");
}

/// What may follow the column list, in any order, up to AS.
base::Status parse_table_clause(Cursor& cursor, CreateTable& node) {
  if (cursor.accept_symbol(",")) return {};
  if (cursor.at_words({"CLUSTER", "BY"})) return parse_cluster_by(cursor, node.cluster_by);
  if (cursor.accept_words({"COPY", "GRANTS"})) {
    node.copy_grants = true;
  } else if (cursor.accept_word("LIKE")) {
    TRY(node.like, cursor.object_name());
  } else if (cursor.at_word("CLONE")) {
    TRY(node.clone, parse_clone(cursor));
  } else if (cursor.accept_words({"USING", "TEMPLATE"})) {
    TRY(Query query, parse_query_in_parentheses(cursor));
    node.using_template = Box<Query>(std::move(query));
  } else if (at_option(cursor)) {
    TRY(Option option, parse_option(cursor));
    node.options.push_back(std::move(option));
  } else if (cursor.at_words({"PARTITION", "BY"})) {
    return cursor.unsupported("PARTITION BY of an external table");
  } else if (cursor.at_words({"WITH", "ROW", "ACCESS", "POLICY"}) || cursor.at_words({"ROW", "ACCESS", "POLICY"})) {
    return cursor.unsupported("ROW ACCESS POLICY");
  } else {
    return cursor.unexpected();
  }
  return {};
}

}  // namespace

base::Result<Statement> parse_create_table(Cursor& cursor, CreateWords words) {
  TRY(const TableKind kind, kind_of(cursor, words));
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateTable node{.mode = words.mode, .kind = kind, .name = std::move(name)};
  if (cursor.at_symbol("(")) TRY_VOID(parse_elements(cursor, node));
  while (!cursor.at_statement_end() && !cursor.at_word("AS")) TRY_VOID(parse_table_clause(cursor, node));
  if (cursor.accept_word("AS")) {
    const std::size_t first = cursor.index();
    TRY(Query query, parse_query(cursor));
    node.as_query = Box<Query>(std::move(query));
    node.as_text = cursor.source_from(first);
  }
  // A table gets its columns from somewhere; an event table has fixed ones, an external one may have none.
  const bool defined = !node.columns.empty() || node.like || node.clone || node.as_query || node.using_template;
  if (!defined && kind != TableKind::Event && kind != TableKind::External) return cursor.unexpected();
  return Statement{std::move(node)};
}

base::Result<Statement> parse_create_view(Cursor& cursor, CreateWords words) {
  if (words.transient) return cursor.unexpected(cursor.previous());
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateView node{.mode = words.mode,
                  .secure = words.secure,
                  .temporary = words.temporary,
                  .recursive = words.recursive,
                  .materialized = words.materialized,
                  .name = std::move(name),
                  .query = {}};
  if (cursor.accept_symbol("(")) {
    do {
      TRY(Identifier column, cursor.identifier());
      ViewColumn view_column{.name = std::move(column)};
      if (cursor.accept_word("COMMENT")) {
        cursor.accept_symbol("=");
        TRY(view_column.comment, cursor.string_literal());
      }
      node.columns.push_back(std::move(view_column));
    } while (cursor.accept_symbol(","));
    TRY_VOID(cursor.expect_symbol(")"));
  }
  while (!cursor.accept_word("AS")) {
    if (cursor.accept_words({"COPY", "GRANTS"})) {
      node.copy_grants = true;
    } else if (cursor.at_words({"CLUSTER", "BY"})) {
      TRY_VOID(parse_cluster_by(cursor, node.cluster_by));
    } else if (at_option(cursor)) {
      TRY(Option option, parse_option(cursor));
      node.options.push_back(std::move(option));
    } else if (cursor.at_words({"WITH", "ROW", "ACCESS", "POLICY"})) {
      return cursor.unsupported("ROW ACCESS POLICY");
    } else if (!cursor.accept_symbol(",")) {
      return cursor.unexpected();
    }
  }
  const std::size_t first = cursor.index();
  TRY(node.query, parse_query(cursor));
  node.query_text = cursor.source_from(first);
  return Statement{std::move(node)};
}

}  // namespace sql
