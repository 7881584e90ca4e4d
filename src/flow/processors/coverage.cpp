#include "flow/processors/coverage.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow {
namespace {

std::string named(const Property& property, std::string_view value = {}) {
  return value.empty() ? fmt::format("property '{}'", property.name)
                       : fmt::format("property '{}' = '{}'", property.name, value);
}

bool is_default(const Property& property, std::string_view value) {
  if (value.empty() || value == property.fallback) return true;
  for (const auto& allowed : property.allowed)
    if (allowed.label == value) return allowed.value == property.fallback;
  return false;
}

const Property* find(const Description& description, std::string_view name) {
  for (const auto& property : description.properties)
    if (property.name == name || (!property.old_name.empty() && property.old_name == name)) return &property;
  return nullptr;
}

}  // namespace

std::string family_of(const Description& description) {
  auto type = std::string(description.short_type());
  for (const std::string_view release : {"_1_0", "_2_0", "_2_6"})
    if (type.ends_with(release)) return type.substr(0, type.size() - release.size()) + "_*";
  return type;
}

Coverage& Coverage::of_this_program() {
  static Coverage coverage;
  return coverage;
}

void Coverage::note(const Description& description, const PropertyValues& properties) {
  auto& tried = properties_[family_of(description)];
  for (const auto& [name, value] : properties) {
    const auto* property = find(description, name);
    if (property == nullptr || !value || is_default(*property, *value)) continue;
    tried.insert(named(*property));
    for (const auto& allowed : property->allowed)
      if (allowed.value == *value || allowed.label == *value) tried.insert(named(*property, allowed.value));
  }
}

void Coverage::note(const Description& description, std::string_view relationship) {
  relationships_[family_of(description)].emplace(relationship);
}

void Coverage::note(const FlowDefinition& flow, const FlowStatus& status) {
  std::map<std::string, const Description*> worked;
  for (const auto& component : status.components) {
    const auto* description = find_description(component.type);
    if (description == nullptr || component.tasks == 0) continue;
    worked.emplace(component.id, description);
    if (component.out.files > 0 && description->relationships.size() == 1)
      note(*description, description->relationships.front().name);
    for (const auto& [relationship, amount] : component.terminated)
      if (amount.files > 0) note(*description, relationship);
  }
  for (const auto& processor : flow.processors)
    if (worked.contains(processor.id)) note(*worked.at(processor.id), processor.properties);
  for (const auto& connection : status.connections) {
    const auto definition = std::ranges::find(flow.connections, connection.id, &ConnectionDefinition::id);
    if (connection.files == 0 || definition == flow.connections.end() || definition->relationships.size() != 1 ||
        !worked.contains(definition->source))
      continue;
    note(*worked.at(definition->source), definition->relationships.front());
  }
  for (const auto& service : status.services) {
    const auto definition = std::ranges::find(flow.services, service.id, &ServiceDefinition::id);
    const auto* description = find_description(service.type, service_descriptions());
    if (service.state == ServiceState::Enabled && definition != flow.services.end() && description != nullptr)
      note(*description, definition->properties);
  }
}

std::set<std::string> Coverage::missing() const {
  std::set<std::string> missing;
  const auto has = [](const ByType& among, const std::string& family, std::string_view name) {
    const auto found = among.find(family);
    return found != among.end() && found->second.contains(name);
  };
  const auto look = [&](const Description& description) {
    const auto family = family_of(description);
    const auto need = [&](const std::string& what) {
      if (!has(properties_, family, what)) missing.insert(fmt::format("{}, {}", family, what));
    };
    for (const auto& property : description.properties) {
      if (property.no_effect || property.unsupported) continue;
      const auto can_be_set = [&](const Allowed& allowed) {
        return allowed.supported && allowed.value != property.fallback;
      };
      if (!property.allowed.empty() && std::ranges::none_of(property.allowed, can_be_set)) continue;
      need(named(property));
      for (const auto& allowed : property.allowed)
        if (can_be_set(allowed)) need(named(property, allowed.value));
    }
    for (const auto& relationship : description.relationships)
      if (!has(relationships_, family, relationship.name))
        missing.insert(fmt::format("{}, relationship '{}'", family, relationship.name));
  };
  for (const auto* description : descriptions()) look(*description);
  for (const auto* description : service_descriptions()) look(*description);
  return missing;
}

}  // namespace flow
