// COPY INTO, LIST, REMOVE, PUT, GET.

#include "sql/parse_ddl.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"
#include "sql/parse_query.h"

namespace sql {

namespace {

base::Result<Location> parse_location(Cursor& cursor) {
  if (cursor.at_stage_ref()) {
    TRY(StageRef stage, cursor.stage_ref());
    return Location{std::move(stage)};
  }
  if (!cursor.at(TokenKind::String)) return cursor.unexpected();
  return Location{StringLiteral{cursor.take().text}};
}

base::Result<Statement> parse_unload(Cursor& cursor) {
  TRY(Location location, parse_location(cursor));
  CopyIntoLocation node{.location = std::move(location), .from = ObjectName{}};
  while (at_option(cursor)) {  // STORAGE_INTEGRATION, CREDENTIALS and ENCRYPTION of a URL
    TRY(Option option, parse_option(cursor));
    node.options.push_back(std::move(option));
  }
  TRY_VOID(cursor.expect_word("FROM"));
  if (cursor.at_symbol("(")) {
    TRY(Query query, parse_query_in_parentheses(cursor));
    node.from = Box<Query>(std::move(query));
  } else {
    TRY(ObjectName table, cursor.object_name());
    node.from = std::move(table);
  }
  if (cursor.accept_words({"PARTITION", "BY"})) {
    TRY(Expr partition, parse_expression(cursor));
    node.partition_by = std::move(partition);
  }
  TRY(Options options, parse_options(cursor));
  node.options.insert(node.options.end(), std::make_move_iterator(options.begin()),
                      std::make_move_iterator(options.end()));
  return Statement{std::move(node)};
}

base::Result<std::optional<std::string>> parse_pattern(Cursor& cursor) {
  if (!cursor.accept_word("PATTERN")) return std::optional<std::string>{};
  TRY_VOID(cursor.expect_symbol("="));
  TRY(std::string pattern, cursor.string_literal());
  return std::optional(std::move(pattern));
}

base::Result<std::string> parse_file_uri(Cursor& cursor) {
  if (!cursor.at(TokenKind::String) && !cursor.at(TokenKind::FileUri)) return cursor.unexpected();
  return cursor.take().text;
}

}  // namespace

base::Result<Statement> parse_copy(Cursor& cursor) {
  TRY_VOID(cursor.expect_word("COPY"));
  if (cursor.at_word("FILES")) return cursor.unsupported("COPY FILES");
  TRY_VOID(cursor.expect_word("INTO"));
  if (cursor.at_stage_ref() || cursor.at(TokenKind::String)) return parse_unload(cursor);

  TRY(ObjectName table, cursor.object_name());
  CopyIntoTable node{.table = std::move(table)};
  if (cursor.at_symbol("(")) {
    TRY(std::vector<Identifier> names, cursor.identifier_list());
    for (Identifier& name : names) node.columns.push_back({{std::move(name)}});
  }
  if (cursor.accept_word("FROM")) {
    if (cursor.at_symbol("(")) {
      TRY(Query query, parse_query_in_parentheses(cursor));
      node.from = Box<Query>(std::move(query));
    } else {
      TRY(Location location, parse_location(cursor));
      node.from = std::move(location);
    }
  }
  TRY(node.options, parse_options(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_list(Cursor& cursor) {
  cursor.take();
  TRY(StageRef stage, cursor.stage_ref());
  ListFiles node{.stage = std::move(stage)};
  TRY(node.pattern, parse_pattern(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_remove(Cursor& cursor) {
  cursor.take();
  TRY(StageRef stage, cursor.stage_ref());
  RemoveFiles node{.stage = std::move(stage)};
  TRY(node.pattern, parse_pattern(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_put(Cursor& cursor) {
  cursor.take();
  TRY(std::string file_uri, parse_file_uri(cursor));
  TRY(StageRef stage, cursor.stage_ref());
  TRY(Options options, parse_options(cursor));
  return Statement{PutFiles{std::move(file_uri), std::move(stage), std::move(options)}};
}

base::Result<Statement> parse_get(Cursor& cursor) {
  cursor.take();
  TRY(StageRef stage, cursor.stage_ref());
  TRY(std::string file_uri, parse_file_uri(cursor));
  TRY(Options options, parse_options(cursor));
  return Statement{GetFiles{std::move(stage), std::move(file_uri), std::move(options)}};
}

}  // namespace sql
