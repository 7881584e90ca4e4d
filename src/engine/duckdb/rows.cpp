#include "engine/duckdb/rows.h"

#include "engine/duckdb/variant_text.h"

namespace engine::duck {
namespace {

using base::Int128;
using catalog::TypeKind;

Int128 from_hugeint(const duckdb_hugeint& value) {
  return static_cast<Int128>(static_cast<base::UInt128>(static_cast<std::uint64_t>(value.upper)) << 64 | value.lower);
}

std::string_view text_of(duckdb_string_t& cell) {
  const auto length = static_cast<std::size_t>(duckdb_string_t_length(cell));
  return {duckdb_string_t_data(&cell), length};
}

Int128 digits_at(duckdb_type type, const void* data, std::uint64_t row) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN: return static_cast<const bool*>(data)[row] ? 1 : 0;
    case DUCKDB_TYPE_TINYINT: return static_cast<const std::int8_t*>(data)[row];
    case DUCKDB_TYPE_SMALLINT: return static_cast<const std::int16_t*>(data)[row];
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE: return static_cast<const std::int32_t*>(data)[row];
    case DUCKDB_TYPE_UTINYINT: return static_cast<const std::uint8_t*>(data)[row];
    case DUCKDB_TYPE_USMALLINT: return static_cast<const std::uint16_t*>(data)[row];
    case DUCKDB_TYPE_UINTEGER: return static_cast<const std::uint32_t*>(data)[row];
    case DUCKDB_TYPE_UBIGINT: return static_cast<const std::uint64_t*>(data)[row];
    case DUCKDB_TYPE_HUGEINT: return from_hugeint(static_cast<const duckdb_hugeint*>(data)[row]);
    case DUCKDB_TYPE_FLOAT: return static_cast<Int128>(static_cast<const float*>(data)[row]);
    case DUCKDB_TYPE_DOUBLE: return static_cast<Int128>(static_cast<const double*>(data)[row]);
    default: return static_cast<const std::int64_t*>(data)[row];
  }
}

std::int64_t floor_div(Int128 value, std::int64_t by) {
  Int128 quotient = value / by;
  if (value % by < 0) --quotient;
  return static_cast<std::int64_t>(quotient);
}

Timestamp timestamp(Int128 ns, std::int16_t offset = 0) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t seconds = floor_div(ns, kSecond);
  return {seconds, static_cast<std::int32_t>(ns - static_cast<Int128>(seconds) * kSecond), offset};
}

std::int64_t ns_per_unit(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_TIMESTAMP_S: return 1'000'000'000;
    case DUCKDB_TYPE_TIMESTAMP_MS: return 1'000'000;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_TIME: return 1'000;
    default: return 1;
  }
}

bool is_floating(duckdb_type type) { return type == DUCKDB_TYPE_DOUBLE || type == DUCKDB_TYPE_FLOAT; }

}  // namespace

Rows::Rows(duckdb_result result) : result_(result) {
  const idx_t width = duckdb_column_count(&result_);
  for (idx_t i = 0; i < width; ++i) {
    duckdb_logical_type logical = duckdb_column_logical_type(&result_, i);
    PhysicalColumn column{.type = duckdb_get_type_id(logical)};
    column.storage = column.type;
    if (column.type == DUCKDB_TYPE_DECIMAL) {
      column.storage = duckdb_decimal_internal_type(logical);
      column.scale = duckdb_decimal_scale(logical);
    }
    duckdb_destroy_logical_type(&logical);
    columns_.push_back(column);
  }
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result_)) {
    const idx_t rows = duckdb_data_chunk_get_size(chunk);
    chunks_.push_back(chunk);
    if (rows == 0) break;
    starts_.push_back(starts_.back() + rows);
    for (idx_t i = 0; i < width; ++i) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
      Cells cells{duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector), {}};
      if (columns_[i].type == DUCKDB_TYPE_STRUCT) {
        cells.child[0] = duckdb_vector_get_data(duckdb_struct_vector_get_child(vector, 0));
        cells.child[1] = duckdb_vector_get_data(duckdb_struct_vector_get_child(vector, 1));
      }
      cells_.push_back(cells);
    }
  }
}

