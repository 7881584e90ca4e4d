#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/logical_type.h"
#include "engine/values/value.h"

namespace engine {

struct ResultColumn {
  std::string name;
  catalog::LogicalType type;
  bool nullable = true;
};

/// The rows of one statement, materialised: it outlives its statement and may be read from any thread, in any order.
class ResultSet {
 public:
  virtual ~ResultSet() = default;
  virtual const std::vector<ResultColumn>& columns() const = 0;
  virtual std::uint64_t row_count() const = 0;
  /// Row and column from 0.
  virtual Value value(std::uint64_t row, std::size_t column) const = 0;
};

/// A small result that was made without the analytical engine: SHOW, DML counts, status rows.
std::shared_ptr<const ResultSet> make_result(std::vector<ResultColumn> columns, std::vector<std::vector<Value>> rows);

/// One row, one VARCHAR column `status`: the answer of DDL.
std::shared_ptr<const ResultSet> make_status(std::string text);

}  // namespace engine
