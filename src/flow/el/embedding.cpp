#include <fmt/format.h>

#include <algorithm>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

struct Range {
  std::size_t begin, end;  // of "${...}", the closing brace included
};
enum class Wanted { Expressions, Escaped };  // "${a}", "$${a}"

/// The quote that ends what begins at `begin`; npos when it is open.
std::size_t end_of_quote(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[begin])
      return i;
  }
  return std::string_view::npos;
}

/// What is between the braces of an expression may hold quotes and other braces; an open one is literal text.
std::vector<Range> ranges_of(std::string_view text, Wanted wanted) {
  std::vector<Range> ranges;
  std::size_t begin = std::string_view::npos;
  std::size_t dollars = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool inside = begin != std::string_view::npos;
    if (inside && c == '\\') {
      ++i;
      dollars = 0;
    } else if (inside && (c == '\'' || c == '"')) {
      i = end_of_quote(text, i);
      if (i == std::string_view::npos) break;
      dollars = 0;
    } else if (c == '$') {
      ++dollars;
    } else {
      if (c == '{') {
        if (!inside && dollars > 0 && (dollars % 2 == 0) == (wanted == Wanted::Escaped))
          begin = i - (wanted == Wanted::Escaped ? dollars : 1);
        if (begin != std::string_view::npos) ++depth;
      } else if (c == '}' && inside && --depth == 0) {
        ranges.push_back({begin, i + 1});
        begin = std::string_view::npos;
      }
      dollars = 0;
    }
  }
  return ranges;
}

std::string halved(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') ++i;
  }
  return out;
}
/// NiFi takes one of two dollars away up to the first brace of a literal piece, no further.
std::string unescaped_begin(std::string_view text) {
  const auto brace = std::min(text.find('{'), text.size());
  return halved(text.substr(0, brace)) + std::string(text.substr(brace));
}
/// Before an attribute the dollars at the end are halved once more, unless nothing else is there.
std::string unescaped_end(std::string text, bool if_all_dollars) {
  const auto last = text.find_last_not_of('$');
  const auto dollars = text.size() - (last == std::string::npos ? 0 : last + 1);
  if (dollars < text.size() || if_all_dollars) text.resize(text.size() - dollars / 2);
  return text;
}

/// Text between expressions, and the expressions.
template <class OnText, class OnRange>
base::Status walk(std::string_view text, const std::vector<Range>& ranges, OnText on_text, OnRange on_range) {
  std::size_t at = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin > at) TRY_VOID(on_text(text.substr(at, begin - at)));
    TRY_VOID(on_range(text.substr(begin, end - begin)));
    at = end;
  }
  if (at < text.size()) TRY_VOID(on_text(text.substr(at)));
  return {};
}

/// Parameters outside of expressions are text by the time these are looked for, so that they may hold some.
base::Result<std::string> with_parameters(std::string_view text, const ParameterLookup& parameters) {
  if (text.find("#{") == std::string_view::npos) return std::string(text);
  std::string out;
  TRY_VOID(walk(
      text, ranges_of(text, Wanted::Expressions),
      [&](std::string_view literal) -> base::Status {
        TRY(const auto replaced, replace_parameters(literal, parameters));
        out += replaced;
        return {};
      },
      [&](std::string_view expression) -> base::Status {
        out += expression;
        return {};
      }));
  return out;
}

bool is_attribute(const Node& node) { return std::holds_alternative<Attribute>(node.node); }
std::string_view inside(std::string_view expression) { return expression.substr(2, expression.size() - 3); }

/// A property without expressions: what is escaped loses its dollars.
base::Result<std::string> unescaped(std::string_view text) {
  const auto escaped = ranges_of(text, Wanted::Escaped);
  if (escaped.empty()) return std::string(text);
  std::string out;
  const auto add = [&](std::string_view part) -> base::Status {
    out += unescaped_begin(part);
    return {};
  };
  TRY_VOID(walk(text, escaped, add, add));
  return out;
}

