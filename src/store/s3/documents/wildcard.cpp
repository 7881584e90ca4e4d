#include "store/s3/documents/wildcard.h"

namespace store::s3 {
namespace {

constexpr char16_t kAnyRun = 0x100;
constexpr char16_t kOneCharacter = 0x101;

/// Where the character ends that begins at `at`: UTF-8 has further bytes.
std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace

void WildcardPattern::add_pattern(std::string_view pattern) {
  for (const char c : pattern)
    units_ += c == '*' ? kAnyRun : c == '?' ? kOneCharacter : static_cast<char16_t>(static_cast<unsigned char>(c));
}

void WildcardPattern::add_literal(std::string_view text) {
  for (const char c : text) units_ += static_cast<char16_t>(static_cast<unsigned char>(c));
}

bool WildcardPattern::matches(std::string_view text) const {
  // Only the last * is ever tried again: the time is at most the product of the lengths.
  std::size_t at = 0, in_pattern = 0, star = units_.size(), star_at = 0;
  while (at < text.size()) {
    const char16_t unit = in_pattern < units_.size() ? units_[in_pattern] : u'\0';
    if (in_pattern < units_.size() && unit == kAnyRun) {
      star = in_pattern++;
      star_at = at;
    } else if (in_pattern < units_.size() && unit == kOneCharacter) {
      ++in_pattern;
      at = next_character(text, at);
    } else if (in_pattern < units_.size() && unit == static_cast<unsigned char>(text[at])) {
      ++in_pattern;
      ++at;
    } else if (star < units_.size()) {
      in_pattern = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (in_pattern < units_.size() && units_[in_pattern] == kAnyRun) ++in_pattern;
  return in_pattern == units_.size();
}

}  // namespace store::s3
