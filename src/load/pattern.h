#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace load {

/// A PATTERN of COPY, LIST or REMOVE: regular expression in Java's flavour that must match the whole subject.
/// Source: loading.md 4.2. Cheap to copy.
class Pattern {
 public:
  /// Errors: InvalidValue that names what the expression holds wrongly, and where.
  static base::Result<Pattern> compile(std::string_view expression);
  /// Errors: InvalidValue when the match takes more steps than the limit (an expression that backtracks without end).
  base::Result<bool> matches(std::string_view subject) const;
  const std::string& text() const;

 private:
  struct Compiled;
  explicit Pattern(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace load
