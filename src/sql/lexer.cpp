#include "sql/lexer.h"

#include <array>
#include <utility>

#include "sql/string_escape.h"

namespace sql {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c) || c == '$'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) advance_to(3);  // a byte order mark
    for (;;) {
      spaced_ = skip_blanks_and_comments();
      begin_ = position_;
      at_ = {.offset = static_cast<std::uint32_t>(position_), .length = 0, .line = line_, .column = column_};
      if (position_ == text_.size()) break;
      read_token();
    }
    add(TokenKind::End, "", position_);
    return std::move(tokens_);
  }

 private:
  char at(std::size_t index) const { return index < text_.size() ? text_[index] : '\0'; }
  bool looking_at(std::string_view what) const { return text_.substr(position_).starts_with(what); }

  void advance_to(std::size_t end) {
    for (; position_ < end; ++position_) {
      if (text_[position_] == '\n') {
        ++line_;
        column_ = 1;
      } else if (!continues_code_point(text_[position_])) {
        ++column_;
      }
    }
  }

  void add(TokenKind kind, std::string text, std::size_t end) {
    at_.length = static_cast<std::uint32_t>(end - begin_);
    tokens_.push_back({kind, std::move(text), at_, spaced_});
    advance_to(end);
  }

  /// An unclosed comment stays: it becomes an Invalid token.
  bool skip_blanks_and_comments() {
    const std::size_t start = position_;
    for (;;) {
      if (position_ < text_.size() && is_blank(text_[position_])) {
        advance_to(position_ + 1);
      } else if (looking_at("--") || looking_at("//")) {
        advance_to(std::min(text_.find('\n', position_), text_.size()));
      } else if (looking_at("/*") && text_.find("*/", position_ + 2) != std::string_view::npos) {
        advance_to(text_.find("*/", position_ + 2) + 2);
      } else {
        return position_ != start;
      }
    }
  }

  void read_token() {
    const char c = at(position_), next = at(position_ + 1);
    if (starts_name(c)) return read_word();
    if (is_digit(c) || (c == '.' && is_digit(next) && !follows_operand())) return read_number();
    if (c == '\'') return read_string();
    if (c == '"') return read_quoted_name();
    if (c == '$' && next == '$') return read_dollars();
    if (c == '$' && is_digit(next)) return read_prefixed(TokenKind::Positional, is_digit);
    if (c == '$' && starts_name(next)) return read_prefixed(TokenKind::Variable, continues_name);
    if (c == '@') return read_stage();
    if (looking_at("/*")) return add(TokenKind::Invalid, "/*", text_.size());
    read_symbol();
  }

  /// In `a.0` and `x[1].5` the dot is a dot.
  bool follows_operand() const {
    if (spaced_ || tokens_.empty()) return false;
    const Token& last = tokens_.back();
    return last.kind == TokenKind::Word || last.kind == TokenKind::QuotedName || last.is_symbol("]");
  }

  std::size_t end_of(std::size_t from, bool (*belongs)(char)) const {
    while (from < text_.size() && belongs(text_[from])) ++from;
    return from;
  }

  void read_word() {
    const std::size_t end = end_of(begin_, continues_name);
    std::string word = upper(text_.substr(begin_, end - begin_));
    if (word == "FILE" && text_.substr(end).starts_with("://")) {
      const std::size_t stop = end_of(end, [](char c) { return !is_blank(c) && c != ';'; });
      return add(TokenKind::FileUri, std::string(text_.substr(begin_, stop - begin_)), stop);
    }
    add(TokenKind::Word, std::move(word), end);
  }

  void read_number() {
    std::size_t end = end_of(begin_, is_digit);
    if (at(end) == '.') end = end_of(end + 1, is_digit);
    if (at(end) == 'e' || at(end) == 'E') {
      const std::size_t digits = end + (at(end + 1) == '+' || at(end + 1) == '-' ? 2 : 1);
      if (is_digit(at(digits))) end = end_of(digits, is_digit);
    }
    add(TokenKind::Number, std::string(text_.substr(begin_, end - begin_)), end);
  }

  void read_string() {
    std::size_t end = begin_ + 1;
    for (;; ++end) {
      if (end >= text_.size()) return add(TokenKind::Invalid, "'", text_.size());
      if (text_[end] == '\\') {
        ++end;
      } else if (text_[end] == '\'') {
        if (at(end + 1) != '\'') break;
        ++end;
      }
    }
    add(TokenKind::String, unescape_string(text_.substr(begin_ + 1, end - begin_ - 1)), end + 1);
  }

  void read_quoted_name() {
    std::string name;
    for (std::size_t end = begin_ + 1; end < text_.size(); ++end) {
      if (text_[end] == '"') {
        if (at(end + 1) != '"') return add(TokenKind::QuotedName, std::move(name), end + 1);
        ++end;
      }
      name += text_[end];
    }
    add(TokenKind::Invalid, "\"", text_.size());
  }

  void read_dollars() {
    const std::size_t end = text_.find("$$", begin_ + 2);
    if (end == std::string_view::npos) return add(TokenKind::Invalid, "$$", text_.size());
    add(TokenKind::Dollars, std::string(text_.substr(begin_ + 2, end - begin_ - 2)), end + 2);
  }

  void read_prefixed(TokenKind kind, bool (*belongs)(char)) {
    const std::size_t end = end_of(begin_ + 1, belongs);
    add(kind, upper(text_.substr(begin_ + 1, end - begin_ - 1)), end);
  }

  /// The name ends where no name can go on; a path after it runs to a blank, a comma, a parenthesis, a quote or `;`,
  /// so that `//` in it is no comment.
  void read_stage() {
    std::size_t end = begin_ + 1;
    while (end < text_.size()) {
      const char c = text_[end];
      if (c == '"') {
        end = text_.find('"', end + 1);
        if (end == std::string_view::npos) return add(TokenKind::Invalid, "\"", text_.size());
      } else if (!continues_name(c) && c != '.' && c != '%' && c != '~') {
        break;
      }
      ++end;
    }
    if (at(end) == '/') {
      end =
          end_of(end, [](char c) { return !is_blank(c) && c != ',' && c != '(' && c != ')' && c != '\'' && c != ';'; });
    }
    add(TokenKind::Stage, std::string(text_.substr(begin_, end - begin_)), end);
  }

  void read_symbol() {
    static constexpr auto kSymbols = std::to_array<std::string_view>(
        {"->>", "=>", "->", "::", ":=", "!=", "<>", "<=", ">=", "||", "**", "(", ")", "[", "]",
         "{",   "}",  ",",  ";",  ".",  "+",  "-",  "*",  "/",  "%",  "=",  "<", ">", ":", "?"});
    for (const std::string_view symbol : kSymbols)
      if (looking_at(symbol)) return add(TokenKind::Symbol, std::string(symbol), begin_ + symbol.size());
    std::size_t end = begin_ + 1;
    while (end < text_.size() && continues_code_point(text_[end])) ++end;
    add(TokenKind::Invalid, std::string(text_.substr(begin_, end - begin_)), end);
  }

  std::string_view text_;
  std::size_t position_ = 0, begin_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
  base::SourceSpan at_;
  bool spaced_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace sql
