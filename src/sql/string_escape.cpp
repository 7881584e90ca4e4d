#include "sql/string_escape.h"

#include <cstdint>
#include <optional>

namespace sql {
namespace {

std::optional<std::uint32_t> digits_of(std::string_view text, std::uint32_t base) {
  std::uint32_t value = 0;
  for (const char c : text) {
    std::uint32_t digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | code >> 6U);
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// Two \u of a surrogate pair make one character.
std::optional<std::uint32_t> low_surrogate(std::string_view rest) {
  if (rest.size() < 6 || rest[0] != '\\' || rest[1] != 'u') return std::nullopt;
  const auto code = digits_of(rest.substr(2, 4), 16);
  if (!code || *code < 0xDC00 || *code > 0xDFFF) return std::nullopt;
  return code;
}

/// Appends what the escape after a backslash means; returns how many characters of `rest` it took.
std::size_t append_escape(std::string& out, std::string_view rest) {
  const char c = rest[0];
  if (is_octal(c)) {
    if (rest.size() >= 3 && is_octal(rest[1]) && is_octal(rest[2])) {
      append_utf8(out, *digits_of(rest.substr(0, 3), 8));
      return 3;
    }
    if (c == '0') {
      out += '\0';
      return 1;
    }
  }
  if (c == 'x' && rest.size() >= 3) {
    if (const auto code = digits_of(rest.substr(1, 2), 16)) {
      append_utf8(out, *code);
      return 3;
    }
  }
  if (c == 'u' && rest.size() >= 5) {
    if (auto code = digits_of(rest.substr(1, 4), 16)) {
      std::size_t taken = 5;
      if (*code >= 0xD800 && *code <= 0xDBFF) {
        if (const auto low = low_surrogate(rest.substr(5))) {
          code = 0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00);
          taken += 6;
        } else {
          code = 0xFFFD;  // half a pair is no character
        }
      } else if (*code >= 0xDC00 && *code <= 0xDFFF) {
        code = 0xFFFD;
      }
      append_utf8(out, *code);
      return taken;
    }
  }
  switch (c) {
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    default: out += c;
  }
  return 1;
}

}  // namespace

std::string unescape_string(std::string_view written) {
  std::string value;
  value.reserve(written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\\' && i + 1 < written.size()) {
      i += append_escape(value, written.substr(i + 1));
    } else {
      value += written[i];
      if (written[i] == '\'') ++i;  // the second of ''
    }
  }
  return value;
}

}  // namespace sql
