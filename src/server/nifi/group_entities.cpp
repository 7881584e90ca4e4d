// Groups, and what is in one.
#include <fmt/format.h>

#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/context_entities.h"
#include "server/nifi/entities.h"
#include "server/nifi/saved.h"

namespace server::nifi {

namespace json = boost::json;

json::object ComponentEntities::group(const Scope& scope) const {
  const auto status = within(canvas_.status, scope);
  auto made = group_entity(scope, status, revisions_.of(scope.id));
  json::object component = std::move(made["component"].get_object());
  flow::SavedObject saved;
  json::object variables;
  std::int64_t inputs = 0, outputs = 0;
  for (const auto& flow : canvas_.flows) {
    for (const auto& group : flow.definition.groups) {
      if (group.id != scope.id) continue;
      saved = group.saved;
      for (const auto& [name, value] : group.variables) variables[name] = value;
      if (!group.parameter_context.empty()) {
        const auto id = context_id(flow, group.parameter_context);
        const json::object reference{{"id", id},
                                     {"permissions", permissions()},
                                     {"component", json::object{{"id", id}, {"name", group.parameter_context}}}};
        made["parameterContext"] = reference;
        component["parameterContext"] = reference;
      }
    }
    for (const auto& port : flow.definition.ports) {
      if (port.group != scope.id) continue;
      if (port.kind == flow::PortKind::Input) ++inputs;
      if (port.kind == flow::PortKind::Output) ++outputs;
    }
  }
  made["position"] = position_of(saved);
  component["position"] = made["position"];
  component["versionedComponentId"] = at(saved, "identifier");
  component["versionedGroupId"] = at(saved, "identifier");
  component["comments"] = at(saved, "comments", "");
  component["variables"] = std::move(variables);
  component["flowfileConcurrency"] = at(saved, "flowFileConcurrency", "UNBOUNDED");
  component["flowfileOutboundPolicy"] = at(saved, "flowFileOutboundPolicy", "STREAM_WHEN_AVAILABLE");
  component["defaultFlowFileExpiration"] = at(saved, "defaultFlowFileExpiration", "0 sec");
  component["defaultBackPressureObjectThreshold"] = at(saved, "defaultBackPressureObjectThreshold", 10'000);
  component["defaultBackPressureDataSizeThreshold"] = at(saved, "defaultBackPressureDataSizeThreshold", "1 GB");
  component["executionEngine"] = at(saved, "executionEngine", "INHERITED");
  component["logFileSuffix"] = at(saved, "logFileSuffix");
  made["inputPortCount"] = component["inputPortCount"] = inputs;
  made["outputPortCount"] = component["outputPortCount"] = outputs;
  for (const auto* name : {"runningCount", "stoppedCount", "invalidCount", "disabledCount"})
    component[name] = made[name];
  for (const auto* name : {"activeRemotePortCount", "inactiveRemotePortCount", "upToDateCount", "locallyModifiedCount",
                           "staleCount", "locallyModifiedAndStaleCount", "syncFailureCount"})
    made[name] = component[name] = 0;
  made["component"] = std::move(component);
  return made;
}

json::array ComponentEntities::list(const Kind& kind, const Scope& scope) const {
  json::array made;
  const auto here = [&](const auto& component) { return component.group == scope.id; };
  for (const auto& flow : canvas_.flows) {
    const auto& d = flow.definition;
    if (kind.type == kProcessor.type)
      for (const auto& processor : d.processors)
        if (here(processor)) made.push_back(this->processor(processor));
    if (kind.type == kService.type)
      for (const auto& service : d.services)
        if (here(service)) made.push_back(this->service(service));
    if (kind.type == kConnection.type)
      for (const auto& connection : d.connections)
        if (here(connection)) made.push_back(this->connection(connection));
    for (const auto& port : d.ports)  // those of remote groups are kept with them
      if (here(port) && kind_word(port.kind) == kind.type) made.push_back(this->port(port));
  }
  if (kind.type == kLabel.type || kind.type == kRemoteGroup.type)
    for (const auto& kept : canvas_.kept(kind))
      if (here(kept)) made.push_back(this->kept(kind, kept));
  return made;
}

json::array ComponentEntities::groups(const Scope& scope) const {
  json::array made;
  for (const auto& child : scope.children)
    if (const auto below = find_scope(canvas_.flows, child)) made.push_back(group(*below));
  return made;
}

json::object ComponentEntities::canvas(const Scope& scope) const {
  json::object flow{{"processGroups", groups(scope)}};
  for (const auto* kind : {&kProcessor, &kConnection, &kInputPort, &kOutputPort, &kFunnel, &kLabel, &kRemoteGroup})
    flow[kind->list] = list(*kind, scope);
  // From the group upwards.
  json::object breadcrumb;
  std::vector<std::string> path;
  for (std::string id = scope.id; !id.empty();) {
    path.push_back(id);
    const auto above = find_scope(canvas_.flows, id);
    id = above ? above->parent : std::string{};
  }
  for (auto id = path.rbegin(); id != path.rend(); ++id) {
    json::object made{{"id", *id},
                      {"permissions", permissions()},
                      {"breadcrumb", json::object{{"id", *id}, {"name", find_scope(canvas_.flows, *id)->name}}}};
    if (!breadcrumb.empty()) made["parentBreadcrumb"] = std::move(breadcrumb);
    breadcrumb = std::move(made);
  }
  json::object shown{{"id", scope.id},
                     {"uri", "/nifi-api/flow/process-groups/" + scope.id},
                     {"parentGroupId", scope.parent.empty() ? json::value() : json::value(scope.parent)},
                     {"breadcrumb", std::move(breadcrumb)},
                     {"flow", std::move(flow)},
                     {"lastRefreshed", time_of_day(canvas_.now)}};
  const auto entity = group(scope);
  if (const auto* context = entity.if_contains("parameterContext")) shown["parameterContext"] = *context;
  return {{"permissions", permissions()}, {"revision", entity.at("revision")}, {"processGroupFlow", std::move(shown)}};
}

}  // namespace server::nifi
