#include "proc/js_runtime.h"

#include "base/assert.h"

namespace proc {
namespace {

/// Takes away what makes code from text, as the service does; `Function` stays for instanceof.
constexpr std::string_view kLockDown = R"js((function () {
  'use strict';
  const refuse = () => { throw new EvalError('Code generation from strings disallowed for this context'); };
  const seal = (prototype) => {
    const blocked = function Function() { refuse(); };
    Object.defineProperty(blocked, 'prototype', {value: prototype});
    Object.defineProperty(prototype, 'constructor', {value: blocked, writable: false, configurable: false});
    return blocked;
  };
  seal(Object.getPrototypeOf(function* () {}));
  seal(Object.getPrototypeOf(async function () {}));
  seal(Object.getPrototypeOf(async function* () {}));
  globalThis.Function = seal(Function.prototype);
  globalThis.eval = function () { refuse(); };
  const silent = () => undefined;
  globalThis.console = {};
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table', 'assert', 'group', 'groupEnd'])
    globalThis.console[name] = silent;
  for (const name of ['performance', 'queueMicrotask', 'navigator', 'scriptArgs', 'print']) delete globalThis[name];
})())js";

const JsProgram& lock_down() {
  static const JsProgram program(kLockDown, "runtime");
  return program;
}

}  // namespace

JsProgram::JsProgram(std::string_view script, const char* file) {
  const std::unique_ptr<JSRuntime, decltype(&JS_FreeRuntime)> runtime(JS_NewRuntime(), &JS_FreeRuntime);
  const std::unique_ptr<JSContext, decltype(&JS_FreeContext)> context(JS_NewContext(runtime.get()), &JS_FreeContext);
  const JsValue compiled(context.get(), JS_Eval(context.get(), std::string(script).c_str(), script.size(), file,
                                                JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY));
  ASSERT(!compiled.is_exception());
  std::size_t size = 0;
  std::uint8_t* bytes = JS_WriteObject(context.get(), &size, compiled.get(), JS_WRITE_OBJ_BYTECODE);
  ASSERT(bytes != nullptr);
  bytecode_.assign(bytes, bytes + size);
  js_free(context.get(), bytes);
}

JsValue JsProgram::run(JSContext* context) const {
  JsValue compiled(context, JS_ReadObject(context, bytecode_.data(), bytecode_.size(), JS_READ_OBJ_BYTECODE));
  return compiled.is_exception() ? std::move(compiled) : JsValue(context, JS_EvalFunction(context, compiled.release()));
}

base::Result<std::unique_ptr<JsRuntime>> JsRuntime::create(const JsLimits& limits) {
  std::unique_ptr<JsRuntime> self(new JsRuntime(limits));
  self->runtime_ = JS_NewRuntime();
  if (self->runtime_ == nullptr)
    return base::fail(base::ErrorKind::Internal, "JavaScript could not be started: out of memory");
  JS_SetMemoryLimit(self->runtime_, limits.memory_bytes);
  JS_SetMaxStackSize(self->runtime_, limits.stack_bytes);
  self->context_ = JS_NewContext(self->runtime_);
  if (self->context_ == nullptr)
    return base::fail(base::ErrorKind::InvalidValue, "JavaScript could not be started: its memory limit is too small");
  self->begin_call();
  if (lock_down().run(self->context_).is_exception())
    return base::fail(base::ErrorKind::Internal,
                      "JavaScript could not be started: " + js_text(self->context_, self->take_exception().get()));
  JS_SetInterruptHandler(self->runtime_, &JsRuntime::on_interrupt, self.get());
  return self;
}

JsRuntime::~JsRuntime() {
  if (context_ != nullptr) JS_FreeContext(context_);
  if (runtime_ != nullptr) JS_FreeRuntime(runtime_);
}

JsValue JsRuntime::evaluate(const std::string& script, const char* file) {
  return {context_, JS_Eval(context_, script.c_str(), script.size(), file, JS_EVAL_TYPE_GLOBAL)};
}

JsValue JsRuntime::take_exception() { return {context_, JS_GetException(context_)}; }

void JsRuntime::begin_call() {
  JS_UpdateStackTop(runtime_);
  stopped_ = JsStop::None;
  deadline_ = std::chrono::steady_clock::now() + limits_.time;
}

int JsRuntime::on_interrupt(JSRuntime*, void* opaque) {
  auto& self = *static_cast<JsRuntime*>(opaque);
  if (self.stopped_ == JsStop::None) {
    if (self.limits_.cancelled != nullptr && self.limits_.cancelled->load(std::memory_order_relaxed))
      self.stopped_ = JsStop::Cancelled;
    else if (std::chrono::steady_clock::now() >= self.deadline_)
      self.stopped_ = JsStop::Time;
  }
  return self.stopped_ == JsStop::None ? 0 : 1;
}

std::string js_text(JSContext* context, JSValueConst value) {
  std::size_t length = 0;
  const char* text = JS_ToCStringLen(context, &length, value);
  if (text == nullptr) {
    JS_FreeValue(context, JS_GetException(context));
    return {};
  }
  std::string copy(text, length);
  JS_FreeCString(context, text);
  return copy;
}

std::string js_text_property(JSContext* context, JSValueConst object, const char* name) {
  JsValue value(context, JS_GetPropertyStr(context, object, name));
  if (value.is_exception()) {
    JS_FreeValue(context, JS_GetException(context));
    return {};
  }
  return JS_IsUndefined(value.get()) || JS_IsNull(value.get()) ? std::string() : js_text(context, value.get());
}

}  // namespace proc
