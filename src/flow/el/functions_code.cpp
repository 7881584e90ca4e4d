#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "flow/el/escapes.h"
#include "flow/el/tree.h"
#include "store/checksum.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}
const std::string& text_of(const Value& value) { return std::get<std::string>(value); }

Answer url_encode(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  std::string out;
  for (const char c : text_of(in.subject)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool word = (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z' && byte < 0x80);
    if (word || std::string_view(".-*_").find(c) != std::string_view::npos)
      out += c;
    else if (c == ' ')
      out += '+';
    else
      out += fmt::format("%{:02X}", byte);
  }
  return Value{std::move(out)};
}
Answer url_decode(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  const std::string_view text = text_of(in.subject);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto byte = hex_value(text.substr(std::min(i + 1, text.size()), 2));
    if (!byte || i + 2 >= text.size()) return invalid(fmt::format("urlDecode: a broken escape in '{}'", text));
    out += static_cast<char>(*byte);
    i += 2;
  }
  return Value{std::move(out)};
}
Answer base64_encode(const Inputs& in) {
  return is_null(in.subject) ? Value{} : Value{store::to_base64(text_of(in.subject))};
}
/// The signs at the end may be missing.
Answer base64_decode(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  auto text = text_of(in.subject);
  if (text.find('=') == std::string::npos) text.append((4 - text.size() % 4) % 4, '=');
  auto bytes = store::from_base64(text);
  if (!bytes) return invalid("base64Decode: not base64");
  return Value{std::move(*bytes)};
}

std::optional<std::string> digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &length, algorithm,
                 nullptr) != 1)
    return std::nullopt;
  out.resize(length);
  return out;
}
/// Java's names as OpenSSL writes them: "SHA-256" is "SHA256", "SHA-512/256" the same, "SHA3-256" too.
const EVP_MD* algorithm_of(std::string_view java) {
  std::string name;
  for (const char c : java) name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  if (name.starts_with("SHA-")) name.erase(3, 1);
  if (name == "SHA") name = "SHA1";
  std::ranges::replace(name, '/', '-');
  static constexpr auto kKnown =
      std::to_array<std::string_view>({"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA512-224",
                                       "SHA512-256", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"});
  return std::ranges::find(kKnown, name) == kKnown.end() ? nullptr : EVP_get_digestbyname(name.c_str());
}
Answer hash(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY(const auto name, required_text(in, 0));
  const auto* algorithm = algorithm_of(name);
  const auto bytes = algorithm == nullptr ? std::nullopt : digest(algorithm, text_of(in.subject));
  if (!bytes) return invalid(fmt::format("hash: unknown algorithm '{}'", name));
  return Value{store::to_hex(*bytes)};
}

/// The 16 bytes of "b9e81de3-7047-4b5e-a822-8fff5b49f808"; groups may be shorter, as Java reads them.
std::optional<std::string> uuid_bytes(std::string_view text) {
  constexpr std::array<std::size_t, 5> kDigits{8, 4, 4, 4, 12};
  std::string hex;
  for (std::size_t group = 0; group < kDigits.size(); ++group) {
    const auto dash = group + 1 < kDigits.size() ? text.find('-') : text.size();
    if (dash == std::string_view::npos || dash == 0 || dash > kDigits[group]) return std::nullopt;
    hex += std::string(kDigits[group] - dash, '0') + std::string(text.substr(0, dash));
    text.remove_prefix(std::min(dash + 1, text.size()));
  }
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto byte = hex_value(std::string_view(hex).substr(i, 2));
    if (!byte) return std::nullopt;
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}
/// A UUID from a name in a name space (RFC 4122, 4.3); a null one is all zeros.
template <int version>
Answer named_uuid(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  std::string space(16, '\0');
  if (const auto* text = std::get_if<std::string>(&in.arguments[0])) {
    const auto bytes = uuid_bytes(*text);
    if (!bytes) return invalid(fmt::format("not a UUID: '{}'", *text));
    space = *bytes;
  }
  auto bytes = digest(version == 3 ? EVP_md5() : EVP_sha1(), space + text_of(in.subject));
  if (!bytes) return invalid("UUID3 and UUID5 are not available here");
  bytes->resize(16);
  (*bytes)[6] = static_cast<char>(((*bytes)[6] & 0x0F) | version << 4);
  (*bytes)[8] = static_cast<char>(((*bytes)[8] & 0x3F) | 0x80);
  auto text = store::to_hex(*bytes);
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) text.insert(dash, 1, '-');
  return Value{std::move(text)};
}

template <std::string (*change)(std::string_view)>
Answer changed(const Inputs& in) {
  return Value{is_null(in.subject) ? std::string() : change(text_of(in.subject))};
}

constexpr Function kFunctions[] = {
    {"urlEncode", Type::Text, 't', "", 0, url_encode},
    {"urlDecode", Type::Text, 't', "", 0, url_decode},
    {"base64Encode", Type::Text, 't', "", 0, base64_encode},
    {"base64Decode", Type::Text, 't', "", 0, base64_decode},
    {"hash", Type::Text, 't', "t", 1, hash},
    {"UUID3", Type::Text, 't', "t", 1, named_uuid<3>},
    {"UUID5", Type::Text, 't', "t", 1, named_uuid<5>},
    {"escapeJson", Type::Text, 't', "", 0, changed<escape_json>},
    {"escapeXml", Type::Text, 't', "", 0, changed<escape_xml>},
    {"escapeCsv", Type::Text, 't', "", 0, changed<escape_csv>},
    {"escapeHtml3", Type::Text, 't', "", 0, changed<escape_html3>},
    {"escapeHtml4", Type::Text, 't', "", 0, changed<escape_html4>},
    {"unescapeJson", Type::Text, 't', "", 0, changed<unescape_json>},
    {"unescapeXml", Type::Text, 't', "", 0, changed<unescape_xml>},
    {"unescapeCsv", Type::Text, 't', "", 0, changed<unescape_csv>},
    {"unescapeHtml3", Type::Text, 't', "", 0, changed<unescape_html3>},
    {"unescapeHtml4", Type::Text, 't', "", 0, changed<unescape_html4>},
};

}  // namespace

std::span<const Function> code_functions() { return kFunctions; }

}  // namespace flow::el
