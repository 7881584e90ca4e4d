#include "engine/duckdb/appender.h"

#include <duckdb.h>
#include <fmt/format.h>

#include "engine/duckdb/errors.h"

namespace engine::duck {
namespace {

class TableAppender final : public Work::Appender {
 public:
  explicit TableAppender(AppenderTarget target, std::function<std::int64_t(std::int64_t)> take_numbers)
      : target_(std::move(target)), take_numbers_(std::move(take_numbers)) {}

  ~TableAppender() override {
    if (appender_) duckdb_appender_destroy(&appender_);
    if (chunk_) duckdb_destroy_data_chunk(&chunk_);
    if (constants_) duckdb_destroy_data_chunk(&constants_);
    if (constants_result_open_) duckdb_destroy_result(&constants_result_);
  }

  base::Status open(Connection& connection) {
    if (duckdb_appender_create_ext(connection.raw(), target_.catalog.c_str(), target_.schema.c_str(),
                                   target_.table.c_str(), &appender_) == DuckDBError)
      return failed();
    std::vector<std::string> names;
    for (const auto& column : target_.loaded) names.push_back(column.name);
    names.insert(names.end(), target_.numbered.begin(), target_.numbered.end());
    for (const auto& column : target_.constants) names.push_back(column.name);
    for (const std::string& name : names)
      if (duckdb_appender_add_column(appender_, name.c_str()) == DuckDBError) return failed();
    std::vector<duckdb_logical_type> types;
    for (idx_t i = 0; i < names.size(); ++i) types.push_back(duckdb_appender_column_type(appender_, i));
    chunk_ = duckdb_create_data_chunk(types.data(), types.size());
    for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
    TRY_VOID(read_constants(connection));
    fresh_chunk();
    return {};
  }

  std::vector<ChunkColumn>& chunk() override { return columns_; }

  base::Status flush(std::size_t rows) override {
    if (rows == 0) return {};
    TRY_VOID(check_not_null(rows));
    const std::int64_t first = take_numbers_(static_cast<std::int64_t>(rows));
    for (std::size_t i = 0; i < target_.numbered.size(); ++i) {
      auto* numbers = static_cast<std::int64_t*>(
          duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, target_.loaded.size() + i)));
      for (std::size_t row = 0; row < rows; ++row) numbers[row] = first + static_cast<std::int64_t>(row);
    }
    const std::size_t before = target_.loaded.size() + target_.numbered.size();
    for (std::size_t i = 0; i < target_.constants.size(); ++i)
      duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(chunk_, before + i),
                                     duckdb_data_chunk_get_vector(constants_, i));
    duckdb_data_chunk_set_size(chunk_, rows);
    if (duckdb_append_data_chunk(appender_, chunk_) == DuckDBError) return failed();
    fresh_chunk();
    return {};
  }

  base::Status close() override {
    if (duckdb_appender_close(appender_) == DuckDBError) return failed();
    return {};
  }

 private:
  // One chunk of kChunkRows equal rows, which every appended chunk refers to.
  base::Status read_constants(Connection& connection) {
    if (target_.constants.empty()) return {};
    std::string list;
    for (const auto& constant : target_.constants)
      list += fmt::format("{}CAST({} AS {})", list.empty() ? "" : ", ", constant.sql, constant.type);
    const std::string sql = fmt::format("SELECT {} FROM range({})", list, kChunkRows);
    constants_result_open_ = true;
    if (duckdb_query(connection.raw(), sql.c_str(), &constants_result_) == DuckDBError)
      return base::fail(translate(Failure::Other, duckdb_result_error(&constants_result_)));
    constants_ = duckdb_fetch_chunk(constants_result_);
    return {};
  }

  void fresh_chunk() {
    duckdb_data_chunk_reset(chunk_);
    columns_.resize(target_.loaded.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, i);
      duckdb_vector_ensure_validity_writable(vector);
      columns_[i] = {target_.loaded[i].carrier, target_.loaded[i].scale, duckdb_vector_get_data(vector),
                     duckdb_vector_get_validity(vector)};
      std::memset(columns_[i].validity, 0xff, kChunkRows / 8);
    }
  }

  base::Status check_not_null(std::size_t rows) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (target_.loaded[i].nullable) continue;
      for (std::size_t row = 0; row < rows; ++row)
        if (columns_[i].is_null(row))
          return base::fail(base::Error{base::ErrorKind::InvalidValue, 100072, "22000",
                                        "NULL result in a non-nullable column", std::nullopt});
    }
    return {};
  }

  base::Status failed() {
    duckdb_error_data data = duckdb_appender_error_data(appender_);
    const auto error =
        translate(Failure::Other, fmt::format("appender: {}", data ? duckdb_error_data_message(data) : "unknown"));
    if (data) duckdb_destroy_error_data(&data);
    return base::fail(error);
  }

  AppenderTarget target_;
  std::function<std::int64_t(std::int64_t)> take_numbers_;
  duckdb_appender appender_ = nullptr;
  duckdb_data_chunk chunk_ = nullptr;
  duckdb_data_chunk constants_ = nullptr;
  duckdb_result constants_result_{};
  bool constants_result_open_ = false;
  std::vector<ChunkColumn> columns_;
};

}  // namespace

base::Result<std::unique_ptr<Work::Appender>> open_appender(Connection& connection, AppenderTarget target,
                                                            std::function<std::int64_t(std::int64_t)> take_numbers) {
  auto appender = std::make_unique<TableAppender>(std::move(target), std::move(take_numbers));
  TRY_VOID(appender->open(connection));
  return std::unique_ptr<Work::Appender>(std::move(appender));
}

}  // namespace engine::duck
