#include "flow/format/fields.h"

#include <fmt/format.h>

#include <charconv>

namespace flow {

namespace json = boost::json;

std::optional<std::string> scalar_text(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(std::string_view(*text));
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_number()) return json::serialize(value);
  return std::nullopt;
}

const json::value* Fields::find(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Fields::wrong(std::string_view name, std::string_view wanted) const {
  problems_.add(path_of(name), fmt::format("{}: '{}' must be {}", what_, name, wanted));
}

std::string Fields::text(std::string_view name, std::string_view fallback) const {
  const auto* value = find(name);
  if (value == nullptr) return std::string(fallback);
  if (const auto* string = value->if_string()) return std::string(std::string_view(*string));
  wrong(name, "a text");
  return std::string(fallback);
}

std::string Fields::required(std::string_view name) const {
  if (find(name) == nullptr) {
    problems_.add(path_, fmt::format("{} has no '{}'", what_, name));
    return {};
  }
  auto value = text(name);
  if (value.empty()) wrong(name, "a text that is not empty");
  return value;
}

std::int64_t Fields::number(std::string_view name, std::int64_t fallback) const {
  const auto* value = find(name);
  if (value == nullptr) return fallback;
  if (const auto* whole = value->if_int64()) return *whole;
  if (const auto* text = value->if_string()) {  // as some writers of MiNiFi files have it
    std::int64_t parsed = 0;
    const auto* end = text->data() + text->size();
    if (const auto [at, error] = std::from_chars(text->data(), end, parsed); error == std::errc{} && at == end)
      return parsed;
  }
  wrong(name, "a whole number");
  return fallback;
}

bool Fields::boolean(std::string_view name, bool fallback) const {
  const auto* value = find(name);
  if (value == nullptr) return fallback;
  if (value->is_bool()) return value->get_bool();
  if (const auto* text = value->if_string(); text != nullptr && (*text == "true" || *text == "false"))
    return *text == "true";
  wrong(name, "true or false");
  return fallback;
}

std::vector<std::string> Fields::texts(std::string_view name) const {
  std::vector<std::string> list;
  const auto* values = array(name);
  if (values == nullptr) return list;
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (const auto* string = (*values)[i].if_string())
      list.emplace_back(std::string_view(*string));
    else
      problems_.add(path_below(path_of(name), i), fmt::format("{}: '{}' must be a list of texts", what_, name));
  }
  return list;
}

const json::array* Fields::array(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (const auto* list = value->if_array()) return list;
  wrong(name, "a list");
  return nullptr;
}

const json::object* Fields::object(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (const auto* inner = value->if_object()) return inner;
  wrong(name, "an object");
  return nullptr;
}

}  // namespace flow
