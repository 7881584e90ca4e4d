#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "catalog/record.h"
#include "engine/statement_runner.h"
#include "proc/js_runtime.h"

namespace proc {

/// Runs the body of a JavaScript procedure. `arguments` are complete and of the declared types; SQL runs through
/// `session`, which decides rights, names and transactions. STRICT with a NULL argument answers NULL without running.
/// Errors: see error_of_exception; 100072 (22000) for NULL from RETURNS .. NOT NULL.
base::Result<engine::Value> call_javascript(std::string_view name, const catalog::ProcedureBody& procedure,
                                            std::span<const engine::Value> arguments, engine::StatementSession& session,
                                            const JsLimits& limits = {});

}  // namespace proc
