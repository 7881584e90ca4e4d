#pragma once

#include "flow/database/database.h"
#include "flow/record_sql.h"
#include "flow/snowflake.h"

namespace flow {

/// What flows use of the warehouse beside them: declared here, made above (see bridge/). All may be null: then the
/// components that need it are invalid, and say so. What is not null outlives the flows.
struct WarehouseLinks {
  const database::Driver* driver = nullptr;  // of jdbc:snowflake
  RecordSql* record_sql = nullptr;
  SnowflakeStages* stages = nullptr;
};

}  // namespace flow
