#include "server/nifi/entities.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

}  // namespace

json::object permissions() { return {{"canRead", true}, {"canWrite", true}}; }

json::object bare_entity(std::string_view kind, const std::string& id, std::int64_t version) {
  return {{"revision", json::object{{"version", version}}},
          {"id", id},
          {"uri", fmt::format("/nifi-api/{}/{}", kind, id)},
          {"permissions", permissions()}};
}

std::string time_of_day(base::Instant at) {
  constexpr std::int64_t kDay = 86'400;
  const auto seconds = ((at.ns / 1'000'000'000) % kDay + kDay) % kDay;
  return fmt::format("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

json::object bulletin_entity(const flow::Bulletin& bulletin, const flow::ComponentStatus* component) {
  json::object inner{{"id", bulletin.id},
                     {"category", component == nullptr ? "Controller" : "Log Message"},
                     {"level", flow::name_of(bulletin.level)},
                     {"message", bulletin.message},
                     {"timestamp", time_of_day(bulletin.at)}};
  json::object made{{"id", bulletin.id}, {"timestamp", time_of_day(bulletin.at)}, {"canRead", true}};
  if (component != nullptr) {
    made["groupId"] = inner["groupId"] = component->group;
    made["sourceId"] = inner["sourceId"] = component->id;
    inner["sourceName"] = component->name;
  }
  made["bulletin"] = std::move(inner);
  return made;
}

json::array bulletins_of(const flow::ComponentStatus& component) {
  json::array list;
  for (const auto& bulletin : component.bulletins) list.push_back(bulletin_entity(bulletin, &component));
  return list;
}

namespace {

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

}  // namespace

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

namespace {

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
    const std::string_view name = kind == "processor" ? "processorStatusSnapshot" : "portStatusSnapshot";
    lists[fmt::format("{}StatusSnapshots", kind)].push_back(
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

}  // namespace

json::object about_entity() {
  // Clients branch on the version: the last of the 1.x line, whose calls these are.
  return {{"about", json::object{{"title", "NiFi"},
                                 {"version", kNifiVersion},
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
  auto made = bare_entity("process-groups", scope.id, version);
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

json::object group_status_entity(const Scope& scope, const flow::FlowStatus& status) {
  return {{"canRead", true},
          {"processGroupStatus",
           json::object{{"id", scope.id}, {"name", scope.name}, {"aggregateSnapshot", snapshots_of(scope, status)}}}};
}

json::object idle_request_entity(const IdleRequests::State& state) {
  json::object request{{"id", state.id},
                       {"uri", fmt::format("/nifi-api/process-groups/{}/idle-requests/{}", state.flow, state.id)},
                       {"processGroupId", state.flow},
                       {"finished", state.outcome.has_value()},
                       {"percentCompleted", state.outcome ? 100 : 0}};
  if (state.outcome && *state.outcome) {
    request["flowFilesQueued"] = (*state.outcome)->queued;
    request["failingSources"] = texts((*state.outcome)->failing);
  }
  if (state.outcome && !*state.outcome) request["failureReason"] = state.outcome->error().message;
  return {{"idleRequest", std::move(request)}};
}

}  // namespace server::nifi
