#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "catalog/record.h"
#include "engine/values/value.h"
#include "proc/js_error.h"

namespace proc {

class JsRoutine;

/// The function around a body: named like the routine, its parameters the arguments as the catalog stores them.
JsSource js_source(std::string_view name, const catalog::ProcedureBody& routine);

/// A scalar JavaScript function, compiled once and called row by row on the thread that made it. Its `snowflake` object
/// has no way to run SQL.
class JsFunction {
 public:
  /// Errors: Syntax 100131.
  static base::Result<std::unique_ptr<JsFunction>> create(std::string_view name, catalog::ProcedureBody function,
                                                          const JsLimits& limits = {});
  ~JsFunction();
  /// Each call has the whole time limit.
  base::Result<engine::Value> call(std::span<const engine::Value> arguments);

 private:
  explicit JsFunction(catalog::ProcedureBody function);
  catalog::ProcedureBody function_;
  std::unique_ptr<JsRoutine> routine_;
};

}  // namespace proc
