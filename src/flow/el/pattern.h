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
/// Errors of compile: InvalidValue with the place; Unsupported for class intersections ([a-z&&[^b]]).
class Pattern {
 public:
  static base::Result<Pattern> compile(std::string_view java);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  base::Result<bool> matches(std::string_view whole) const;
  base::Result<bool> find(std::string_view text) const;
  /// Replaces the first or every match; "$1", "${name}" and "\x" have Java's meaning.
  base::Result<std::string> replace(std::string_view text, std::string_view replacement, bool all) const;

 private:
  struct Code;
  explicit Pattern(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace flow::el
