// From the texts of keys and paths to their trees.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/jolt/path.h"

namespace flow::jolt {
namespace {

base::Failure<base::Error> wrong(std::string_view what, std::string_view key) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: '{}'", what, key));
}

bool has(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }
bool has(std::string_view text, char what) { return text.find(what) != std::string_view::npos; }

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "&", "&2", "&(1,2)", and the same with '$'.
base::Result<Reference> parse_reference(std::string_view text) {
  const auto body = text.substr(1);
  if (body.empty()) return Reference{};
  if (body.size() >= 3 && body.front() == '(' && body.back() == ')') {
    const auto inside = body.substr(1, body.size() - 2);
    const auto comma = inside.find(',');
    const auto up = number(inside.substr(0, comma));
    const auto group =
        comma == std::string_view::npos ? std::optional<std::size_t>(0) : number(inside.substr(comma + 1));
    if (!up || !group) return wrong("not a reference", text);
    return Reference{*up, *group};
  }
  const auto up = number(body);
  if (!up) return wrong("not a reference", text);
  return Reference{*up, 0};
}

std::string canonical(char sign, const Reference& reference) {
  return fmt::format("{}({},{})", sign, reference.up, reference.group);
}

base::Result<Key> parse_amp(std::string text) {
  Amp amp;
  std::string plain, form;
  const auto flush = [&] {
    if (!plain.empty()) amp.tokens.emplace_back(plain);
    form += std::exchange(plain, {});
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      plain += text[at++];
      continue;
    }
    flush();
    auto end = at + 1;
    while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '(' ||
                                 text[end] == ')' || text[end] == ','))
      ++end;
    TRY(const auto reference, parse_reference(std::string_view(text).substr(at, end - at)));
    form += canonical('&', reference);
    amp.tokens.emplace_back(reference);
    at = end;
  }
  flush();
  return Key{.node = std::move(amp), .raw = std::move(text), .canonical = std::move(form)};
}

std::string canonical_path(const Path& path) {
  std::string text;
  for (const auto& key : path.keys) text += (text.empty() ? "" : ".") + key.canonical;
  return text;
}

base::Result<Path> parse_plain_path(std::string_view dotted);

base::Result<std::pair<Transpose, std::string>> parse_transpose(std::string_view key) {
  if (key.size() < 2 || key[0] != '@') return wrong("a key with @ begins with it", key);
  auto body = key.substr(1);
  if (has(body, '@')) return wrong("@ within @", key);
  if (has(body, '*') || has(body, "[]")) return wrong("@ with a wildcard", key);
  if (body.front() == '(') {
    if (body.back() != ')') return wrong("a bracket of @ is not closed", key);
    body = body.substr(1, body.size() - 2);
  }
  Transpose transpose;
  if (!body.empty() && std::isdigit(static_cast<unsigned char>(body.front())) != 0) {
    const auto comma = body.find(',');
    const auto up = number(body.substr(0, comma));
    if (!up) return wrong("@ with a number that is none", key);
    transpose.up = *up;
    body = comma == std::string_view::npos ? std::string_view{} : body.substr(comma + 1);
  } else if (body.empty()) {
    return wrong("@ of nothing", key);
  }
  std::string below;
  if (!body.empty()) {
    TRY(auto path, parse_plain_path(body));
    below = canonical_path(path);
    transpose.path = std::make_shared<const Path>(std::move(path));
  }
  auto form = fmt::format("@({},{})", transpose.up, below);
  return std::pair(std::move(transpose), std::move(form));
}

base::Result<Key> parse_index(std::string text) {
  if (text.front() != '[' || text.back() != ']') return wrong("not an element of an array", text);
  const auto inside = std::string_view(text).substr(1, text.size() - 2);
  Key key{.node = Index{Append{}}, .raw = text, .canonical = "[]"};
  if (inside.empty()) return key;
  if (inside.front() == '&') {
    TRY(const auto reference, parse_reference(inside));
    key.node = Index{reference};
    key.canonical = "[" + canonical('&', reference) + "]";
  } else if (inside.front() == '#') {
    const auto up = inside.size() == 1 ? std::optional<std::size_t>(0) : number(inside.substr(1));
    if (!up) return wrong("not a reference", text);
    key.node = Index{Count{*up}};
    key.canonical = fmt::format("[#{}]", *up);
  } else if (inside.front() == '@') {
    TRY(auto transpose, parse_transpose(inside));
    key.node = Index{std::move(transpose.first)};
    key.canonical = "[" + transpose.second + "]";
  } else {
    const auto index = index_of(inside);
    if (!index) return wrong("not an element of an array", text);
    key.node = Index{*index};
    key.canonical = fmt::format("[{}]", inside);
  }
  return key;
}

base::Result<Key> parse_star(std::string text) {
  Star star;
  std::string_view rest = text;
  for (auto at = rest.find('*'); at != std::string_view::npos; at = rest.find('*')) {
    star.parts.emplace_back(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
  star.parts.emplace_back(rest);
  return Key{.node = std::move(star), .raw = text, .canonical = text};
}

base::Result<Key> parse_hash(std::string text) {
  auto inside = std::string_view(text).substr(1);
  if (text.front() != '#' || inside.empty()) return wrong("a key with # begins with it, and a text follows", text);
  if (inside.front() == '(') {
    if (inside.back() != ')') return wrong("a bracket of # is not closed", text);
    inside = inside.substr(1, inside.size() - 2);
  }
  return Key{.node = Hash{std::string(inside)}, .raw = text, .canonical = fmt::format("#({})", inside)};
}

/// The text in which a backslash makes the next character plain, without those characters and without the backslashes.
struct Unescaped {
  std::string signs;  // that have a meaning
  std::string text;
};
Unescaped unescape(std::string_view raw) {
  Unescaped made;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      made.signs += raw[i];
      made.text += raw[i];
    } else if (++i < raw.size()) {
      made.text += raw[i];
    }
  }
  return made;
}

