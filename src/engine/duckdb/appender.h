#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/connection.h"
#include "engine/work.h"

namespace engine::duck {

struct AppenderTarget {
  std::string catalog, schema, table;
  struct Loaded {  // a column of the loader's chunk
    std::string name;
    Carrier carrier;
    int scale = 0;
    bool nullable = true;
  };
  std::vector<Loaded> loaded;
  struct Constant {
    std::string name, sql, type;
  };
  std::vector<Constant> constants;
  std::vector<std::string> numbered;  // columns that all get the row's number
};

/// Appends to a table inside the open transaction of the connection. `take_numbers(n)` answers the first of n new row
/// numbers.
base::Result<std::unique_ptr<Work::Appender>> open_appender(Connection& connection, AppenderTarget target,
                                                            std::function<std::int64_t(std::int64_t)> take_numbers);

}  // namespace engine::duck
