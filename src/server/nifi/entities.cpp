#include "server/nifi/entities.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/description.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

constexpr std::string_view kHidden = "********";

json::object revision_of(std::int64_t version) { return {{"version", version}}; }

json::object permissions() { return {{"canRead", true}, {"canWrite", true}}; }

json::object entity(std::string_view kind, const std::string& id, std::int64_t version) {
  return {{"revision", revision_of(version)},
          {"id", id},
          {"uri", fmt::format("/nifi-api/{}/{}", kind, id)},
          {"permissions", permissions()}};
}

/// "15:04:05 UTC"
std::string time_of_day(base::Instant at) {
  constexpr std::int64_t kDay = 86'400;
  const auto seconds = ((at.ns / 1'000'000'000) % kDay + kDay) % kDay;
  return fmt::format("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

json::object bulletin_entity(const flow::ComponentStatus& component, const flow::Bulletin& bulletin, std::int64_t id) {
  return {{"id", id},
          {"groupId", component.group},
          {"sourceId", component.id},
          {"timestamp", time_of_day(bulletin.at)},
          {"canRead", true},
          {"bulletin", json::object{{"id", id},
                                    {"category", "Log Message"},
                                    {"groupId", component.group},
                                    {"sourceId", component.id},
                                    {"sourceName", component.name},
                                    {"level", flow::name_of(bulletin.level)},
                                    {"message", bulletin.message},
                                    {"timestamp", time_of_day(bulletin.at)}}}};
}

json::array bulletins_of(const flow::ComponentStatus& component) {
  json::array list;
  for (const auto& bulletin : component.bulletins)
    list.push_back(bulletin_entity(component, bulletin, static_cast<std::int64_t>(bulletin.id)));
  return list;
}

/// Raw and formatted, as every status has them.
void add_amounts(json::object& into, const flow::Amount& in, const flow::Amount& out, std::uint64_t read,
                 std::uint64_t written) {
  into["flowFilesIn"] = in.files;
  into["bytesIn"] = in.bytes;
  into["input"] = format_amount(in.files, in.bytes);
  into["flowFilesOut"] = out.files;
  into["bytesOut"] = out.bytes;
  into["output"] = format_amount(out.files, out.bytes);
  into["bytesRead"] = read;
  into["read"] = format_size(read);
  into["bytesWritten"] = written;
  into["written"] = format_size(written);
}

void add_queued(json::object& into, std::uint64_t files, std::uint64_t bytes) {
  into["flowFilesQueued"] = files;
  into["bytesQueued"] = bytes;
  into["queued"] = format_amount(files, bytes);
  into["queuedCount"] = format_count(files);
  into["queuedSize"] = format_size(bytes);
}

flow::Amount dropped_of(const flow::ComponentStatus& component) {
  flow::Amount sum;
  for (const auto& [relationship, dropped] : component.dropped) {
    sum.files += dropped.files;
    sum.bytes += dropped.bytes;
  }
  return sum;
}

json::object component_snapshot(const flow::ComponentStatus& component) {
  json::object snapshot{{"id", component.id},
                        {"groupId", component.group},
                        {"name", component.name},
                        {"type", component.type},
                        {"runStatus", flow::name_of(component.state)},
                        {"executionNode", "ALL"},
                        {"taskCount", component.tasks},
                        {"tasks", format_count(component.tasks)},
                        {"activeThreadCount", component.active},
                        {"terminatedThreadCount", 0}};
  add_amounts(snapshot, component.in, component.out, component.bytes_read, component.bytes_written);
  snapshot["flowFilesDropped"] = dropped_of(component).files;
  return snapshot;
}

json::object connection_snapshot(const flow::ConnectionStatus& connection) {
  const auto percent = [](std::uint64_t used, std::uint64_t most) {
    return most == 0 ? 0 : std::min<std::uint64_t>(100, used * 100 / most);
  };
  json::object snapshot{{"id", connection.id},
                        {"groupId", connection.group},
                        {"name", connection.name},
                        {"sourceId", connection.source},
                        {"sourceName", connection.source_name},
                        {"destinationId", connection.destination},
                        {"destinationName", connection.destination_name},
                        {"percentUseCount", percent(connection.files, connection.objects_max)},
                        {"percentUseBytes", percent(connection.bytes, connection.bytes_max)}};
  add_queued(snapshot, connection.files, connection.bytes);
  return snapshot;
}

bool is_port(const flow::ComponentStatus& component, std::string_view& list) {
  if (component.type == "Input Port")
    list = "inputPort";
  else if (component.type == "Output Port")
    list = "outputPort";
  else if (component.type == "Funnel")
    list = "funnel";
  else
    return false;
  return true;
}

json::object snapshots_of(const Scope& scope, const flow::FlowStatus& status) {
  flow::Amount queued, in, out;
  std::uint64_t read = 0, written = 0, active = 0;
  json::object snapshot{{"id", scope.id}, {"name", scope.name}};
  std::map<std::string, json::array> lists;
  for (const auto* name :
       {"processorStatusSnapshots", "inputPortStatusSnapshots", "outputPortStatusSnapshots", "funnelStatusSnapshots"})
    lists[name];
  for (const auto& component : status.components) {
    std::string_view kind = "processor";
    if (!is_port(component, kind)) {
      in.files += component.in.files;
      in.bytes += component.in.bytes;
      out.files += component.out.files;
      out.bytes += component.out.bytes;
    }
    read += component.bytes_read;
    written += component.bytes_written;
    active += static_cast<std::uint64_t>(component.active);
    const auto name = fmt::format("{}StatusSnapshot", kind);
    lists[name + "s"].push_back(
        json::object{{"id", component.id}, {"canRead", true}, {name, component_snapshot(component)}});
  }
  json::array connections;
  for (const auto& connection : status.connections) {
    queued.files += connection.files;
    queued.bytes += connection.bytes;
    connections.push_back(json::object{
        {"id", connection.id}, {"canRead", true}, {"connectionStatusSnapshot", connection_snapshot(connection)}});
  }
  add_amounts(snapshot, in, out, read, written);
  add_queued(snapshot, queued.files, queued.bytes);
  snapshot["activeThreadCount"] = active;
  snapshot["terminatedThreadCount"] = 0;
  snapshot["connectionStatusSnapshots"] = std::move(connections);
  for (auto& [name, list] : lists) snapshot[name] = std::move(list);
  if (status.failure) snapshot["failure"] = *status.failure;
  return snapshot;
}

struct StateCounts {
  std::int64_t running = 0, stopped = 0, invalid = 0, disabled = 0;
};

StateCounts count_states(const flow::FlowStatus& status) {
  StateCounts counts;
  for (const auto& component : status.components) {
    if (component.type == "Funnel") continue;
    switch (component.state) {
      case flow::RunState::Running: ++counts.running; break;
      case flow::RunState::Stopped: ++counts.stopped; break;
      case flow::RunState::Invalid: ++counts.invalid; break;
      case flow::RunState::Disabled: ++counts.disabled; break;
    }
  }
  return counts;
}

json::value optional_text(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

bool is_sensitive(const flow::ProcessorDefinition& processor, const std::string& name) {
  if (std::ranges::count(processor.sensitive, name) > 0) return true;
  const auto* description = flow::find_description(processor.type);
  if (description == nullptr) return false;
  return std::ranges::any_of(description->properties, [&](const auto& property) {
    return property.sensitive && (property.name == name || property.old_name == name);
  });
}

json::array texts(const std::vector<std::string>& list) { return json::array(list.begin(), list.end()); }

}  // namespace

json::object about_entity() {
  // Clients branch on the version: the last of the 1.x line, whose calls these are.
  return {{"about", json::object{{"title", "NiFi"},
                                 {"version", "1.28.1"},
                                 {"uri", "/nifi-api/"},
                                 {"contentViewerUrl", ""},
                                 {"timezone", "UTC"},
                                 {"buildTag", "freshet"}}}};
}

json::object user_entity() {
  json::object entity{{"identity", "freshet"}, {"anonymous", false}, {"canVersionFlows", false}};
  for (const auto* name :
       {"provenancePermissions", "countersPermissions", "tenantsPermissions", "controllerPermissions",
        "policiesPermissions", "systemPermissions", "parameterContextPermissions", "restrictedComponentsPermissions"})
    entity[name] = permissions();
  return entity;
}

json::object group_entity(const Scope& scope, const flow::FlowStatus& status, std::int64_t version) {
  const auto counts = count_states(status);
  auto made = entity("process-groups", scope.id, version);
  made["component"] = json::object{
      {"id", scope.id}, {"parentGroupId", optional_text(scope.parent)}, {"name", scope.name}, {"comments", ""}};
  made["status"] =
      json::object{{"id", scope.id}, {"name", scope.name}, {"aggregateSnapshot", snapshots_of(scope, status)}};
  made["runningCount"] = counts.running;
  made["stoppedCount"] = counts.stopped;
  made["invalidCount"] = counts.invalid;
  made["disabledCount"] = counts.disabled;
  json::array bulletins;
  for (const auto& component : status.components)
    for (auto& bulletin : bulletins_of(component)) bulletins.push_back(std::move(bulletin));
  made["bulletins"] = std::move(bulletins);
  return made;
}

json::object processor_entity(const flow::ProcessorDefinition& processor, const flow::ComponentStatus& status,
                              std::int64_t version) {
  auto made = entity("processors", processor.id, version);
  json::object properties;
  for (const auto& [name, value] : processor.properties) {
    if (!value)
      properties[name] = nullptr;
    else
      properties[name] = is_sensitive(processor, name) ? std::string(kHidden) : *value;
  }
  json::array relationships;
  if (const auto* description = flow::find_description(processor.type))
    for (const auto& relationship : description->relationships)
      relationships.push_back(
          json::object{{"name", relationship.name},
                       {"autoTerminate", std::ranges::count(processor.auto_terminated, relationship.name) > 0}});
  std::string_view state = flow::name_of(status.state);
  made["component"] =
      json::object{{"id", processor.id},
                   {"parentGroupId", processor.group},
                   {"name", processor.name},
                   {"type", processor.type},
                   {"state", status.state == flow::RunState::Running    ? "RUNNING"
                             : status.state == flow::RunState::Disabled ? "DISABLED"
                                                                        : "STOPPED"},
                   {"relationships", std::move(relationships)},
                   {"validationErrors", texts(status.problems)},
                   {"validationStatus", status.problems.empty() ? "VALID" : "INVALID"},
                   {"config", json::object{{"properties", std::move(properties)},
                                           {"schedulingPeriod", processor.scheduling_period},
                                           {"schedulingStrategy", processor.scheduling_strategy},
                                           {"penaltyDuration", processor.penalty_duration},
                                           {"yieldDuration", processor.yield_duration},
                                           {"bulletinLevel", processor.bulletin_level},
                                           {"concurrentlySchedulableTaskCount", processor.concurrent_tasks},
                                           {"autoTerminatedRelationships", texts(processor.auto_terminated)},
                                           {"retryCount", processor.retry_count},
                                           {"retriedRelationships", texts(processor.retried)}}}};
  made["status"] = json::object{{"id", processor.id},
                                {"groupId", processor.group},
                                {"name", processor.name},
                                {"runStatus", state},
                                {"aggregateSnapshot", component_snapshot(status)}};
  made["bulletins"] = bulletins_of(status);
  return made;
}

json::object group_flow_entity(const Scope& scope, const std::vector<flow::FlowView>& flows,
                               const flow::FlowStatus& status, std::int64_t version) {
  json::array processors, connections, inputs, outputs, funnels, groups;
  const auto here = [&](const std::string& group) { return group == scope.id; };
  for (const auto& flow : flows) {
    if (flow.definition.root != scope.flow) continue;
    for (const auto& component : status.components) {
      if (!here(component.group)) continue;
      const auto processor =
          std::ranges::find(flow.definition.processors, component.id, &flow::ProcessorDefinition::id);
      if (processor != flow.definition.processors.end()) {
        processors.push_back(processor_entity(*processor, component, version));
        continue;
      }
      if (component.type.starts_with("Remote")) continue;  // in a remote process group, which is kept and not shown
      const bool input = component.type == "Input Port", funnel = component.type == "Funnel";
      auto port = entity(funnel ? "funnels" : input ? "input-ports" : "output-ports", component.id, version);
      port["component"] =
          json::object{{"id", component.id}, {"parentGroupId", component.group}, {"name", component.name}};
      port["status"] = json::object{{"id", component.id},
                                    {"runStatus", flow::name_of(component.state)},
                                    {"aggregateSnapshot", component_snapshot(component)}};
      (funnel ? funnels : input ? inputs : outputs).push_back(std::move(port));
    }
    for (const auto& connection : flow.definition.connections) {
      if (!here(connection.group)) continue;
      auto made = entity("connections", connection.id, version);
      made["component"] = json::object{
          {"id", connection.id},
          {"parentGroupId", connection.group},
          {"name", connection.name},
          {"source", json::object{{"id", connection.source}, {"name", connection.source_name}}},
          {"destination", json::object{{"id", connection.destination}, {"name", connection.destination_name}}},
          {"selectedRelationships", texts(connection.relationships)},
          {"backPressureObjectThreshold", connection.objects_max},
          {"backPressureDataSizeThreshold", connection.bytes_max},
          {"flowFileExpiration", connection.expiration}};
      const auto found = std::ranges::find(status.connections, connection.id, &flow::ConnectionStatus::id);
      if (found != status.connections.end())
        made["status"] = json::object{{"id", connection.id}, {"aggregateSnapshot", connection_snapshot(*found)}};
      connections.push_back(std::move(made));
    }
  }
  for (const auto& child : scope.children)
    if (const auto below = find_scope(flows, child))
      groups.push_back(group_entity(*below, within(status, *below), version));
  return {
      {"permissions", permissions()},
      {"processGroupFlow",
       json::object{{"id", scope.id},
                    {"uri", "/nifi-api/flow/process-groups/" + scope.id},
                    {"parentGroupId", optional_text(scope.parent)},
                    {"breadcrumb", json::object{{"id", scope.id},
                                                {"permissions", permissions()},
                                                {"breadcrumb", json::object{{"id", scope.id}, {"name", scope.name}}}}},
                    {"flow", json::object{{"processGroups", std::move(groups)},
                                          {"processors", std::move(processors)},
                                          {"connections", std::move(connections)},
                                          {"inputPorts", std::move(inputs)},
                                          {"outputPorts", std::move(outputs)},
                                          {"funnels", std::move(funnels)},
                                          {"labels", json::array()},
                                          {"remoteProcessGroups", json::array()}}}}}};
}

json::object group_status_entity(const Scope& scope, const flow::FlowStatus& status) {
  return {{"canRead", true},
          {"processGroupStatus",
           json::object{{"id", scope.id}, {"name", scope.name}, {"aggregateSnapshot", snapshots_of(scope, status)}}}};
}

json::object bulletin_board_entity(const flow::FlowStatus& status) {
  json::array list;
  for (const auto& component : status.components)
    for (const auto& bulletin : component.bulletins)
      list.push_back(bulletin_entity(component, bulletin, static_cast<std::int64_t>(bulletin.id)));
  return {{"bulletinBoard", json::object{{"bulletins", std::move(list)}}}};
}

std::string context_id(const flow::FlowView& flow, const std::string& name) {
  return uuid_of(flow.definition.root + "/" + name);
}

json::object parameter_context_entity(const flow::FlowView& flow, const std::string& name, std::int64_t version) {
  const auto id = context_id(flow, name);
  auto made = entity("parameter-contexts", id, version);
  const auto& context = flow.definition.contexts.at(name);
  json::array parameters, inherited, groups;
  for (const auto& [parameter, defined] : context.parameters) {
    const bool sensitive = defined.sensitive || flow.secrets.contains(parameter);
    const auto given = flow.parameters.find(parameter);
    const auto value = given == flow.parameters.end() ? defined.value : std::optional(given->second);
    json::value shown;
    if (value) shown = sensitive ? std::string(kHidden) : *value;
    parameters.push_back(json::object{
        {"canWrite", true},
        {"parameter", json::object{{"name", parameter}, {"sensitive", sensitive}, {"value", std::move(shown)}}}});
  }
  for (const auto& other : context.inherited)
    if (flow.definition.contexts.contains(other))
      inherited.push_back(json::object{{"id", context_id(flow, other)},
                                       {"component", json::object{{"id", context_id(flow, other)}, {"name", other}}}});
  for (const auto& group : flow.definition.groups)
    if (group.parameter_context == name)
      groups.push_back(
          json::object{{"id", group.id}, {"component", json::object{{"id", group.id}, {"name", group.name}}}});
  made["component"] = json::object{{"id", id},
                                   {"name", name},
                                   {"parameters", std::move(parameters)},
                                   {"inheritedParameterContexts", std::move(inherited)},
                                   {"boundProcessGroups", std::move(groups)}};
  return made;
}

json::object idle_request_entity(const IdleRequests::State& state) {
  json::object request{{"id", state.id},
                       {"uri", fmt::format("/nifi-api/process-groups/{}/idle-requests/{}", state.flow, state.id)},
                       {"processGroupId", state.flow},
                       {"finished", state.outcome.has_value()},
                       {"percentCompleted", state.outcome ? 100 : 0}};
  if (state.outcome && *state.outcome) request["flowFilesQueued"] = (*state.outcome)->queued;
  if (state.outcome && !*state.outcome) request["failureReason"] = state.outcome->error().message;
  return {{"idleRequest", std::move(request)}};
}

}  // namespace server::nifi
