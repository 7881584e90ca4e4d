#pragma once

#include <quickjs.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "proc/js_runtime.h"

namespace proc {

/// A routine's source as the interpreter sees it: the body follows `prefix` on its first line, so that lines agree.
struct JsSource {
  static constexpr const char* kFile = "body";
  std::string name, prefix, body;
  std::string script() const { return prefix + body + "\n})"; }
};

/// A place in the body: line from 1, position from 0.
struct JsPlace {
  int line = 1, position = 0;
};
/// The innermost frame of a stack text that lies in the body.
std::optional<JsPlace> place_in_body(const JsSource& source, std::string_view stack);
/// "At Snowflake.execute, line 4 position 20": where the body called `api`.
std::string trace_text(const JsSource& source, std::string_view stack, std::string_view api);

/// What an uncaught exception becomes. `sql_error`: it was thrown by the API, its message is that of a statement.
/// Numbers: 100131 syntax, 100132 execution, 100183 statement or thrown text; 000630 and 000604 when stopped from
/// outside.
base::Error error_of_exception(JsRuntime& runtime, const JsSource& source, JSValueConst exception, bool sql_error,
                               bool procedure);

}  // namespace proc
