#include "engine/duckdb/scratch.h"

#include <duckdb.h>
#include <fmt/format.h>

#include "engine/duckdb/appender.h"

namespace engine::duck {
namespace {

/// The reason alone: without the class in front of it and the statement behind it.
base::Failure<base::Error> reason(std::string_view message) {
  const auto colon = message.find("Error: ");
  if (colon != std::string_view::npos && colon < 40) message.remove_prefix(colon + 7);
  message = message.substr(0, message.find("\n\nLINE "));
  std::string line(message);
  for (char& c : line)
    if (c == '\n') c = ' ';
  return base::fail(base::ErrorKind::Syntax, std::move(line));
}

std::string type_text(const ScratchColumn& column) {
  switch (column.type) {
    case ScratchType::Boolean: return "BOOLEAN";
    case ScratchType::Int8: return "TINYINT";
    case ScratchType::Int16: return "SMALLINT";
    case ScratchType::Int32: return "INTEGER";
    case ScratchType::Int64: return "BIGINT";
    case ScratchType::Int128: return "HUGEINT";
    case ScratchType::Float32: return "FLOAT";
    case ScratchType::Float64: return "DOUBLE";
    case ScratchType::Decimal: return fmt::format("DECIMAL({},{})", column.precision, column.scale);
    case ScratchType::Bytes: return "BLOB";
    case ScratchType::Date: return "DATE";
    case ScratchType::Time: return "TIME";
    case ScratchType::Timestamp: return "TIMESTAMP";
    case ScratchType::Text:
    case ScratchType::Other: return "VARCHAR";
  }
  return "VARCHAR";
}

ScratchType type_of(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN: return ScratchType::Boolean;
    case DUCKDB_TYPE_TINYINT: return ScratchType::Int8;
    case DUCKDB_TYPE_SMALLINT: return ScratchType::Int16;
    case DUCKDB_TYPE_INTEGER: return ScratchType::Int32;
    case DUCKDB_TYPE_BIGINT: return ScratchType::Int64;
    case DUCKDB_TYPE_HUGEINT: return ScratchType::Int128;
    case DUCKDB_TYPE_FLOAT: return ScratchType::Float32;
    case DUCKDB_TYPE_DOUBLE: return ScratchType::Float64;
    case DUCKDB_TYPE_DECIMAL: return ScratchType::Decimal;
    case DUCKDB_TYPE_VARCHAR: return ScratchType::Text;
    case DUCKDB_TYPE_BLOB: return ScratchType::Bytes;
    case DUCKDB_TYPE_DATE: return ScratchType::Date;
    case DUCKDB_TYPE_TIME: return ScratchType::Time;
    case DUCKDB_TYPE_TIMESTAMP: return ScratchType::Timestamp;
    default: return ScratchType::Other;
  }
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

class Answer final : public ScratchAnswer {
 public:
  ~Answer() override {
    if (chunk_) duckdb_destroy_data_chunk(&chunk_);
    if (has_result_) duckdb_destroy_result(&result_);
    if (statement_) duckdb_destroy_prepare(&statement_);
  }

  base::Status open(Connection& connection, const std::string& sql) {
    if (duckdb_prepare(connection.raw(), sql.c_str(), &statement_) == DuckDBError) {
      const char* message = duckdb_prepare_error(statement_);
      return reason(message ? message : "");
    }
    if (duckdb_prepared_statement_type(statement_) != DUCKDB_STATEMENT_TYPE_SELECT)
      return base::fail(base::ErrorKind::Syntax, "only a query is allowed");
    has_result_ = true;
    if (duckdb_execute_prepared_streaming(statement_, &result_) == DuckDBError) return failed();
    for (idx_t i = 0; i < duckdb_column_count(&result_); ++i) columns_.push_back(column(i));
    return {};
  }

