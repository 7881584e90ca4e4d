#include "proc/js_api.h"

#include <cmath>

#include "proc/js_convert.h"
#include "proc/js_prelude.h"
#include "proc/one_statement.h"

namespace proc {
namespace {

void set(JSContext* context, const JsValue& object, const char* name, JSValue value) {
  JS_SetPropertyStr(context, object.get(), name, value);  // takes the value
}
JSValue text_value(JSContext* context, std::string_view text) {
  return JS_NewStringLen(context, text.data(), text.size());
}

std::string base_name(const catalog::LogicalType& type) {
  const std::string text = catalog::to_text(type);
  return text.substr(0, text.find('('));
}

engine::Value bind_value(JSContext* context, JSValueConst value) {
  if (JS_IsNumber(value)) {
    double number = 0;
    JS_ToFloat64(context, &number, value);
    if (std::trunc(number) == number && std::abs(number) <= 9'007'199'254'740'992.0)
      return engine::Decimal{static_cast<base::Int128>(number), 0};
    return number;
  }
  if (JS_IsString(value)) return js_text(context, value);
  if (JS_IsArray(value)) {  // an SfDate: seconds, nanoseconds
    std::int64_t seconds = 0;
    std::int32_t nanos = 0;
    const JsValue first(context, JS_GetPropertyUint32(context, value, 0)),
        second(context, JS_GetPropertyUint32(context, value, 1));
    JS_ToInt64(context, &seconds, first.get());
    JS_ToInt32(context, &nanos, second.get());
    return engine::Timestamp{seconds, nanos, 0};
  }
  return {};
}

std::uint64_t index_of(JSContext* context, JSValueConst value) {
  std::int64_t index = 0;
  JS_ToInt64(context, &index, value);
  return index < 0 ? 0 : static_cast<std::uint64_t>(index);
}

}  // namespace

base::Result<std::unique_ptr<JsRoutine>> JsRoutine::create(JsSource source, const JsLimits& limits,
                                                           engine::StatementSession* session) {
  std::unique_ptr<JsRoutine> self(new JsRoutine(std::move(source), session));
  TRY(self->runtime_, JsRuntime::create(limits));
  JS_SetContextOpaque(self->runtime_->context(), self.get());
  TRY_VOID(self->build());
  return self;
}

JsValue JsRoutine::native(const char* name, JSCFunctionMagic* function, int length) {
  return {runtime_->context(),
          JS_NewCFunctionMagic(runtime_->context(), function, name, length, JS_CFUNC_generic_magic, 0)};
}

base::Status JsRoutine::build() {
  JSContext* context = runtime_->context();
  JsValue prelude = js_prelude().run(context);
  JsValue natives(context, JS_NewObject(context));
  if (session_ != nullptr) set(context, natives, "execute", native("execute", &JsRoutine::execute, 2).release());
  set(context, natives, "value",
      JS_NewCFunctionMagic(context, &JsRoutine::value, "value", 3, JS_CFUNC_generic_magic, 0));
  set(context, natives, "text", JS_NewCFunctionMagic(context, &JsRoutine::value, "text", 3, JS_CFUNC_generic_magic, 1));
  set(context, natives, "trace", native("trace", &JsRoutine::trace, 2).release());
  JSValueConst argument = natives.get();
  JsValue api(context,
              prelude.is_exception() ? JS_EXCEPTION : JS_Call(context, prelude.get(), JS_UNDEFINED, 1, &argument));
  if (api.is_exception() && runtime_->stopped() != JsStop::None) return base::fail(error());
  if (api.is_exception())
    return base::fail(base::ErrorKind::Internal,
                      "JavaScript API could not be built: " + js_text(context, runtime_->take_exception().get()));
  stringify_ = {context, JS_GetPropertyStr(context, api.get(), "stringify")};
  is_sql_error_ = {context, JS_GetPropertyStr(context, api.get(), "isSqlError")};
  const JsValue global(context, JS_GetGlobalObject(context));
  set(context, global, "snowflake", JS_GetPropertyStr(context, api.get(), "snowflake"));
  set(context, global, "SfDate", JS_GetPropertyStr(context, api.get(), "SfDate"));
  function_ = runtime_->evaluate(source_.script(), JsSource::kFile);
  if (function_.is_exception()) return base::fail(error());
  return {};
}

base::Error JsRoutine::error() {
  JSContext* context = runtime_->context();
  const JsValue exception = runtime_->take_exception();
  bool sql_error = false;
  if (runtime_->stopped() == JsStop::None && JS_IsObject(exception.get())) {
    JSValueConst argument = exception.get();
    const JsValue answer(context, JS_Call(context, is_sql_error_.get(), JS_UNDEFINED, 1, &argument));
    sql_error = JS_IsBool(answer.get()) && JS_ToBool(context, answer.get()) == 1;
  }
  return error_of_exception(*runtime_, source_, exception.get(), sql_error, session_ != nullptr);
}

base::Result<engine::Value> JsRoutine::call(std::span<const engine::Value> arguments,
                                            const catalog::LogicalType& returns) {
  JSContext* context = runtime_->context();
  runtime_->begin_call();
  results_.clear();
  std::vector<JsValue> owned;
  std::vector<JSValueConst> given;
  for (const engine::Value& argument : arguments) {
    owned.push_back(to_js(context, argument, JsNull::Undefined));
    if (owned.back().is_exception()) return base::fail(error());
    given.push_back(owned.back().get());
  }
  const JsValue returned(context,
                         JS_Call(context, function_.get(), JS_UNDEFINED, static_cast<int>(given.size()), given.data()));
  if (returned.is_exception()) return base::fail(error());
  auto value = from_js(context, returned.get(), returns, stringify_.get());
  if (runtime_->stopped() != JsStop::None) return base::fail(error());
  return value;
}

JSValue JsRoutine::execute(JSContext* context, JSValueConst, int argc, JSValueConst* argv, int) {
  if (argc < 2) return JS_UNDEFINED;
  return static_cast<JsRoutine*>(JS_GetContextOpaque(context))->run(argv[0], argv[1]);
}

JSValue JsRoutine::run(JSValueConst text, JSValueConst binds) {
  JSContext* context = runtime_->context();
  const std::string sql = js_text(context, text);
  if (has_second_statement(sql))
    return failure(
        {base::ErrorKind::Unsupported,
         6,
         "0A000",
         "Multiple SQL statements in a single API call are not supported; use one API call per statement instead.",
         {}});
  std::vector<engine::Value> values;
  std::int64_t count = 0;
  JS_GetLength(context, binds, &count);
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(bind_value(context, JsValue(context, JS_GetPropertyInt64(context, binds, i)).get()));
  auto outcome = session_->run(sql, values);
  if (outcome) return answer(*outcome);
  if (outcome.error().kind == base::ErrorKind::Cancelled) {  // not for the script to catch
    runtime_->stop(JsStop::Cancelled);
    JSValue ended = JS_NewError(context);
    JS_SetUncatchableError(context, ended);
    return JS_Throw(context, ended);
  }
  return failure(outcome.error());
}

JSValue JsRoutine::failure(const base::Error& error) {
  JSContext* context = runtime_->context();
  JsValue object(context, JS_NewObject(context));
  set(context, object, "failed", JS_NewBool(context, true));
  set(context, object, "code", JS_NewInt32(context, error.number == 0 ? 100'183 : error.number));
  set(context, object, "state", text_value(context, error.sqlstate.empty() ? "P0000" : error.sqlstate));
  set(context, object, "message", text_value(context, error.message));
  return object.release();
}

JSValue JsRoutine::answer(const engine::StatementOutcome& outcome) {
  JSContext* context = runtime_->context();
  JsValue object(context, JS_NewObject(context));
  JsValue columns(context, JS_NewArray(context));
  std::uint32_t at = 0;
  if (outcome.result != nullptr)
    for (const engine::ResultColumn& column : outcome.result->columns()) {
      JsValue described(context, JS_NewObject(context));
      set(context, described, "name", text_value(context, column.name));
      set(context, described, "type", text_value(context, base_name(column.type)));
      set(context, described, "scale", JS_NewInt32(context, column.type.scale));
      set(context, described, "nullable", JS_NewBool(context, column.nullable));
      JS_SetPropertyUint32(context, columns.get(), at++, described.release());
    }
  set(context, object, "id", JS_NewInt64(context, static_cast<std::int64_t>(results_.size())));
  set(context, object, "columns", columns.release());
  const auto number = [&](const char* name, std::int64_t n) { set(context, object, name, JS_NewInt64(context, n)); };
  number("rowCount", outcome.result == nullptr ? 0 : static_cast<std::int64_t>(outcome.result->row_count()));
  number("affected", outcome.counts.affected());
  number("inserted", outcome.counts.inserted.value_or(0));
  number("updated", outcome.counts.updated.value_or(0));
  number("deleted", outcome.counts.deleted.value_or(0));
  number("duplicates", outcome.counts.multi_joined_updated.value_or(0));
  set(context, object, "queryId", text_value(context, outcome.query_id));
  results_.push_back(outcome.result);
  return object.release();
}

JSValue JsRoutine::value(JSContext* context, JSValueConst, int argc, JSValueConst* argv, int as_text) {
  const auto& self = *static_cast<JsRoutine*>(JS_GetContextOpaque(context));
  if (argc < 3) return JS_UNDEFINED;
  const std::uint64_t result = index_of(context, argv[0]), row = index_of(context, argv[1]),
                      column = index_of(context, argv[2]);
  if (result >= self.results_.size() || self.results_[result] == nullptr) return JS_UNDEFINED;
  const engine::ResultSet& rows = *self.results_[result];
  const engine::Value cell = rows.value(row, column);
  const catalog::LogicalType& type = rows.columns()[column].type;
  if (as_text != 0) return engine::is_null(cell) ? JS_NULL : text_value(context, cell_text(cell, type));
  const auto instant = sf_date_parts(cell);
  if (!instant) return to_js(context, cell, JsNull::Null).release();
  JsValue parts(context, JS_NewArray(context));
  JS_SetPropertyUint32(context, parts.get(), 0, JS_NewInt64(context, instant->seconds));
  JS_SetPropertyUint32(context, parts.get(), 1, JS_NewInt32(context, instant->nanos));
  JS_SetPropertyUint32(context, parts.get(), 2, JS_NewInt32(context, type.scale));
  JS_SetPropertyUint32(context, parts.get(), 3,
                       text_value(context, type.kind == catalog::TypeKind::TimestampTz
                                               ? fmt::format("{}{:02}:{:02}", instant->offset_minutes < 0 ? '-' : '+',
                                                             std::abs(instant->offset_minutes) / 60,
                                                             std::abs(instant->offset_minutes) % 60)
                                               : "UTC"));
  JS_SetPropertyStr(context, parts.get(), "sfDate", JS_NewBool(context, true));
  return parts.release();
}

JSValue JsRoutine::trace(JSContext* context, JSValueConst, int argc, JSValueConst* argv, int) {
  if (argc < 2) return JS_UNDEFINED;
  const auto& self = *static_cast<JsRoutine*>(JS_GetContextOpaque(context));
  return text_value(context, trace_text(self.source_, js_text(context, argv[0]), js_text(context, argv[1])));
}

}  // namespace proc
