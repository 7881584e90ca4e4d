// DROP, UNDROP, DESC and SHOW.

#include <array>

#include "sql/parse_ddl.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"

namespace sql {

namespace {

// clang-format off
constexpr auto kShown = std::to_array<std::string_view>(
    {"ACCOUNTS", "AGGREGATION POLICIES", "ALERTS", "API INTEGRATIONS", "APPLICATIONS", "AUTHENTICATION POLICIES",
    "BUILTIN FUNCTIONS", "CATALOG INTEGRATIONS", "CHANNELS", "COLUMNS", "COMPUTE POOLS", "CONNECTIONS",
    "DATABASE ROLES", "DATABASES", "DYNAMIC TABLES", "EVENT TABLES", "EXPORTED KEYS", "EXTERNAL ACCESS INTEGRATIONS",
    "EXTERNAL FUNCTIONS", "EXTERNAL TABLES", "EXTERNAL VOLUMES", "FAILOVER GROUPS", "FILE FORMATS", "FUNCTIONS",
    "FUTURE GRANTS", "GIT REPOSITORIES", "GRANTS", "HYBRID TABLES", "ICEBERG TABLES", "IMAGE REPOSITORIES",
    "IMPORTED KEYS", "INTEGRATIONS", "LOCKS", "MANAGED ACCOUNTS", "MASKING POLICIES", "MATERIALIZED VIEWS", "MODELS",
    "NETWORK POLICIES", "NETWORK RULES", "NOTEBOOKS", "NOTIFICATION INTEGRATIONS", "OBJECTS", "PARAMETERS",
    "PASSWORD POLICIES", "PIPES", "PRIMARY KEYS", "PROCEDURES", "PROJECTION POLICIES", "REGIONS",
    "REPLICATION GROUPS", "RESOURCE MONITORS", "ROLES", "ROW ACCESS POLICIES", "SCHEMAS", "SECRETS",
    "SECURITY INTEGRATIONS", "SEQUENCES", "SERVICES", "SESSION POLICIES", "SESSIONS", "SHARES", "STAGES",
    "STORAGE INTEGRATIONS", "STREAMLITS", "STREAMS", "TABLES", "TAGS", "TASKS", "TRANSACTIONS", "UNIQUE KEYS",
    "USER FUNCTIONS", "USER PROCEDURES", "USERS", "VARIABLES", "VIEWS", "WAREHOUSES"});
// clang-format on

base::Result<std::string> parse_shown(Cursor& cursor) {
  for (std::size_t count : {3U, 2U, 1U}) {
    std::string words;
    for (std::size_t i = 0; i < count; ++i) {
      if (cursor.peek(i).kind != TokenKind::Word) break;
      words += (i ? " " : "") + cursor.peek(i).text;
    }
    if (!std::binary_search(kShown.begin(), kShown.end(), words)) continue;
    cursor.move_to(cursor.index() + 1 + static_cast<std::size_t>(std::count(words.begin(), words.end(), ' ')));
    return words;
  }
  return cursor.unexpected();
}

bool at_show_clause(const Cursor& cursor) {
  return cursor.at_words({"STARTS", "WITH"}) || cursor.at_any_word({"LIMIT", "LIKE", "HISTORY"});
}

base::Status parse_scope(Cursor& cursor, Show& node) {
  node.scope_word = cursor.take().text;
  if (cursor.at_any_word({"ALL", "FUTURE"}) || !(cursor.at_identifier() || at_kind(cursor))) return cursor.unexpected();
  if (at_kind(cursor)) {
    TRY(node.scope_kind, parse_kind(cursor));
  }
  const bool named = cursor.at_identifier() && !at_show_clause(cursor);
  if (named) {
    TRY(node.scope, cursor.object_name());
    TRY(node.scope_types, parse_argument_types(cursor));
  }
  return {};
}

}  // namespace

base::Result<Statement> parse_show(Cursor& cursor) {
  cursor.take();
  Show node{};
  node.terse = cursor.accept_word("TERSE");
  TRY(node.kind, parse_shown(cursor));
  while (!cursor.at_statement_end() && !cursor.at_symbol("->>")) {
    if (cursor.accept_word("HISTORY")) {
      node.history = true;
    } else if (cursor.accept_word("LIKE")) {
      TRY(node.like, cursor.string_literal());
    } else if (cursor.accept_words({"STARTS", "WITH"})) {
      TRY(node.starts_with, cursor.string_literal());
    } else if (cursor.accept_word("LIMIT")) {
      TRY(node.limit, cursor.signed_number());
      if (cursor.accept_word("FROM")) {
        TRY(node.limit_from, cursor.string_literal());
      }
    } else if (node.scope_word.empty() && cursor.at_any_word({"IN", "ON", "TO", "OF", "FOR"})) {
      TRY_VOID(parse_scope(cursor, node));
    } else {
      return cursor.unexpected();
    }
  }
  return Statement{std::move(node)};
}

base::Result<Statement> parse_drop(Cursor& cursor) {
  cursor.take();
  TRY(std::string kind, parse_kind(cursor));
  Drop node{.kind = std::move(kind), .name = {}};
  node.if_exists = accept_if_exists(cursor);
  TRY(node.name, cursor.object_name());
  TRY(node.argument_types, parse_argument_types(cursor));
  node.cascade = cursor.accept_word("CASCADE");
  node.restrict = !node.cascade && cursor.accept_word("RESTRICT");
  return Statement{std::move(node)};
}

base::Result<Statement> parse_undrop(Cursor& cursor) {
  cursor.take();
  TRY(std::string kind, parse_kind(cursor));
  TRY(ObjectName name, cursor.object_name());
  return Statement{Undrop{std::move(kind), std::move(name)}};
}

base::Result<Statement> parse_describe(Cursor& cursor) {
  cursor.take();
  Describe node{};
  if (cursor.accept_word("RESULT")) {
    node.kind = "RESULT";
    if (cursor.accept_words({"LAST_QUERY_ID"})) {
      TRY_VOID(cursor.expect_symbol("("));
      TRY_VOID(cursor.expect_symbol(")"));
      return Statement{std::move(node)};  // no text: the last statement's
    }
    TRY(node.text, cursor.string_literal());
    return Statement{std::move(node)};
  }
  TRY(node.kind, parse_kind(cursor));
  TRY(node.name, cursor.object_name());
  TRY(node.argument_types, parse_argument_types(cursor));
  if (cursor.accept_word("TYPE")) {
    TRY_VOID(cursor.expect_symbol("="));
    if (!cursor.at_any_word({"COLUMNS", "STAGE"})) return cursor.unexpected();
    node.text = cursor.take().text;
  }
  return Statement{std::move(node)};
}

}  // namespace sql
