#pragma once

#include "flow/record/reader.h"
#include "flow/record/writer.h"

namespace flow::record {

enum class ParquetCompression { None = 0, Snappy = 1, Gzip = 2, Zstandard = 6 };  // the numbers of the format

struct ParquetWriteOptions {
  ParquetCompression compression = ParquetCompression::None;
  std::uint64_t row_group_bytes = std::uint64_t{128} << 20;  // in memory until it is full
  std::uint64_t page_bytes = std::uint64_t{1} << 20;
  std::uint64_t dictionary_bytes = std::uint64_t{1} << 20;  // of a column; beyond it values are written plainly
  bool dictionary = true;
  bool old_lists = true;  // of two levels, as Avro wrote them first
};

base::Result<std::unique_ptr<Writer>> write_parquet(const SchemaPtr& schema, const ParquetWriteOptions& options,
                                                    ByteSink& sink);
base::Result<std::unique_ptr<Reader>> open_parquet(std::shared_ptr<const Input> input);

}  // namespace flow::record
