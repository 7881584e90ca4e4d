#include "store/checksum.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/assert.h"

namespace store {
namespace {

constexpr std::uint32_t kCrc32 = 0xEDB88320;
constexpr std::uint32_t kCrc32c = 0x82F63B78;
constexpr std::uint64_t kCrc64Nvme = 0x9A6C9329AC4BC9B5;

/// Eight tables, so that eight bytes take eight independent look-ups. `Polynomial` is bit-reversed.
template <class Word, Word Polynomial>
struct SliceTables {
  std::array<std::array<Word, 256>, 8> at{};
  constexpr SliceTables() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Word crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? static_cast<Word>((crc >> 1) ^ Polynomial) : crc >> 1;
      at[0][byte] = crc;
    }
    for (unsigned byte = 0; byte < 256; ++byte)
      for (std::size_t slice = 1; slice < 8; ++slice) {
        const Word previous = at[slice - 1][byte];
        at[slice][byte] = static_cast<Word>((previous >> 8) ^ at[0][previous & 0xFF]);
      }
  }
};

template <class Word, Word Polynomial>
Word reflected_crc(Word crc, std::string_view bytes) {
  static constexpr SliceTables<Word, Polynomial> kTables;
  const auto byte_at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    Word next = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const Word mixed = k < sizeof(Word) ? static_cast<Word>(crc >> (8 * k)) & 0xFF : 0;
      next ^= kTables.at[7 - k][static_cast<std::size_t>(mixed ^ byte_at(i + k))];
    }
    crc = next;
  }
  for (; i < bytes.size(); ++i)
    crc = static_cast<Word>((crc >> 8) ^ kTables.at[0][static_cast<std::size_t>((crc ^ byte_at(i)) & 0xFF)]);
  return crc;
}

template <class Word>
std::string big_endian(Word value) {
  std::string raw(sizeof(Word), '\0');
  for (std::size_t i = raw.size(); i-- > 0; value = static_cast<Word>(value >> 8)) raw[i] = static_cast<char>(value);
  return raw;
}

template <class Word>
Word from_big_endian(std::string_view raw) {
  Word value = 0;
  for (const char c : raw) value = static_cast<Word>((value << 8) | static_cast<std::uint8_t>(c));
  return value;
}

class Crc32Digest final : public Digest {
 public:
  void update(std::string_view bytes) override {
    crc_ = static_cast<std::uint32_t>(crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  }
  std::string finish() override { return big_endian(crc_); }

 private:
  std::uint32_t crc_ = 0;
};

template <class Word, Word Polynomial>
class ReflectedCrcDigest final : public Digest {
 public:
  void update(std::string_view bytes) override { crc_ = reflected_crc<Word, Polynomial>(crc_, bytes); }
  std::string finish() override { return big_endian(static_cast<Word>(~crc_)); }

 private:
  Word crc_ = static_cast<Word>(~Word{0});
};

class OpensslDigest final : public Digest {
 public:
  explicit OpensslDigest(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    ASSERT(EVP_DigestInit_ex(context_, algorithm, nullptr) == 1);
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
  static std::string finish(const State* state) { return big_endian(std::uint64_t{XXH64_digest(state)}); }
};

struct XxHash3Functions {
  using State = XXH3_state_t;
  static State* create() { return XXH3_createState(); }
  static void destroy(State* state) { XXH3_freeState(state); }
  static void reset(State* state) { XXH3_64bits_reset(state); }
  static void update(State* state, std::string_view bytes) { XXH3_64bits_update(state, bytes.data(), bytes.size()); }
  static std::string finish(const State* state) { return big_endian(std::uint64_t{XXH3_64bits_digest(state)}); }
};

struct XxHash128Functions : XxHash3Functions {
  static void reset(State* state) { XXH3_128bits_reset(state); }
  static void update(State* state, std::string_view bytes) { XXH3_128bits_update(state, bytes.data(), bytes.size()); }
  static std::string finish(const State* state) {
    const XXH128_hash_t hash = XXH3_128bits_digest(state);
    return big_endian(std::uint64_t{hash.high64}) + big_endian(std::uint64_t{hash.low64});
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

/// The product of two polynomials modulo `polynomial`, all with the highest power in the lowest bit.
template <class Word>
Word multiply(Word a, Word b, Word polynomial) {
  Word product = 0;
  for (Word power = Word{1} << (8 * sizeof(Word) - 1); power != 0; power >>= 1) {
    if ((a & power) != 0) product ^= b;
    b = (b & 1) != 0 ? static_cast<Word>((b >> 1) ^ polynomial) : b >> 1;
  }
  return product;
}

/// Appending n zero bytes multiplies a CRC by x^(8n); what follows is then added by exclusive or.
template <class Word>
std::string combine(Word first, Word second, std::uint64_t second_length, Word polynomial) {
  Word factor = Word{1} << (8 * sizeof(Word) - 1);  // x^0
  Word square = Word{1} << (8 * sizeof(Word) - 9);  // x^8
  for (auto n = second_length; n != 0; n >>= 1) {
    if ((n & 1) != 0) factor = multiply(factor, square, polynomial);
    square = multiply(square, square, polynomial);
  }
  return big_endian(static_cast<Word>(multiply(first, factor, polynomial) ^ second));
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

std::unique_ptr<Digest> make_md5() { return std::make_unique<OpensslDigest>(EVP_md5()); }
std::unique_ptr<Digest> make_sha256() { return std::make_unique<OpensslDigest>(EVP_sha256()); }

std::unique_ptr<Digest> make_checksum(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32: return std::make_unique<Crc32Digest>();
    case ChecksumAlgorithm::Crc32c: return std::make_unique<ReflectedCrcDigest<std::uint32_t, kCrc32c>>();
    case ChecksumAlgorithm::Crc64Nvme: return std::make_unique<ReflectedCrcDigest<std::uint64_t, kCrc64Nvme>>();
    case ChecksumAlgorithm::Sha1: return std::make_unique<OpensslDigest>(EVP_sha1());
    case ChecksumAlgorithm::Sha256: return make_sha256();
    case ChecksumAlgorithm::Sha512: return std::make_unique<OpensslDigest>(EVP_sha512());
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

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), raw.data(), &length);
  return {reinterpret_cast<const char*>(raw.data()), length};
}

std::string combine_crc(ChecksumAlgorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_length) {
  using Word32 = std::uint32_t;
  using Word64 = std::uint64_t;
  switch (algorithm) {
    case ChecksumAlgorithm::Crc32:
      return combine(from_big_endian<Word32>(first), from_big_endian<Word32>(second), second_length, kCrc32);
    case ChecksumAlgorithm::Crc32c:
      return combine(from_big_endian<Word32>(first), from_big_endian<Word32>(second), second_length, kCrc32c);
    case ChecksumAlgorithm::Crc64Nvme:
      return combine(from_big_endian<Word64>(first), from_big_endian<Word64>(second), second_length, kCrc64Nvme);
    case ChecksumAlgorithm::Sha1:
    case ChecksumAlgorithm::Sha256:
    case ChecksumAlgorithm::Sha512:
    case ChecksumAlgorithm::Md5:
    case ChecksumAlgorithm::XxHash64:
    case ChecksumAlgorithm::XxHash3:
    case ChecksumAlgorithm::XxHash128: break;
  }
  return {};
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
