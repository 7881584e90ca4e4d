#include "flow/content/replacement.h"

#include <fmt/format.h>

#include "base/overloaded.h"

namespace flow {
namespace {

constexpr int kDepthMax = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_all_text(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '$' && !is_digit(text[i + 1])) return true;
  return false;
}

base::Result<std::string> substitute(std::string_view text, const Attributes& attributes, int depth) {
  if (depth > kDepthMax)
    return base::fail(base::ErrorKind::InvalidValue, "a variable contains itself in the values of the attributes");
  std::string out;
  while (!text.empty()) {
    const auto begin = text.find("${");
    const auto end = begin == std::string_view::npos ? begin : text.find('}', begin);
    if (end == std::string_view::npos) break;
    const auto name = text.substr(begin + 2, end - begin - 2);
    if (begin > 0 && text[begin - 1] == '$') {
      out += text.substr(0, begin - 1);
      out += text.substr(begin, end + 1 - begin);
    } else {
      out += text.substr(0, begin);
      const auto colon = name.find(":-");
      const auto found = attributes.find(name.substr(0, colon));
      if (found != attributes.end()) {
        TRY(const auto value, substitute(found->second, attributes, depth + 1));
        out += value;
      } else if (colon != std::string_view::npos) {
        out += name.substr(colon + 2);
      } else {
        out += text.substr(begin, end + 1 - begin);
      }
    }
    text.remove_prefix(end + 1);
  }
  out += text;
  return out;
}

}  // namespace

Replacement Replacement::parse(std::string_view text, std::size_t groups) {
  if (!is_all_text(text)) return parse_parts(text, groups);
  Replacement replacement;
  replacement.pieces_.emplace_back(std::string(text));
  return replacement;
}

Replacement Replacement::parse_parts(std::string_view text, std::size_t groups) {
  Replacement replacement;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) replacement.pieces_.emplace_back(std::move(literal));
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      literal += text[++i];
      continue;
    }
    if (text[i] != '$' || i + 1 == text.size()) {
      literal += text[i];
      continue;
    }
    auto number = static_cast<std::size_t>(text[i + 1] - '0');
    if (number > groups) {
      literal += '$';
      continue;
    }
    ++i;
    while (i + 1 < text.size() && is_digit(text[i + 1])) {
      const auto longer = number * 10 + static_cast<std::size_t>(text[i + 1] - '0');
      if (longer > groups) break;
      number = longer;
      ++i;
    }
    end_literal();
    replacement.pieces_.emplace_back(number);
  }
  end_literal();
  return replacement;
}

void Replacement::append_to(std::string& out, const el::Pattern::Matcher& match) const {
  for (const auto& piece : pieces_)
    std::visit(base::Overloaded{[&](const std::string& text) { out += text; },
                                [&](std::size_t group) { out += match.group(group).value_or(""); }},
               piece);
}

base::Result<std::string> substitute_variables(std::string_view text, const Attributes& attributes) {
  return substitute(text, attributes, 0);
}

}  // namespace flow
