#pragma once

#include <quickjs.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace proc {

/// Bounds of one JavaScript call. Reaching one ends the call with an error, never the process.
struct JsLimits {
  std::size_t memory_bytes = std::size_t{256} << 20;
  std::size_t stack_bytes = std::size_t{1} << 20;
  std::chrono::milliseconds time{3'600'000};     // of the wall clock, nested SQL included
  const std::atomic<bool>* cancelled = nullptr;  // looked at while JavaScript runs
};

/// One value of the JavaScript heap, freed with its owner; must not outlive the runtime.
class JsValue {
 public:
  JsValue() = default;
  JsValue(JSContext* context, JSValue value) : context_(context), value_(value) {}
  JsValue(JsValue&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), value_(std::exchange(other.value_, JS_UNDEFINED)) {}
  JsValue& operator=(JsValue&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~JsValue() {
    if (context_ != nullptr) JS_FreeValue(context_, value_);
  }
  JSValueConst get() const { return value_; }
  JSValue release() {
    context_ = nullptr;
    return std::exchange(value_, JS_UNDEFINED);
  }
  bool is_exception() const { return JS_IsException(value_); }

 private:
  JSContext* context_ = nullptr;
  JSValue value_ = JS_UNDEFINED;
};

/// A script of the program's own, compiled once for all runtimes. Thread-safe.
class JsProgram {
 public:
  JsProgram(std::string_view script, const char* file);
  /// What the script evaluates to in `context`; may be an exception (no memory left).
  JsValue run(JSContext* context) const;

 private:
  std::vector<std::uint8_t> bytecode_;
};

/// Why the interpreter was stopped from outside.
enum class JsStop { None, Time, Cancelled };

/// A heap and a global object with the language alone: no eval, no modules, no timers, no input or output (`console`
/// swallows what it is told). One thread; that of the caller, whose stack is measured from here.
class JsRuntime {
 public:
  static base::Result<std::unique_ptr<JsRuntime>> create(const JsLimits& limits);
  ~JsRuntime();
  JsRuntime(const JsRuntime&) = delete;
  JsRuntime& operator=(const JsRuntime&) = delete;

  JSContext* context() const { return context_; }
  /// Compiles and runs a script; what it evaluates to may be an exception.
  JsValue evaluate(const std::string& script, const char* file);
  JsValue take_exception();
  /// Starts the time limit and takes the calling thread's stack as the one to measure.
  void begin_call();
  JsStop stopped() const { return stopped_; }
  /// Ends the running script at its next step; it cannot catch that.
  void stop(JsStop why) { stopped_ = why; }
  const JsLimits& limits() const { return limits_; }

 private:
  explicit JsRuntime(const JsLimits& limits) : limits_(limits) {}
  static int on_interrupt(JSRuntime* runtime, void* self);

  JsLimits limits_;
  JSRuntime* runtime_ = nullptr;
  JSContext* context_ = nullptr;
  std::chrono::steady_clock::time_point deadline_{};
  JsStop stopped_ = JsStop::None;
};

/// Text of a JavaScript value by its own String(); empty when that throws.
std::string js_text(JSContext* context, JSValueConst value);
/// Text of a property, empty when there is none.
std::string js_text_property(JSContext* context, JSValueConst object, const char* name);

}  // namespace proc
