#include "sql/parse_create.h"

#include "sql/parse_ddl.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"
#include "sql/parse_query.h"

namespace sql {

namespace {

CreateWords parse_adjectives(Cursor& cursor) {
  CreateWords words;
  for (;;) {
    if (cursor.accept_word("TEMPORARY") || cursor.accept_word("TEMP") || cursor.accept_word("VOLATILE"))
      words.temporary = true;
    else if (cursor.accept_word("LOCAL") || cursor.accept_word("GLOBAL"))
      continue;
    else if (cursor.accept_word("TRANSIENT"))
      words.transient = true;
    else if (cursor.accept_word("SECURE"))
      words.secure = true;
    else if (cursor.accept_word("RECURSIVE"))
      words.recursive = true;
    else if (cursor.at_words({"MATERIALIZED", "VIEW"}))
      words.materialized = true, cursor.take();
    else if (cursor.at_words({"AGGREGATE", "FUNCTION"}))
      words.aggregate = true, cursor.take();
    else if (cursor.at_words({"EXTERNAL", "TABLE"}))
      words.external = true, cursor.take();
    else if (cursor.at_words({"DYNAMIC", "TABLE"}))
      words.dynamic = true, cursor.take();
    else if (cursor.at_words({"EVENT", "TABLE"}))
      words.event = true, cursor.take();
    else if (cursor.at_words({"HYBRID", "TABLE"}))
      words.hybrid = true, cursor.take();
    else
      return words;
  }
}

base::Result<Statement> parse_create_database(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateDatabase node{.mode = words.mode, .transient = words.transient, .name = std::move(name)};
  TRY(node.clone, parse_clone(cursor));
  TRY(node.options, parse_options(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_create_schema(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateSchema node{.mode = words.mode, .transient = words.transient, .name = std::move(name)};
  TRY(node.clone, parse_clone(cursor));
  node.managed_access = cursor.accept_words({"WITH", "MANAGED", "ACCESS"});
  TRY(node.options, parse_options(cursor));
  return Statement{std::move(node)};
}

base::Result<Statement> parse_create_sequence(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateSequence node{.mode = words.mode, .name = std::move(name)};
  const auto number = [&](std::string_view filler) -> base::Result<std::string> {
    cursor.accept_word(filler);
    cursor.accept_symbol("=");
    return cursor.signed_number();
  };
  while (!cursor.at_statement_end()) {
    if (cursor.accept_symbol(",") ||
        (cursor.at_word("WITH") && cursor.at_word("START", 1) && cursor.accept_word("WITH")))
      continue;
    if (cursor.accept_word("START")) {
      TRY(node.start, number("WITH"));
    } else if (cursor.accept_word("INCREMENT")) {
      TRY(node.increment, number("BY"));
    } else if (cursor.at_any_word({"ORDER", "NOORDER"})) {
      node.ordered = cursor.take().text == "ORDER";
    } else if (at_option(cursor)) {
      TRY(Option option, parse_option(cursor));
      node.options.push_back(std::move(option));
    } else {
      return cursor.unexpected();
    }
  }
  return Statement{std::move(node)};
}

/// Stages and file formats: a clone, or options.
template <class Node>
base::Result<Statement> parse_create_cloneable(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  Node node{.mode = words.mode, .temporary = words.temporary, .name = std::move(name)};
  TRY(node.clone, parse_clone(cursor));
  TRY(node.options, parse_options(cursor));
  return Statement{std::move(node)};
}

/// Roles, users, warehouses: a name and options.
template <class Node>
base::Result<Statement> parse_create_plain(Cursor& cursor, CreateWords words) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  cursor.accept_word("WITH");
  TRY(Options options, parse_options(cursor));
  return Statement{Node{words.mode, std::move(name), std::move(options)}};
}

base::Result<Statement> parse_create_integration(Cursor& cursor, CreateWords words, std::string kind) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  TRY(Options options, parse_options(cursor));
  return Statement{CreateIntegration{words.mode, std::move(kind), std::move(name), std::move(options)}};
}

/// Kinds whose definition is kept as text.
base::Result<Statement> parse_create_other(Cursor& cursor, CreateWords words, std::string kind) {
  TRY(ObjectName name, parse_created_name(cursor, words.mode));
  CreateOther node{.mode = words.mode, .kind = std::move(kind), .name = std::move(name)};
  const std::size_t first = cursor.index();
  while (!cursor.at_statement_end()) cursor.take();
  if (cursor.index() > first) node.rest = cursor.text_of(cursor.span_from(first));
  return Statement{std::move(node)};
}

}  // namespace

base::Result<ObjectName> parse_created_name(Cursor& cursor, CreateMode& mode) {
  const std::size_t first = cursor.index();
  mode.if_not_exists = cursor.accept_words({"IF", "NOT", "EXISTS"});
  if (mode.if_not_exists && mode.or_replace) {
    return base::fail({.kind = base::ErrorKind::Syntax,
                       .number = 1003,
                       .sqlstate = "42000",
                       .message = "SQL compilation error:\noptions IF NOT EXISTS and OR REPLACE are incompatible.",
                       .at = cursor.span_from(first)});
  }
  return cursor.object_name();
}

base::Result<std::optional<CloneSource>> parse_clone(Cursor& cursor) {
  if (!cursor.accept_word("CLONE")) return std::optional<CloneSource>{};
  TRY(ObjectName name, cursor.object_name());
  CloneSource clone{.name = std::move(name)};
  if (at_time_point(cursor)) {
    TRY(clone.at, parse_time_point(cursor));
  }
  return std::optional(std::move(clone));
}

base::Status parse_cluster_by(Cursor& cursor, std::vector<Expr>& keys) {
  if (!cursor.accept_words({"CLUSTER", "BY"})) return {};
  if (cursor.at_word("LINEAR") && cursor.at_symbol("(", 1)) cursor.take();
  TRY_VOID(cursor.expect_symbol("("));
  TRY(keys, parse_expressions(cursor));
  return cursor.expect_symbol(")");
}

base::Result<Statement> parse_create(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  CreateMode mode;
  if (cursor.accept_words({"OR", "REPLACE"}))
    mode.or_replace = true;
  else if (cursor.accept_words({"OR", "ALTER"}))
    mode.or_alter = true;
  CreateWords words = parse_adjectives(cursor);
  words.mode = mode;
  words.first = first;

  const bool adjectives = cursor.index() > first + (mode.or_replace || mode.or_alter ? 3 : 1);
  TRY(std::string kind, parse_kind(cursor));
  if (kind == "TABLE") return parse_create_table(cursor, std::move(words));
  if (kind == "VIEW") return parse_create_view(cursor, std::move(words));
  if (kind == "PROCEDURE") return parse_create_routine(cursor, std::move(words), CreateRoutine::Kind::Procedure);
  if (kind == "FUNCTION") return parse_create_routine(cursor, std::move(words), CreateRoutine::Kind::Function);
  if (kind == "STAGE") return parse_create_cloneable<CreateStage>(cursor, std::move(words));
  if (kind == "FILE FORMAT") return parse_create_cloneable<CreateFileFormat>(cursor, std::move(words));
  if (kind == "DATABASE") return parse_create_database(cursor, std::move(words));
  if (kind == "SCHEMA") return parse_create_schema(cursor, std::move(words));
  if (adjectives) return cursor.unexpected(cursor.previous());
  if (kind == "SEQUENCE") return parse_create_sequence(cursor, std::move(words));
  if (kind == "PIPE") return parse_create_pipe(cursor, std::move(words));
  if (kind == "STREAM") return parse_create_stream(cursor, std::move(words));
  if (kind == "TASK") return parse_create_task(cursor, std::move(words));
  if (kind == "ALERT") return parse_create_alert(cursor, std::move(words));
  if (kind == "ROLE") return parse_create_plain<CreateRole>(cursor, std::move(words));
  if (kind == "USER") return parse_create_plain<CreateUser>(cursor, std::move(words));
  if (kind == "WAREHOUSE") return parse_create_plain<CreateWarehouse>(cursor, std::move(words));
  if (kind.ends_with(" INTEGRATION"))
    return parse_create_integration(cursor, std::move(words), kind.substr(0, kind.rfind(' ')));
  if (kind == "SESSION" || kind == "COLUMN" || kind == "INTEGRATION") return cursor.unexpected(cursor.previous());
  return parse_create_other(cursor, std::move(words), std::move(kind));
}

}  // namespace sql
