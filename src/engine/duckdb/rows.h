#pragma once

#include <cstdint>
#include <vector>

#include <duckdb.h>

#include "base/int128.h"
#include "engine/result_set.h"

namespace engine::duck {

/// How a column of a result lies in memory.
struct PhysicalColumn {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  // DECIMAL: of its digits
  int scale = 0;
};

/// Owns a result and its chunks; cells are decoded when asked for, from any thread.
class Rows {
 public:
  /// Takes the result over.
  explicit Rows(duckdb_result result);
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  std::uint64_t row_count() const { return starts_.back(); }
  std::size_t column_count() const { return columns_.size(); }
  bool is_null(std::uint64_t row, std::size_t column) const;
  Value value(std::uint64_t row, std::size_t column, const catalog::LogicalType& type) const;
  /// The digits of a number of any carrier.
  base::Int128 digits(std::uint64_t row, std::size_t column) const;
  std::string_view bytes(std::uint64_t row, std::size_t column) const;

 private:
  struct Cells {
    void* data = nullptr;
    std::uint64_t* validity = nullptr;
    void* child[2] = {nullptr, nullptr};  // fields of a struct
  };
  struct Place {
    const Cells* cells;
    std::uint64_t row;
  };
  Place place(std::uint64_t row, std::size_t column) const;

  duckdb_result result_;
  std::vector<PhysicalColumn> columns_;
  std::vector<duckdb_data_chunk> chunks_;
  std::vector<Cells> cells_;              // chunk by chunk
  std::vector<std::uint64_t> starts_{0};  // first row of each chunk, and the end
};

}  // namespace engine::duck
