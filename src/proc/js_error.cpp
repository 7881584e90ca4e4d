#include "proc/js_error.h"

#include <charconv>

namespace proc {
namespace {

std::string_view line_of(std::string_view body, int line) {
  for (int i = 1; i < line; ++i) {
    const auto end = body.find('\n');
    if (end == std::string_view::npos) return {};
    body.remove_prefix(end + 1);
  }
  std::string_view text = body.substr(0, body.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

base::Error stopped_error(const JsRuntime& runtime) {
  if (runtime.stopped() == JsStop::Cancelled)
    return {base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", {}};
  const auto seconds = std::chrono::duration<double>(runtime.limits().time).count();
  return {
      base::ErrorKind::Cancelled,
      630,
      "57014",
      fmt::format("Statement reached its statement or warehouse timeout of {:g} second(s) and was canceled.", seconds),
      {}};
}

}  // namespace

std::optional<JsPlace> place_in_body(const JsSource& source, std::string_view stack) {
  const std::string mark = std::string(JsSource::kFile) + ":";
  while (!stack.empty()) {
    const auto end = stack.find('\n');
    const std::string_view frame = stack.substr(0, end);
    stack = end == std::string_view::npos ? std::string_view() : stack.substr(end + 1);
    const auto at = frame.rfind(mark);
    if (at == std::string_view::npos) continue;
    JsPlace place;
    const char* last = frame.data() + frame.size();
    const auto line = std::from_chars(frame.data() + at + mark.size(), last, place.line);
    if (line.ec != std::errc()) continue;
    int column = 1;
    if (line.ptr < last && *line.ptr == ':') std::from_chars(line.ptr + 1, last, column);
    place.position = std::max(0, column - 1 - (place.line == 1 ? static_cast<int>(source.prefix.size()) : 0));
    return place;
  }
  return std::nullopt;
}

std::string trace_text(const JsSource& source, std::string_view stack, std::string_view api) {
  const auto place = place_in_body(source, stack);
  if (!place) return fmt::format("At {}", api);
  // The interpreter points at the call; the service at the method's name.
  const std::string_view method = api.substr(api.find('.') + 1);
  const std::string_view line = line_of(source.body, place->line);
  int position = place->position;
  auto at = line.rfind(method, static_cast<std::size_t>(position));
  if (at == std::string_view::npos) at = line.find(method, static_cast<std::size_t>(position));
  if (at != std::string_view::npos) position = static_cast<int>(at);
  return fmt::format("At {}, line {} position {}", api, place->line, position);
}

base::Error error_of_exception(JsRuntime& runtime, const JsSource& source, JSValueConst exception, bool sql_error,
                               bool procedure) {
  if (runtime.stopped() != JsStop::None) return stopped_error(runtime);
  JSContext* context = runtime.context();
  const auto wrapped = [&](const std::string& message, const std::string& trace) {
    return base::Error{base::ErrorKind::InvalidValue,
                       100'183,
                       "P0000",
                       fmt::format("Execution error in store procedure {}:\n{}{}{}", source.name, message,
                                   trace.empty() ? "" : "\n", trace),
                       {}};
  };
  if (sql_error)
    return wrapped(js_text_property(context, exception, "message"),
                   js_text_property(context, exception, "stackTraceTxt"));
  if (!JS_IsError(exception) && procedure) {
    std::string text = js_text(context, exception);
    if (JS_IsObject(exception))
      if (const std::string message = js_text_property(context, exception, "message"); !message.empty()) text = message;
    return wrapped(text, fmt::format("At {}", source.name));
  }
  const std::string name = js_text_property(context, exception, "name");
  const std::string text = js_text(context, exception);
  if (name == "InternalError" && text.find("out of memory") != std::string::npos)
    return {base::ErrorKind::Unavailable,
            100'132,
            "P0000",
            fmt::format("JavaScript out of memory error: UDF thread memory limit exceeded in {} ({} MB)", source.name,
                        runtime.limits().memory_bytes >> 20),
            {}};
  const auto place = place_in_body(source, js_text_property(context, exception, "stack"));
  const bool syntax = name == "SyntaxError" && place && !JS_IsUndefined(exception) &&
                      js_text_property(context, exception, "stack").find("(") == std::string::npos;
  std::string where;
  if (place) {
    where = fmt::format(" at '{}' position {}", line_of(source.body, place->line), place->position);
    if (!syntax) where += fmt::format("\nstackstrace: \n{} line: {}", source.name, place->line);
  }
  return {syntax ? base::ErrorKind::Syntax : base::ErrorKind::InvalidValue,
          syntax ? 100'131 : 100'132,
          "P0000",
          fmt::format("JavaScript {} error: Uncaught {} in {}{}", syntax ? "compilation" : "execution", text,
                      source.name, where),
          {}};
}

}  // namespace proc
