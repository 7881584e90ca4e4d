#include "store/checksum.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/assert.h"
#include "store/crc.h"

namespace store {
namespace {

std::string big_endian(std::uint64_t value, std::size_t length = sizeof(std::uint64_t)) {
  std::string raw(length, '\0');
  for (std::size_t i = length; i-- > 0; value >>= 8) raw[i] = static_cast<char>(value);
  return raw;
}

std::uint64_t from_big_endian(std::string_view raw) {
  std::uint64_t value = 0;
  for (const char c : raw) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

std::optional<CrcModel> crc_model_of(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32: return CrcModel::Crc32;
    case ChecksumAlgorithm::Crc32c: return CrcModel::Crc32c;
    case ChecksumAlgorithm::Crc64Nvme: return CrcModel::Crc64Nvme;
    case ChecksumAlgorithm::Sha1:
    case ChecksumAlgorithm::Sha256:
    case ChecksumAlgorithm::Sha512:
    case ChecksumAlgorithm::Md5:
    case ChecksumAlgorithm::XxHash64:
    case ChecksumAlgorithm::XxHash3:
    case ChecksumAlgorithm::XxHash128: break;
  }
  return std::nullopt;
}

std::size_t bytes_of(CrcModel model) { return model == CrcModel::Crc64Nvme ? 8 : 4; }

class CrcDigest final : public Digest {
 public:
  explicit CrcDigest(CrcModel model) : length_(bytes_of(model)), extend_(fastest_crc(model)) {}
  void update(std::string_view bytes) override { crc_ = extend_(crc_, bytes); }
  std::string finish() override { return big_endian(~crc_, length_); }

 private:
  const std::size_t length_;
  const ExtendCrc extend_;
  std::uint64_t crc_ = ~std::uint64_t{0} >> (64 - 8 * length_);
};

const EVP_MD* fetch(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  ASSERT(algorithm != nullptr);
  return algorithm;
}

/// Fetched once, for good: what EVP_sha256() gives is searched in OpenSSL's providers anew for every digest.
struct OpensslAlgorithms {
  const EVP_MD* md5 = fetch("MD5");
  const EVP_MD* sha1 = fetch("SHA1");
  const EVP_MD* sha256 = fetch("SHA256");
  const EVP_MD* sha512 = fetch("SHA512");
};

const OpensslAlgorithms& openssl() {
  static const OpensslAlgorithms algorithms;
  return algorithms;
}

class OpensslDigest final : public Digest {
 public:
  explicit OpensslDigest(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    ASSERT(EVP_DigestInit_ex2(context_, algorithm, nullptr) == 1);
  }
  OpensslDigest(const OpensslDigest&) = delete;
  OpensslDigest& operator=(const OpensslDigest&) = delete;
  ~OpensslDigest() override { EVP_MD_CTX_free(context_); }
  void update(std::string_view bytes) override { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string finish() override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_, raw.data(), &length);
    return {reinterpret_cast<const char*>(raw.data()), length};
  }
  bool is_serial() const override { return true; }

 private:
  EVP_MD_CTX* context_;
};

/// One of the functions of xxHash, by its part of the library. Their numbers go on the wire big-endian.
struct XxHash64Functions {
  using State = XXH64_state_t;
  static State* create() { return XXH64_createState(); }
  static void destroy(State* state) { XXH64_freeState(state); }
  static void reset(State* state) { XXH64_reset(state, 0); }
  static void update(State* state, std::string_view bytes) { XXH64_update(state, bytes.data(), bytes.size()); }
  static std::string finish(const State* state) { return big_endian(XXH64_digest(state)); }
};

struct XxHash3Functions {
  using State = XXH3_state_t;
  static State* create() { return XXH3_createState(); }
  static void destroy(State* state) { XXH3_freeState(state); }
  static void reset(State* state) { XXH3_64bits_reset(state); }
  static void update(State* state, std::string_view bytes) { XXH3_64bits_update(state, bytes.data(), bytes.size()); }
  static std::string finish(const State* state) { return big_endian(XXH3_64bits_digest(state)); }
};

struct XxHash128Functions : XxHash3Functions {
  static void reset(State* state) { XXH3_128bits_reset(state); }
  static void update(State* state, std::string_view bytes) { XXH3_128bits_update(state, bytes.data(), bytes.size()); }
  static std::string finish(const State* state) {
    const XXH128_hash_t hash = XXH3_128bits_digest(state);
    return big_endian(hash.high64) + big_endian(hash.low64);
  }
};

template <class Functions>
class XxHashDigest final : public Digest {
 public:
  XxHashDigest() : state_(Functions::create()) {
    ASSERT(state_ != nullptr);
    Functions::reset(state_);
  }
  XxHashDigest(const XxHashDigest&) = delete;
  XxHashDigest& operator=(const XxHashDigest&) = delete;
  ~XxHashDigest() override { Functions::destroy(state_); }
  void update(std::string_view bytes) override { Functions::update(state_, bytes); }
  std::string finish() override { return Functions::finish(state_); }

