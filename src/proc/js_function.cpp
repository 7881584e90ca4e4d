#include "proc/js_function.h"

#include "proc/js_api.h"

namespace proc {

JsSource js_source(std::string_view name, const catalog::ProcedureBody& routine) {
  JsSource source{std::string(name), "(function " + std::string(name) + "(", routine.body};
  for (std::size_t i = 0; i < routine.arguments.size(); ++i)
    source.prefix += (i == 0 ? "" : ", ") + routine.arguments[i].name;
  source.prefix += ") {";
  return source;
}

JsFunction::JsFunction(catalog::ProcedureBody function) : function_(std::move(function)) {}
JsFunction::~JsFunction() = default;

base::Result<std::unique_ptr<JsFunction>> JsFunction::create(std::string_view name, catalog::ProcedureBody function,
                                                             const JsLimits& limits) {
  std::unique_ptr<JsFunction> self(new JsFunction(std::move(function)));
  TRY(self->routine_, JsRoutine::create(js_source(name, self->function_), limits, nullptr));
  return self;
}

base::Result<engine::Value> JsFunction::call(std::span<const engine::Value> arguments) {
  if (function_.strict && std::any_of(arguments.begin(), arguments.end(), engine::is_null)) return engine::Value{};
  TRY(auto value, routine_->call(arguments, function_.returns));
  if (function_.not_null && engine::is_null(value))
    return base::fail({base::ErrorKind::InvalidValue, 100'072, "22000", "NULL result in a non-nullable column", {}});
  return value;
}

}  // namespace proc
