#include "engine/duckdb/numbering.h"

#include <duckdb.h>

namespace engine::duck {
namespace {

using Counter = std::shared_ptr<std::atomic<std::int64_t>>;

void number_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& counter = *static_cast<Counter*>(duckdb_scalar_function_get_extra_info(info));
  const auto rows = static_cast<std::int64_t>(duckdb_data_chunk_get_size(input));
  const std::int64_t first = counter->fetch_add(rows);
  auto* values = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (std::int64_t i = 0; i < rows; ++i) values[i] = first + i;
}

}  // namespace

base::Status register_numbering(Connection& connection, std::shared_ptr<std::atomic<std::int64_t>> counter) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  duckdb_scalar_function_set_name(function, "freshet_number");
  duckdb_scalar_function_add_parameter(function, bigint);
  duckdb_scalar_function_set_return_type(function, bigint);
  duckdb_scalar_function_set_volatile(function);
  duckdb_scalar_function_set_special_handling(function);
  duckdb_scalar_function_set_extra_info(function, new Counter(std::move(counter)), [](void* data) { delete static_cast<Counter*>(data); });
  duckdb_scalar_function_set_function(function, number_rows);
  const bool failed = duckdb_register_scalar_function(connection.raw(), function) == DuckDBError;
  duckdb_destroy_logical_type(&bigint);
  duckdb_destroy_scalar_function(&function);
  if (failed) return base::fail(base::ErrorKind::Internal, "cannot register freshet_number");
  return {};
}

}  // namespace engine::duck
