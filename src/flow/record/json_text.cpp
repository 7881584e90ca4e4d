#include "flow/record/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "flow/record/number_text.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

constexpr int kDepthMax = 1000;

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t at, Arena& arena, const JsonRules& rules)
      : text_(text), at_(at), arena_(arena), rules_(rules) {}
  std::size_t at() const { return at_; }

  base::Result<Value> value(int depth) {
    if (depth > kDepthMax) return wrong("it is nested too deeply");
    blanks();
    if (at_ == text_.size()) return unfinished();
    switch (text_[at_]) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': {
        TRY(const auto content, string());
        return Value::of(Kind::String, content);
      }
      case 't': return word("true", Value::of(Kind::Boolean, std::int64_t{1}));
      case 'f': return word("false", Value::of(Kind::Boolean, std::int64_t{0}));
      case 'n': return word("null", Value{});
      default: return number();
    }
  }

 private:
  base::Failure<base::Error> wrong(std::string_view what) const {
    return base::fail(base::ErrorKind::Syntax, fmt::format("not valid JSON at byte {}: {}", at_, what));
  }
  static base::Failure<base::Error> unfinished() {
    return base::fail(base::ErrorKind::Unavailable, "not valid JSON: the text ends too early");
  }
  void blanks() { at_ = skip_blanks(text_, at_, rules_); }

  base::Result<Value> word(std::string_view name, Value value) {
    const auto there = text_.substr(at_, name.size());
    if (there != name) {
      if (name.starts_with(there)) return unfinished();
      return wrong("an unknown word");
    }
    at_ += name.size();
    return value;
  }

  base::Result<Value> number() {
    const auto begin = at_;
    while (at_ < text_.size() && std::string_view("+-0123456789.eE").find(text_[at_]) != std::string_view::npos) ++at_;
    const auto digits = text_.substr(begin, at_ - begin);
    if (digits.empty()) return wrong("a value is expected");
    const auto unsigned_digits = digits.substr(digits.starts_with('-') ? 1 : 0);
    const bool zero_first = unsigned_digits.size() > 1 && unsigned_digits[0] == '0' && unsigned_digits[1] >= '0' &&
                            unsigned_digits[1] <= '9';
    if (digits.front() == '+' || zero_first) return wrong("not a number");
    if (digits.find_first_of(".eE") == std::string_view::npos) {
      if (const auto whole = parse_whole(digits)) {
        const bool small =
            *whole >= std::numeric_limits<std::int32_t>::min() && *whole <= std::numeric_limits<std::int32_t>::max();
        return Value::of(small ? Kind::Int : Kind::Long, *whole);
      }
      if (!is_whole_text(digits)) return wrong("not a number");
      return Value::of(Kind::BigInt, digits);
    }
    const auto real = is_decimal_text(digits) ? parse_double(digits) : std::nullopt;
    if (!real)
      return at_ == text_.size() ? base::Result<Value>(unfinished()) : base::Result<Value>(wrong("not a number"));
    return Value::of(Kind::Double, *real);
  }

  base::Result<unsigned> hex4() {
    if (at_ + 4 > text_.size()) return unfinished();
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return wrong("a \\u escape has four hexadecimal digits");
      code = code * 16 + static_cast<unsigned>(digit);
    }
    return code;
  }

  base::Status escape(std::string& out) {
    if (at_ == text_.size()) return unfinished();
    switch (const char c = text_[at_++]) {
      case 'b': out += '\b'; return {};
      case 'f': out += '\f'; return {};
      case 'n': out += '\n'; return {};
      case 'r': out += '\r'; return {};
      case 't': out += '\t'; return {};
      case '"':
      case '\\':
      case '/': out += c; return {};
      case 'u': {
        TRY(auto code, hex4());
        if (code >= 0xD800 && code < 0xDC00) {
          if (text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            TRY(const auto low, hex4());
            code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
          } else if (at_ + 2 > text_.size()) {
            return unfinished();
          } else {
            code = 0xFFFD;
          }
        } else if (code >= 0xDC00 && code < 0xE000) {
          code = 0xFFFD;
        }
        append_utf8(out, code);
        return {};
      }
      default: return wrong("an unknown escape");
    }
  }

  base::Result<std::string_view> string() {
    const auto begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= ' ')
      ++at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      const auto content = text_.substr(begin, at_ - begin);
      ++at_;
      if (content.size() > rules_.string_bytes_max) return too_long();
      return content;
    }
    std::string content(text_.substr(begin, at_ - begin));
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        if (content.size() > rules_.string_bytes_max) return too_long();
        return arena_.text(content);
      }
      if (static_cast<unsigned char>(c) < ' ') return wrong("a control character stands in a string");
      ++at_;
      if (c != '\\')
        content += c;
      else
        TRY_VOID(escape(content));
    }
    return unfinished();
  }
  base::Failure<base::Error> too_long() const {
    return wrong(fmt::format("a string is longer than {} bytes", rules_.string_bytes_max));
  }

  base::Result<Value> object(int depth) {
    ++at_;
    std::vector<Entry> entries;
    blanks();
    if (at_ < text_.size() && text_[at_] == '}') {
      ++at_;
      return Value::of(std::span<const Entry>());
    }
    for (;;) {
      blanks();
      if (at_ == text_.size()) return unfinished();
      if (text_[at_] != '"') return wrong("a name in quotes is expected");
      TRY(const auto name, string());
      blanks();
      if (at_ == text_.size()) return unfinished();
      if (text_[at_] != ':') return wrong("':' is expected");
      ++at_;
      TRY(const auto inner, value(depth + 1));
      const auto before = std::ranges::find(entries, name, &Entry::name);
      if (before != entries.end())
        before->value = inner;
      else
        entries.push_back({name, inner});
      TRY(const bool more, separator('}'));
      if (!more) return Value::of(std::span<const Entry>(arena_.copy(std::span<const Entry>(entries))));
    }
  }
  base::Result<Value> array(int depth) {
    ++at_;
    std::vector<Value> items;
    blanks();
    if (at_ < text_.size() && text_[at_] == ']') {
      ++at_;
      return Value::of(std::span<const Value>());
    }
    for (;;) {
      TRY(const auto item, value(depth + 1));
      items.push_back(item);
      TRY(const bool more, separator(']'));
      if (!more) return Value::of(std::span<const Value>(arena_.copy(std::span<const Value>(items))));
    }
  }
  base::Result<bool> separator(char close) {
    blanks();
    if (at_ == text_.size()) return unfinished();
    const char c = text_[at_];
    if (c != ',' && c != close) return wrong(fmt::format("',' or '{}' is expected", close));
    ++at_;
    return c == ',';
  }

  const std::string_view text_;
  std::size_t at_;
  Arena& arena_;
  const JsonRules& rules_;
};

