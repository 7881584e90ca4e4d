#pragma once

#include <vector>

#include "catalog/record.h"
#include "exec/running.h"

namespace exec {

/// Runs the body of a procedure in Snowflake Scripting in a session of its own (Session::nested_as_..): one row with
/// the returned value under the procedure's name, or the rows of RETURN TABLE.
base::Result<std::shared_ptr<const engine::ResultSet>> call_script(const std::string& name,
                                                                   const catalog::ProcedureBody& procedure,
                                                                   const std::vector<engine::Value>& arguments,
                                                                   Session& scope);

}  // namespace exec
