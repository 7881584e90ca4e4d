#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/int128.h"

// How our scalar functions are written: one C++ function a row over typed access to the engine's vectors.

namespace engine::native {

struct Function;

/// The arguments and the result of one row.
class Row {
 public:
  Row(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, const Function& function);

  std::size_t count() const { return columns_.size(); }
  bool null(std::size_t column) const;
  bool any_null() const;
  std::string_view text(std::size_t column) const;
  std::int64_t i64(std::size_t column) const { return as<std::int64_t>(column); }
  std::int32_t i32(std::size_t column) const { return as<std::int32_t>(column); }
  std::int16_t i16(std::size_t column) const { return as<std::int16_t>(column); }
  double real(std::size_t column) const { return as<double>(column); }
  bool flag(std::size_t column) const { return as<bool>(column); }
  /// The digits of any exact number, and the scale of its column.
  base::Int128 digits(std::size_t column) const;
  int scale(std::size_t column) const { return columns_[column].scale; }

  void set_null();
  void set_text(std::string_view text);
  template <class T>
  void set(T value) {
    static_cast<T*>(output_data_)[row_] = value;
  }
  /// An exact number in the carrier of the result (64 or 128 bits).
  void set_digits(base::Int128 digits);
  /// Ends the statement; a try_ function gives NULL instead.
  void fail(int number, std::string_view sqlstate, std::string_view message);
  int option() const;

  void run();

 private:
  struct Column {
    void* data;
    std::uint64_t* validity;
    duckdb_type type;
    int scale;
  };
  template <class T>
  T as(std::size_t column) const {
    return static_cast<const T*>(columns_[column].data)[row_];
  }

  duckdb_function_info info_;
  duckdb_vector output_;
  void* output_data_;
  std::vector<Column> columns_;
  const Function& function_;
  std::size_t rows_, row_ = 0;
  bool failed_ = false;
  bool wide_result_ = false, has_label_ = false;
};

struct Type {
  duckdb_type id;
  int width = 0, scale = 0;  // DECIMAL
};
constexpr Type kText{DUCKDB_TYPE_VARCHAR}, kInt64{DUCKDB_TYPE_BIGINT}, kInt128{DUCKDB_TYPE_HUGEINT},
    kInt32{DUCKDB_TYPE_INTEGER}, kInt16{DUCKDB_TYPE_SMALLINT}, kReal{DUCKDB_TYPE_DOUBLE}, kFlag{DUCKDB_TYPE_BOOLEAN},
    kDate{DUCKDB_TYPE_DATE}, kTimestamp{DUCKDB_TYPE_TIMESTAMP}, kTime{DUCKDB_TYPE_TIME_NS}, kBlob{DUCKDB_TYPE_BLOB},
    kAny{DUCKDB_TYPE_ANY};
/// The carrier of NUMBER(.., scale).
Type number(bool wide, int scale);

struct Function {
  std::string name;
  std::vector<Type> arguments;
  Type result;
  void (*run)(Row&);
  int option = 0;
  bool null_if_failed = false;  // try_
  bool sees_nulls = false;      // else NULL in, NULL out
  bool changes = false;         // another value for each row
  bool labelled = false;        // name_in: with one more text, what the result is for, which errors begin with
  bool any_number = false;      // of arguments of the last type
};
void add(duckdb_connection connection, Function function);

void add_number_functions(duckdb_connection connection);
void add_datetime_functions(duckdb_connection connection);
void add_text_functions(duckdb_connection connection);
void add_variant_functions(duckdb_connection connection);

}  // namespace engine::native
