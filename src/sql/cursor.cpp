#include "sql/cursor.h"

#include <fmt/format.h>

namespace sql {
namespace {

// Levels of parentheses, subqueries and the like; 60 kB of stack each without optimisation.
constexpr int kMaxDepth = 100;
constexpr int kMaxHeight = 1000;  // of a tree, chains of operators included
constexpr std::size_t kMaxShown = 100;

/// At most kMaxShown bytes, cut between two code points.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kMaxShown) return text;
  std::size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

Nesting::Nesting(Cursor& cursor) : cursor_(&cursor), outer_height_(std::exchange(cursor.height_, 0)) {
  ++cursor.depth_;
}

Nesting::~Nesting() {
  if (cursor_ == nullptr) return;
  --cursor_->depth_;
  cursor_->height_ = std::max(outer_height_, cursor_->height_ + 1);
}

Cursor::Cursor(std::string_view text)
    : text_(text), tokens_(std::make_shared<const std::vector<Token>>(tokenize(text))) {}

bool Cursor::at_words(std::initializer_list<std::string_view> upper_words) const {
  std::size_t ahead = 0;
  for (const std::string_view word : upper_words)
    if (!at_word(word, ahead++)) return false;
  return true;
}

bool Cursor::at_any_word(std::initializer_list<std::string_view> upper_words, std::size_t ahead) const {
  for (const std::string_view word : upper_words)
    if (at_word(word, ahead)) return true;
  return false;
}

bool Cursor::at_identifier(std::size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::QuotedName || (token.kind == TokenKind::Word && !is_strictly_reserved(token.text));
}

const Token& Cursor::take() {
  const Token& token = peek();
  if (token.kind != TokenKind::End) ++index_;
  return token;
}

bool Cursor::accept_word(std::string_view upper_word) { return accept_words({upper_word}); }

bool Cursor::accept_words(std::initializer_list<std::string_view> upper_words) {
  if (!at_words(upper_words)) return false;
  index_ += upper_words.size();
  return true;
}

bool Cursor::accept_symbol(std::string_view symbol) {
  if (!at_symbol(symbol)) return false;
  ++index_;
  return true;
}

base::Status Cursor::expect_word(std::string_view upper_word) {
  if (!accept_word(upper_word)) return unexpected();
  return {};
}

base::Status Cursor::expect_words(std::initializer_list<std::string_view> upper_words) {
  for (const std::string_view word : upper_words) TRY_VOID(expect_word(word));
  return {};
}

base::Status Cursor::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) return unexpected();
  return {};
}

base::Result<std::string> Cursor::string_literal() {
  if (!at(TokenKind::String) && !at(TokenKind::Dollars)) return unexpected();
  return take().text;
}

base::Result<std::string> Cursor::signed_number() {
  std::string sign;
  if (accept_symbol("-")) {
    sign = "-";
  } else {
    accept_symbol("+");
  }
  if (!at(TokenKind::Number)) return unexpected();
  return sign + take().text;
}

base::SourceSpan Cursor::span_from(std::size_t first_index) const {
  base::SourceSpan start = (*tokens_)[first_index].at;
  if (index_ <= first_index) start.length = 0;  // nothing was consumed
  return index_ <= first_index ? start : span_from(start);
}

base::SourceSpan Cursor::span_from(const base::SourceSpan& start) const {
  base::SourceSpan span = start;
  const base::SourceSpan& last = previous().at;
  span.length = last.offset + last.length - span.offset;
  return span;
}

SourceText Cursor::source_from(std::size_t first_index) const {
  const base::SourceSpan span = span_from(first_index);
  return {std::string(text_of(span)), span};
}

base::Failure<base::Error> Cursor::unexpected(const Token& token) const {
  const std::string_view shown = token.kind == TokenKind::End       ? "<EOF>"
                                 : token.kind == TokenKind::Invalid ? std::string_view(token.text)
                                                                    : shortened(written(token));
  return base::fail(
      base::Error{base::ErrorKind::Syntax, 1003, "42000",
                  fmt::format("SQL compilation error:\nsyntax error line {} at position {} unexpected '{}'.",
                              token.at.line, token.at.column - 1, shown),
                  token.at});
}

base::Failure<base::Error> Cursor::unsupported(std::string_view feature) const {
  return base::fail(base::Error{base::ErrorKind::Unsupported, 2, "0A000",
                                fmt::format("Unsupported feature '{}'.", feature), peek().at});
}

base::Result<Nesting> Cursor::nest() {
  if (depth_ >= kMaxDepth) return too_deep();
  return Nesting(*this);
}

base::Status Cursor::grow() {
  if (++height_ > kMaxHeight) return too_deep();
  return {};
}

base::Failure<base::Error> Cursor::too_deep() const {
  return base::fail(base::Error{
      base::ErrorKind::Syntax, 1003, "42000",
      fmt::format("SQL compilation error:\nstatement is nested too deeply at line {} position {} (at most {} levels of "
                  "parentheses, {} operators in a row): split it, or use lists such as IN (..).",
                  peek().at.line, peek().at.column - 1, kMaxDepth, kMaxHeight),
      peek().at});
}

}  // namespace sql
