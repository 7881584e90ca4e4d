#include <fmt/format.h>

#include "base/overloaded.h"
#include "flow/el/tree.h"
#include "flow/json_text.h"

namespace flow::el {
namespace {

namespace json = boost::json;

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

base::Result<Compiled> compile_path(const std::string& text) {
  TRY(auto path, JsonPath::compile(text));
  return Compiled{std::move(path)};
}

base::Result<json::value> document_of(const Inputs& in) {
  const auto* text = std::get_if<std::string>(&in.subject);
  if (text == nullptr || text->empty()) return invalid("a JSON path in a value that is missing or empty");
  return parse_json(*text);
}

/// Scalars bare, a list of one as that one, null as nothing, the rest as JSON.
std::string bare_text(const json::value& value) {
  if (value.is_null()) return {};
  if (const auto* text = value.if_string()) return std::string(std::string_view(*text));
  if (const auto* array = value.if_array(); array != nullptr && array->size() == 1) return bare_text(array->front());
  return json_text(value);
}

json::value json_of(const Value& value) {
  return std::visit(base::Overloaded{
                        [](std::monostate) { return json::value(nullptr); },
                        [](const std::string& text) { return json::value(text); },
                        [](const Date& date) { return json::value(date.ms); },
                        [](const Instant& instant) { return json::value(ms_of(instant)); },
                        [](const auto& plain) { return json::value(plain); },
                    },
                    value);
}

/// What is not there is empty, and so is what the path cannot be applied to: NiFi logs that and goes on.
Answer json_path_value(const Inputs& in) {
  TRY(const auto document, document_of(in));
  std::optional<Compiled> holder;
  TRY(const auto* path, compiled_of<JsonPath>(in, holder, compile_path));
  const auto found = path->read(document);
  return Value{found ? bare_text(*found) : std::string()};
}

/// `change` works on the document; one that finds no place for it leaves it as it is, another failure empties it.
template <class F>
Answer changed(const Inputs& in, F change) {
  TRY(auto document, document_of(in));
  std::optional<Compiled> holder;
  TRY(const auto* path, compiled_of<JsonPath>(in, holder, compile_path));
  const base::Status status = change(*path, document);
  if (!status && status.error().kind != base::ErrorKind::NotFound) return Value{std::string()};
  return Value{json_text(document)};
}
Answer json_path_set(const Inputs& in) {
  return changed(
      in, [&](const JsonPath& path, json::value& document) { return path.set(document, json_of(in.arguments[1])); });
}
Answer json_path_add(const Inputs& in) {
  return changed(
      in, [&](const JsonPath& path, json::value& document) { return path.add(document, json_of(in.arguments[1])); });
}
Answer json_path_delete(const Inputs& in) {
  return changed(in, [](const JsonPath& path, json::value& document) { return path.remove(document); });
}
/// jsonPathPut(path, key, value).
Answer json_path_put(const Inputs& in) {
  if (is_null(in.arguments[1])) return invalid("jsonPathPut: the key is null");
  return changed(in, [&](const JsonPath& path, json::value& document) -> base::Status {
    const auto status = path.put(document, to_text(in.arguments[1]), json_of(in.arguments[2]));
    if (!status) return invalid(status.error().message);  // a path that leads nowhere as well
    return {};
  });
}

constexpr Function kFunctions[] = {
    {"jsonPath", Type::Text, 't', "t", 1, json_path_value, compile_path},
    {"jsonPathSet", Type::Text, 't', "tJ", 2, json_path_set, compile_path},
    {"jsonPathAdd", Type::Text, 't', "tJ", 2, json_path_add, compile_path},
    {"jsonPathPut", Type::Text, 't', "tJJ", 3, json_path_put, compile_path},
    {"jsonPathDelete", Type::Text, 't', "t", 1, json_path_delete, compile_path},
};

}  // namespace

std::span<const Function> json_functions() { return kFunctions; }

}  // namespace flow::el
