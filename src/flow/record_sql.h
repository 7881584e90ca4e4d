#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "flow/record/reader.h"
#include "flow/record/schema.h"
#include "flow/record/value.h"

namespace flow {

/// The records of one content as the table FLOWFILE. One thread at a time.
class RecordTable {
 public:
  virtual ~RecordTable() = default;
  /// Records of the schema that the table was made for.
  virtual base::Status append(const record::Row& row) = 0;
  /// After the last append: the answer of a query, whose schema is that of its columns. Its rows come as the query
  /// makes them; one answer at a time. Errors: Syntax, NotFound, InvalidValue, in the words of the engine.
  virtual base::Result<std::unique_ptr<record::Reader>> query(const std::string& sql) = 0;
};

/// SQL over records, in the dialect that NiFi's users write (Calcite's). Thread-safe. What does not fit into memory is
/// on disk meanwhile.
class RecordSql {
 public:
  virtual ~RecordSql() = default;
  virtual base::Result<std::unique_ptr<RecordTable>> open(const record::SchemaPtr& schema) = 0;
};

}  // namespace flow
