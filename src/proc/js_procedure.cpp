#include "proc/js_procedure.h"

#include "proc/js_api.h"
#include "proc/js_function.h"

namespace proc {

base::Result<engine::Value> call_javascript(std::string_view name, const catalog::ProcedureBody& procedure,
                                            std::span<const engine::Value> arguments, engine::StatementSession& session,
                                            const JsLimits& limits) {
  if (procedure.strict && std::any_of(arguments.begin(), arguments.end(), engine::is_null)) return engine::Value{};
  TRY(auto routine, JsRoutine::create(js_source(name, procedure), limits, &session));
  TRY(auto value, routine->call(arguments, procedure.returns));
  if (procedure.not_null && engine::is_null(value))
    return base::fail({base::ErrorKind::InvalidValue, 100'072, "22000", "NULL result in a non-nullable column", {}});
  return value;
}

}  // namespace proc
