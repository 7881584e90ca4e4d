#include "flow/content/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

namespace flow {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// As RFC 7693 defines it, without a key; OpenSSL has it with 512 bits only.
class Blake2b {
 public:
  explicit Blake2b(std::size_t bytes) : bytes_(bytes) { state_[0] ^= 0x01010000 ^ bytes; }

  void update(std::string_view bytes) {
    while (!bytes.empty()) {
      if (filled_ == block_.size()) compress(false);  // the last block is compressed by finish()
      const auto taken = bytes.substr(0, block_.size() - filled_);
      std::memcpy(block_.data() + filled_, taken.data(), taken.size());
      filled_ += taken.size();
      bytes.remove_prefix(taken.size());
    }
  }
  std::string finish() {
    std::fill(block_.begin() + static_cast<std::ptrdiff_t>(filled_), block_.end(), '\0');
    compress(true);
    std::string out;
    for (std::size_t i = 0; i < bytes_; ++i) out += static_cast<char>(state_[i / 8] >> 8 * (i % 8) & 0xFF);
    return out;
  }

 private:
  using Words = std::array<std::uint64_t, 16>;
  static constexpr std::array<std::uint64_t, 8> kStart{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                       0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                       0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  static constexpr std::uint8_t kOrder[10][16] = {
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

  static void mix(Words& v, std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::uint64_t x,
                  std::uint64_t y) {
    v[a] += v[b] + x;
    v[d] = std::rotr(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = std::rotr(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 63);
  }

  void compress(bool last) {
    count_ += filled_;
    Words m{};
    for (std::size_t i = 0; i < block_.size(); ++i)
      m[i / 8] |= static_cast<std::uint64_t>(static_cast<unsigned char>(block_[i])) << 8 * (i % 8);
    Words v{};
    std::ranges::copy(state_, v.begin());
    std::ranges::copy(kStart, v.begin() + 8);
    v[12] ^= count_;
    if (last) v[14] = ~v[14];
    for (std::size_t round = 0; round < 12; ++round) {
      const auto& s = kOrder[round % 10];
      mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
      mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
      mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
      mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
      mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
      mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
      mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
      mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (std::size_t i = 0; i < state_.size(); ++i) state_[i] ^= v[i] ^ v[i + 8];
    filled_ = 0;
  }

  const std::size_t bytes_;
  std::array<std::uint64_t, 8> state_ = kStart;
  std::array<char, 128> block_{};
  std::size_t filled_ = 0;
  std::uint64_t count_ = 0;  // contents of 2^64 bytes do not come
};

struct Name {
  std::string_view nifi;
  const char* openssl;
};
constexpr auto kNames = std::to_array<Name>({{"MD5", "MD5"},
                                             {"SHA", "SHA1"},
                                             {"SHA-1", "SHA1"},
                                             {"SHA-224", "SHA2-224"},
                                             {"SHA-256", "SHA2-256"},
                                             {"SHA-384", "SHA2-384"},
                                             {"SHA-512", "SHA2-512"},
                                             {"SHA-512/224", "SHA2-512/224"},
                                             {"SHA-512/256", "SHA2-512/256"},
                                             {"SHA3-224", "SHA3-224"},
                                             {"SHA3-256", "SHA3-256"},
                                             {"SHA3-384", "SHA3-384"},
                                             {"SHA3-512", "SHA3-512"}});

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};
struct FreeDigest {
  void operator()(EVP_MD* digest) const { ::EVP_MD_free(digest); }
};

template <class Use>
base::Status each(ByteSource& source, Use use) {
  for (;;) {
    TRY(const auto bytes, source.next());
    if (bytes.empty()) return {};
    use(bytes);
  }
}

}  // namespace

base::Result<std::string> hex_digest(std::string_view algorithm, ByteSource& source) {
  constexpr std::string_view kBlake = "BLAKE2-";
  if (algorithm.starts_with(kBlake)) {
    Blake2b digest(std::strtoul(std::string(algorithm.substr(kBlake.size())).c_str(), nullptr, 10) / 8);
    TRY_VOID(each(source, [&](std::string_view bytes) { digest.update(bytes); }));
    return hex(digest.finish());
  }
  const auto name = std::ranges::find(kNames, algorithm, &Name::nifi);
  const std::unique_ptr<EVP_MD, FreeDigest> digest(
      name == kNames.end() ? nullptr : ::EVP_MD_fetch(nullptr, name->openssl, nullptr));
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(::EVP_MD_CTX_new());
  if (digest == nullptr || ::EVP_DigestInit_ex(context.get(), digest.get(), nullptr) != 1)
    return base::fail(base::ErrorKind::Unsupported, fmt::format("the digest {} is not supported", algorithm));
  TRY_VOID(
      each(source, [&](std::string_view bytes) { ::EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()); }));
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  ::EVP_DigestFinal_ex(context.get(), out.data(), &length);
  return hex({reinterpret_cast<const char*>(out.data()), length});
}

}  // namespace flow
