#include "store/crc.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace store {
namespace {

/// Arithmetic on polynomials modulo the one of the CRC. Bit i of a word is the coefficient of x^(kBits - 1 - i).
template <class WordType, WordType Polynomial>
struct Crc {
  using Word = WordType;
  static constexpr int kBits = 8 * sizeof(Word);

  static constexpr Word times_x(Word value) {
    return (value & 1) != 0 ? static_cast<Word>((value >> 1) ^ Polynomial) : value >> 1;
  }
  static constexpr Word power_of_x(int exponent) {
    Word value = Word{1} << (kBits - 1);
    for (int i = 0; i < exponent; ++i) value = times_x(value);
    return value;
  }
  static constexpr Word multiply(Word a, Word b) {
    Word product = 0;
    for (Word power = power_of_x(0); power != 0; power >>= 1) {
      if ((a & power) != 0) product ^= b;
      b = times_x(b);
    }
    return product;
  }
};
using Crc32 = Crc<std::uint32_t, 0xEDB88320>;
using Crc32c = Crc<std::uint32_t, 0x82F63B78>;
using Crc64Nvme = Crc<std::uint64_t, 0x9A6C9329AC4BC9B5>;

/// Eight tables, so that eight bytes take eight independent look-ups.
template <class Model>
struct SliceTables {
  using Word = typename Model::Word;
  std::array<std::array<Word, 256>, 8> at{};
  constexpr SliceTables() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      at[0][byte] = static_cast<Word>(byte);
      for (int bit = 0; bit < 8; ++bit) at[0][byte] = Model::times_x(at[0][byte]);
    }
    for (std::size_t slice = 1; slice < 8; ++slice)
      for (unsigned byte = 0; byte < 256; ++byte) {
        const Word previous = at[slice - 1][byte];
        at[slice][byte] = static_cast<Word>((previous >> 8) ^ at[0][previous & 0xFF]);
      }
  }
};

std::uint64_t load_little_endian(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

template <class Model>
std::uint64_t by_tables(std::uint64_t crc, std::string_view bytes) {
  using Word = typename Model::Word;
  static constexpr SliceTables<Model> kTables;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    const auto mixed = load_little_endian(bytes.data()) ^ crc;
    Word next = 0;
    for (std::size_t k = 0; k < 8; ++k) next ^= kTables.at[7 - k][(mixed >> (8 * k)) & 0xFF];
    crc = next;
  }
  for (const char c : bytes) crc = (crc >> 8) ^ kTables.at[0][(crc ^ static_cast<std::uint8_t>(c)) & 0xFF];
  return crc;
}

#if defined(__x86_64__)

// The release build inlines little by itself; a call per 16 bytes would be most of the work here.
#define STORE_CRC_TARGET gnu::target("sse4.2,pclmul")
#define STORE_CRC_STEP STORE_CRC_TARGET, gnu::always_inline

[[STORE_CRC_STEP]] inline __m128i load_block(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// A block of 16 bytes is a polynomial of 128 coefficients. This is one that leaves the same remainder as that times
/// x^Bits, again of 128 coefficients: each half is multiplied by the remainder of the power of x that it stands for.
/// The carry-less product of two reflected words of 64 bits has 127 bits and stands one power of x too high in the
/// register of 128, hence the powers that are less by one. A CRC of 32 bits fills the upper half of its word.
template <class Model, int Bits>
[[STORE_CRC_STEP]] inline __m128i moved(__m128i block) {
  constexpr auto kPower = [](int exponent) {
    return static_cast<long long>(std::uint64_t{Model::power_of_x(exponent)} << (64 - Model::kBits));
  };
  constexpr long long kForFirstHalf = kPower(Bits + 63), kForSecondHalf = kPower(Bits - 1);
  const __m128i powers = _mm_set_epi64x(kForSecondHalf, kForFirstHalf);
  return _mm_xor_si128(_mm_clmulepi64_si128(block, powers, 0x00), _mm_clmulepi64_si128(block, powers, 0x11));
}

/// Folds the bytes into one block with the same remainder, which the tables then finish.
template <class Model>
[[STORE_CRC_TARGET]] std::uint64_t by_folding(std::uint64_t crc, std::string_view bytes) {
  constexpr std::size_t kBlock = 16;
  constexpr std::size_t kLanes = 4;  // as many products as are under way at once
  constexpr std::size_t kRow = kLanes * kBlock;
  if (bytes.size() < kRow) return by_tables<Model>(crc, bytes);

  __m128i lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = load_block(bytes.data() + i * kBlock);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, static_cast<long long>(crc)));
  for (bytes.remove_prefix(kRow); bytes.size() >= kRow; bytes.remove_prefix(kRow))
    for (std::size_t i = 0; i < kLanes; ++i)
      lanes[i] = _mm_xor_si128(moved<Model, 8 * kRow>(lanes[i]), load_block(bytes.data() + i * kBlock));

  __m128i sum = lanes[0];
  for (std::size_t i = 1; i < kLanes; ++i) sum = _mm_xor_si128(moved<Model, 8 * kBlock>(sum), lanes[i]);
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock))
    sum = _mm_xor_si128(moved<Model, 8 * kBlock>(sum), load_block(bytes.data()));
  char last[kBlock];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last), sum);
  return by_tables<Model>(by_tables<Model>(0, {last, kBlock}), bytes);
}

