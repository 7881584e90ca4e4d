#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/database/database.h"
#include "flow/record/schema.h"
#include "flow/record/value.h"

namespace flow::database {

/// How the rows of a query become records. Source: NiFi's JdbcCommon.
struct ResultOptions {
  bool normalizes_names = false;  // what no Avro name may have becomes '_'
  bool logical_types = false;     // else decimals, dates and times are texts
  int default_precision = 10;     // of decimals whose database does not say
  int default_scale = 0;
  std::string record_name = {};  // when the result does not say its table; empty: NiFi's own
};

/// Errors: InvalidValue, for column names that Avro does not allow.
base::Result<record::SchemaPtr> result_schema(std::span<const Column> columns, const ResultOptions& options);

/// Turns the values of a row into those of its schema. Errors: InvalidValue with the column named.
base::Status convert_row(std::span<const Column> columns, const record::Schema& schema,
                         std::span<const record::Value> row, std::span<record::Value> into, record::Arena& arena);

}  // namespace flow::database
