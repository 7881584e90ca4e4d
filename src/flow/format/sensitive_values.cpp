#include "flow/format/sensitive_values.h"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <memory>

namespace flow {
namespace {

constexpr std::string_view kSalt = "NiFi Static Salt";
constexpr std::size_t kKeyBytes = 32, kNonceBytes = 16, kTagBytes = 16;
constexpr std::size_t kPasswordMin = 12;
constexpr int kPbkdf2Iterations = 160'000;
constexpr unsigned kArgon2Iterations = 5, kArgon2Kibibytes = 65'536, kArgon2Lanes = 8;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

/// AES-256-GCM. Nothing when the seal does not fit.
std::optional<std::string> unsealed(const std::string& key, std::string_view sealed) {
  const auto nonce = sealed.substr(0, kNonceBytes);
  const auto body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(body.size(), '\0');
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                EVP_CIPHER_CTX_free);
  int written = 0, last = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, nullptr, nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_IVLEN, static_cast<int>(kNonceBytes), nullptr) == 1 &&
      EVP_DecryptInit_ex(context.get(), nullptr, nullptr, bytes_of(std::string_view(key)), bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(plain), &written, bytes_of(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + written, &last) == 1;
  return opened ? std::optional(std::move(plain)) : std::nullopt;
}

}  // namespace

bool is_encrypted(std::string_view value) { return value.starts_with("enc{") && value.ends_with("}"); }

base::Result<SensitiveValues::Key> SensitiveValues::pbkdf2_key() {
  if (!pbkdf2_) {
    Key key(kKeyBytes, '\0');
    if (PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), bytes_of(kSalt),
                          static_cast<int>(kSalt.size()), kPbkdf2Iterations, EVP_sha512(), static_cast<int>(kKeyBytes),
                          bytes_of(key)) != 1)
      return base::fail(base::ErrorKind::Internal, "the sensitive key cannot be derived (PBKDF2)");
    pbkdf2_ = std::move(key);
  }
  return *pbkdf2_;
}

base::Result<SensitiveValues::Key> SensitiveValues::argon2_key() {
  if (!argon2_) {
    Key key(kKeyBytes, '\0');
    if (argon2id_hash_raw(kArgon2Iterations, kArgon2Kibibytes, kArgon2Lanes, password_.data(), password_.size(),
                          kSalt.data(), kSalt.size(), key.data(), key.size()) != ARGON2_OK)
      return base::fail(base::ErrorKind::Internal, "the sensitive key cannot be derived (Argon2)");
    argon2_ = std::move(key);
  }
  return *argon2_;
}

base::Result<std::string> SensitiveValues::open(std::string_view encrypted) {
  const auto sealed = from_hex(encrypted.substr(4, encrypted.size() - 5));
  if (!sealed || sealed->size() < kNonceBytes + kTagBytes)
    return base::fail(base::ErrorKind::InvalidValue, "is not an encrypted value of NiFi");
  if (password_.size() < kPasswordMin)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("the sensitive key must have {} characters at least, as in NiFi", kPasswordMin));
  TRY(const auto pbkdf2, pbkdf2_key());
  if (auto plain = unsealed(pbkdf2, *sealed)) return *std::move(plain);
  TRY(const auto argon2, argon2_key());
  if (auto plain = unsealed(argon2, *sealed)) return *std::move(plain);
  return base::fail(base::ErrorKind::InvalidValue,
                    "cannot be decrypted: the sensitive key is another one, or the algorithm is one from before NiFi "
                    "1.14, which is not supported (let NiFi change it: nifi.sh set-sensitive-properties-algorithm "
                    "NIFI_PBKDF2_AES_GCM_256)");
}

}  // namespace flow
