#include "engine/functions/native.h"

#include <fmt/format.h>

#include "engine/functions/native_support.h"

namespace engine {

void register_native_functions(_duckdb_connection* connection) {
  native::add_number_functions(connection);
  native::add_datetime_functions(connection);
  native::add_text_functions(connection);
  native::add_variant_functions(connection);
}

namespace native {
namespace {

duckdb_logical_type make_type(const Type& type) {
  if (type.id == DUCKDB_TYPE_DECIMAL)
    return duckdb_create_decimal_type(static_cast<std::uint8_t>(type.width), static_cast<std::uint8_t>(type.scale));
  return duckdb_create_logical_type(type.id);
}

void callback(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& function = *static_cast<const Function*>(duckdb_scalar_function_get_extra_info(info));
  Row(info, input, output, function).run();
}

}  // namespace

Type number(bool wide, int scale) {
  if (scale == 0) return wide ? kInt128 : kInt64;
  return {DUCKDB_TYPE_DECIMAL, wide ? 38 : 18, scale};
}

Row::Row(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, const Function& function)
    : info_(info),
      output_(output),
      output_data_(duckdb_vector_get_data(output)),
      function_(function),
      rows_(duckdb_data_chunk_get_size(input)) {
  const idx_t columns = duckdb_data_chunk_get_column_count(input);
  for (idx_t i = 0; i < columns; ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(input, i);
    duckdb_logical_type type = duckdb_vector_get_column_type(vector);
    Column column{duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector), duckdb_get_type_id(type), 0};
    if (column.type == DUCKDB_TYPE_DECIMAL) {
      column.scale = duckdb_decimal_scale(type);
      column.type = duckdb_decimal_internal_type(type);
    }
    duckdb_destroy_logical_type(&type);
    columns_.push_back(column);
  }
  has_label_ = function.labelled && columns_.size() == function.arguments.size() && function.name.ends_with("_in");
  wide_result_ = function.result.id == DUCKDB_TYPE_HUGEINT ||
                 (function.result.id == DUCKDB_TYPE_DECIMAL && function.result.width > 18);
}

bool Row::null(std::size_t column) const {
  const std::uint64_t* validity = columns_[column].validity;
  return validity && (validity[row_ / 64] >> (row_ % 64) & 1) == 0;
}
bool Row::any_null() const {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (null(i)) return true;
  return false;
}

std::string_view Row::text(std::size_t column) const {
  auto* cell = static_cast<duckdb_string_t*>(columns_[column].data) + row_;
  return {duckdb_string_t_data(cell), duckdb_string_t_length(*cell)};
}

base::Int128 Row::digits(std::size_t column) const {
  switch (columns_[column].type) {
    case DUCKDB_TYPE_TINYINT: return as<std::int8_t>(column);
    case DUCKDB_TYPE_SMALLINT: return i16(column);
    case DUCKDB_TYPE_INTEGER: return i32(column);
    case DUCKDB_TYPE_HUGEINT: return as<base::Int128>(column);
    case DUCKDB_TYPE_BOOLEAN: return flag(column) ? 1 : 0;
    default: return i64(column);
  }
}

void Row::set_null() {
  duckdb_vector_ensure_validity_writable(output_);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output_), row_);
}
void Row::set_text(std::string_view text) {
  duckdb_vector_assign_string_element_len(output_, row_, text.data(), text.size());
}
void Row::set_digits(base::Int128 digits) {
  if (wide_result_)
    set(digits);
  else
    set(static_cast<std::int64_t>(digits));
}
int Row::option() const { return function_.option; }

void Row::fail(int number, std::string_view sqlstate, std::string_view message) {
  if (function_.null_if_failed) return set_null();
  const std::string whole = has_label_
                                ? fmt::format("DML operation to {} with error: {}", text(columns_.size() - 1), message)
                                : std::string(message);
  if (!failed_)
    duckdb_scalar_function_set_error(info_, fmt::format("\x01{:06}\x1f{}\x1f{}\x02", number, sqlstate, whole).c_str());
  failed_ = true;
}

void Row::run() {
  for (row_ = 0; row_ < rows_ && !failed_; ++row_) {
    if (!function_.sees_nulls && any_null())
      set_null();
    else
      function_.run(*this);
  }
}

void add(duckdb_connection connection, Function function) {
  if (function.labelled && !function.name.ends_with("_in")) {
    Function with_label = function;
    with_label.name += "_in";
    with_label.arguments.push_back(kText);
    add(connection, std::move(with_label));
  }
  duckdb_scalar_function made = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(made, function.name.c_str());
  const auto with_type = [](const Type& type, auto&& use) {
    duckdb_logical_type logical = make_type(type);
    use(logical);
    duckdb_destroy_logical_type(&logical);
  };
  if (function.any_number)
    with_type(function.arguments.back(), [&](auto type) { duckdb_scalar_function_set_varargs(made, type); });
  else
    for (const Type& argument : function.arguments)
      with_type(argument, [&](auto type) { duckdb_scalar_function_add_parameter(made, type); });
  with_type(function.result, [&](auto type) { duckdb_scalar_function_set_return_type(made, type); });
  duckdb_scalar_function_set_special_handling(made);
  if (function.changes) duckdb_scalar_function_set_volatile(made);
  duckdb_scalar_function_set_function(made, callback);
  duckdb_scalar_function_set_extra_info(made, new Function(std::move(function)),
                                        [](void* extra) { delete static_cast<Function*>(extra); });
  // It fails where the name is known already: the instance has the function then.
  (void)duckdb_register_scalar_function(connection, made);
  duckdb_destroy_scalar_function(&made);
}

}  // namespace native
}  // namespace engine