/// Three stretches at once, for the instruction's result comes three cycles late; then the first two registers are
/// moved on over what follows them. The instruction itself takes a product modulo the polynomial, and multiplies by
/// x^32.
template <int Stretch>
[[STORE_CRC_STEP]] inline std::uint64_t three_stretches(std::uint64_t crc, const char* bytes) {
  std::uint64_t second = 0, third = 0;
  for (int i = 0; i < Stretch; i += 8) {
    crc = _mm_crc32_u64(crc, load_little_endian(bytes + i));
    second = _mm_crc32_u64(second, load_little_endian(bytes + Stretch + i));
    third = _mm_crc32_u64(third, load_little_endian(bytes + 2 * Stretch + i));
  }
  constexpr auto kPower = [](int length) { return static_cast<long long>(Crc32c::power_of_x(8 * length - 33)); };
  constexpr long long kTwo = kPower(2 * Stretch), kOne = kPower(Stretch);
  const __m128i registers = _mm_set_epi64x(static_cast<long long>(second), static_cast<long long>(crc));
  const __m128i powers = _mm_set_epi64x(kOne, kTwo);
  const __m128i products =
      _mm_xor_si128(_mm_clmulepi64_si128(registers, powers, 0x00), _mm_clmulepi64_si128(registers, powers, 0x11));
  return _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(products))) ^ third;
}

[[STORE_CRC_TARGET]] std::uint64_t crc32c_by_instruction(std::uint64_t crc, std::string_view bytes) {
  constexpr int kLong = 2048, kShort = 128;
  for (; bytes.size() >= 3 * kLong; bytes.remove_prefix(3 * kLong)) crc = three_stretches<kLong>(crc, bytes.data());
  for (; bytes.size() >= 3 * kShort; bytes.remove_prefix(3 * kShort)) crc = three_stretches<kShort>(crc, bytes.data());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) crc = _mm_crc32_u64(crc, load_little_endian(bytes.data()));
  for (const char c : bytes) crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), static_cast<std::uint8_t>(c));
  return crc;
}

#undef STORE_CRC_STEP
#undef STORE_CRC_TARGET

#endif

/// Appending n zero bytes multiplies a CRC by x^(8n); what follows is then added by exclusive or.
template <class Model>
std::uint64_t combine(std::uint64_t first, std::uint64_t second, std::uint64_t second_length) {
  auto factor = Model::power_of_x(0);
  auto square = Model::power_of_x(8);
  for (auto n = second_length; n != 0; n >>= 1) {
    if ((n & 1) != 0) factor = Model::multiply(factor, square);
    square = Model::multiply(square, square);
  }
  return Model::multiply(static_cast<typename Model::Word>(first), factor) ^ second;
}

}  // namespace

ExtendCrc scalar_crc(CrcModel model) {
  switch (model) {
    case CrcModel::Crc32: return by_tables<Crc32>;
    case CrcModel::Crc32c: return by_tables<Crc32c>;
    case CrcModel::Crc64Nvme: return by_tables<Crc64Nvme>;
  }
  return nullptr;
}

ExtendCrc fastest_crc(CrcModel model) {
#if defined(__x86_64__)
  static const bool has_instructions = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
  if (has_instructions) {
    switch (model) {
      case CrcModel::Crc32: return by_folding<Crc32>;
      case CrcModel::Crc32c: return crc32c_by_instruction;
      case CrcModel::Crc64Nvme: return by_folding<Crc64Nvme>;
    }
  }
#endif
  return scalar_crc(model);
}

std::uint64_t combine_crc(CrcModel model, std::uint64_t first, std::uint64_t second, std::uint64_t second_length) {
  switch (model) {
    case CrcModel::Crc32: return combine<Crc32>(first, second, second_length);
    case CrcModel::Crc32c: return combine<Crc32c>(first, second, second_length);
    case CrcModel::Crc64Nvme: return combine<Crc64Nvme>(first, second, second_length);
  }
  return 0;
}

}  // namespace store
