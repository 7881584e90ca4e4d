#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/statement_runner.h"
#include "proc/js_error.h"
#include "proc/js_runtime.h"

namespace proc {

/// A routine ready to run: its runtime, the `snowflake` object and the compiled function. `session` is null for
/// functions, which run no SQL.
class JsRoutine {
 public:
  /// Errors: Syntax 100131 for a body that is no JavaScript.
  static base::Result<std::unique_ptr<JsRoutine>> create(JsSource source, const JsLimits& limits,
                                                         engine::StatementSession* session);

  /// Calls the function and casts what it returns. NULL arguments are `undefined`.
  base::Result<engine::Value> call(std::span<const engine::Value> arguments, const catalog::LogicalType& returns);

 private:
  JsRoutine(JsSource source, engine::StatementSession* session) : source_(std::move(source)), session_(session) {}
  base::Status build();
  base::Error error();
  JsValue native(const char* name, JSCFunctionMagic* function, int length);

  static JSValue execute(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int magic);
  static JSValue value(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int magic);
  static JSValue trace(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int magic);
  JSValue run(JSValueConst text, JSValueConst binds);
  JSValue answer(const engine::StatementOutcome& outcome);
  JSValue failure(const base::Error& error);

  JsSource source_;
  engine::StatementSession* session_;
  std::unique_ptr<JsRuntime> runtime_;
  JsValue stringify_, is_sql_error_, function_;
  std::vector<std::shared_ptr<const engine::ResultSet>> results_;  // by the number that ResultSet objects hold
};

}  // namespace proc
