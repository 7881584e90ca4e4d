#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/result_set.h"

// The handles of the C API, without its header: only .cpp files of this folder and of functions/ include that.
struct _duckdb_database;
struct _duckdb_connection;

namespace engine::duck {

/// The materialised rows of one statement, with the little that the storage layer itself reads from them.
class Rows;
class QueryResult {
 public:
  explicit QueryResult(std::shared_ptr<const Rows> rows, std::int64_t changed)
      : rows_(std::move(rows)), changed_(changed) {}
  std::int64_t changed() const { return changed_; }  // rows that a DML statement changed
  std::uint64_t row_count() const;
  std::int64_t integer(std::uint64_t row, std::size_t column) const;  // NULL is 0
  std::string text(std::uint64_t row, std::size_t column) const;
  bool is_null(std::uint64_t row, std::size_t column) const;
  /// The rows for a client; `columns` are its types in order.
  std::shared_ptr<const ResultSet> result_set(std::vector<ResultColumn> columns) const;

 private:
  std::shared_ptr<const Rows> rows_;
  std::int64_t changed_;
};

class Instance;

/// One connection of the analytical engine. One thread at a time, but `interrupt`.
class Connection {
 public:
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs the text (one or more statements; the rows are those of the last). Errors are the dialect's.
  base::Result<QueryResult> query(const std::string& sql);
  base::Status run(const std::string& sql);
  void interrupt();
  _duckdb_connection* raw() { return raw_; }

 private:
  friend class Instance;
  explicit Connection(std::shared_ptr<Instance> instance) : instance_(std::move(instance)) {}
  std::shared_ptr<Instance> instance_;
  _duckdb_connection* raw_ = nullptr;
};

/// The analytical engine in memory; files are attached by SQL.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  struct Options {
    int threads = 2;
    std::string memory_limit, temp_directory;
  };
  /// Errors: Unsupported when the library is older than 1.5.
  static base::Result<std::shared_ptr<Instance>> open(const Options& options);
  ~Instance();
  base::Result<std::unique_ptr<Connection>> connect();

 private:
  Instance() = default;
  _duckdb_database* raw_ = nullptr;
};

}  // namespace engine::duck
