#include "flow/description_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "flow/json_text.h"
#include "flow/property_keys.h"

namespace flow {
namespace {

namespace json = boost::json;

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::None: return "NONE";
    case Scope::Environment: return "ENVIRONMENT";
    case Scope::FlowFile: return "FLOWFILE_ATTRIBUTES";
  }
  return {};
}
std::string_view name_of(Input input) {
  switch (input) {
    case Input::Forbidden: return "INPUT_FORBIDDEN";
    case Input::Required: return "INPUT_REQUIRED";
    case Input::Allowed: return "INPUT_ALLOWED";
  }
  return {};
}

json::object json_of(const Allowed& allowed) {
  return {{"value", allowed.value}, {"label", allowed.label}, {"supported", allowed.supported}};
}

json::object json_of(const Property& property) {
  json::object object{{"name", property.name}, {"old_name", property.old_name}, {"help", property.help}};
  auto& keys = (object["keys"] = json::array()).get_array();
  for (const auto key : keys_of(property)) keys.emplace_back(key);
  object["default"] = property.fallback ? json::value(*property.fallback) : json::value(nullptr);
  object["required"] = property.required;
  object["sensitive"] = property.sensitive;
  object["scope"] = name_of(property.scope);
  auto& allowed = (object["allowed"] = json::array()).get_array();
  for (const auto& one : property.allowed) allowed.push_back(json_of(one));
  if (property.kind == Property::Kind::Boolean && property.allowed.empty())
    for (const std::string_view truth : {"true", "false"}) allowed.push_back(json_of(Allowed{truth}));
  object["supported"] = !property.unsupported;
  object["has_effect"] = !property.no_effect;
  if (!property.service.empty()) object["service"] = property.service;
  return object;
}

}  // namespace

std::string description_json(const Description& description) {
  json::object object{{"type", description.type},
                      {"bundle", description.bundle},
                      {"help", description.help},
                      {"input", name_of(description.input)},
                      {"serial", description.serial},
                      {"batches", description.batches},
                      {"when_empty", description.when_empty},
                      {"dynamic", description.dynamic},
                      {"dynamic_scope", name_of(description.dynamic_scope)},
                      {"dynamic_relationships", description.dynamic_relationships},
                      {"default_period", description.default_period}};
  for (const auto& [key, names] : {std::pair("apis", description.apis), std::pair("aliases", description.aliases)}) {
    auto& list = (object[key] = json::array()).get_array();
    for (const std::string_view name : names) list.emplace_back(name);
  }
  auto& properties = (object["properties"] = json::array()).get_array();
  for (const auto& property : description.properties) properties.push_back(json_of(property));
  auto& relationships = (object["relationships"] = json::array()).get_array();
  for (const auto& relationship : description.relationships)
    relationships.push_back({{"name", relationship.name}, {"failure", relationship.failure}});
  return json_text(object);
}

}  // namespace flow
