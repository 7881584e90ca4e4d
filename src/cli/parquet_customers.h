#pragma once

#include <memory>
#include <string>

#include "engine/parquet_writer.h"
#include "gen/column_writer.h"

namespace cli {

/// Writes the generator's columns as Parquet files.
class ParquetCustomers final : public gen::ColumnWriter {
 public:
  static base::Result<std::unique_ptr<ParquetCustomers>> open();
  base::Status begin(const std::string& path) override;
  base::Status append(const gen::CustomerColumns& rows) override;
  base::Result<std::uint64_t> finish() override;

 private:
  explicit ParquetCustomers(std::unique_ptr<engine::ParquetWriter> writer) : writer_(std::move(writer)) {}
  std::unique_ptr<engine::ParquetWriter> writer_;
  std::string path_;
};

}  // namespace cli
