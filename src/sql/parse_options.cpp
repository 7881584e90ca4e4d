#include "sql/parse_options.h"

#include <array>

namespace sql {

namespace {

base::Result<OptionValue> parse_option_value(Cursor& cursor);

bool at_option_name(const Cursor& cursor) {
  const TokenKind kind = cursor.peek().kind;
  return (kind == TokenKind::Word || kind == TokenKind::QuotedName) && cursor.at_symbol("=", 1);
}

base::Result<OptionValue> parse_parentheses(Cursor& cursor) {
  TRY_VOID(cursor.expect_symbol("("));
  while (cursor.accept_symbol(",")) {
  }
  if (cursor.at_symbol(")") || at_option_name(cursor)) {
    OptionGroup group;
    while (!cursor.accept_symbol(")")) {
      if (cursor.accept_symbol(",")) continue;
      if (!at_option_name(cursor)) return cursor.unexpected();
      TRY(Option option, parse_option(cursor));
      group.options.push_back(std::move(option));
    }
    return OptionValue{std::move(group)};
  }
  OptionList list;
  do {
    TRY(OptionValue value, parse_option_value(cursor));
    list.values.push_back(std::move(value));
  } while (cursor.accept_symbol(","));
  TRY_VOID(cursor.expect_symbol(")"));
  return OptionValue{std::move(list)};
}

base::Result<OptionValue> parse_word(Cursor& cursor) {
  const std::size_t first = cursor.index();
  OptionWord word;
  if (cursor.at_word("IDENTIFIER") && cursor.at_symbol("(", 1)) {
    TRY(word.name, cursor.object_name());
  } else if (cursor.at(TokenKind::Variable)) {
    word.name.indirect = NameFromVariable{cursor.take().text};
  } else {
    do {
      TRY(Identifier part, cursor.any_word());  // a word of the grammar may be a reserved one: TRUE, ALL
      word.name.parts.push_back(std::move(part));
    } while (word.name.parts.size() < 3 && cursor.accept_symbol("."));
    if (cursor.at_symbol("%") && !cursor.peek().spaced)
      word.name.parts.back().name += cursor.take().text;  // SKIP_FILE_10%
  }
  word.name.at = cursor.span_from(first);
  word.written = cursor.text_of(word.name.at);
  return OptionValue{std::move(word)};
}

base::Result<OptionValue> parse_option_value(Cursor& cursor) {
  const std::size_t first = cursor.index();
  auto value = [&]() -> base::Result<OptionValue> {
    const Token& token = cursor.peek();
    switch (token.kind) {
      case TokenKind::String:
      case TokenKind::Dollars:
      case TokenKind::Stage:
      case TokenKind::FileUri: return OptionValue{OptionString{cursor.take().text}};
      case TokenKind::QuotedName:
        if (cursor.at_symbol(".", 1)) return parse_word(cursor);
        return OptionValue{OptionString{cursor.take().text, true}};
      case TokenKind::Word:
      case TokenKind::Variable: return parse_word(cursor);
      case TokenKind::Number:
      case TokenKind::Symbol:
        if (cursor.at_symbol("(")) return parse_parentheses(cursor);
        {
          TRY(std::string number, cursor.signed_number());
          return OptionValue{OptionNumber{std::move(number)}};
        }
      case TokenKind::Positional:
      case TokenKind::Invalid:
      case TokenKind::End: return cursor.unexpected();
    }
  }();
  if (value) value->at = cursor.span_from(first);
  return value;
}

// Longer names first where one begins another.
// clang-format off
constexpr auto kKinds = std::to_array<std::string_view>(
    {"MATERIALIZED VIEW", "DYNAMIC TABLE", "EXTERNAL TABLE", "EVENT TABLE", "HYBRID TABLE", "ICEBERG TABLE", "TABLE",
    "VIEW", "FILE FORMAT", "STORAGE INTEGRATION", "NOTIFICATION INTEGRATION", "API INTEGRATION",
    "SECURITY INTEGRATION", "CATALOG INTEGRATION", "EXTERNAL ACCESS INTEGRATION", "INTEGRATION", "RESOURCE MONITOR",
    "MASKING POLICY", "ROW ACCESS POLICY", "NETWORK POLICY", "NETWORK RULE", "PASSWORD POLICY", "SESSION POLICY",
    "AGGREGATION POLICY", "PROJECTION POLICY", "AUTHENTICATION POLICY", "DATABASE ROLE", "APPLICATION ROLE",
    "DATABASE", "SCHEMA", "STAGE", "PIPE", "STREAM", "TASK", "SEQUENCE", "PROCEDURE", "FUNCTION", "ROLE", "USER",
    "WAREHOUSE", "ALERT", "TAG", "SHARE", "SECRET", "ACCOUNT", "SESSION", "COLUMN", "CONNECTION", "EXTERNAL VOLUME",
    "GIT REPOSITORY", "IMAGE REPOSITORY", "COMPUTE POOL", "SERVICE", "STREAMLIT", "NOTEBOOK", "FAILOVER GROUP",
    "REPLICATION GROUP", "APPLICATION", "MODEL"});
// clang-format on

/// How many tokens from here spell `words`; none if they do not.
std::size_t spelled(const Cursor& cursor, std::string_view words) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    if (!cursor.at_word(words.substr(begin, end - begin), count)) return 0;
    ++count;
    begin = end + 1;
  }
  return count;
}

