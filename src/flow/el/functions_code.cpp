#include <fmt/format.h>
#include <openssl/evp.h>

#include <memory>

#include "flow/el/tree.h"
#include "store/checksum.h"

namespace flow::el {
namespace {

using Arguments = std::span<const Value>;
using Answer = base::Result<Value>;

template <class F>
Answer changed(const Value& subject, F&& change) {
  if (is_null(subject)) return Value{};
  return Value{std::string(change(to_text(subject)))};
}

Answer url_encode(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                         std::string_view(".-*_").find(c) != std::string_view::npos;
      if (plain)
        out += c;
      else if (c == ' ')
        out += '+';
      else
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
  });
}
int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}
Answer url_decode(const Context&, const Value& s, Arguments) {
  if (is_null(s)) return Value{};
  const auto text = to_text(s);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("urlDecode: a broken escape in '{}'", text));
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return Value{std::move(out)};
}
Answer base64_encode(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) { return store::to_base64(text); });
}
Answer base64_decode(const Context&, const Value& s, Arguments) {
  if (is_null(s)) return Value{};
  auto bytes = store::from_base64(to_text(s));
  if (!bytes) return base::fail(base::ErrorKind::InvalidValue, "base64Decode: not base64");
  return Value{std::move(*bytes)};
}
Answer hash(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{};
  const auto name = to_text(a[0]);
  std::string plain;
  for (const char c : name)
    if (c != '-') plain += c;
  const auto* algorithm = EVP_get_digestbyname(plain.c_str());
  if (algorithm == nullptr)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("hash: unknown algorithm '{}'", name));
  const auto text = to_text(s);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &length, algorithm, nullptr) != 1)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("hash: cannot compute '{}'", name));
  return Value{store::to_hex({reinterpret_cast<const char*>(digest), length})};
}

struct Escape {
  char plain;
  std::string_view escaped;
};
constexpr Escape kJson[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"},
                            {'\t', "\\t"}, {'\b', "\\b"},  {'\f', "\\f"}, {'/', "\\/"}};
constexpr Escape kXml[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};

template <const auto& table>
Answer escape(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      const Escape* found = nullptr;
      for (const auto& rule : table)
        if (rule.plain == c) found = &rule;
      if (found != nullptr)
        out += found->escaped;
      else
        out += c;
    }
    return out;
  });
}
template <const auto& table>
Answer unescape(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      const Escape* found = nullptr;
      for (const auto& rule : table)
        if (text.compare(i, rule.escaped.size(), rule.escaped) == 0) found = &rule;
      out += found != nullptr ? found->plain : text[i];
      i += found != nullptr ? found->escaped.size() : 1;
    }
    return out;
  });
}
Answer escape_csv(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) (out += c == '"' ? "\"" : "") += c;
    return out + "\"";
  });
}
Answer unescape_csv(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"' ||
        text.find_first_of(",\"\r\n", 1) == std::string::npos)
      return text;
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      out += text[i];
      if (text[i] == '"' && text[i + 1] == '"' && i + 2 < text.size()) ++i;
    }
    return out;
  });
}

constexpr Function kFunctions[] = {
    {"urlEncode", 0, 0, url_encode},
    {"urlDecode", 0, 0, url_decode},
    {"base64Encode", 0, 0, base64_encode},
    {"base64Decode", 0, 0, base64_decode},
    {"hash", 1, 1, hash},
    {"escapeJson", 0, 0, escape<kJson>},
    {"unescapeJson", 0, 0, unescape<kJson>},
    {"escapeXml", 0, 0, escape<kXml>},
    {"unescapeXml", 0, 0, unescape<kXml>},
    {"escapeCsv", 0, 0, escape_csv},
    {"unescapeCsv", 0, 0, unescape_csv},
};

}  // namespace

std::span<const Function> code_functions() { return kFunctions; }

}  // namespace flow::el
