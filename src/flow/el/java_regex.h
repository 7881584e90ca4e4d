#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace flow::el {

/// A regular expression of java.util.regex as PCRE2 spells it.
struct PcreText {
  std::string text;
  bool unix_lines = false;     // (?d) at the beginning: lines end with \n only
  bool unicode_words = false;  // (?U) at the beginning: \w, \d, \s and \b know all letters
};

/// Classes in classes and their intersections become lookaheads; \p{Alpha}, \p{IsLatin}, \p{javaLowerCase} and \uhhhh
/// are respelled; flags that PCRE2 has not (d, u, U) are taken away, d and U only count at the beginning.
/// Errors: InvalidValue for what is not closed, Unsupported for \p{...} of a name that is not known.
base::Result<PcreText> translate_java_regex(std::string_view java);

}  // namespace flow::el
