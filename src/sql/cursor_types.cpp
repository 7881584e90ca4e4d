#include <charconv>

#include "sql/cursor.h"

namespace sql {
namespace {

/// Types of several words, after the first was taken.
void take_more_words(Cursor& cursor, std::string& name) {
  if (name == "DOUBLE" && cursor.accept_word("PRECISION")) name += " PRECISION";
  if (name == "NATIONAL" && (cursor.accept_word("CHARACTER") || cursor.accept_word("CHAR"))) name += " CHARACTER";
  const bool is_character = name == "CHAR" || name == "CHARACTER" || name == "NCHAR" || name == "NATIONAL CHARACTER";
  if (is_character && cursor.accept_word("VARYING")) name += " VARYING";
  if (name != "TIMESTAMP" && name != "TIME") return;
  if (cursor.accept_words({"WITH", "LOCAL", "TIME", "ZONE"})) name += " WITH LOCAL TIME ZONE";
  if (cursor.accept_words({"WITH", "TIME", "ZONE"})) name += " WITH TIME ZONE";
  if (cursor.accept_words({"WITHOUT", "TIME", "ZONE"})) name += " WITHOUT TIME ZONE";
}

base::Result<std::int64_t> type_parameter(Cursor& cursor) {
  const std::string& text = cursor.peek().text;
  std::int64_t value = 0;
  if (!cursor.at(TokenKind::Number)) return cursor.unexpected();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return cursor.unexpected();
  cursor.take();
  return value;
}

}  // namespace

base::Result<TypeName> Cursor::type_name() {
  TRY(const auto nesting, nest());
  const std::size_t first = index_;
  if (!at(TokenKind::Word) || is_strictly_reserved(peek().text)) return unexpected();
  TypeName type{.name = take().text};
  take_more_words(*this, type.name);
  if (accept_symbol("(")) {
    if (type.name == "OBJECT") return unsupported("structured OBJECT type");
    do {
      if (at(TokenKind::Number)) {
        TRY(const std::int64_t parameter, type_parameter(*this));
        type.params.push_back(parameter);
        continue;
      }
      if (type.name != "ARRAY" && type.name != "MAP" && type.name != "VECTOR") return unexpected();
      TRY(TypeName element, type_name());
      element.not_null = accept_words({"NOT", "NULL"});
      type.of.push_back(std::move(element));
    } while (accept_symbol(","));
    TRY_VOID(expect_symbol(")"));
    take_more_words(*this, type.name);  // TIMESTAMP(9) WITH TIME ZONE
  }
  type.at = span_from(first);
  return type;
}

}  // namespace sql
