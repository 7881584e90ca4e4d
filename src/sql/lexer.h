#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sql {

enum class TokenKind {
  Word,        // unquoted name or keyword; `text` in upper case
  QuotedName,  // "Name"; `text` without quotes, "" resolved
  String,      // '..'; `text` is the value, escapes resolved
  Dollars,     // $$..$$; `text` is what stands between, as written
  Number,      // 12, 1.5, .5, 1e-3; `text` as written
  Positional,  // $1; `text` is the digits
  Variable,    // $name; `text` is the name in upper case
  Stage,       // @name/path, @~/path, @%table; `text` as written, with the @
  FileUri,     // file:///tmp/x.csv without quotes, as in PUT; `text` as written
  Symbol,      // operator or punctuation; `text` as written
  Invalid,     // a character that starts no token, or the opening of what never closes; `text` as written
  End
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;
  base::SourceSpan at;
  /// Whether blanks or comments stand before it.
  bool spaced = false;

  bool is_word(std::string_view word) const { return kind == TokenKind::Word && text == word; }
  bool is_symbol(std::string_view symbol) const { return kind == TokenKind::Symbol && text == symbol; }
};

/// All tokens of a text; the last is End. Never fails: what is no token becomes Invalid, where the parser will stumble.
/// Comments are `--`, `//` and `/* */` (not nested); `(+)` is three tokens.
/// Source: Snowflake documentation, "Identifier requirements", "String & binary data types".
std::vector<Token> tokenize(std::string_view text);

}  // namespace sql
