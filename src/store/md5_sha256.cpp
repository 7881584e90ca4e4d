#include "store/md5_sha256.h"

#include <cstddef>
#include <cstring>

#include "base/assert.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace store {
namespace {

constexpr std::size_t kBlock = 64;
__extension__ using Wide = unsigned __int128;

/// The first 32 bits behind the point of the square root (Degree 2) or cube root (3) of a small number.
template <int Degree>
constexpr std::uint32_t root_fraction(std::uint32_t number) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 36; bit != 0; bit >>= 1) {
    Wide power = 1;
    for (int i = 0; i < Degree; ++i) power *= root | bit;
    if (power <= Wide{number} << (32 * Degree)) root |= bit;
  }
  return static_cast<std::uint32_t>(root);
}

/// The first primes, each passed through `function`.
template <std::size_t Count>
constexpr std::array<std::uint32_t, Count> of_primes(std::uint32_t (*function)(std::uint32_t)) {
  std::array<std::uint32_t, Count> values{};
  std::size_t found = 0;
  for (std::uint32_t number = 2; found < Count; ++number) {
    bool is_prime = true;
    for (std::uint32_t divisor = 2; divisor * divisor <= number; ++divisor) is_prime &= number % divisor != 0;
    if (is_prime) values[found++] = function(number);
  }
  return values;
}

#if defined(__x86_64__)

/// The first 32 bits behind the point of |sin 1|, |sin 2| and so on.
constexpr std::array<std::uint32_t, 64> sines() {
  std::array<std::uint32_t, 64> values{};
  for (int i = 0; i < 64; ++i) {
    constexpr double kHalfTurn = 3.14159265358979323846;
    const double angle = i + 1 - kHalfTurn * static_cast<int>((i + 1) / kHalfTurn + 0.5);
    double term = angle, sum = angle;
    for (int n = 2; n < 30; n += 2) sum += term *= -angle * angle / (n * (n + 1));
    values[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>((sum < 0 ? -sum : sum) * 4294967296.0);
  }
  return values;
}

constexpr auto kMd5Addends = sines();
alignas(16) constexpr auto kSha256Addends = of_primes<64>(root_fraction<3>);
constexpr int kMd5Rotations[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

#define STORE_SHA_TARGET gnu::target("sha,sse4.1")
#define STORE_SHA_STEP STORE_SHA_TARGET, gnu::always_inline

/// Stops the compiler from reordering the sum that a value is part of. The addend that is known last, which comes from
/// the step before, must be added last, or each step takes a cycle longer.
[[gnu::always_inline]] inline void settle(std::uint32_t& value) { asm("" : "+r"(value)); }

template <int Step>
[[gnu::always_inline]] inline void md5_step(std::uint32_t (&state)[4], const char* block) {
  constexpr int kRound = Step / 16;
  constexpr int kWord = (kRound == 0 ? Step : kRound == 1 ? 5 * Step + 1 : kRound == 2 ? 3 * Step + 5 : 7 * Step) % 16;
  constexpr int kRotation = kMd5Rotations[kRound][Step % 4];
  std::uint32_t& a = state[-Step & 3];
  const std::uint32_t b = state[(1 - Step) & 3], c = state[(2 - Step) & 3], d = state[(3 - Step) & 3];
  std::uint32_t sum = 0;
  std::memcpy(&sum, block + 4 * kWord, sizeof(sum));
  sum += a + kMd5Addends[Step];
  settle(sum);
  if constexpr (kRound == 0) {
    sum += d ^ (b & (c ^ d));
  } else if constexpr (kRound == 1) {
    sum += c & ~d;  // added, not joined by "or": the bits of both parts are never the same, and this one can be early
    settle(sum);
    sum += b & d;
  } else if constexpr (kRound == 2) {
    auto early = c ^ d;
    settle(early);
    sum += b ^ early;
  } else {
    auto early = ~d;
    settle(early);
    sum += c ^ (b | early);
  }
  a = ((sum << kRotation) | (sum >> (32 - kRotation))) + b;
}

/// Four rounds of SHA-256. `words` holds the last sixteen words of the message schedule, four in each.
template <int Group>
[[STORE_SHA_STEP]] inline void sha256_rounds(__m128i& abef, __m128i& cdgh, __m128i (&words)[4], const char* block) {
  __m128i& current = words[Group % 4];
  if constexpr (Group < 4) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * Group));
    current = _mm_shuffle_epi8(bytes, _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203));
  } else {
    const __m128i last = words[(Group + 3) % 4], before = words[(Group + 2) % 4];
    const __m128i partly = _mm_sha256msg1_epu32(current, words[(Group + 1) % 4]);
    current = _mm_sha256msg2_epu32(_mm_add_epi32(partly, _mm_alignr_epi8(last, before, 4)), last);
  }
  const auto* addends = reinterpret_cast<const __m128i*>(kSha256Addends.data() + 4 * Group);
  const __m128i sum = _mm_add_epi32(current, _mm_load_si128(addends));
  cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
  abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