void new_line(std::string& out, int depth) { out.append("\n").append(static_cast<std::size_t>(depth) * 2, ' '); }

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t at, const JsonRules& rules) {
  for (;;) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) ++at;
    if (!rules.comments || at + 1 >= text.size() || text[at] != '/') return at;
    const auto close = text[at + 1] == '/' ? text.find('\n', at) : text[at + 1] == '*' ? text.find("*/", at + 2) : at;
    if (close == at) return at;
    if (close == std::string_view::npos) return text.size();
    at = close + (text[at + 1] == '*' ? 2 : 1);
  }
}

base::Result<Value> parse_json(std::string_view text, std::size_t& end, Arena& arena, const JsonRules& rules) {
  Parser parser(text, 0, arena, rules);
  TRY(const auto value, parser.value(0));
  end = parser.at();
  return value;
}

base::Result<Value> parse_json(std::string_view text, Arena& arena) {
  std::size_t end = 0;
  auto value = parse_json(text, end, arena);
  if (!value) {
    auto error = value.error();
    error.kind = base::ErrorKind::Syntax;
    return base::fail(std::move(error));
  }
  if (skip_blanks(text, end, {}) != text.size())
    return base::fail(base::ErrorKind::Syntax, fmt::format("not valid JSON at byte {}: more follows the value", end));
  return value;
}

namespace {

/// A character of four bytes in UTF-8, as the two of UTF-16.
void append_pair(std::string& out, std::string_view bytes) {
  unsigned code = static_cast<unsigned char>(bytes[0]) & 0x07;
  for (const char c : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  code -= 0x10000;
  out += fmt::format("\\u{:04X}\\u{:04X}", 0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF));
}

}  // namespace

void append_json_text(std::string& out, std::string_view text, bool escape_pairs) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_pair = escape_pairs && static_cast<unsigned char>(c) >= 0xF0 && i + 3 < text.size();
    if (static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\' && !is_pair) continue;
    out.append(text, plain, i - plain);
    if (is_pair) {
      append_pair(out, text.substr(i, 4));
      i += 3;
      plain = i + 1;
      continue;
    }
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    }
  }
  out.append(text, plain);
  out += '"';
}

std::string with_escaped_pairs(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (static_cast<unsigned char>(json[i]) < 0xF0 || i + 3 >= json.size()) {
      out += json[i];
      continue;
    }
    append_pair(out, json.substr(i, 4));
    i += 3;
  }
  return out;
}

void append_json_number(std::string& out, const Value& value, bool scientific) {
  if (value.kind >= Kind::Byte && value.kind <= Kind::Long) {
    fmt::format_to(std::back_inserter(out), "{}", value.whole);
    return;
  }
  const auto text = plain_text(value);
  if (text.find_first_of("NI") != std::string::npos) {
    append_json_text(out, text);  // NaN and Infinity are no JSON
    return;
  }
  out += scientific ? text : plain_decimal(text).value_or(text);
}

void append_json(std::string& out, const Value& value, const JsonStyle& style, int depth) {
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: out += "null"; return;
    case Kind::Boolean: out += value.whole != 0 ? "true" : "false"; return;
    case Kind::Array: {
      // Jackson's pretty printer puts the items of an array on one line.
      out += style.pretty ? "[ " : "[";
      bool first = true;
      for (const auto& item : value.items()) {
        if (!first) out += style.pretty ? ", " : ",";
        first = false;
        append_json(out, item, style, depth);
      }
      out += style.pretty && value.size > 0 ? " ]" : "]";
      return;
    }
    case Kind::Bytes: {
      out += '[';
      for (std::size_t i = 0; i < value.size; ++i)
        out += fmt::format("{}{}", i == 0 ? "" : ",", static_cast<int>(static_cast<signed char>(value.characters[i])));
      out += ']';
      return;
    }
    case Kind::Record: {
      Arena arena;
      append_json(out, Value::of(std::span<const Entry>(entries_of(*value.row, arena))), style, depth);
      return;
    }
    case Kind::Map: {
      out += '{';
      bool first = true;
      for (const auto& entry : value.entries()) {
        if (!first) out += ',';
        first = false;
        if (style.pretty) new_line(out, depth + 1);
        append_json_text(out, entry.name, style.escape_pairs);
        out += style.pretty ? " : " : ":";
        append_json(out, entry.value, style, depth + 1);
      }
      if (style.pretty && value.size > 0) new_line(out, depth);
      out += style.pretty && value.size == 0 ? " }" : "}";
      return;
    }
    default:
      if (value.is_number())
        append_json_number(out, value, style.scientific);
      else
        append_json_text(out, plain_text(value), style.escape_pairs);
  }
}

}  // namespace flow::record
