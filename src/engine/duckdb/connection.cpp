#include "engine/duckdb/connection.h"

#include <duckdb.h>
#include <fmt/format.h>

#include "engine/duckdb/errors.h"
#include "engine/duckdb/rows.h"
#include "engine/functions/native.h"

namespace engine::duck {
namespace {

Failure failure_of(duckdb_error_type type) {
  switch (type) {
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_DECIMAL: return Failure::OutOfRange;
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_MISMATCH_TYPE: return Failure::Conversion;
    case DUCKDB_ERROR_DIVIDE_BY_ZERO: return Failure::DivideByZero;
    case DUCKDB_ERROR_INTERRUPT: return Failure::Interrupt;
    case DUCKDB_ERROR_OUT_OF_MEMORY: return Failure::OutOfMemory;
    case DUCKDB_ERROR_IO: return Failure::Io;
    case DUCKDB_ERROR_TRANSACTION: return Failure::Transaction;
    case DUCKDB_ERROR_CONSTRAINT: return Failure::Constraint;
    default: return Failure::Other;
  }
}

/// Cells of a client's result; shares the rows with whoever else holds them.
class ClientRows final : public ResultSet {
 public:
  ClientRows(std::shared_ptr<const Rows> rows, std::vector<ResultColumn> columns)
      : rows_(std::move(rows)), columns_(std::move(columns)) {}
  const std::vector<ResultColumn>& columns() const override { return columns_; }
  std::uint64_t row_count() const override { return rows_->row_count(); }
  Value value(std::uint64_t row, std::size_t column) const override {
    return rows_->value(row, column, columns_[column].type);
  }

 private:
  std::shared_ptr<const Rows> rows_;
  std::vector<ResultColumn> columns_;
};

bool library_is_recent(std::string_view version) {  // "v1.5.6"
  if (version.starts_with("v")) version.remove_prefix(1);
  int major = 0, minor = 0;
  const std::string text(version);
  if (std::sscanf(text.c_str(), "%d.%d", &major, &minor) != 2) return false;
  return major > 1 || (major == 1 && minor >= 5);
}

}  // namespace

std::uint64_t QueryResult::row_count() const { return rows_->row_count(); }
std::int64_t QueryResult::integer(std::uint64_t row, std::size_t column) const {
  return is_null(row, column) ? 0 : static_cast<std::int64_t>(rows_->digits(row, column));
}
std::string QueryResult::text(std::uint64_t row, std::size_t column) const {
  return is_null(row, column) ? std::string() : std::string(rows_->bytes(row, column));
}
bool QueryResult::is_null(std::uint64_t row, std::size_t column) const { return rows_->is_null(row, column); }
std::shared_ptr<const ResultSet> QueryResult::result_set(std::vector<ResultColumn> columns) const {
  return std::make_shared<ClientRows>(rows_, std::move(columns));
}

Connection::~Connection() {
  if (raw_) duckdb_disconnect(&raw_);
}

base::Result<QueryResult> Connection::query(const std::string& sql) {
  duckdb_result result;
  if (duckdb_query(raw_, sql.c_str(), &result) == DuckDBError) {
    const char* message = duckdb_result_error(&result);
    base::Error error = translate(failure_of(duckdb_result_error_type(&result)), message ? message : "");
    duckdb_destroy_result(&result);
    return base::fail(std::move(error));
  }
  const auto changed = static_cast<std::int64_t>(duckdb_rows_changed(&result));
  return QueryResult(std::make_shared<const Rows>(result), changed);
}

base::Status Connection::run(const std::string& sql) {
  duckdb_result result;
  base::Status status;
  if (duckdb_query(raw_, sql.c_str(), &result) == DuckDBError) {
    const char* message = duckdb_result_error(&result);
    status = base::fail(translate(failure_of(duckdb_result_error_type(&result)), message ? message : ""));
  }
  duckdb_destroy_result(&result);
  return status;
}

void Connection::interrupt() { duckdb_interrupt(raw_); }

base::Result<std::shared_ptr<Instance>> Instance::open(const Options& options) {
  const char* version = duckdb_library_version();
  if (!library_is_recent(version))
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("the DuckDB library must be 1.5 or newer, found {}: run ./dev setup", version));
  duckdb_config config;
  if (duckdb_create_config(&config) == DuckDBError)
    return base::fail(base::ErrorKind::Internal, "cannot configure the analytical engine");
  duckdb_set_config(config, "threads", std::to_string(options.threads).c_str());
  if (!options.memory_limit.empty()) duckdb_set_config(config, "memory_limit", options.memory_limit.c_str());
  if (!options.temp_directory.empty()) duckdb_set_config(config, "temp_directory", options.temp_directory.c_str());
  duckdb_set_config(config, "preserve_insertion_order", "false");
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  std::shared_ptr<Instance> instance(new Instance());
  char* message = nullptr;
  const bool failed = duckdb_open_ext(nullptr, &instance->raw_, config, &message) == DuckDBError;
  duckdb_destroy_config(&config);
  if (failed) {
    auto error = base::fail(base::ErrorKind::Unavailable,
                            fmt::format("cannot start the analytical engine: {}", message ? message : ""));
    duckdb_free(message);
    return error;
  }
  TRY(const auto connection, instance->connect());
  register_native_functions(connection->raw());
  return instance;
}

Instance::~Instance() {
  if (raw_) duckdb_close(&raw_);
}

base::Result<std::unique_ptr<Connection>> Instance::connect() {
  std::unique_ptr<Connection> connection(new Connection(shared_from_this()));
  if (duckdb_connect(raw_, &connection->raw_) == DuckDBError)
    return base::fail(base::ErrorKind::Unavailable, "cannot open another connection of the analytical engine");
  return connection;
}

}  // namespace engine::duck