template <int Group>
[[STORE_SHA_STEP]] inline void take_block(std::uint32_t (&md5)[4], __m128i& abef, __m128i& cdgh, __m128i (&words)[4],
                                          const char* block) {
  sha256_rounds<Group>(abef, cdgh, words, block);
  md5_step<4 * Group>(md5, block);
  md5_step<4 * Group + 1>(md5, block);
  md5_step<4 * Group + 2>(md5, block);
  md5_step<4 * Group + 3>(md5, block);
  if constexpr (Group < 15) take_block<Group + 1>(md5, abef, cdgh, words, block);
}

[[STORE_SHA_TARGET]] void take_blocks(Md5Sha256::State& state, const char* bytes, std::size_t count) {
  std::uint32_t md5[4];
  std::memcpy(md5, state.md5.data(), sizeof(md5));
  const auto word = [&](std::size_t i) { return static_cast<int>(state.sha256[i]); };
  __m128i abef = _mm_set_epi32(word(0), word(1), word(4), word(5));
  __m128i cdgh = _mm_set_epi32(word(2), word(3), word(6), word(7));
  for (const char* end = bytes + count * kBlock; bytes != end; bytes += kBlock) {
    const std::uint32_t md5_before[4] = {md5[0], md5[1], md5[2], md5[3]};
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i words[4];
    take_block<0>(md5, abef, cdgh, words, bytes);
    for (std::size_t i = 0; i < 4; ++i) md5[i] += md5_before[i];
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  std::memcpy(state.md5.data(), md5, sizeof(md5));
  std::uint32_t feba[4], hgdc[4];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(feba), abef);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(hgdc), cdgh);
  state.sha256 = {feba[3], feba[2], hgdc[3], hgdc[2], feba[1], feba[0], hgdc[1], hgdc[0]};
}

#undef STORE_SHA_STEP
#undef STORE_SHA_TARGET

bool has_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

#else

void take_blocks(Md5Sha256::State&, const char*, std::size_t) { ASSERT(false); }
bool has_instructions() { return false; }

#endif

enum class Order { LittleEndian, BigEndian };

char byte_of(std::uint64_t value, std::size_t length, std::size_t index, Order order) {
  return static_cast<char>(value >> (8 * (order == Order::LittleEndian ? index : length - 1 - index)));
}

/// What ends the message: a one bit, and in the last eight bytes of a block its length in bits.
std::string ending(std::string_view held, std::uint64_t length, Order order) {
  std::string bytes(held);
  bytes += '\x80';
  bytes.resize((bytes.size() + 8 + kBlock - 1) / kBlock * kBlock, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[bytes.size() - 8 + i] = byte_of(length * 8, 8, i, order);
  return bytes;
}

std::string raw(const std::uint32_t* words, std::size_t count, Order order) {
  std::string bytes;
  for (std::size_t i = 0; i < count * 4; ++i) bytes += byte_of(words[i / 4], 4, i % 4, order);
  return bytes;
}

}  // namespace

bool Md5Sha256::is_supported() {
  static const bool supported = has_instructions();
  return supported;
}

Md5Sha256::Md5Sha256() : state_{{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476}, of_primes<8>(root_fraction<2>)} {
  ASSERT(is_supported());
}

void Md5Sha256::update(std::string_view bytes) {
  const std::size_t held = length_ % kBlock;
  length_ += bytes.size();
  if (held > 0) {
    const auto taken = bytes.copy(held_.data() + held, kBlock - held);
    if (held + taken < kBlock) return;
    take_blocks(state_, held_.data(), 1);
    bytes.remove_prefix(taken);
  }
  const auto whole = bytes.size() / kBlock;
  take_blocks(state_, bytes.data(), whole);
  bytes.substr(whole * kBlock).copy(held_.data(), kBlock);
}

Md5Sha256::Raw Md5Sha256::finish() {
  const std::string_view held(held_.data(), length_ % kBlock);
  // The endings differ in the order of the length's bytes: each is taken by both, and counts for one.
  auto md5_state = state_, sha256_state = state_;
  const auto for_md5 = ending(held, length_, Order::LittleEndian), for_sha256 = ending(held, length_, Order::BigEndian);
  take_blocks(md5_state, for_md5.data(), for_md5.size() / kBlock);
  take_blocks(sha256_state, for_sha256.data(), for_sha256.size() / kBlock);
  return {raw(md5_state.md5.data(), md5_state.md5.size(), Order::LittleEndian),
          raw(sha256_state.sha256.data(), sha256_state.sha256.size(), Order::BigEndian)};
}

}  // namespace store
