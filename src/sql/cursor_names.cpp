#include <charconv>

#include "sql/cursor.h"

namespace sql {
namespace {

Identifier name_of(const Token& token) { return {token.text, token.kind == TokenKind::QuotedName, token.at}; }

/// IDENTIFIER('db.t'), IDENTIFIER($v), IDENTIFIER(?), IDENTIFIER(:v)
base::Result<ObjectName> indirect_name(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.take();
  cursor.take();
  ObjectName name;
  if (cursor.at(TokenKind::String) || cursor.at(TokenKind::Dollars)) {
    name.indirect = NameFromText{cursor.take().text};
  } else if (cursor.at(TokenKind::Variable)) {
    name.indirect = NameFromVariable{cursor.take().text};
  } else if (cursor.accept_symbol("?")) {
    name.indirect = NameFromBind{};
  } else if (cursor.at_symbol(":") &&
             (cursor.peek(1).kind == TokenKind::Word || cursor.peek(1).kind == TokenKind::Number)) {
    cursor.take();
    name.indirect = NameFromBind{cursor.take().text};
  } else if (cursor.at_identifier()) {
    TRY(ObjectName direct, cursor.object_name());  // IDENTIFIER(t) is t
    name = std::move(direct);
  } else {
    return cursor.unexpected();
  }
  TRY_VOID(cursor.expect_symbol(")"));
  name.at = cursor.span_from(first);
  return name;
}

}  // namespace

base::Result<Identifier> Cursor::identifier() {
  if (!at_identifier()) return unexpected();
  return name_of(take());
}

base::Result<Identifier> Cursor::any_word() {
  if (!at(TokenKind::Word) && !at(TokenKind::QuotedName)) return unexpected();
  return name_of(take());
}

base::Result<std::vector<Identifier>> Cursor::identifier_list() {
  std::vector<Identifier> names;
  TRY_VOID(expect_symbol("("));
  do {
    TRY(Identifier name, identifier());
    names.push_back(std::move(name));
  } while (accept_symbol(","));
  TRY_VOID(expect_symbol(")"));
  return names;
}

base::Result<ObjectName> Cursor::object_name() {
  if (at_word("IDENTIFIER") && at_symbol("(", 1)) return indirect_name(*this);
  const std::size_t first = index_;
  ObjectName name;
  TRY(Identifier head, identifier());
  name.parts.push_back(std::move(head));
  while (name.parts.size() < 3 && accept_symbol(".")) {
    if (name.parts.size() == 1 && at_symbol(".")) {
      name.parts.push_back({.name = "", .quoted = false, .at = peek().at});
      continue;
    }
    TRY(Identifier part, any_word());
    name.parts.push_back(std::move(part));
  }
  name.at = span_from(first);
  return name;
}

bool Cursor::at_stage_ref() const {
  return at(TokenKind::Stage) || (at(TokenKind::String) && peek().text.starts_with('@'));
}

base::Result<StageRef> Cursor::stage_ref() {
  if (!at_stage_ref()) return unexpected();
  const Token& token = take();
  StageRef stage;
  stage.quoted = token.kind == TokenKind::String;
  stage.at = token.at;
  std::string_view rest = std::string_view(token.text).substr(1);

  // The name ends at the first slash outside of double quotes.
  std::size_t end = 0;
  for (bool quoted = false; end < rest.size() && (quoted || rest[end] != '/'); ++end)
    if (rest[end] == '"') quoted = !quoted;
  std::string name(rest.substr(0, end));
  if (end < rest.size()) stage.path = rest.substr(end + 1);

  if (name == "~") {
    stage.kind = StageRef::Kind::User;
    return stage;
  }
  // The % of a table stage stands before the last part.
  bool quoted = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '"') quoted = !quoted;
    if (name[i] == '%' && !quoted && (i == 0 || name[i - 1] == '.')) {
      stage.kind = StageRef::Kind::Table;
      name.erase(i, 1);
      break;
    }
  }
  auto parsed = parse_object_name(name);
  if (!parsed) return unexpected(token);
  stage.name = *std::move(parsed);
  stage.name.at = token.at;
  return stage;
}

base::Result<ObjectName> parse_object_name(std::string_view text) {
  Cursor cursor(text);
  TRY(ObjectName name, cursor.object_name());
  if (!cursor.at(TokenKind::End)) return cursor.unexpected();
  return name;
}

}  // namespace sql
