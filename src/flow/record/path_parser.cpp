#include <fmt/format.h>

#include <algorithm>

#include "flow/record/number_text.h"
#include "flow/record/path_tree.h"

namespace flow::record {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<PathPtr> parse() {
    TRY(auto node, path());
    blanks();
    if (at_ != text_.size()) return wrong("more follows the path");
    return node;
  }

 private:
  base::Failure<base::Error> wrong(std::string_view what) const {
    return base::fail(base::ErrorKind::Syntax, fmt::format("RecordPath '{}', character {}: {}", text_, at_ + 1, what));
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  static PathPtr make(PathKind kind, PathPtr of = nullptr, std::string name = {}) {
    return PathPtr(new PathNode{.kind = kind, .of = std::move(of), .text = std::move(name)});
  }

  base::Result<std::string> quoted() {
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] != '\\' || at_ + 1 == text_.size()) {
        out += text_[at_];
        continue;
      }
      switch (const char c = text_[++at_]) {
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case '\\':
        case '\'':
        case '"': out += c; break;
        default: out.append("\\").append(1, c);  // of a regular expression
      }
    }
    if (at_ == text_.size()) return wrong("a quote is not closed");
    ++at_;
    return out;
  }

  base::Result<std::string> name() {
    blanks();
    if (peek() == '\'' || peek() == '"') return quoted();
    const auto end = std::min(text_.find_first_of("/[]()=<>!,*'\" \t\r\n", at_), text_.size());
    if (end == at_) return wrong("a name is expected");
    std::string word(text_.substr(at_, end - at_));
    at_ = end;
    return word;
  }

  /// A path, a function, or a literal.
  base::Result<PathPtr> path() {
    blanks();
    const char c = peek();
    if (c == '\'' || c == '"') {
      TRY(auto text, quoted());
      return make(PathKind::Literal, nullptr, std::move(text));
    }
    if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      auto end = at_ + 1;
      while (end < text_.size() &&
             (is_digit(text_[end]) || (text_[end] == '.' && end + 1 < text_.size() && is_digit(text_[end + 1]))))
        ++end;
      auto node = make(PathKind::Literal, nullptr, std::string(text_.substr(at_, end - at_)));
      at_ = end;
      node->number = parse_whole(node->text);
      return node;
    }
    PathPtr node;
    if (c == '/') {
      node = make(PathKind::Root);
      if (at_ + 1 == text_.size() || std::string_view(" )],=<>!").find(text_[at_ + 1]) != std::string_view::npos) {
        ++at_;
        return node;
      }
    } else if (take("..")) {
      node = make(PathKind::Up);
    } else if (take(".")) {
      node = make(PathKind::Here);
    } else {
      TRY(node, call());
    }
    return steps(std::move(node));
  }

  base::Result<PathPtr> steps(PathPtr node) {
    for (;;) {
      if (take("//")) {
        if (take("*")) {
          node = make(PathKind::Descendants, std::move(node));
        } else {
          TRY(auto step, name());
          node = make(PathKind::Descendant, std::move(node), std::move(step));
        }
      } else if (take("/")) {
        if (take("..")) {
          node = make(PathKind::Up, std::move(node));
        } else if (text_.substr(at_).starts_with(".") && !text_.substr(at_).starts_with("..")) {
          ++at_;
          node = make(PathKind::Here, std::move(node));
        } else if (take("*")) {
          node = make(PathKind::Children, std::move(node));
        } else {
          TRY(auto step, name());
          node = make(PathKind::Child, std::move(node), std::move(step));
        }
      } else if (peek() == '[') {
        ++at_;
        TRY(node, bracket(std::move(node)));
      } else {
        return node;
      }
    }
  }

  base::Result<PathPtr> bracket(PathPtr of) {
    blanks();
    PathPtr node;
    if (take("*")) {
      node = make(PathKind::Items, std::move(of));
    } else if (is_digit(peek()) || peek() == '-') {
      node = make(PathKind::Items, std::move(of));
      do {
        TRY(const auto from, index());
        auto to = from;
        blanks();
        if (take("..")) {
          TRY(to, index());
        }
        node->ranges.push_back({from, to});
        blanks();
      } while (take(","));
    } else if (peek() == '\'' || peek() == '"') {
      node = make(PathKind::Keys, std::move(of));
      do {
        blanks();
        if (peek() != '\'' && peek() != '"') return wrong("a key in quotes is expected");
        TRY(auto key, quoted());
        node->keys.push_back(std::move(key));
        blanks();
      } while (take(","));
    } else {
      node = make(PathKind::Filter, std::move(of));
      TRY(auto what, condition());
      node->arguments.push_back(std::move(what));
    }
    blanks();
    if (!take("]")) return wrong("']' is expected");
    return node;
  }

  base::Result<std::int64_t> index() {
    blanks();
    auto end = at_ + (peek() == '-' ? 1 : 0);
    while (end < text_.size() && is_digit(text_[end])) ++end;
    const auto number = parse_whole(text_.substr(at_, end - at_));
    if (!number) return wrong("an index is expected");
    at_ = end;
    return *number;
  }

  base::Result<PathPtr> condition() {
    TRY(auto left, path());
    blanks();
    for (const std::string_view symbol : {"!=", "<=", ">=", "=", "<", ">"}) {
      if (!take(symbol)) continue;
      auto node = make(PathKind::Compare, nullptr, std::string(symbol));
      TRY(auto right, path());
      node->arguments.push_back(std::move(left));
      node->arguments.push_back(std::move(right));
      return node;
    }
    if (left->kind == PathKind::Call && left->function->is_filter) return left;
    return wrong("a comparison, or a function that is true or false, is expected");
  }

  base::Result<PathPtr> call() {
    TRY(auto word, name());
    blanks();
    if (!take("(")) return wrong(fmt::format("'{}' is neither a path, which begins with / or ., nor a function", word));
    auto node = make(PathKind::Call, nullptr, word);
    node->function = find_path_function(word);
    if (node->function == nullptr) return wrong(fmt::format("there is no function '{}'", word));
    blanks();
    if (!take(")")) {
      do {
        TRY(auto argument, node->function->is_filter&& word == "not" ? condition() : path());
        node->arguments.push_back(std::move(argument));
        blanks();
      } while (take(","));
      if (!take(")")) return wrong("',' or ')' is expected");
    }
    if (node->arguments.size() < node->function->least || node->arguments.size() > node->function->most)
      return wrong(fmt::format("'{}' takes {} to {} arguments", word, node->function->least, node->function->most));
    return node;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

base::Result<PathPtr> parse_path(std::string_view text) { return Parser(text).parse(); }

}  // namespace flow::record