/// In a quoted text half of the dollars before the brace go, in each place.
base::Result<std::string> unescaped_quoted(std::string_view text) {
  std::string out;
  TRY_VOID(walk(
      text, ranges_of(text, Wanted::Escaped),
      [&](std::string_view part) -> base::Status {
        out += part;
        return {};
      },
      [&](std::string_view escaped) -> base::Status {
        out += unescaped_begin(escaped);
        return {};
      }));
  return out;
}

}  // namespace

base::Result<std::string> parameter_value(std::string_view name, const ParameterLookup& parameters) {
  if (name.size() >= 2 && (name.front() == '\'' || name.front() == '"') && name.back() == name.front())
    name = name.substr(1, name.size() - 2);
  if (parameters)
    if (auto value = parameters(name)) return std::move(*value);
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("parameter '{}' is not defined; set it in the parameter context of the group", name));
}

base::Result<std::string> replace_parameters(std::string_view text, const ParameterLookup& parameters) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '#') {
      out += text[i++];
      continue;
    }
    const auto run = std::min(text.find_first_not_of('#', i), text.size()) - i;
    const auto close = i + run < text.size() && text[i + run] == '{' ? text.find('}', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out.append(run, '#');
      i += run;
      continue;
    }
    // Half of the run is literal; what is left over refers to a parameter.
    out.append(run / 2, '#');
    i += run;
    if (run % 2 == 0) continue;
    TRY(const auto value, parameter_value(text.substr(i + 1, close - i - 1), parameters));
    out += value;
    i = close + 1;
  }
  return out;
}

base::Result<std::vector<Piece>> parse(std::string_view property, const ParameterLookup& parameters) {
  TRY(const auto text, with_parameters(property, parameters));
  std::vector<Piece> pieces;
  const auto ranges = ranges_of(text, Wanted::Expressions);
  if (ranges.empty()) {
    TRY(auto literal, unescaped(text));
    if (!literal.empty()) pieces.push_back({std::move(literal), nullptr});
    return pieces;
  }
  TRY_VOID(walk(
      text, ranges,
      [&](std::string_view literal) -> base::Status {
        pieces.push_back({unescaped_begin(literal), nullptr});
        return {};
      },
      [&](std::string_view expression) -> base::Status {
        TRY(auto node, parse_expression(inside(expression), parameters));
        if (!pieces.empty() && pieces.back().expression == nullptr && is_attribute(*node))
          pieces.back().text = unescaped_end(std::move(pieces.back().text), false);
        pieces.push_back({{}, std::move(node)});
        return {};
      }));
  return pieces;
}

base::Result<NodePtr> parse_quoted(std::string text, const ParameterLookup& parameters) {
  const auto constant = [](std::string value) { return std::make_unique<Node>(Node{Constant{std::move(value)}}); };
  const auto ranges = text.size() < 2 ? std::vector<Range>{} : ranges_of(text, Wanted::Expressions);
  if (ranges.empty()) {
    TRY(auto literal, unescaped_quoted(text));
    return constant(std::move(literal));
  }
  Joined joined;
  std::string before;  // which an expression that is an attribute may change
  const auto flush = [&]() -> base::Status {
    if (before.empty()) return {};
    TRY(auto literal, unescaped_quoted(before));
    joined.parts.push_back(constant(std::move(literal)));
    before.clear();
    return {};
  };
  TRY_VOID(walk(
      text, ranges,
      [&](std::string_view literal) -> base::Status {
        before = literal;
        return {};
      },
      [&](std::string_view expression) -> base::Status {
        TRY(auto node, parse_expression(inside(expression), parameters));
        if (is_attribute(*node)) before = unescaped_end(std::move(before), true);
        TRY_VOID(flush());
        joined.parts.push_back(std::move(node));
        return {};
      }));
  TRY_VOID(flush());
  if (joined.parts.size() == 1) return std::move(joined.parts.front());
  return std::make_unique<Node>(Node{std::move(joined)});
}

}  // namespace flow::el