/// Reads what follows an @ in a path, up to its end.
base::Result<std::string> take_transpose(std::string_view dotted, std::size_t& at) {
  std::string text = "@";
  if (at >= dotted.size()) return text;
  const bool bracket = dotted[at] == '(';
  if (dotted[at] == '.') return wrong("@ of nothing", dotted);
  text += dotted[at++];
  while (at < dotted.size()) {
    // "@a[0]" is "@a.[0]".
    if (!bracket && dotted[at] == '[' && !text.ends_with('\\')) return fmt::format("@({})", text.substr(1));
    const char c = dotted[at++];
    if (!bracket && c == '.') return fmt::format("@({})", text.substr(1));
    text += c;
    if (bracket && c == '(') return wrong("too many brackets", dotted);
    if (bracket && c == ')') return text;
  }
  if (bracket) return wrong("a bracket of @ is not closed", dotted);
  return text;
}

/// Parts between dots. Escapes of other characters than dots stay, for the parts.
base::Result<std::vector<std::string>> split_path(std::string_view dotted) {
  std::vector<std::string> parts;
  std::string part;
  const auto flush = [&] {
    if (!part.empty()) parts.push_back(std::exchange(part, {}));
  };
  for (std::size_t at = 0; at < dotted.size();) {
    const char c = dotted[at++];
    if (c == '\\' && at < dotted.size()) {
      const char next = dotted[at++];
      if (next != '.' && next != '\\') part += '\\';
      part += next;
    } else if (c == '@') {
      TRY(const auto transpose, take_transpose(dotted, at));
      part += transpose;
      if (has(part, '[') && !has(part, ']')) continue;  // of an index
      flush();
    } else if (c == '.') {
      flush();
    } else if (c == '[' && !part.empty() && !part.ends_with('@')) {
      flush();  // "a[0]" is "a.[0]"
      part += c;
    } else {
      part += c;
    }
  }
  flush();
  return parts;
}

base::Result<Path> parse_plain_path(std::string_view dotted) {
  for (const char sign : {'*', '$'})
    if (has(dotted, sign) && !has(dotted, fmt::format("\\{}", sign)))
      return wrong("a path cannot have '*' or '$'", dotted);
  TRY(const auto parts, split_path(dotted));
  Path path;
  for (const auto& part : parts) {
    TRY(auto key, parse_key(part));
    if (std::holds_alternative<At>(key.node) || std::holds_alternative<Hash>(key.node) || key.is_star())
      return wrong("a path cannot have such a key", dotted);
    path.keys.push_back(std::move(key));
  }
  return path;
}

}  // namespace

base::Result<Key> parse_key(std::string_view raw) {
  auto unescaped = unescape(raw);
  const auto& signs = unescaped.signs;
  auto& text = unescaped.text;
  const auto means = [&](std::string_view sign) { return has(signs, sign); };
  if (signs == "@" && text == "@") return Key{.node = At{}, .raw = text, .canonical = "@"};
  if (signs.starts_with('[') || (means("[") && !means("@") && !means("$"))) {
    if (std::ranges::count(signs, '[') != 1 || std::ranges::count(signs, ']') != 1)
      return wrong("too many brackets", raw);
    return parse_index(std::move(text));
  }
  if (signs.starts_with('@') || means("@(")) {
    TRY(auto transpose, parse_transpose(raw));
    return Key{.node = std::move(transpose.first), .raw = std::string(raw), .canonical = std::move(transpose.second)};
  }
  if (means("@")) return wrong("@ other than at the beginning", raw);
  if (means("$")) {
    if (text.front() != '$') return wrong("not a reference", raw);
    TRY(const auto reference, parse_reference(text));
    return Key{.node = Dollar{reference}, .raw = text, .canonical = canonical('$', reference)};
  }
  if (means("&")) {
    if (means("*")) return wrong("'*' and '&' in one key", raw);
    return parse_amp(std::move(text));
  }
  if (means("*")) return parse_star(std::move(text));
  if (means("#")) return parse_hash(std::move(text));
  std::string form;
  for (const char c : text) form += c == '.' ? std::string("\\.") : std::string(1, c);
  return Key{.node = Literal{text}, .raw = text, .canonical = std::move(form)};
}

base::Result<Path> parse_path(std::string_view dotted) { return parse_plain_path(dotted); }

base::Result<Path> parse_output_path(std::string_view dotted) {
  const bool blank = dotted.find_first_not_of(" \t\r\n") == std::string_view::npos;
  return parse_plain_path(blank ? "root" : fmt::format("root.{}", dotted));
}

std::vector<std::string> alternatives(std::string_view key) {
  std::vector<std::string> keys;
  for (;;) {
    const auto bar = key.find('|');
    keys.emplace_back(key.substr(0, bar));
    if (bar == std::string_view::npos) break;
    key.remove_prefix(bar + 1);
  }
  while (keys.size() > 1 && keys.back().empty()) keys.pop_back();  // as Java splits
  return keys;
}

bool tried_before(const Key& a, const Key& b) {
  const auto rank = [](const Key& key) -> std::size_t {
    const auto* star = std::get_if<Star>(&key.node);
    if (star == nullptr) return 0;
    if (key.is_any()) return 4;
    return 4 - std::min<std::size_t>(star->parts.size() - 1, 3);
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.canonical.size() != b.canonical.size()) return a.canonical.size() > b.canonical.size();
  return a.canonical < b.canonical;
}

}  // namespace flow::jolt
