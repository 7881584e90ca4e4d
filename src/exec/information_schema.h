#pragma once

#include "exec/table_functions.h"

namespace exec {

/// The views of INFORMATION_SCHEMA, and the same of all databases for SNOWFLAKE.ACCOUNT_USAGE. Source:
/// streams-tasks-sql.md 6.2.
void add_information_schema(TableFunctions& table);

/// Why a name of INFORMATION_SCHEMA or ACCOUNT_USAGE is no view or function here: refused by name when Snowflake has
/// it, else it does not exist.
base::Error no_such_view(std::string_view schema, std::string_view name);
base::Error no_such_function(std::string_view name);

}  // namespace exec
