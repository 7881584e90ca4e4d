#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/record/block_codec.h"

namespace flow::record::parquet {

enum class Physical { Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedByteArray };
enum class Repetition { Required, Optional, Repeated };
enum class Converted {
  None = -1,
  Utf8 = 0,
  Map = 1,
  MapKeyValue = 2,
  List = 3,
  Enum = 4,
  Decimal = 5,
  Date = 6,
  TimeMillis = 7,
  TimeMicros = 8,
  TimestampMillis = 9,
  TimestampMicros = 10,
  Json = 19
};
enum class Encoding {
  Plain = 0,
  PlainDictionary = 2,
  Rle = 3,
  DeltaBinaryPacked = 5,
  DeltaLengthByteArray = 6,
  DeltaByteArray = 7,
  RleDictionary = 8
};

constexpr std::string_view kMagic = "PAR1";

struct SchemaElement {
  std::string name;
  Repetition repetition = Repetition::Required;
  Physical type = Physical::Boolean;
  int children = 0;  // of a group; 0: a leaf
  int length = 0;    // FixedByteArray
  Converted converted = Converted::None;
  int precision = 0, scale = 0;
  enum class Unit { Millis, Micros, Nanos };
  Unit unit = Unit::Micros;  // of times that only the newer logical types describe
  bool is_uuid = false;
};

struct ColumnChunk {
  Physical type = Physical::Boolean;
  std::vector<std::string> path;
  int codec = 0;
  std::int64_t values = 0;
  std::int64_t packed_size = 0, size = 0;
  std::int64_t data_offset = 0, dictionary_offset = -1;
  bool dictionary = false;  // when writing: some pages use one
};
struct RowGroup {
  std::vector<ColumnChunk> columns;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};
struct FileMetaData {
  std::vector<SchemaElement> schema;  // depth first, the root first
  std::vector<RowGroup> groups;
  std::int64_t rows = 0;
  std::vector<std::pair<std::string, std::string>> values;
};

struct PageHeader {
  enum class Kind { Data = 0, Index = 1, Dictionary = 2, DataV2 = 3 };
  Kind kind = Kind::Data;
  std::int64_t size = 0, packed_size = 0;
  std::int64_t values = 0;
  Encoding encoding = Encoding::Plain;
  std::int64_t definition_bytes = 0, repetition_bytes = 0;  // DataV2
  bool is_packed = true;                                    // DataV2
};

std::string write_footer(const FileMetaData& file);
base::Result<FileMetaData> read_footer(std::string_view bytes);
std::string write_page_header(const PageHeader& header);
/// Sets `taken` to how long it is. Errors: Unavailable when the bytes may only be too few.
base::Result<PageHeader> read_page_header(std::string_view bytes, std::size_t& taken);

/// The number of a codec in files. Unsupported: LZO, BROTLI, LZ4.
base::Result<BlockCodec> codec_of(int number);

/// Numbers below 2^width in runs and packed groups of eight.
void append_hybrid(std::string& out, const std::vector<std::uint32_t>& numbers, int width);
/// The same for one number that comes so often.
void append_run(std::string& out, std::uint32_t number, std::size_t times, int width);
/// `count` of them. Errors: InvalidValue.
base::Result<std::vector<std::uint32_t>> read_hybrid(std::string_view bytes, int width, std::size_t count);
int width_of(std::uint32_t most);  // bits

}  // namespace flow::record::parquet
