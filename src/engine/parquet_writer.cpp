#include "engine/parquet_writer.h"

#include <fmt/format.h>

#include "engine/duckdb/appender.h"
#include "engine/duckdb/connection.h"
#include "engine/duckdb/errors.h"

namespace engine {
namespace {

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

class Writer final : public ParquetWriter {
 public:
  explicit Writer(Options options) : options_(std::move(options)) {}

  base::Status open() {
    TRY(const auto instance,
        duck::Instance::open(
            {.threads = 1, .memory_limit = options_.memory_limit, .temp_directory = options_.spill_directory}));
    TRY(connection_, instance->connect());
    return connection_->run("SET preserve_insertion_order = true");
  }

  base::Status begin() override {
    std::string columns;
    duck::AppenderTarget target{
        .catalog = "memory", .schema = "main", .table = "file_rows", .loaded = {}, .constants = {}, .numbered = {}};
    for (const auto& column : options_.columns) {
      if (!columns.empty()) columns += ", ";
      columns += quoted_name(column.name) + (column.carrier == Carrier::Int64 ? " BIGINT" : " VARCHAR");
      target.loaded.push_back({.name = column.name, .carrier = column.carrier});
    }
    appender_.reset();
    TRY_VOID(connection_->run(fmt::format("CREATE OR REPLACE TABLE file_rows ({})", columns)));
    TRY(appender_,
        duck::open_appender(*connection_, std::move(target), [](std::int64_t) -> std::int64_t { return 0; }));
    return {};
  }

  std::vector<ChunkColumn>& chunk() override { return appender_->chunk(); }
  base::Status flush(std::size_t rows) override { return appender_->flush(rows); }

  base::Status finish(const std::string& path) override {
    TRY_VOID(appender_->close());
    appender_.reset();
    TRY_VOID(
        connection_->run(fmt::format("COPY file_rows TO {} (FORMAT parquet, COMPRESSION snappy)", duck::quoted(path))));
    return connection_->run("DROP TABLE file_rows");
  }

 private:
  const Options options_;
  std::unique_ptr<duck::Connection> connection_;
  std::unique_ptr<Work::Appender> appender_;
};

}  // namespace

base::Result<std::unique_ptr<ParquetWriter>> ParquetWriter::open(Options options) {
  auto writer = std::make_unique<Writer>(std::move(options));
  TRY_VOID(writer->open());
  return writer;
}

}  // namespace engine
