#include "server/nifi/descriptors.h"

#include <algorithm>

#include "flow/property_keys.h"
#include "server/nifi/body.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

std::string_view scope_word(flow::Scope scope) {
  switch (scope) {
    case flow::Scope::None: return "Not Supported";
    case flow::Scope::Environment: return "Environment variables defined at JVM level and system properties";
    case flow::Scope::FlowFile: return "Environment variables and FlowFile Attributes";
  }
  return {};
}

std::string_view scope_name(flow::Scope scope) {
  switch (scope) {
    case flow::Scope::None: return "NONE";
    case flow::Scope::Environment: return "ENVIRONMENT";
    case flow::Scope::FlowFile: return "FLOWFILE_ATTRIBUTES";
  }
  return {};
}

std::string_view input_name(flow::Input input) {
  switch (input) {
    case flow::Input::Forbidden: return "INPUT_FORBIDDEN";
    case flow::Input::Required: return "INPUT_REQUIRED";
    case flow::Input::Allowed: return "INPUT_ALLOWED";
  }
  return {};
}

std::vector<flow::Allowed> allowed_values(const flow::Property& property) {
  if (!property.allowed.empty()) return {property.allowed.begin(), property.allowed.end()};
  if (property.kind == flow::Property::Kind::Boolean) return {{"true"}, {"false"}};
  return {};
}

std::string_view label_of(const flow::Allowed& allowed) {
  return allowed.label.empty() ? allowed.value : allowed.label;
}

json::array wrapped_values(const flow::Property& property) {
  json::array list;
  for (const auto& allowed : allowed_values(property))
    list.push_back(
        json::object{{"canRead", true},
                     {"allowableValue", json::object{{"value", allowed.value}, {"displayName", label_of(allowed)}}}});
  return list;
}

json::object descriptor(const flow::Property& property, std::string_view key) {
  json::object made{{"name", key},
                    {"displayName", property.name},
                    {"description", property.help},
                    {"required", property.required},
                    {"sensitive", property.sensitive},
                    {"dynamic", false},
                    {"supportsEl", property.scope != flow::Scope::None},
                    {"expressionLanguageScope", scope_word(property.scope)},
                    {"dependencies", json::array()}};
  if (property.fallback) made["defaultValue"] = *property.fallback;
  if (auto values = wrapped_values(property); !values.empty()) made["allowableValues"] = std::move(values);
  if (!property.service.empty()) made["identifiesControllerService"] = property.service;
  return made;
}

json::object dynamic_descriptor(const flow::ConfiguredDefinition& configured, const flow::Description* description,
                                std::string_view key) {
  const auto scope = description == nullptr ? flow::Scope::FlowFile : description->dynamic_scope;
  return {{"name", key},
          {"displayName", key},
          {"description", ""},
          {"required", false},
          {"sensitive", is_sensitive(configured, description, key)},
          {"dynamic", true},
          {"supportsEl", scope != flow::Scope::None},
          {"expressionLanguageScope", scope_word(scope)},
          {"dependencies", json::array()}};
}

/// The key under which a flow has a property.
std::string_view key_of(const flow::ConfiguredDefinition& configured, const flow::Property& property) {
  for (const auto key : flow::keys_of(property))
    if (configured.properties.contains(std::string(key))) return key;
  return property.name;
}

json::object property_definition(const flow::Property& property) {
  json::object made{{"name", property.name},
                    {"displayName", property.name},
                    {"description", property.help},
                    {"required", property.required},
                    {"sensitive", property.sensitive},
                    {"dynamic", false},
                    {"expressionLanguageScope", scope_name(property.scope)},
                    {"expressionLanguageScopeDescription", scope_word(property.scope)}};
  if (property.fallback) made["defaultValue"] = *property.fallback;
  json::array values;
  for (const auto& allowed : allowed_values(property))
    values.push_back(json::object{{"value", allowed.value}, {"displayName", label_of(allowed)}});
  if (!values.empty()) made["allowableValues"] = std::move(values);
  if (!property.service.empty()) made["typeProvidedByValue"] = json::object{{"type", property.service}};
  return made;
}

}  // namespace

const flow::Description* description_of(const flow::ProcessorDefinition& processor) {
  return flow::find_description(processor.type);
}
const flow::Description* description_of(const flow::ServiceDefinition& service) {
  return flow::find_description(service.type, flow::service_descriptions());
}

const flow::Property* find_property(const flow::Description* description, std::string_view key) {
  if (description == nullptr) return nullptr;
  const auto found =
      std::ranges::find_if(description->properties, [&](const auto& property) { return flow::has_key(property, key); });
  return found == description->properties.end() ? nullptr : &*found;
}

bool is_sensitive(const flow::ConfiguredDefinition& configured, const flow::Description* description,
                  std::string_view key) {
  if (std::ranges::count(configured.sensitive, key) > 0) return true;
  const auto* property = find_property(description, key);
  return property != nullptr && property->sensitive;
}

