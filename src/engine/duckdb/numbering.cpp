#include "engine/duckdb/numbering.h"

#include <duckdb.h>
#include <fmt/format.h>

namespace engine::duck {
namespace {

using Counter = std::shared_ptr<std::atomic<std::int64_t>>;

using Reserve = std::function<base::Result<std::int64_t>(std::int64_t, std::int64_t)>;

void next_values(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto rows = static_cast<std::int64_t>(duckdb_data_chunk_get_size(input));
  if (rows == 0) return;
  const auto& reserve = *static_cast<Reserve*>(duckdb_scalar_function_get_extra_info(info));
  const auto argument = [&](idx_t column) {
    return *static_cast<std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, column)));
  };
  const std::int64_t step = argument(1);
  const auto first = reserve(argument(0), rows);
  if (!first) {
    const base::Error& error = first.error();
    duckdb_scalar_function_set_error(
        info, fmt::format("\x01{}\x1f{}\x1f{}\x02", error.number, error.sqlstate, error.message).c_str());
    return;
  }
  auto* values = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (std::int64_t i = 0; i < rows; ++i) values[i] = *first + i * step;
}

struct Registration {
  const char* name;
  idx_t parameters;
  duckdb_scalar_function_t run;
  void* extra;
  duckdb_delete_callback_t drop_extra;
};

/// A volatile function of BIGINTs to a BIGINT.
base::Status register_volatile(Connection& connection, const Registration& registration) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  duckdb_scalar_function_set_name(function, registration.name);
  for (idx_t i = 0; i < registration.parameters; ++i) duckdb_scalar_function_add_parameter(function, bigint);
  duckdb_scalar_function_set_return_type(function, bigint);
  duckdb_scalar_function_set_volatile(function);
  duckdb_scalar_function_set_special_handling(function);
  duckdb_scalar_function_set_extra_info(function, registration.extra, registration.drop_extra);
  duckdb_scalar_function_set_function(function, registration.run);
  const bool failed = duckdb_register_scalar_function(connection.raw(), function) == DuckDBError;
  duckdb_destroy_logical_type(&bigint);
  duckdb_destroy_scalar_function(&function);
  if (failed) return base::fail(base::ErrorKind::Internal, fmt::format("cannot register {}", registration.name));
  return {};
}

void number_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& counter = *static_cast<Counter*>(duckdb_scalar_function_get_extra_info(info));
  const auto rows = static_cast<std::int64_t>(duckdb_data_chunk_get_size(input));
  const std::int64_t first = counter->fetch_add(rows);
  auto* values = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (std::int64_t i = 0; i < rows; ++i) values[i] = first + i;
}

}  // namespace

base::Status register_numbering(Connection& connection, std::shared_ptr<std::atomic<std::int64_t>> counter) {
  return register_volatile(connection, {"freshet_number", 1, number_rows, new Counter(std::move(counter)),
                                        [](void* data) { delete static_cast<Counter*>(data); }});
}

base::Status register_sequences(Connection& connection, Reserve reserve) {
  return register_volatile(connection, {"freshet_sequence", 2, next_values, new Reserve(std::move(reserve)),
                                        [](void* data) { delete static_cast<Reserve*>(data); }});
}

}  // namespace engine::duck
