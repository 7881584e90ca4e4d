#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flow::el {

/// A regular expression in Java's syntax. Matching is bounded in steps: a hopeless one is an error, not a hang.
/// Errors of compile: InvalidValue with the place; Unsupported as translate_java_regex().
class Pattern {
 public:
  static base::Result<Pattern> compile(std::string_view java);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  base::Result<bool> matches(std::string_view whole) const;
  base::Result<bool> find(std::string_view text) const;
  /// A pattern that matches this text only.
  static std::string quote(std::string text);
  std::size_t groups() const;                                      // without the whole match
  std::vector<std::pair<std::string, std::size_t>> names() const;  // of named groups, with their numbers
  struct Group {
    std::size_t begin = std::string_view::npos, end = std::string_view::npos;  // npos: it took no part
  };
  /// The groups of the first match that begins at `from` or later, the whole match first; none: there is no match.
  base::Result<std::vector<Group>> match(std::string_view text, std::size_t from) const;
  /// As Java's String.split: empty parts at the end are left out.
  base::Result<std::vector<std::string>> split(std::string_view text) const;
  /// Replaces the first or every match; "$1", "${name}" and "\x" have Java's meaning.
  base::Result<std::string> replace(std::string_view text, std::string_view replacement, bool all) const;

  /// Goes from match to match of a text; both must outlive it. Used by one thread.
  class Matcher {
   public:
    Matcher(const Pattern& pattern, std::string_view text);
    Matcher(const Matcher&) = delete;
    Matcher& operator=(const Matcher&) = delete;
    ~Matcher();
    void reset(std::string_view text);
    base::Result<bool> find();
    std::size_t begin() const;  // of the match, in bytes
    std::size_t end() const;
    std::optional<std::string_view> group(std::size_t number) const;  // 0: all; nothing: it took no part

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  struct Code;
  explicit Pattern(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace flow::el
