#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace load {

/// The bytes at which a CSV parser must stop; repeat one to have fewer than six.
struct CsvMarks {
  char marks[6];
};

enum class Simd { Best, Scalar };

/// Appends to `positions` the offset (plus `base`) of every mark in `text`, in order. Answers whether any byte is not
/// ASCII. Best takes AVX2 where the processor has it; Scalar is its twin with the same results.
bool find_marks(std::string_view text, std::uint32_t base, const CsvMarks& marks, std::vector<std::uint32_t>& positions,
                Simd simd = Simd::Best);

}  // namespace load