  const std::vector<ScratchColumn>& columns() const override { return columns_; }
  base::Result<std::size_t> next() override {
    if (chunk_) duckdb_destroy_data_chunk(&chunk_);
    if (ended_) return std::size_t{0};
    chunk_ = duckdb_fetch_chunk(result_);
    if (!chunk_) {
      ended_ = true;
      if (const char* message = duckdb_result_error(&result_); message && *message) return failed();
      return std::size_t{0};
    }
    cells_.clear();
    for (idx_t i = 0; i < columns_.size(); ++i) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, i);
      cells_.push_back({duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector)});
    }
    return static_cast<std::size_t>(duckdb_data_chunk_get_size(chunk_));
  }
  bool is_null(std::size_t row, std::size_t column) const override {
    const auto* validity = cells_[column].validity;
    return validity && (validity[row / 64] >> (row % 64) & 1) == 0;
  }
  std::int64_t whole(std::size_t row, std::size_t column) const override {
    switch (columns_[column].type) {
      case ScratchType::Boolean: return at<bool>(row, column) ? 1 : 0;
      case ScratchType::Int8: return at<std::int8_t>(row, column);
      case ScratchType::Int16: return at<std::int16_t>(row, column);
      case ScratchType::Int32:
      case ScratchType::Date: return at<std::int32_t>(row, column);
      default: return at<std::int64_t>(row, column);
    }
  }
  double real(std::size_t row, std::size_t column) const override {
    return columns_[column].type == ScratchType::Float32 ? static_cast<double>(at<float>(row, column))
                                                         : at<double>(row, column);
  }
  base::Int128 digits(std::size_t row, std::size_t column) const override {
    switch (storage_[column]) {
      case DUCKDB_TYPE_SMALLINT: return at<std::int16_t>(row, column);
      case DUCKDB_TYPE_INTEGER: return at<std::int32_t>(row, column);
      case DUCKDB_TYPE_BIGINT: return at<std::int64_t>(row, column);
      default: return at<base::Int128>(row, column);
    }
  }
  std::string_view text(std::size_t row, std::size_t column) const override {
    auto* cell = static_cast<duckdb_string_t*>(cells_[column].data) + row;
    return {duckdb_string_t_data(cell), duckdb_string_t_length(*cell)};
  }

 private:
  struct Cells {
    void* data;
    std::uint64_t* validity;
  };
  template <class T>
  T at(std::size_t row, std::size_t column) const {
    return static_cast<const T*>(cells_[column].data)[row];
  }
  ScratchColumn column(idx_t i) {
    duckdb_logical_type type = duckdb_column_logical_type(&result_, i);
    const auto id = duckdb_get_type_id(type);
    ScratchColumn column{.name = duckdb_column_name(&result_, i), .type = type_of(id)};
    auto storage = id;
    if (id == DUCKDB_TYPE_DECIMAL) {
      column.precision = duckdb_decimal_width(type);
      column.scale = duckdb_decimal_scale(type);
      storage = duckdb_decimal_internal_type(type);
    }
    storage_.push_back(storage);
    duckdb_destroy_logical_type(&type);
    return column;
  }
  base::Failure<base::Error> failed() {
    const char* message = duckdb_result_error(&result_);
    auto failure = reason(message ? message : "");
    failure.error().kind = base::ErrorKind::InvalidValue;
    return failure;
  }

  duckdb_prepared_statement statement_ = nullptr;
  duckdb_result result_{};
  bool has_result_ = false, ended_ = false;
  duckdb_data_chunk chunk_ = nullptr;
  std::vector<ScratchColumn> columns_;
  std::vector<duckdb_type> storage_;
  std::vector<Cells> cells_;
};

