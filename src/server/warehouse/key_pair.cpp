#include "server/warehouse/key_pair.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "server/warehouse/session.h"
#include "store/checksum.h"

namespace server::warehouse {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLeewaySeconds = 60;
constexpr std::int64_t kLifeMax = 3600;
constexpr std::int64_t kMilliseconds = 100'000'000'000;  // above it a time is one of milliseconds

auto invalid(std::string_view reason) {
  return base::fail(base::ErrorKind::Denied, fmt::format("JWT token is invalid. [{}]", reason));
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  while (plain.size() % 4 != 0) plain += '=';
  return store::from_base64(plain);
}

std::optional<json::object> object_of(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return std::nullopt;
  boost::system::error_code error;
  auto value = json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

std::int64_t seconds_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  const auto number =
      value->is_double() ? static_cast<std::int64_t>(value->get_double()) : value->to_number<std::int64_t>();
  return number > kMilliseconds ? number / 1000 : number;
}

/// The key's bytes (DER).
std::optional<std::string> bytes_of(std::string_view public_key) {
  std::string text;
  while (!public_key.empty()) {
    const auto end = public_key.find_first_of("\r\n");
    const auto line = public_key.substr(0, end);
    if (!line.starts_with("-----"))
      std::ranges::copy_if(line, std::back_inserter(text), [](char c) { return c != ' ' && c != '\t'; });
    public_key.remove_prefix(end == std::string_view::npos ? public_key.size() : end + 1);
  }
  return store::from_base64(text);
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key read_key(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())), &EVP_PKEY_free);
  if (key && EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) key.reset();
  return key;
}

bool signature_matches(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto bytes = [](std::string_view view) { return reinterpret_cast<const unsigned char*>(view.data()); };
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

std::string fingerprint(const std::string& der) { return "SHA256:" + store::to_base64(store::sha256(der)); }

}  // namespace

base::Result<KeyPairToken> read_key_pair_token(std::string_view token) {
  const auto first = token.find('.'), last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return invalid("not three parts");
  const auto header = object_of(token.substr(0, first)), payload = object_of(token.substr(first + 1, last - first - 1));
  const auto signature = from_base64url(token.substr(last + 1));
  if (!header || !payload || !signature) return invalid("its parts cannot be read");
  // Only what a stored RSA key can verify; never "none", never a shared secret.
  if (text_at(*header, "alg") != "RS256") return invalid("algorithm " + text_at(*header, "alg") + " is not RS256");
  const auto issuer = text_at(*payload, "iss");
  const auto subject = text_at(*payload, "sub");
  const auto mark = issuer.rfind(".SHA256:");
  if (mark == std::string::npos) return invalid("iss has no fingerprint");
  if (issuer.substr(0, mark) != subject) return invalid("sub and iss name different users");
  const auto dot = subject.find('.');  // the account comes first; a user may have dots
  if (dot == std::string::npos) return invalid("sub has no user");
  return KeyPairToken{.user = fold_identifier(subject.substr(dot + 1)),
                      .fingerprint = issuer.substr(mark + 1),
                      .signed_text = std::string(token.substr(0, last)),
                      .signature = *signature,
                      .issued = seconds_at(*payload, "iat"),
                      .expires = seconds_at(*payload, "exp")};
}

base::Status verify(const KeyPairToken& token, const std::vector<std::string>& public_keys, base::Instant now) {
  for (const auto& public_key : public_keys) {
    const auto der = bytes_of(public_key);
    if (!der || fingerprint(*der) != token.fingerprint) continue;
    const auto key = read_key(*der);
    if (!key || !signature_matches(key.get(), token.signed_text, token.signature))
      return invalid("the signature does not match");
    const auto seconds = now.ns / 1'000'000'000;
    if (token.expires + kLeewaySeconds < seconds) return invalid("it has expired");
    if (token.issued - kLeewaySeconds > seconds) return invalid("it was issued in the future");
    if (token.expires - token.issued > kLifeMax) return invalid("it lives longer than an hour");
    return {};
  }
  return invalid("the user has no public key with this fingerprint");
}

base::Result<std::string> fingerprint_of(std::string_view public_key) {
  const auto der = bytes_of(public_key);
  if (!der || !read_key(*der)) return base::fail(base::ErrorKind::InvalidValue, "not the base64 of an RSA public key");
  return fingerprint(*der);
}

}  // namespace server::warehouse
