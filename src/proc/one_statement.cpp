#include "proc/one_statement.h"

#include <cctype>
#include <string>

namespace proc {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// The next word (upper case) or single character; empty at the end. Literals are the word 'x'.
  std::string next() {
    skip_blanks();
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (c == '\'' || c == '"') return skip_quoted(c);
    if (starts("$$")) {
      const auto end = text_.find("$$", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
      return "'";
    }
    if (!is_word(c)) return std::string(1, text_[at_++]);
    std::string word;
    while (at_ < text_.size() && is_word(text_[at_]))
      word += static_cast<char>(std::toupper(static_cast<unsigned char>(text_[at_++])));
    return word;
  }
  std::string peek() {
    const std::size_t here = at_;
    std::string word = next();
    at_ = here;
    return word;
  }

 private:
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (c & 0x80) != 0;
  }
  bool starts(std::string_view mark) const { return text_.substr(at_).starts_with(mark); }
  void skip_to(std::string_view mark) {
    const auto end = text_.find(mark, at_);
    at_ = end == std::string_view::npos ? text_.size() : end + mark.size();
  }
  void skip_blanks() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
        ++at_;
      else if (starts("--") || starts("//"))
        skip_to("\n");
      else if (starts("/*"))
        skip_to("*/");
      else
        return;
    }
  }
  std::string skip_quoted(char quote) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (quote == '\'' && text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == quote && !text_.substr(at_ + 1).starts_with(quote))
        break;
      else if (text_[at_] == quote)
        ++at_;
    }
    if (at_ < text_.size()) ++at_;
    return "'";
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool opens_block(const std::string& after_begin) {
  for (const char* word : {"", ";", "TRANSACTION", "WORK", "NAME"})
    if (after_begin == word) return false;
  return true;
}
bool closes_statement_only(const std::string& after_end) {
  for (const char* word : {"IF", "FOR", "WHILE", "LOOP", "REPEAT"})
    if (after_end == word) return true;
  return false;
}

}  // namespace

bool has_second_statement(std::string_view text) {
  Scanner scanner(text);
  int depth = 0;
  bool declaring = false, first = true;
  std::string before;
  for (std::string word = scanner.next(); !word.empty(); before = word, word = scanner.next(), first = false) {
    if (word == "DECLARE" && (first || before == "AS"))
      declaring = true;
    else if (word == "BEGIN" && opens_block(scanner.peek()) && (first || declaring || depth > 0 || before == "AS")) {
      ++depth;
      declaring = false;
    } else if (word == "CASE" && depth > 0 && before != "END")
      ++depth;
    else if (word == "END" && depth > 0 && !closes_statement_only(scanner.peek()))
      --depth;
    else if (word == ";" && depth == 0 && !declaring) {
      while (word == ";") word = scanner.next();
      return !word.empty();
    }
  }
  return false;
}

}  // namespace proc