void call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& function = *static_cast<const TextFunction*>(duckdb_scalar_function_get_extra_info(info));
  const idx_t rows = duckdb_data_chunk_get_size(input), width = duckdb_data_chunk_get_column_count(input);
  std::vector<duckdb_string_t*> cells;
  std::vector<std::uint64_t*> validities;
  for (idx_t i = 0; i < width; ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(input, i);
    cells.push_back(static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector)));
    validities.push_back(duckdb_vector_get_validity(vector));
  }
  duckdb_vector_ensure_validity_writable(output);
  auto* valid = duckdb_vector_get_validity(output);
  std::vector<std::string_view> arguments(width);
  for (idx_t row = 0; row < rows; ++row) {
    bool null = false;
    for (idx_t i = 0; i < width; ++i) {
      null = null || (validities[i] && !duckdb_validity_row_is_valid(validities[i], row));
      if (!null) arguments[i] = {duckdb_string_t_data(&cells[i][row]), duckdb_string_t_length(cells[i][row])};
    }
    auto result = null ? base::Result<std::optional<std::string>>(std::nullopt) : function.run(arguments);
    if (!result) {
      duckdb_scalar_function_set_error(info, result.error().message.c_str());
      return;
    }
    if (*result)
      duckdb_vector_assign_string_element_len(output, row, (*result)->data(), (*result)->size());
    else
      duckdb_validity_set_row_invalid(valid, row);
  }
}

void add(Connection& connection, const TextFunction& function) {
  duckdb_scalar_function made = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(made, function.name.c_str());
  const auto with = [](duckdb_type id, auto&& use) {
    duckdb_logical_type type = duckdb_create_logical_type(id);
    use(type);
    duckdb_destroy_logical_type(&type);
  };
  for (const auto argument : function.arguments)
    with(argument == ScratchType::Bytes ? DUCKDB_TYPE_BLOB : DUCKDB_TYPE_VARCHAR,
         [&](auto type) { duckdb_scalar_function_add_parameter(made, type); });
  with(DUCKDB_TYPE_VARCHAR, [&](auto type) { duckdb_scalar_function_set_return_type(made, type); });
  duckdb_scalar_function_set_special_handling(made);
  duckdb_scalar_function_set_function(made, call);
  duckdb_scalar_function_set_extra_info(made, new TextFunction(function),
                                        [](void* extra) { delete static_cast<TextFunction*>(extra); });
  (void)duckdb_register_scalar_function(connection.raw(), made);
  duckdb_destroy_scalar_function(&made);
}

base::Status run(Connection& connection, const std::string& sql) {
  duckdb_result result;
  base::Status status;
  if (duckdb_query(connection.raw(), sql.c_str(), &result) == DuckDBError) {
    const char* message = duckdb_result_error(&result);
    status = reason(message ? message : "");
  }
  duckdb_destroy_result(&result);
  return status;
}

}  // namespace

base::Result<std::shared_ptr<Instance>> open_scratch(const ScratchOptions& options) {
  TRY(auto instance, Instance::open({.threads = options.threads,
                                     .memory_limit = options.memory_limit,
                                     .temp_directory = options.temp_directory}));
  TRY(const auto connection, instance->connect());
  for (const auto& function : options.functions) add(*connection, function);
  for (const auto& statement : options.statements) TRY_VOID(run(*connection, statement));
  // Rows come out in the order in which they went in, where a query asks for none.
  TRY_VOID(run(*connection, "SET preserve_insertion_order = true"));
  TRY_VOID(run(*connection, "SET enable_external_access = false"));
  return instance;
}

base::Result<std::unique_ptr<Work::Appender>> make_scratch_table(Connection& connection, const std::string& name,
                                                                 const std::vector<ScratchColumn>& columns) {
  AppenderTarget target{
      .catalog = "temp", .schema = "main", .table = name, .loaded = {}, .constants = {}, .numbered = {}};
  std::string list;
  for (const auto& column : columns) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", quoted_name(column.name), type_text(column));
    target.loaded.push_back({.name = column.name, .carrier = Carrier::Text});
  }
  TRY_VOID(run(connection, fmt::format("CREATE TEMP TABLE {} ({})", quoted_name(name), list)));
  return open_appender(connection, std::move(target), [](std::int64_t) { return std::int64_t{0}; });
}

base::Result<std::unique_ptr<ScratchAnswer>> ask_scratch(Connection& connection, const std::string& sql) {
  auto answer = std::make_unique<Answer>();
  TRY_VOID(answer->open(connection, sql));
  return std::unique_ptr<ScratchAnswer>(std::move(answer));
}

}  // namespace engine::duck
