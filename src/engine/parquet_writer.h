#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/chunk.h"

namespace engine {

/// Writes Parquet files, one after the other, from columns of typed memory. The rows of the file in hand are kept (in
/// memory, then in `spill_directory`) and written when it is finished, on one thread: the same rows make the same
/// bytes. One thread at a time.
class ParquetWriter {
 public:
  struct Column {
    std::string name;
    Carrier carrier;  // Int64 or Text
  };
  struct Options {
    std::vector<Column> columns;
    std::string memory_limit = "512MB";
    std::string spill_directory;
  };
  static base::Result<std::unique_ptr<ParquetWriter>> open(Options options);
  virtual ~ParquetWriter() = default;

  virtual base::Status begin() = 0;
  /// The columns' memory, kChunkRows long; valid until the next flush.
  virtual std::vector<ChunkColumn>& chunk() = 0;
  virtual base::Status flush(std::size_t rows) = 0;
  /// Replaces what is at `path`.
  virtual base::Status finish(const std::string& path) = 0;
};

}  // namespace engine
