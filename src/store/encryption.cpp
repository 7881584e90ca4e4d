#include "store/encryption.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <memory>

#include "base/assert.h"
#include "store/checksum.h"

namespace store {
namespace {

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using Nonce = std::array<unsigned char, 12>;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// Every key encrypts one content only, so a frame's number is nonce enough.
Nonce nonce_of(std::uint64_t number) {
  Nonce nonce{};
  for (std::size_t i = nonce.size(); number != 0; number >>= 8) nonce[--i] = static_cast<unsigned char>(number);
  return nonce;
}

std::string seal_bytes(std::string_view key, const Nonce& nonce, std::string_view plain) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string sealed(plain.size() + kFrameTagBytes, '\0');
  int length = 0;
  ASSERT(key.size() == kKeyBytes);
  ASSERT(EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key), nonce.data(), nullptr) == 1);
  ASSERT(EVP_EncryptUpdate(cipher.get(), bytes_of(sealed), &length, bytes_of(plain), static_cast<int>(plain.size())) ==
         1);
  ASSERT(EVP_EncryptFinal_ex(cipher.get(), bytes_of(sealed) + length, &length) == 1);
  ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kFrameTagBytes, bytes_of(sealed) + plain.size()) == 1);
  return sealed;
}

bool open_bytes(std::string_view key, const Nonce& nonce, std::string_view sealed, std::string& plain) {
  if (key.size() != kKeyBytes || sealed.size() < kFrameTagBytes) return false;
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const auto length = sealed.size() - kFrameTagBytes;
  std::string tag(sealed.substr(length));
  plain.resize(length);
  int done = 0;
  return EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key), nonce.data(), nullptr) == 1 &&
         EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &done, bytes_of(sealed), static_cast<int>(length)) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kFrameTagBytes, tag.data()) == 1 &&
         EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + done, &done) == 1;
}

}  // namespace

std::uint64_t encrypted_size(std::uint64_t plain) {
  return plain + (plain + kFrameBytes - 1) / kFrameBytes * kFrameTagBytes;
}

std::string random_key() {
  std::string key(kKeyBytes, '\0');
  ASSERT(RAND_bytes(bytes_of(key), static_cast<int>(key.size())) == 1);
  return key;
}

std::string derive_key(std::string_view key_ring, std::string_view purpose) { return hmac_sha256(key_ring, purpose); }

base::Result<std::string> wrapping_key(const EncryptionRequest& request, std::string_view key_ring) {
  const auto& [kind, name] = request.encryption;
  if (kind == EncryptionKind::Customer) {
    if (request.customer_key.size() == kKeyBytes) return request.customer_key;
    return base::fail(base::ErrorKind::Denied,
                      "the object is encrypted with a customer's key, which the request lacks");
  }
  if (key_ring.empty())
    return base::fail(base::ErrorKind::InvalidValue, "this object store has no key to encrypt objects with");
  return derive_key(key_ring, kind == EncryptionKind::Named ? "named:" + name : std::string("store"));
}

std::string seal(std::string_view wrapping, std::string_view secret) {
  // One key seals many secrets: a random nonce before each, as numbers would have to be kept.
  Nonce nonce;
  ASSERT(RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) == 1);
  return std::string(nonce.begin(), nonce.end()) + seal_bytes(wrapping, nonce, secret);
}

base::Result<std::string> unseal(std::string_view wrapping, std::string_view sealed) {
  Nonce nonce;
  std::string secret;
  if (sealed.size() > nonce.size()) {
    std::copy_n(sealed.begin(), nonce.size(), nonce.begin());
    if (open_bytes(wrapping, nonce, sealed.substr(nonce.size()), secret)) return secret;
  }
  return base::fail(base::ErrorKind::Denied, "the key does not open the object, which is encrypted with another one");
}

std::string FrameEncrypter::append(std::string_view plain) {
  std::string sealed;
  while (pending_.size() + plain.size() > kFrameBytes) {
    const auto taken = kFrameBytes - pending_.size();
    pending_ += plain.substr(0, taken);
    plain.remove_prefix(taken);
    sealed += seal(pending_);
    pending_.clear();
  }
  pending_ += plain;
  return sealed;
}

std::string FrameEncrypter::finish() { return pending_.empty() ? std::string{} : seal(pending_); }

std::string FrameEncrypter::seal(std::string_view frame) { return seal_bytes(key_, nonce_of(frames_++), frame); }

base::Result<std::string> open_frame(std::string_view key, std::uint64_t index, std::string_view sealed) {
  std::string plain;
  if (open_bytes(key, nonce_of(index), sealed, plain)) return plain;
  return base::fail(base::ErrorKind::Internal, "a stretch of an encrypted object was damaged on the disk");
}

}  // namespace store
