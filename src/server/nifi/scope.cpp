#include "server/nifi/scope.h"

#include <algorithm>

#include "server/nifi/text.h"

namespace server::nifi {

const std::string& root_id() {
  static const std::string id = uuid_of("root");
  return id;
}

std::optional<Scope> find_scope(const std::vector<flow::FlowView>& flows, const std::string& id) {
  if (id == "root" || id == root_id()) {
    Scope root{
        .id = root_id(), .name = "Freshet", .parent = {}, .flow = {}, .context = {}, .groups = {}, .children = {}};
    for (const auto& flow : flows) {
      for (const auto& group : flow.definition.groups) {
        root.groups.insert(group.id);
        if (group.parent == root.id) root.children.push_back(group.id);
      }
      if (flow.definition.root != root.id) {
        root.children.push_back(flow.definition.root);
      } else {
        root.flow = root.id;
        root.context = flow.definition.groups.front().parameter_context;
      }
    }
    root.groups.insert(root.id);
    return root;
  }
  for (const auto& flow : flows) {
    const auto& groups = flow.definition.groups;
    const auto found = std::ranges::find(groups, id, &flow::GroupDefinition::id);
    if (found == groups.end()) continue;
    const bool top = found->id == flow.definition.root;
    Scope scope{.id = id,
                .name = top ? flow.definition.name : found->name,
                .parent = top ? root_id() : found->parent,
                .flow = flow.definition.root,
                .context = found->parameter_context,
                .groups = {id},
                .children = {}};
    for (const auto& group : groups) {  // parents first
      if (!group.parent.empty() && scope.groups.contains(group.parent)) scope.groups.insert(group.id);
      if (group.parent == id) scope.children.push_back(group.id);
    }
    return scope;
  }
  return std::nullopt;
}

flow::FlowStatus within(flow::FlowStatus status, const Scope& scope) {
  std::erase_if(status.components, [&](const auto& component) { return !scope.groups.contains(component.group); });
  std::erase_if(status.connections, [&](const auto& connection) { return !scope.groups.contains(connection.group); });
  return status;
}

}  // namespace server::nifi