 private:
  typename Functions::State* state_;
};

std::string digest_of(std::unique_ptr<Digest> digest, std::string_view bytes) {
  digest->update(bytes);
  return digest->finish();
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string_view name_of(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32: return "crc32";
    case ChecksumAlgorithm::Crc32c: return "crc32c";
    case ChecksumAlgorithm::Crc64Nvme: return "crc64nvme";
    case ChecksumAlgorithm::Sha1: return "sha1";
    case ChecksumAlgorithm::Sha256: return "sha256";
    case ChecksumAlgorithm::Sha512: return "sha512";
    case ChecksumAlgorithm::Md5: return "md5";
    case ChecksumAlgorithm::XxHash64: return "xxhash64";
    case ChecksumAlgorithm::XxHash3: return "xxhash3";
    case ChecksumAlgorithm::XxHash128: return "xxhash128";
  }
  return "";
}

std::optional<ChecksumAlgorithm> checksum_algorithm_of(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (int number = 0; number <= static_cast<int>(kLastChecksumAlgorithm); ++number)
    if (const auto algorithm = static_cast<ChecksumAlgorithm>(number); lower == name_of(algorithm)) return algorithm;
  return std::nullopt;
}

bool allows(ChecksumAlgorithm algorithm, ChecksumType type) {
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32:
    case ChecksumAlgorithm::Crc32c: return true;
    case ChecksumAlgorithm::Crc64Nvme: return type == ChecksumType::FullObject;
    case ChecksumAlgorithm::Sha1:
    case ChecksumAlgorithm::Sha256:
    case ChecksumAlgorithm::Sha512:
    case ChecksumAlgorithm::Md5:
    case ChecksumAlgorithm::XxHash64:
    case ChecksumAlgorithm::XxHash3:
    case ChecksumAlgorithm::XxHash128: break;
  }
  return type == ChecksumType::Composite;
}

ChecksumType default_type(ChecksumAlgorithm algorithm) {
  return allows(algorithm, ChecksumType::Composite) ? ChecksumType::Composite : ChecksumType::FullObject;
}

std::unique_ptr<Digest> make_md5() { return std::make_unique<OpensslDigest>(openssl().md5); }
std::unique_ptr<Digest> make_sha256() { return std::make_unique<OpensslDigest>(openssl().sha256); }

std::unique_ptr<Digest> make_checksum(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32: return std::make_unique<CrcDigest>(CrcModel::Crc32);
    case ChecksumAlgorithm::Crc32c: return std::make_unique<CrcDigest>(CrcModel::Crc32c);
    case ChecksumAlgorithm::Crc64Nvme: return std::make_unique<CrcDigest>(CrcModel::Crc64Nvme);
    case ChecksumAlgorithm::Sha1: return std::make_unique<OpensslDigest>(openssl().sha1);
    case ChecksumAlgorithm::Sha256: return make_sha256();
    case ChecksumAlgorithm::Sha512: return std::make_unique<OpensslDigest>(openssl().sha512);
    case ChecksumAlgorithm::Md5: return make_md5();
    case ChecksumAlgorithm::XxHash64: return std::make_unique<XxHashDigest<XxHash64Functions>>();
    case ChecksumAlgorithm::XxHash3: return std::make_unique<XxHashDigest<XxHash3Functions>>();
    case ChecksumAlgorithm::XxHash128: return std::make_unique<XxHashDigest<XxHash128Functions>>();
  }
  return nullptr;
}

std::string md5(std::string_view bytes) { return digest_of(make_md5(), bytes); }
std::string sha256(std::string_view bytes) { return digest_of(make_sha256(), bytes); }
std::string checksum(ChecksumAlgorithm algorithm, std::string_view bytes) {
  return digest_of(make_checksum(algorithm), bytes);
}

namespace {

/// OpenSSL's own looks up two algorithms by name on each call: 1.1 µs for a short message, this takes 0.5.
std::string hmac(std::string (*digest)(std::string_view), std::string_view key, std::string_view message) {
  constexpr std::size_t kBlockBytes = 64;
  constexpr char kInner = 0x36, kOuter = 0x5C;
  auto block = key.size() <= kBlockBytes ? std::string(key) : digest(key);
  block.resize(kBlockBytes, '\0');
  for (char& c : block) c ^= kInner;
  const auto inner = digest(block.append(message));
  block.resize(kBlockBytes);
  for (char& c : block) c ^= kInner ^ kOuter;
  return digest(block.append(inner));
}

std::string sha1(std::string_view bytes) { return checksum(ChecksumAlgorithm::Sha1, bytes); }

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view message) { return hmac(sha256, key, message); }
std::string hmac_sha1(std::string_view key, std::string_view message) { return hmac(sha1, key, message); }

std::string combine_crc(ChecksumAlgorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_length) {
  const auto model = crc_model_of(algorithm);
  if (!model) return {};
  return big_endian(combine_crc(*model, from_big_endian(first), from_big_endian(second), second_length),
                    bytes_of(*model));
}

std::string to_hex(std::string_view raw) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(raw.size() * 2);
  for (const char c : raw) {
    text += kDigits[static_cast<std::uint8_t>(c) >> 4];
    text += kDigits[static_cast<std::uint8_t>(c) & 15];
  }
  return text;
}

std::string to_base64(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, raw.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (k < n ? static_cast<std::uint8_t>(raw[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= n ? kBase64[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string raw;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char c = text[i + k];
      const auto digit = kBase64.find(c);
      if (c == '=' && i + 4 == text.size() && k >= 2) {
        ++padding;
      } else if (digit == std::string_view::npos || padding > 0) {
        return std::nullopt;
      }
      group = (group << 6) | (c == '=' ? 0u : static_cast<std::uint32_t>(digit));
    }
    for (std::size_t k = 0; k + padding < 3; ++k) raw += static_cast<char>(group >> (16 - 8 * k));
  }
  return raw;
}

}  // namespace store
