#include "flow/el/escapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "flow/el/html_entities.h"

namespace flow::el {
namespace {

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    tail(12), tail(6), tail(0);
  }
}

/// The character at the beginning, and its bytes; a byte that begins none counts by itself.
struct Character {
  std::uint32_t code_point;
  std::size_t size;
};
Character first_of(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  const std::size_t size = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  if (size == 1 || size > text.size()) return {byte, 1};
  std::uint32_t c = byte & (0xFF >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  return {c, size};
}
template <class F>
std::string each_character(std::string_view text, F append) {
  std::string out;
  while (!text.empty()) {
    const auto [c, size] = first_of(text);
    append(out, c, text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

constexpr HtmlEntity kBasic[] = {{"quot", '"'}, {"amp", '&'}, {"lt", '<'}, {"gt", '>'}};
constexpr HtmlEntity kApostrophe[] = {{"apos", '\''}};

using Tables = std::vector<std::span<const HtmlEntity>>;
std::string escape_entities(std::string_view text, const Tables& tables) {
  return each_character(text, [&](std::string& out, std::uint32_t c, std::string_view bytes) {
    for (const auto& table : tables)
      if (const auto found = std::ranges::find(table, c, &HtmlEntity::code_point); found != table.end()) {
        out.append("&").append(found->name).append(";");
        return;
      }
    out += bytes;
  });
}

/// "#228" or "#xE4".
std::optional<std::uint32_t> numeric_entity(std::string_view name) {
  if (!name.starts_with('#') || name.size() < 2) return std::nullopt;
  if ((name[1] | 32) == 'x') return hex_value(name.substr(2));
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), value);
  return error == std::errc{} && end == name.data() + name.size() ? std::optional(value) : std::nullopt;
}
std::string unescape_entities(std::string_view text, const Tables& tables) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
    std::optional<std::uint32_t> c;
    if (end != std::string_view::npos) {
      const auto name = text.substr(i + 1, end - i - 1);
      c = numeric_entity(name);
      for (const auto& table : tables)
        if (const auto found = std::ranges::find(table, name, &HtmlEntity::name); found != table.end())
          c = found->code_point;
    }
    if (!c || *c > 0x10FFFF) {
      out += text[i++];
      continue;
    }
    append_utf8(out, *c);
    i = end + 1;
  }
  return out;
}

}  // namespace

std::optional<std::uint32_t> hex_value(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const bool whole = !digits.empty() && error == std::errc{} && end == digits.data() + digits.size();
  return whole && digits[0] != '-' ? std::optional(value) : std::nullopt;
}

std::string escape_json(std::string_view text) {
  return each_character(text, [](std::string& out, std::uint32_t c, std::string_view bytes) {
    switch (c) {
      case '"': out += "\\\""; return;
      case '\\': out += "\\\\"; return;
      case '/': out += "\\/"; return;
      case '\b': out += "\\b"; return;
      case '\n': out += "\\n"; return;
      case '\t': out += "\\t"; return;
      case '\f': out += "\\f"; return;
      case '\r': out += "\\r"; return;
      default: break;
    }
    if (c >= 0x10000)
      out += fmt::format("\\u{:04X}\\u{:04X}", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
    else if (c < 0x20 || c > 0x7F)
      out += fmt::format("\\u{:04X}", c);
    else
      out += bytes;
  });
}

std::string unescape_json(std::string_view text) {
  std::string out;
  std::uint32_t high = 0;  // of a pair of surrogates that has begun
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c != 'u') {
      const auto at = std::string_view("bfnrt").find(c);
      if (at != std::string_view::npos)
        out += "\b\f\n\r\t"[at];
      else
        out += c;
      continue;
    }
    const auto unit = hex_value(text.substr(std::min(i + 1, text.size()), 4));
    if (!unit || i + 4 >= text.size()) {
      out += "\\u";
      continue;
    }
    i += 4;
    if (*unit >= 0xD800 && *unit < 0xDC00)
      high = *unit;
    else if (high != 0 && *unit >= 0xDC00 && *unit < 0xE000)
      append_utf8(out, 0x10000 + ((std::exchange(high, 0) - 0xD800) << 10) + (*unit - 0xDC00));
    else
      append_utf8(out, *unit);
  }
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out = escape_entities(text, {kBasic, kApostrophe});
  std::erase_if(out, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
  });
  return out;
}
std::string unescape_xml(std::string_view text) { return unescape_entities(text, {kBasic, kApostrophe}); }
std::string escape_html3(std::string_view text) { return escape_entities(text, {kBasic, html3_entities()}); }
std::string unescape_html3(std::string_view text) { return unescape_entities(text, {kBasic, html3_entities()}); }
std::string escape_html4(std::string_view text) {
  return escape_entities(text, {kBasic, html3_entities(), html4_entities()});
}
std::string unescape_html4(std::string_view text) {
  return unescape_entities(text, {kBasic, html3_entities(), html4_entities()});
}

std::string escape_csv(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) (out += c == '"' ? "\"" : "") += c;
  return out + "\"";
}
std::string unescape_csv(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  const auto inside = text.substr(1, text.size() - 2);
  if (inside.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    out += inside[i];
    if (inside.substr(i, 2) == "\"\"") ++i;
  }
  return out;
}

}  // namespace flow::el
