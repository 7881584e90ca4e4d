#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/int128.h"
#include "base/result.h"
#include "engine/duckdb/connection.h"
#include "engine/work.h"

// A database for passing questions: tables of a caller's rows in memory (on disk beyond that), queries in the engine's
// own SQL, answers row by row. Nothing of the warehouse is in it, and it can reach no file.

namespace engine::duck {

enum class ScratchType : std::uint8_t {
  Boolean,  // bool
  Int8,     // std::int8_t ...
  Int16,
  Int32,
  Int64,
  Int128,  // base::Int128
  Float32,
  Float64,
  Decimal,    // digits, in the narrowest of 16, 32, 64 and 128 bits for its precision
  Text,       // StringCell
  Bytes,      // StringCell
  Date,       // std::int32_t: days since 1970-01-01
  Time,       // std::int64_t: microseconds since midnight
  Timestamp,  // std::int64_t: microseconds since 1970-01-01
  Other,      // of an answer: none of these
};

struct ScratchColumn {
  std::string name;
  ScratchType type = ScratchType::Text;
  int precision = 0;  // Decimal
  int scale = 0;
};

/// The rows of a query, some at a time, while it runs.
class ScratchAnswer {
 public:
  virtual ~ScratchAnswer() = default;
  virtual const std::vector<ScratchColumn>& columns() const = 0;
  /// Goes to the next rows: their number, 0 at the end. What was read of those before is no longer good.
  virtual base::Result<std::size_t> next() = 0;
  virtual bool is_null(std::size_t row, std::size_t column) const = 0;
  virtual std::int64_t whole(std::size_t row, std::size_t column) const = 0;  // of Boolean to Int64, Date to Timestamp
  virtual double real(std::size_t row, std::size_t column) const = 0;
  virtual base::Int128 digits(std::size_t row, std::size_t column) const = 0;  // of Int128, Decimal
  virtual std::string_view text(std::size_t row, std::size_t column) const = 0;
};

/// A function of SQL whose arguments are texts or bytes and whose result is a text. NULL in, NULL out. Thread-safe.
struct TextFunction {
  std::string name;
  std::vector<ScratchType> arguments;
  std::function<base::Result<std::optional<std::string>>(std::span<const std::string_view>)> run;
};

struct ScratchOptions {
  int threads = 2;
  std::string memory_limit;    // "512MB"
  std::string temp_directory;  // where the rest goes
  std::vector<TextFunction> functions;
  std::vector<std::string> statements;  // run once, before the first query
};
base::Result<std::shared_ptr<Instance>> open_scratch(const ScratchOptions& options);

/// Makes a table of the connection alone; the appender is closed before the first query.
base::Result<std::unique_ptr<Work::Appender>> make_scratch_table(Connection& connection, const std::string& name,
                                                                 const std::vector<ScratchColumn>& columns);
/// One query that reads. Errors: Syntax, with the engine's reason.
base::Result<std::unique_ptr<ScratchAnswer>> ask_scratch(Connection& connection, const std::string& sql);

}  // namespace engine::duck
