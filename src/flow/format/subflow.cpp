#include "flow/format/subflow.h"

#include <algorithm>

namespace flow {

std::set<std::string> groups_below(const FlowDefinition& flow, const std::string& group) {
  std::set<std::string> ids{group};
  for (const auto& other : flow.groups)  // parents first
    if (ids.contains(other.parent)) ids.insert(other.id);
  return ids;
}

namespace {

/// Ids of the services that components refer to, by the groups they are in.
std::set<std::string> referred_services(const FlowDefinition& flow) {
  std::set<std::string> ids;
  const auto look = [&](const ConfiguredDefinition& component) {
    for (const auto& key : component.references)
      if (const auto value = component.properties.find(key); value != component.properties.end() && value->second)
        ids.insert(*value->second);
  };
  std::ranges::for_each(flow.processors, look);
  std::ranges::for_each(flow.services, look);
  return ids;
}

/// Those of contexts that the groups name, and what they inherit.
std::set<std::string> named_contexts(const FlowDefinition& flow) {
  std::vector<std::string> wanted;
  for (const auto& group : flow.groups) wanted.push_back(group.parameter_context);
  std::set<std::string> names;
  while (!wanted.empty()) {
    const auto name = std::move(wanted.back());
    wanted.pop_back();
    const auto found = flow.contexts.find(name);
    if (found == flow.contexts.end() || !names.insert(name).second) continue;
    wanted.insert(wanted.end(), found->second.inherited.begin(), found->second.inherited.end());
  }
  return names;
}

}  // namespace

FlowDefinition subflow(const FlowDefinition& flow, const std::string& group, SubflowOptions options) {
  auto part = flow;
  const auto ids = groups_below(flow, group);
  const auto elsewhere = [&](const auto& component) { return !ids.contains(component.group); };
  std::erase_if(part.groups, [&](const auto& other) { return !ids.contains(other.id); });
  std::erase_if(part.processors, elsewhere);
  std::erase_if(part.services, elsewhere);
  std::erase_if(part.ports, elsewhere);
  std::erase_if(part.connections, elsewhere);
  part.findings.clear();
  auto& root = part.groups.front();  // parents first
  root.parent.clear();
  part.root = root.id;
  part.name = root.name;
  // What is taken along may refer to more.
  for (bool more = true; more;) {
    more = false;
    for (const auto& id : referred_services(part)) {
      const auto found = std::ranges::find(flow.services, id, &ServiceDefinition::id);
      if (found == flow.services.end() || std::ranges::count(part.services, id, &ServiceDefinition::id) > 0) continue;
      if (!options.with_services) {
        if (std::ranges::count(part.external_services, id, &ExternalService::id) == 0)
          part.external_services.push_back({id, found->name});
        continue;
      }
      part.services.push_back(*found);
      part.services.back().group = root.id;
      more = true;
    }
  }
  const auto names = named_contexts(part);
  std::erase_if(part.contexts, [&](const auto& context) { return !names.contains(context.first); });
  return part;
}

}  // namespace flow
