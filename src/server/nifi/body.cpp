#include "server/nifi/body.h"

#include <fmt/format.h>

#include <algorithm>

namespace server::nifi {

namespace json = boost::json;

Answer json_answer(const json::object& body, int status) { return {.status = status, .body = json::serialize(body)}; }

Answer text_answer(int status, std::string text) {
  return {.status = status, .content_type = "text/plain", .body = std::move(text)};
}

int status_of(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::Syntax:
    case base::ErrorKind::InvalidValue:
    case base::ErrorKind::Unsupported: return 400;
    case base::ErrorKind::Denied: return 403;
    case base::ErrorKind::NotFound: return 404;
    case base::ErrorKind::AlreadyExists:
    case base::ErrorKind::Conflict:
    case base::ErrorKind::Cancelled: return 409;
    case base::ErrorKind::Unavailable: return 503;
    case base::ErrorKind::Internal: return 500;
  }
  return 500;
}

std::string_view query_value(const Call& call, std::string_view name) {
  const auto found =
      std::ranges::find(call.query, name, [](const auto& pair) -> std::string_view { return pair.first; });
  return found == call.query.end() ? std::string_view{} : std::string_view(found->second);
}

bool query_flag(const Call& call, std::string_view name, bool fallback) {
  std::string text(query_value(call, name));
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text.empty() ? fallback : text == "true";
}

base::Result<json::object> parse_object(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{} must be a JSON object", what));
  return std::move(value.get_object());
}

base::Result<const json::object*> component_of(const json::object& entity) {
  const auto* component = object_at(entity, "component");
  if (component == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the request has no 'component'");
  return component;
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array& array_at(const json::object& object, std::string_view name) {
  static const json::array none;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

bool flag_at(const json::object& object, std::string_view name, bool fallback) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

json::array texts(const std::vector<std::string>& list) { return json::array(list.begin(), list.end()); }

const json::value* given(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void copy_given(const json::object& from, json::object& into, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto* value = given(from, name)) into[name] = *value;
}

}  // namespace server::nifi
