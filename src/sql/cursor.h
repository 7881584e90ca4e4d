#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/ast_name.h"
#include "sql/lexer.h"

namespace sql {

/// Words that name nothing unless quoted; the printer quotes some more (reserved.h). Source: Snowflake documentation,
/// "Reserved & limited keywords".
bool is_strictly_reserved(std::string_view upper_word);

class Cursor;

/// One level of nesting, for as long as it lives; see Cursor::nest.
class Nesting {
 public:
  explicit Nesting(Cursor& cursor);
  Nesting(Nesting&& other) noexcept
      : cursor_(std::exchange(other.cursor_, nullptr)), outer_height_(other.outer_height_) {}
  Nesting& operator=(Nesting&&) = delete;
  ~Nesting();

 private:
  Cursor* cursor_;
  int outer_height_;
};

/// A place in the tokens of a text, and the small steps that every parser takes. `text` must outlive it. Copying one is
/// cheap and makes a bookmark: assign the copy back to return there.
class Cursor {
 public:
  explicit Cursor(std::string_view text);

  // ---- Looking
  const Token& peek(std::size_t ahead = 0) const { return (*tokens_)[std::min(index_ + ahead, tokens_->size() - 1)]; }
  /// The token consumed last; only after one was.
  const Token& previous() const { return (*tokens_)[index_ - 1]; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool at_word(std::string_view upper_word, std::size_t ahead = 0) const { return peek(ahead).is_word(upper_word); }
  bool at_words(std::initializer_list<std::string_view> upper_words) const;
  /// One of several words.
  bool at_any_word(std::initializer_list<std::string_view> upper_words, std::size_t ahead = 0) const;
  bool at_symbol(std::string_view symbol, std::size_t ahead = 0) const { return peek(ahead).is_symbol(symbol); }
  /// Whether an identifier may start here: a quoted name or a word that is not reserved.
  bool at_identifier(std::size_t ahead = 0) const;
  /// `;` or the end of the text.
  bool at_statement_end() const { return at(TokenKind::End) || at_symbol(";"); }
  std::size_t index() const { return index_; }
  void move_to(std::size_t index) { index_ = index; }
  const std::vector<Token>& tokens() const { return *tokens_; }

  // ---- Taking
  const Token& take();
  bool accept_word(std::string_view upper_word);
  /// All of them in this order, or none.
  bool accept_words(std::initializer_list<std::string_view> upper_words);
  bool accept_symbol(std::string_view symbol);
  base::Status expect_word(std::string_view upper_word);
  base::Status expect_words(std::initializer_list<std::string_view> upper_words);
  base::Status expect_symbol(std::string_view symbol);

  // ---- Names and values
  base::Result<Identifier> identifier();
  /// Any word or quoted name, reserved ones too: what may stand after a dot or AS.
  base::Result<Identifier> any_word();
  /// `(a, b, c)`
  base::Result<std::vector<Identifier>> identifier_list();
  /// One to three parts, `db..t`, IDENTIFIER(..).
  base::Result<ObjectName> object_name();
  base::Result<TypeName> type_name();
  /// `@..` or '@..'
  base::Result<StageRef> stage_ref();
  bool at_stage_ref() const;
  /// '..' or $$..$$: its value.
  base::Result<std::string> string_literal();
  /// A sign and a number, as text: `-1`, `10`.
  base::Result<std::string> signed_number();

  // ---- Places
  /// From the token with this index to the one consumed last.
  base::SourceSpan span_from(std::size_t first_index) const;
  /// From a span to the end of the token consumed last.
  base::SourceSpan span_from(const base::SourceSpan& start) const;
  std::string_view text_of(const base::SourceSpan& span) const { return text_.substr(span.offset, span.length); }
  SourceText source_from(std::size_t first_index) const;
  /// What the token looks like in the text.
  std::string_view written(const Token& token) const { return text_of(token.at); }

  // ---- Errors
  /// "syntax error line L at position P unexpected 'X'." about the next token, or about the one given.
  base::Failure<base::Error> unexpected() const { return unexpected(peek()); }
  base::Failure<base::Error> unexpected(const Token& token) const;
  /// A part of the dialect that we know and refuse: 000002 (0A000), "Unsupported feature 'X'."
  base::Failure<base::Error> unsupported(std::string_view feature) const;

  // ---- Depth
  /// Enters a level of nesting: TRY(auto nesting, cursor.nest()). Fails when the text is nested too deeply for
  /// recursive passes.
  base::Result<Nesting> nest();
  /// A chain such as a + b + c grew by one: its tree is as deep as the chain is long.
  base::Status grow();

 private:
  friend class Nesting;
  base::Failure<base::Error> too_deep() const;

  std::string_view text_;
  std::shared_ptr<const std::vector<Token>> tokens_;
  std::size_t index_ = 0;
  int depth_ = 0;   // levels open now
  int height_ = 0;  // of the highest tree finished inside the innermost open level
};

/// `name` split and folded as an unquoted or quoted identifier of the text of a Stage token or of IDENTIFIER('..').
base::Result<ObjectName> parse_object_name(std::string_view text);

}  // namespace sql
