#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/database/database.h"
#include "flow/database/statements.h"
#include "flow/record/schema.h"

namespace flow::database {

enum class RecordStatement { Insert, InsertIgnore, Update, Upsert, Delete };
/// "INSERT", in any case. Nothing: it is none.
std::optional<RecordStatement> record_statement_named(std::string_view name);

enum class Unmatched { Ignore, Warn, Fail };

struct RecordStatementOptions {
  /// What names of fields and columns have to be alike in; empty: they are compared as they are.
  std::function<std::string(std::string_view)> normalize = {};
  bool fails_for_fields = false;  // that no column has
  Unmatched columns = Unmatched::Fail;
  bool quotes_columns = false;
  std::string_view quote = "\"";
  Dialect dialect = Dialect::Generic;
  std::vector<std::string> update_keys = {};  // empty: the primary key
  std::vector<std::string> delete_keys = {};  // empty: all fields
};

/// A statement for records of one schema, and what its parameters are.
struct PreparedRecordStatement {
  struct Place {
    std::size_t field;
    const TableColumn* column;
  };
  std::string sql;
  std::vector<Place> parameters;
  std::vector<std::string> warnings = {};
};

/// `table` outlives the answer; `name` is how the statement calls it. Errors: InvalidValue that names the field, column
/// or key that is missing. Source: NiFi's PutDatabaseRecord.
base::Result<PreparedRecordStatement> prepare_record_statement(RecordStatement kind, std::string_view name,
                                                               const Table& table, const record::Schema& schema,
                                                               const RecordStatementOptions& options);

/// Whether NiFi knows how to write it for such a database.
bool is_supported(RecordStatement kind, Dialect dialect);

}  // namespace flow::database
