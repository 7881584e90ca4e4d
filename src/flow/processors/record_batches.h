#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/database/database.h"
#include "flow/database/record_statements.h"
#include "flow/database/record_values.h"
#include "flow/record/value.h"

namespace flow {

/// Records on their way into a table: statements of one kind go together.
class RecordBatches {
 public:
  struct Options {
    std::uint64_t rows_max = 0;  // 0: as many as are good
    int timeout_s = 0;
    database::BinaryText form = database::BinaryText::Utf8;
  };
  /// `connection` and `table` outlive it.
  RecordBatches(database::Connection& connection, const database::Table& table, std::string name,
                database::RecordStatementOptions statements, Options options)
      : connection_(connection),
        table_(table),
        name_(std::move(name)),
        statements_(std::move(statements)),
        options_(options) {}
  base::Status add(database::RecordStatement kind, const record::Row& row);
  base::Status flush();
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  using Prepared = database::PreparedRecordStatement;
  base::Result<const Prepared*> prepared(database::RecordStatement kind, const record::Schema& schema);

  database::Connection& connection_;
  const database::Table& table_;
  const std::string name_;
  const database::RecordStatementOptions statements_;
  const Options options_;
  struct Known {
    const record::Schema* schema;
    Prepared prepared;
  };
  std::map<database::RecordStatement, Known> known_;
  std::string sql_;  // of the rows
  std::vector<database::Parameters> rows_;
  std::size_t used_ = 0;  // of them
  record::Arena arena_;
  std::vector<std::string> warnings_;
};

}  // namespace flow