std::pair<std::string_view, std::size_t> find_kind(const Cursor& cursor) {
  for (const std::string_view kind : kKinds)
    if (const std::size_t count = spelled(cursor, kind)) return {kind, count};
  return {"", 0};
}

}  // namespace

bool at_option(const Cursor& cursor) {
  if (at_option_name(cursor)) return true;
  const std::size_t with = cursor.at_word("WITH") ? 1 : 0;
  return cursor.at_word("TAG", with) && cursor.at_symbol("(", with + 1);
}

base::Result<Option> parse_option(Cursor& cursor) {
  const std::size_t first = cursor.index();
  cursor.accept_word("WITH");
  TRY(Identifier name, cursor.any_word());
  if (!(name.name == "TAG" && cursor.at_symbol("("))) TRY_VOID(cursor.expect_symbol("="));
  TRY(OptionValue value, parse_option_value(cursor));
  return Option{std::move(name), std::move(value), cursor.span_from(first)};
}

base::Result<Options> parse_options(Cursor& cursor) {
  Options options;
  for (;;) {
    if (at_option(cursor)) {
      TRY(Option option, parse_option(cursor));
      options.push_back(std::move(option));
    } else if (!cursor.accept_symbol(",")) {
      return options;
    }
  }
}

bool at_kind(const Cursor& cursor) { return find_kind(cursor).second > 0; }

base::Result<std::string> parse_kind(Cursor& cursor) {
  const auto [kind, count] = find_kind(cursor);
  if (count == 0) return cursor.unexpected();
  cursor.move_to(cursor.index() + count);
  return std::string(kind);
}

bool accept_if_exists(Cursor& cursor) { return cursor.accept_words({"IF", "EXISTS"}); }

base::Result<std::optional<std::vector<TypeName>>> parse_argument_types(Cursor& cursor) {
  if (!cursor.accept_symbol("(")) return std::optional<std::vector<TypeName>>{};
  std::vector<TypeName> types;
  if (!cursor.at_symbol(")")) {
    do {
      TRY(TypeName type, cursor.type_name());
      types.push_back(std::move(type));
    } while (cursor.accept_symbol(","));
  }
  TRY_VOID(cursor.expect_symbol(")"));
  return std::optional(std::move(types));
}

base::Result<std::vector<ObjectName>> parse_object_names(Cursor& cursor) {
  std::vector<ObjectName> names;
  do {
    TRY(ObjectName name, cursor.object_name());
    names.push_back(std::move(name));
    // In CREATE TASK an option may follow the comma.
  } while (cursor.at_symbol(",") && !cursor.at_symbol("=", 2) && cursor.accept_symbol(","));
  return names;
}

base::Result<std::string> parse_words(Cursor& cursor) {
  std::string words;
  while (!cursor.at_statement_end()) {
    if (!cursor.at(TokenKind::Word)) return cursor.unexpected();
    if (!words.empty()) words += ' ';
    words += cursor.take().text;
  }
  return words;
}

}  // namespace sql
