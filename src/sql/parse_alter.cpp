// ALTER SESSION, and what may be altered in objects of every kind; tables have a file of their own.

#include "sql/parse_alter.h"

#include "sql/parse_create.h"
#include "sql/parse_ddl.h"
#include "sql/parse_expr.h"
#include "sql/parse_options.h"

namespace sql {

namespace {

base::Result<std::vector<Identifier>> parse_option_names(Cursor& cursor) {
  std::vector<Identifier> names;
  do {
    TRY(Identifier name, cursor.any_word());
    names.push_back(std::move(name));
  } while (cursor.accept_symbol(",") || cursor.at(TokenKind::Word));
  return names;
}

base::Result<Options> parse_set_options(Cursor& cursor) {
  // SET TAG a = 'x', b = 'y': without parentheses here
  if (cursor.at_word("TAG") && !cursor.at_symbol("=", 1) && !cursor.at_symbol("(", 1)) {
    Option tag{};
    tag.name.name = cursor.take().text;
    TRY(Options tags, parse_options(cursor));
    if (tags.empty()) return cursor.unexpected();
    tag.value.node = OptionGroup{std::move(tags)};
    return Options{std::move(tag)};
  }
  TRY(Options options, parse_options(cursor));
  if (options.empty()) return cursor.unexpected();
  return options;
}

base::Result<Statement> parse_alter_session(Cursor& cursor) {
  AlterSession node;
  if (cursor.accept_word("SET")) {
    TRY(node.set, parse_set_options(cursor));
  } else {
    TRY_VOID(cursor.expect_word("UNSET"));
    TRY(node.unset, parse_option_names(cursor));
  }
  return Statement{std::move(node)};
}

base::Result<AlterAction> parse_set(Cursor& cursor) {
  if (cursor.at_word("SECURE") && !cursor.at_symbol("=", 1))
    return AlterAction{AlterWords{"SET " + cursor.take().text}};
  TRY(Options options, parse_set_options(cursor));
  return AlterAction{SetOptions{std::move(options)}};
}

base::Result<AlterAction> parse_unset(Cursor& cursor) {
  if (cursor.at_word("TAG") && cursor.at_identifier(1)) return cursor.unsupported("UNSET TAG");
  if (cursor.at_word("SECURE")) return AlterAction{AlterWords{"UNSET " + cursor.take().text}};
  TRY(std::vector<Identifier> names, parse_option_names(cursor));
  return AlterAction{UnsetOptions{std::move(names)}};
}

base::Result<AlterAction> parse_modify(Cursor& cursor) {
  if (cursor.accept_word("AS") || cursor.accept_word("ACTION")) {
    TRY(TaskBody body, parse_body(cursor));
    return AlterAction{ModifyBody{std::move(body)}};
  }
  if (!cursor.accept_word("WHEN") && !cursor.accept_word("CONDITION")) return cursor.unexpected();
  const std::size_t first = cursor.index();
  TRY(Expr when, parse_expression(cursor));
  return AlterAction{ModifyWhen{std::move(when), cursor.source_from(first)}};
}

base::Result<AlterAction> parse_action(Cursor& cursor, const std::string& kind) {
  if (cursor.accept_words({"RENAME", "TO"})) {
    TRY(ObjectName name, cursor.object_name());
    return AlterAction{RenameTo{std::move(name)}};
  }
  if (cursor.accept_words({"SWAP", "WITH"})) {
    TRY(ObjectName name, cursor.object_name());
    return AlterAction{SwapWith{std::move(name)}};
  }
  if (cursor.accept_word("SET")) return parse_set(cursor);
  if (cursor.accept_word("UNSET")) return parse_unset(cursor);
  if (cursor.accept_word("REFRESH")) {
    TRY(Options options, parse_options(cursor));
    return AlterAction{Refresh{std::move(options)}};
  }
  if (cursor.accept_words({"EXECUTE", "AS"})) {
    if (!cursor.at_any_word({"OWNER", "CALLER"})) return cursor.unexpected();
    return AlterAction{ExecuteAs{cursor.take().text}};
  }
  if (kind == "TASK" && cursor.accept_words({"ADD", "AFTER"})) {
    TRY(std::vector<ObjectName> tasks, parse_object_names(cursor));
    return AlterAction{AddAfter{std::move(tasks)}};
  }
  if (kind == "TASK" && cursor.accept_words({"REMOVE", "AFTER"})) {
    TRY(std::vector<ObjectName> tasks, parse_object_names(cursor));
    return AlterAction{RemoveAfter{std::move(tasks)}};
  }
  if (kind == "TASK" && cursor.accept_words({"REMOVE", "WHEN"})) return AlterAction{AlterWords{"REMOVE WHEN"}};
  if ((kind == "TASK" || kind == "ALERT") && cursor.accept_word("MODIFY")) return parse_modify(cursor);
  if (kind.ends_with("TABLE") || kind.ends_with("VIEW")) return parse_table_action(cursor);

  static constexpr std::initializer_list<std::string_view> kWords{"RESUME", "SUSPEND", "ABORT",
                                                                  "ENABLE", "DISABLE", "RESET"};
  if (!cursor.at_any_word(kWords)) return cursor.unexpected();
  TRY(std::string words, parse_words(cursor));
  return AlterAction{AlterWords{std::move(words)}};
}

}  // namespace

base::Result<Statement> parse_alter(Cursor& cursor) {
  cursor.take();
  if (cursor.accept_word("SESSION")) return parse_alter_session(cursor);
  TRY(std::string kind, parse_kind(cursor));
  Alter node{.kind = std::move(kind), .name = {}, .action = AlterWords{}};
  node.if_exists = accept_if_exists(cursor);
  if (node.kind != "ACCOUNT") {
    TRY(node.name, cursor.object_name());
    TRY(node.argument_types, parse_argument_types(cursor));
  }
  TRY(node.action, parse_action(cursor, node.kind));
  return Statement{std::move(node)};
}

}  // namespace sql
