#pragma once

#include <string>
#include <string_view>

namespace store::s3 {

/// A text in which some characters stand for others: * for any run, ? for one character. Built from text whose * and ?
/// are such, and from text that stands for itself.
class WildcardPattern {
 public:
  WildcardPattern() = default;
  explicit WildcardPattern(std::string_view pattern) { add_pattern(pattern); }
  void add_pattern(std::string_view pattern);
  void add_literal(std::string_view text);
  bool matches(std::string_view text) const;

 private:
  std::u16string units_;  // bytes, and the two that are none
};

inline bool matches_wildcard(std::string_view pattern, std::string_view text) {
  return WildcardPattern(pattern).matches(text);
}

}  // namespace store::s3
