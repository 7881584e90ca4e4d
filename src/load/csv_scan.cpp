#include "load/csv_scan.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#define FRESHET_AVX2 1
#endif

namespace load {
namespace {

bool find_scalar(std::string_view text, std::uint32_t base, const CsvMarks& marks,
                 std::vector<std::uint32_t>& positions) {
  bool is_mark[256] = {};
  for (const char mark : marks.marks) is_mark[static_cast<unsigned char>(mark)] = true;
  unsigned char seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    seen |= byte;
    if (is_mark[byte]) positions.push_back(base + static_cast<std::uint32_t>(i));
  }
  return (seen & 0x80) != 0;
}

#ifdef FRESHET_AVX2
__attribute__((target("avx2,bmi"))) std::uint32_t marks_of(__m256i bytes, const __m256i (&wanted)[6]) {
  __m256i hits = _mm256_cmpeq_epi8(bytes, wanted[0]);
  for (int k = 1; k < 6; ++k) hits = _mm256_or_si256(hits, _mm256_cmpeq_epi8(bytes, wanted[k]));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(hits));
}

__attribute__((target("avx2,bmi"))) bool find_avx2(std::string_view text, std::uint32_t base, const CsvMarks& marks,
                                                   std::vector<std::uint32_t>& positions) {
  __m256i wanted[6];
  for (int k = 0; k < 6; ++k) wanted[k] = _mm256_set1_epi8(marks.marks[k]);
  __m256i seen = _mm256_setzero_si256();
  std::size_t used = positions.size();
  std::size_t i = 0;
  for (; i + 64 <= text.size(); i += 64) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + i));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + i + 32));
    seen = _mm256_or_si256(seen, _mm256_or_si256(low, high));
    std::uint64_t hits = marks_of(low, wanted) | static_cast<std::uint64_t>(marks_of(high, wanted)) << 32;
    if (hits == 0) continue;
    if (positions.size() < used + 64) positions.resize(std::max<std::size_t>(positions.size() * 2, used + 4096));
    std::uint32_t* out = positions.data() + used;
    used += static_cast<std::size_t>(std::popcount(hits));
    const std::uint32_t at = base + static_cast<std::uint32_t>(i);
    do {
      *out++ = at + static_cast<std::uint32_t>(std::countr_zero(hits));
      hits &= hits - 1;
    } while (hits != 0);
  }
  positions.resize(used);
  const bool high_bytes = _mm256_movemask_epi8(seen) != 0;
  return find_scalar(text.substr(i), base + static_cast<std::uint32_t>(i), marks, positions) || high_bytes;
}
#endif

}  // namespace

bool find_marks(std::string_view text, std::uint32_t base, const CsvMarks& marks, std::vector<std::uint32_t>& positions,
                Simd simd) {
#ifdef FRESHET_AVX2
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
  if (simd == Simd::Best && has_avx2) return find_avx2(text, base, marks, positions);
#endif
  return find_scalar(text, base, marks, positions);
}

}  // namespace load
