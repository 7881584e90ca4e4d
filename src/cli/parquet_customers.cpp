#include "cli/parquet_customers.h"

#include <algorithm>
#include <filesystem>

#include "gen/customers.h"

namespace cli {

base::Result<std::unique_ptr<ParquetCustomers>> ParquetCustomers::open() {
  engine::ParquetWriter::Options options;
  for (std::size_t i = 0; i < gen::kCustomerColumns.size(); ++i)
    options.columns.push_back({.name = std::string(gen::kCustomerColumns[i]),
                               .carrier = i == 0 ? engine::Carrier::Int64 : engine::Carrier::Text});
  options.spill_directory = std::filesystem::temp_directory_path().string();
  TRY(auto writer, engine::ParquetWriter::open(std::move(options)));
  return std::unique_ptr<ParquetCustomers>(new ParquetCustomers(std::move(writer)));
}

base::Status ParquetCustomers::begin(const std::string& path) {
  path_ = path;
  return writer_->begin();
}

base::Status ParquetCustomers::append(const gen::CustomerColumns& rows) {
  const auto count = rows.customer_id.size();
  for (std::size_t first = 0; first < count; first += engine::kChunkRows) {
    const auto part = std::min(engine::kChunkRows, count - first);
    auto& chunk = writer_->chunk();
    std::ranges::copy(rows.customer_id.subspan(first, part), chunk[0].as<std::int64_t>());
    for (std::size_t column = 0; column < rows.text.size(); ++column) {
      auto* cells = chunk[column + 1].as<engine::StringCell>();
      for (std::size_t row = 0; row < part; ++row) cells[row].set(rows.text[column][first + row]);
    }
    TRY_VOID(writer_->flush(part));
  }
  return {};
}

base::Result<std::uint64_t> ParquetCustomers::finish() {
  TRY_VOID(writer_->finish(path_));
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path_, error);
  if (error) return base::fail(base::ErrorKind::Unavailable, "cannot look at the written file: " + path_);
  return bytes;
}

}  // namespace cli