Rows::~Rows() {
  for (duckdb_data_chunk& chunk : chunks_) duckdb_destroy_data_chunk(&chunk);
  duckdb_destroy_result(&result_);
}

Rows::Place Rows::place(std::uint64_t row, std::size_t column) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), row);
  const auto chunk = static_cast<std::size_t>(after - starts_.begin()) - 1;
  return {&cells_[chunk * columns_.size() + column], row - starts_[chunk]};
}

bool Rows::is_null(std::uint64_t row, std::size_t column) const {
  const Place at = place(row, column);
  return at.cells->validity && !(at.cells->validity[at.row / 64] >> (at.row % 64) & 1);
}

Int128 Rows::digits(std::uint64_t row, std::size_t column) const {
  const Place at = place(row, column);
  return digits_at(columns_[column].storage, at.cells->data, at.row);
}

std::string_view Rows::bytes(std::uint64_t row, std::size_t column) const {
  const Place at = place(row, column);
  return text_of(static_cast<duckdb_string_t*>(at.cells->data)[at.row]);
}

Value Rows::value(std::uint64_t row, std::size_t column, const catalog::LogicalType& type) const {
  if (is_null(row, column)) return {};
  const PhysicalColumn& physical = columns_[column];
  const Place at = place(row, column);
  if (physical.type == DUCKDB_TYPE_VARCHAR || physical.type == DUCKDB_TYPE_BLOB) {
    const std::string_view cell = bytes(row, column);
    if (type.is_semi_structured())
      return Json{physical.type == DUCKDB_TYPE_BLOB ? variant_text(cell) : std::string(cell)};
    if (type.kind == TypeKind::Binary || (type.kind == TypeKind::Null && physical.type == DUCKDB_TYPE_BLOB))
      return Binary{std::string(cell)};
    return std::string(cell);
  }
  if (physical.type == DUCKDB_TYPE_STRUCT) {
    const std::int64_t us = static_cast<const std::int64_t*>(at.cells->child[0])[at.row];
    return timestamp(static_cast<Int128>(us) * 1000, static_cast<const std::int16_t*>(at.cells->child[1])[at.row]);
  }
  TypeKind kind = type.kind;
  if (kind == TypeKind::Null) {
    switch (physical.type) {
      case DUCKDB_TYPE_BOOLEAN: kind = TypeKind::Boolean; break;
      case DUCKDB_TYPE_DATE: kind = TypeKind::Date; break;
      case DUCKDB_TYPE_TIME:
      case DUCKDB_TYPE_TIME_NS: kind = TypeKind::Time; break;
      case DUCKDB_TYPE_TIMESTAMP:
      case DUCKDB_TYPE_TIMESTAMP_NS: kind = TypeKind::TimestampNtz; break;
      default: kind = is_floating(physical.type) ? TypeKind::Float : TypeKind::Number;
    }
  }
  if (kind == TypeKind::Float) {
    if (physical.type == DUCKDB_TYPE_DOUBLE) return static_cast<const double*>(at.cells->data)[at.row];
    if (physical.type == DUCKDB_TYPE_FLOAT)
      return static_cast<double>(static_cast<const float*>(at.cells->data)[at.row]);
    return static_cast<double>(digits(row, column)) / static_cast<double>(base::power_of_ten(physical.scale));
  }
  const Int128 digits = digits_at(physical.storage, at.cells->data, at.row);
  switch (kind) {
    case TypeKind::Boolean: return digits != 0;
    case TypeKind::Date: return Date{static_cast<std::int32_t>(digits)};
    case TypeKind::Time: return Time{static_cast<std::int64_t>(digits) * ns_per_unit(physical.type)};
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: return timestamp(digits * ns_per_unit(physical.type));
    default: break;
  }
  if (type.kind == TypeKind::Number && type.scale > physical.scale)
    return Decimal{digits * base::power_of_ten(type.scale - physical.scale), type.scale};
  return Decimal{digits, physical.scale};
}

}  // namespace engine::duck
