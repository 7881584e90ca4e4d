#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/int128.h"

namespace engine {

/// How the analytical engine stores the values of a column. A column starts narrow and is widened when a value needs
/// it.
enum class Carrier : std::uint8_t {
  Boolean,     // one byte, 0 or 1
  Int64,       // NUMBER(p,0)
  Int128,      // NUMBER(p,0), widened
  Decimal64,   // NUMBER(p,s) as digits: int64 of value * 10^s
  Decimal128,  // NUMBER(p,s), widened: Int128 of value * 10^s
  Float64,
  Date32,       // days since 1970-01-01
  TimeNs,       // nanoseconds since midnight
  TimestampUs,  // microseconds since 1970-01-01
  TimestampNs,  // widened: Int128 of nanoseconds since 1970-01-01
  TimestampTz,  // struct of TimestampNs-free fields: microseconds of the instant, offset in minutes (no Chunk support)
  Text,         // StringCell
  Blob,         // StringCell
};

/// The engine's 16-byte string cell: up to 12 bytes inline, else the first four and a pointer. The bytes pointed at
/// must stay until the chunk has been appended; nothing is copied before.
struct StringCell {
  std::uint32_t length;
  char prefix[4];
  union {
    char tail[8];
    const char* pointer;
  };

  void set(std::string_view text) {
    length = static_cast<std::uint32_t>(text.size());
    if (text.size() <= 12) {
      char padded[12] = {};
      std::memcpy(padded, text.data(), text.size());
      std::memcpy(prefix, padded, 4);
      std::memcpy(tail, padded + 4, 8);
    } else {
      std::memcpy(prefix, text.data(), 4);
      pointer = text.data();
    }
  }
};
static_assert(sizeof(StringCell) == 16);

/// The memory of one column of a chunk: `data` holds kChunkRows values of the carrier's type, `validity` one bit a row
/// (1 = not NULL), all ones when the chunk is handed out.
struct ChunkColumn {
  Carrier carrier = Carrier::Text;
  int scale = 0;  // Decimal64, Decimal128
  void* data = nullptr;
  std::uint64_t* validity = nullptr;

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
  void set_null(std::size_t row) const { validity[row / 64] &= ~(std::uint64_t{1} << (row % 64)); }
  bool is_null(std::size_t row) const { return (validity[row / 64] >> (row % 64) & 1) == 0; }
};

constexpr std::size_t kChunkRows = 2048;

}  // namespace engine
