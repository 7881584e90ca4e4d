#include "flow/format/renumber.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

namespace flow {

std::string versioned_id(const SavedObject& saved, const std::string& id) {
  const auto* value = saved == nullptr ? nullptr : saved->if_contains("identifier");
  const bool known = value != nullptr && value->is_string() && !value->get_string().empty();
  return known ? std::string(std::string_view(value->get_string())) : id;
}

std::set<std::string> ids_in(const FlowDefinition& flow) {
  std::set<std::string> ids;
  const auto add = [&](const auto& component) { ids.insert(component.id); };
  std::ranges::for_each(flow.groups, add);
  std::ranges::for_each(flow.processors, add);
  std::ranges::for_each(flow.services, add);
  std::ranges::for_each(flow.ports, add);
  std::ranges::for_each(flow.connections, add);
  return ids;
}

void renumber(FlowDefinition& flow, const NewId& new_id) {
  std::map<std::string, std::string> ids;
  const auto name = [&](const auto& component) {
    ids.try_emplace(component.id, new_id(component.id, versioned_id(component.saved, component.id)));
  };
  std::ranges::for_each(flow.groups, name);
  std::ranges::for_each(flow.processors, name);
  std::ranges::for_each(flow.services, name);
  std::ranges::for_each(flow.ports, name);
  std::ranges::for_each(flow.connections, name);
  const auto follow = [&](std::string& id) {
    if (const auto found = ids.find(id); found != ids.end()) id = found->second;
  };
  const auto move = [&](auto& component) {
    follow(component.id);
    follow(component.group);
  };
  const auto move_configured = [&](ConfiguredDefinition& component) {
    move(component);
    for (const auto& key : component.references)
      if (const auto value = component.properties.find(key); value != component.properties.end() && value->second)
        follow(*value->second);
  };
  for (auto& group : flow.groups) {
    follow(group.id);
    follow(group.parent);
  }
  std::ranges::for_each(flow.processors, move_configured);
  std::ranges::for_each(flow.services, move_configured);
  std::ranges::for_each(flow.ports, move);
  for (auto& connection : flow.connections) {
    move(connection);
    follow(connection.source);
    follow(connection.destination);
  }
  follow(flow.root);
}

}  // namespace flow
