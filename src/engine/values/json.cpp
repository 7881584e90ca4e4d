#include "engine/values/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace engine {
namespace {

using Kind = JsonValue::Kind;
constexpr int kMaxDepth = 1000;

class Reader {
 public:
  Reader(std::string_view text, std::string& problem) : text_(text), problem_(problem) {}

  std::optional<JsonValue> document() {
    auto value = read(0);
    if (!value) return std::nullopt;
    skip();
    if (at_ < text_.size()) return fail("unexpected text after the value");
    return value;
  }

 private:
  std::nullopt_t fail(std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{}, pos {}", what, at_ + 1);
    return std::nullopt;
  }

  void skip() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (std::string_view(" \t\r\n").find(rest[0]) != std::string_view::npos)
        ++at_;
      else if (rest.starts_with("//"))
        at_ = std::min(text_.size(), text_.find('\n', at_));
      else if (rest.starts_with("/*")) {
        const auto end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        break;
      }
    }
  }

  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<JsonValue> read(int depth) {
    if (depth > kMaxDepth) return fail("nested too deep");
    skip();
    if (at_ >= text_.size()) return fail("incomplete value");
    const char c = text_[at_];
    if (c == '{') return object(depth);
    if (c == '[') return array(depth);
    if (c == '"' || c == '\'') {
      auto text = string();
      if (!text) return std::nullopt;
      return JsonValue{.kind = Kind::String, .text = *std::move(text), .items = {}, .members = {}};
    }
    return word();
  }

  std::optional<JsonValue> object(int depth) {
    ++at_;
    JsonValue made{.kind = Kind::Object, .text = {}, .items = {}, .members = {}};
    while (!take('}')) {
      skip();
      if (at_ >= text_.size()) return fail("missing closing brace");
      std::optional<std::string> key;
      const std::size_t start = at_;
      if (text_[at_] == '"' || text_[at_] == '\'')
        key = string();
      else {
        const auto end = text_.find_first_of(": \t\r\n,}", at_);
        if (end == std::string_view::npos || end == at_) return fail("missing key");
        key = std::string(text_.substr(at_, end - at_));
        at_ = end;
      }
      if (!key) return std::nullopt;
      if (!take(':')) return fail("missing colon");
      auto value = read(depth + 1);
      if (!value) return std::nullopt;
      for (const auto& [known, other] : made.members)
        if (known == *key) {
          at_ = start;
          return fail(fmt::format("duplicate object attribute \"{}\"", *key));
        }
      made.members.push_back({*std::move(key), *std::move(value)});
      if (!take(',')) {
        if (take('}')) break;
        return fail("missing comma or closing brace");
      }
    }
    std::ranges::sort(made.members, {}, &JsonMember::first);
    return made;
  }

  std::optional<JsonValue> array(int depth) {
    ++at_;
    JsonValue made{.kind = Kind::Array, .text = {}, .items = {}, .members = {}};
    while (!take(']')) {
      skip();
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        made.items.push_back({.kind = Kind::Undefined, .text = {}, .items = {}, .members = {}});
        continue;
      }
      auto value = read(depth + 1);
      if (!value) return std::nullopt;
      made.items.push_back(*std::move(value));
      if (!take(',')) {
        if (take(']')) break;
        return fail("missing comma or closing bracket");
      }
    }
    return made;
  }

  void put_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80)
      put(code);
    else if (code < 0x800)
      put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
    else if (code < 0x10000)
      put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    else
      put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)),
          put(0x80 | (code & 0x3F));
  }
  std::optional<std::uint32_t> hex4() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ >= text_.size()) return std::nullopt;
      const char c = text_[at_];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return code;
  }

  std::optional<std::string> string() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) return out;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (at_ >= text_.size()) break;
      const char escape = text_[at_++];
      switch (escape) {
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          auto code = hex4();
          if (!code) return fail("bad escape");
          if (*code >= 0xD800 && *code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
            at_ += 2;
            const auto low = hex4();
            if (!low || *low < 0xDC00 || *low > 0xDFFF) return fail("bad surrogate pair");
            code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
          }
          if (*code >= 0xD800 && *code <= 0xDFFF) return fail("bad surrogate pair");
          put_utf8(out, *code);
          break;
        }
        default: out += escape;
      }
    }
    return fail("unfinished string");
  }

  std::optional<JsonValue> word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && std::string_view(",]}: \t\r\n/").find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string_view token = text_.substr(start, at_ - start);
    std::string lower(token);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto made = [](Kind kind, std::string text) {
      return JsonValue{.kind = kind, .text = std::move(text), .items = {}, .members = {}};
    };
    if (lower == "null") return made(Kind::Null, {});
    if (lower == "undefined") return made(Kind::Undefined, {});
    if (lower == "true" || lower == "false") return made(Kind::Boolean, lower);
    if (lower == "nan") return made(Kind::Number, "NaN");
    if (lower == "infinity" || lower == "-infinity")
      return made(Kind::Number, lower[0] == '-' ? "-Infinity" : "Infinity");
    std::size_t i = lower.starts_with('-') || lower.starts_with('+') ? 1 : 0, digits = 0;
    const auto count = [&] {
      for (; i < lower.size() && lower[i] >= '0' && lower[i] <= '9'; ++i) ++digits;
    };
    count();
    if (i < lower.size() && lower[i] == '.') {
      ++i;
      count();
    }
    if (digits > 0 && i < lower.size() && lower[i] == 'e') {
      ++i;
      if (i < lower.size() && (lower[i] == '+' || lower[i] == '-')) ++i;
      const std::size_t before = digits;
      count();
      if (digits == before) i = 0;
    }
    at_ = start;
    if (digits == 0 || i != lower.size()) return fail(fmt::format("unknown keyword \"{}\"", token));
    at_ += token.size();
    return made(Kind::Number, lower.starts_with('+') ? lower.substr(1) : lower);
  }

  std::string_view text_;
  std::string& problem_;
  std::size_t at_ = 0;
};

void append(std::string& out, const JsonValue& value) {
  switch (value.kind) {
    case Kind::Null: out += "null"; break;
    case Kind::Undefined: out += "undefined"; break;
    case Kind::Boolean:
    case Kind::Number: out += value.text; break;
    case Kind::String: append_json_string(out, value.text); break;
    case Kind::Array:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i) out += ',';
        append(out, value.items[i]);
      }
      out += ']';
      break;
    case Kind::Object:
      out += '{';
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i) out += ',';
        append_json_string(out, value.members[i].first);
        out += ':';
        append(out, value.members[i].second);
      }
      out += '}';
      break;
  }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  const auto found = std::ranges::find_if(members, [&](const auto& member) { return member.first == key; });
  return found == members.end() ? nullptr : &found->second;
}

std::optional<JsonValue> parse_json(std::string_view text, std::string& problem) {
  return Reader(text, problem).document();
}

std::string canonical(const JsonValue& value) {
  std::string out;
  append(out, value);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  out += '"';
}

}  // namespace engine