json::object property_values(const flow::ConfiguredDefinition& configured, const flow::Description* description) {
  json::object values;
  if (description != nullptr)
    for (const auto& property : description->properties) {
      auto& value = values[key_of(configured, property)];
      if (property.fallback) value = *property.fallback;
    }
  for (const auto& [key, value] : configured.properties) {
    if (!value && find_property(description, key) != nullptr) continue;  // its default
    values[key] = !value                                       ? json::value()
                  : is_sensitive(configured, description, key) ? json::value(kHidden)
                                                               : json::value(*value);
  }
  return values;
}

json::object property_descriptor(const flow::ConfiguredDefinition& configured, const flow::Description* description,
                                 const std::string& key) {
  if (const auto* property = find_property(description, key)) return descriptor(*property, key);
  return dynamic_descriptor(configured, description, key);
}

json::object property_descriptors(const flow::ConfiguredDefinition& configured, const flow::Description* description) {
  json::object descriptors;
  if (description != nullptr)
    for (const auto& property : description->properties) {
      const auto key = key_of(configured, property);
      descriptors[key] = descriptor(property, key);
    }
  for (const auto& [key, value] : configured.properties)
    if (!descriptors.contains(key)) descriptors[key] = property_descriptor(configured, description, key);
  return descriptors;
}

void set_properties(json::object& saved, const json::object& wanted, const flow::Description* description) {
  auto& value = saved["properties"];
  if (!value.is_object()) value.emplace_object();
  auto& properties = value.get_object();
  for (const auto& [key, given_value] : wanted) {
    if (given_value.is_string() && std::string_view(given_value.get_string()) == kHidden) continue;
    if (const auto* property = find_property(description, key))
      for (const auto each : flow::keys_of(*property)) properties.erase(each);
    properties.erase(key);
    if (!given_value.is_null()) properties[key] = given_value;
  }
}

json::object bundle_of(std::string_view bundle) {
  const auto first = bundle.find(':');
  if (first == std::string_view::npos)
    return {{"group", "default"}, {"artifact", "unknown"}, {"version", "unversioned"}};
  const auto rest = bundle.substr(first + 1);
  const auto second = rest.find(':');
  return {{"group", bundle.substr(0, first)},
          {"artifact", rest.substr(0, second)},
          {"version", second == std::string_view::npos ? kNifiVersion : rest.substr(second + 1)}};
}

json::object type_entity(const flow::Description& description) {
  json::object made{{"type", description.type},
                    {"bundle", bundle_of(description.bundle)},
                    {"description", description.help},
                    {"restricted", false},
                    {"tags", json::array()}};
  if (description.make_service == nullptr) return made;
  json::array apis;
  for (const auto api : description.apis)
    apis.push_back(
        json::object{{"type", api}, {"bundle", bundle_of("org.apache.nifi:nifi-standard-services-api-nar")}});
  made["controllerServiceApis"] = std::move(apis);
  return made;
}

json::object definition_entity(const flow::Description& description) {
  auto made = bundle_of(description.bundle);
  made["type"] = description.type;
  made["typeDescription"] = description.help;
  json::object properties;
  for (const auto& property : description.properties) properties[property.name] = property_definition(property);
  made["propertyDescriptors"] = std::move(properties);
  made["supportsDynamicProperties"] = description.dynamic;
  made["supportsSensitiveDynamicProperties"] = false;
  made["additionalDetails"] = false;
  if (description.make_service != nullptr) {
    json::array apis;
    for (const auto api : description.apis) apis.push_back(json::object{{"type", api}});
    made["providedApiImplementations"] = std::move(apis);
    return made;
  }
  json::array relationships;
  for (const auto& relationship : description.relationships)
    relationships.push_back(json::object{{"name", relationship.name}, {"description", ""}});
  made["supportedRelationships"] = std::move(relationships);
  made["supportsDynamicRelationships"] = description.dynamic_relationships;
  made["inputRequirement"] = input_name(description.input);
  made["triggerSerially"] = description.serial;
  made["triggerWhenEmpty"] = description.when_empty;
  made["supportsBatching"] = description.batches;
  made["defaultSchedulingStrategy"] = "TIMER_DRIVEN";
  made["defaultPenaltyDuration"] = "30 sec";
  made["defaultYieldDuration"] = "1 sec";
  made["defaultBulletinLevel"] = "WARN";
  made["supportedSchedulingStrategies"] = json::array{"TIMER_DRIVEN", "CRON_DRIVEN"};
  made["defaultConcurrentTasksBySchedulingStrategy"] = json::object{{"TIMER_DRIVEN", 1}, {"CRON_DRIVEN", 1}};
  made["defaultSchedulingPeriodBySchedulingStrategy"] =
      json::object{{"TIMER_DRIVEN", description.default_period}, {"CRON_DRIVEN", "* * * * * ?"}};
  return made;
}

}  // namespace server::nifi
