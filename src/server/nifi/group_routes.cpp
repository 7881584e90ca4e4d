#include <fmt/format.h>

#include <algorithm>

#include "flow/format/subflow.h"
#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/context_entities.h"
#include "server/nifi/document.h"
#include "server/nifi/entities.h"
#include "server/nifi/import.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

base::Result<Answer> answer_with(Context& context, const std::string& id, int status = 200) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(id));
  return json_answer(ComponentEntities(context, canvas).group(scope), status);
}

base::Result<Answer> get(Context& context, const Call&, const Ids& ids) { return answer_with(context, ids[0]); }

base::Result<Answer> get_canvas(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer(ComponentEntities(context, canvas).canvas(scope));
}

base::Result<Answer> get_breadcrumbs(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer(
      ComponentEntities(context, canvas).canvas(scope).at("processGroupFlow").at("breadcrumb").as_object());
}

base::Result<Answer> get_status(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context, query_flag(call, "allTime") ? CountsOf::AllTime : CountsOf::LastMinutes);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer(group_status_entity(scope, within(canvas.status, scope)));
}

base::Result<Answer> list(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer({{"processGroups", ComponentEntities(context, canvas).groups(scope)}});
}

/// Fields of a group that clients may set; the parameter context by its id, where no id means none.
base::Status configure(const Canvas& canvas, const std::string& flow, const json::object& wanted, json::object& saved) {
  copy_given(wanted, saved,
             {"name", "comments", "position", "defaultFlowFileExpiration", "defaultBackPressureObjectThreshold",
              "defaultBackPressureDataSizeThreshold", "executionEngine", "maxConcurrentTasks", "statelessFlowTimeout",
              "logFileSuffix"});
  if (const auto* value = given(wanted, "flowfileConcurrency")) saved["flowFileConcurrency"] = *value;
  if (const auto* value = given(wanted, "flowfileOutboundPolicy")) saved["flowFileOutboundPolicy"] = *value;
  const auto* bound = object_at(wanted, "parameterContext");
  if (bound == nullptr) return {};
  const auto id = text_at(*bound, "id");
  if (id.empty()) {
    saved.erase("parameterContextName");
    return {};
  }
  TRY(const auto place, find_context(canvas, id));
  if (place.flow != nullptr && place.flow->definition.root != flow)
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("parameter context '{}' came with flow '{}' and is of it alone", place.context.name,
                                  place.flow->definition.name));
  saved["parameterContextName"] = place.context.name;
  return {};
}

base::Result<Answer> create(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  if (const auto* snapshot = object_at(body, "versionedFlowSnapshot")) {
    TRY(const auto id, import_as_group(context, {.text = json::serialize(*snapshot),
                                                 .file = "versionedFlowSnapshot",
                                                 .parent = scope.id,
                                                 .name = text_at(*wanted, "name"),
                                                 .placed = *wanted}));
    return answer_with(context, id, 201);
  }
  if (text_at(*wanted, "name").empty())
    return base::fail(base::ErrorKind::InvalidValue, "The group name must be specified.");
  const auto id = new_uuid();
  auto made = new_component(kGroup, id, scope.id, *wanted);
  TRY_VOID(context.revisions.check(call, &body, id));
  // What is put into the root group is a flow of its own: others go on while it is changed.
  if (scope.is_root()) {
    made.erase("groupIdentifier");
    TRY_VOID(configure(canvas, id, *wanted, made));
    TRY_VOID(context.flow.import_definition(json::serialize(empty_flow(std::move(made))), text_at(*wanted, "name")));
  } else {
    TRY_VOID(configure(canvas, scope.flow, *wanted, made));
    TRY_VOID(context.flow.edit(
        scope.flow, [&](json::object& document) { return add_to(document, scope.id, kGroup, std::move(made)); }));
  }
  context.revisions.raise(id);
  return answer_with(context, id, 201);
}

base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  TRY(const auto flow, flow_holding(context, scope));
  TRY_VOID(change(context, call, &body, scope.id, flow, [&](json::object& document) -> base::Status {
    TRY(auto* const saved, group_in(document, scope.id));
    return configure(canvas, flow, *wanted, *saved);
  }));
  return answer_with(context, scope.id);
}

base::Result<Answer> remove(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  if (scope.is_root()) return base::fail(base::ErrorKind::Conflict, "the root group cannot be removed");
  const auto inside = within(canvas.status, scope);
  for (const auto& component : inside.components)
    if (component.state == flow::RunState::Running && component.type != "Funnel")
      return base::fail(base::ErrorKind::Conflict, fmt::format("'{}' in process group '{}' runs; stop it before the "
                                                               "group is removed",
                                                               component.name, scope.name));
  for (const auto& connection : inside.connections)
    if (connection.files > 0)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("the connection from '{}' to '{}' still holds {} flowfiles", connection.source_name,
                                    connection.destination_name, connection.files));
  const auto entity = ComponentEntities(context, canvas).group(scope);
  TRY_VOID(context.revisions.check(call, nullptr, scope.id));
  if (scope.flow == scope.id) {
    TRY_VOID(context.flow.remove(scope.id));
  } else {
    for (const auto& flow : canvas.flows)
      for (const auto& connection : flow.definition.connections) {
        if (flow.definition.root != scope.flow || scope.groups.contains(connection.group)) continue;
        for (const auto& port : flow.definition.ports)
          if (scope.groups.contains(port.group) && (port.id == connection.source || port.id == connection.destination))
            return base::fail(base::ErrorKind::Conflict,
                              fmt::format("process group '{}' is connected: its port '{}' is an end of a connection",
                                          scope.name, port.name));
      }
    TRY_VOID(context.flow.edit(scope.flow,
                               [&](json::object& document) { return remove_from(document, kGroup.list, scope.id); }));
  }
  context.revisions.forget(scope.id);
  return json_answer(entity);
}

base::Result<Answer> download(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const auto view = std::ranges::find(canvas.flows, scope.flow, [](const auto& flow) { return flow.definition.root; });
  if (view == canvas.flows.end())
    return base::fail(base::ErrorKind::Conflict, "the root group holds no components; name one of its groups");
  TRY(auto text, export_group(context, *view, scope, query_flag(call, "includeReferencedServices")));
  return Answer{.body = std::move(text), .file_name = scope.name + ".json"};
}

json::object registry_of(const Canvas& canvas, const std::string& id) {
  json::array variables;
  for (const auto& flow : canvas.flows)
    for (const auto& group : flow.definition.groups)
      if (group.id == id)
        for (const auto& [name, value] : group.variables)
          variables.push_back(
              json::object{{"canWrite", true},
                           {"variable", json::object{{"name", name}, {"value", value}, {"processGroupId", id}}}});
  return {{"processGroupId", id}, {"variables", std::move(variables)}};
}

base::Result<Answer> get_variables(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer({{"processGroupRevision", json::object{{"version", context.revisions.of(scope.id)}}},
                      {"variableRegistry", registry_of(canvas, scope.id)}});
}

/// A variable without a value goes.
base::Status set_variables(Context& context, const Call& call, const std::string& id) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(id));
  TRY(const auto flow, flow_holding(context, scope));
  const auto* wanted = object_at(body, "variableRegistry");
  if (wanted == nullptr) return base::fail(base::ErrorKind::InvalidValue, "variableRegistry is missing");
  return change(context, call, &body, scope.id, flow, [&](json::object& document) -> base::Status {
    TRY(auto* const group, group_in(document, scope.id));
    auto& variables = (*group)["variables"];
    if (!variables.is_object()) variables.emplace_object();
    for (const auto& entry : array_at(*wanted, "variables")) {
      const auto* variable = entry.is_object() ? object_at(entry.get_object(), "variable") : nullptr;
      if (variable == nullptr) continue;
      const auto name = text_at(*variable, "name");
      if (given(*variable, "value"))
        variables.get_object()[name] = text_at(*variable, "value");
      else
        variables.get_object().erase(name);
    }
    return {};
  });
}

base::Result<Answer> update_variables(Context& context, const Call& call, const Ids& ids) {
  TRY_VOID(set_variables(context, call, ids[0]));
  return get_variables(context, call, ids);
}

base::Result<Answer> request_variables(Context& context, const Call& call, const Ids& ids) {
  TRY_VOID(set_variables(context, call, ids[0]));
  const auto id = new_uuid();
  json::object made{
      {"request", json::object{{"requestId", id},
                               {"uri", fmt::format("/nifi-api/process-groups/{}/variable-registry/update-requests/{}",
                                                   ids[0], id)},
                               {"complete", true},
                               {"percentCompleted", 100},
                               {"state", "Complete"},
                               {"processGroupId", ids[0]}}}};
  context.requests.add(id, made);
  return json_answer(made, 202);
}

/// Flows of registries are not there; a group is of none.
base::Result<Answer> get_version_control(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer({{"processGroupRevision", json::object{{"version", context.revisions.of(scope.id)}}},
                      {"versionControlInformation", nullptr}});
}

constexpr Route kRoutes[] = {
    {"GET", "flow/process-groups/*", &get_canvas},
    {"GET", "flow/process-groups/*/status", &get_status},
    {"GET", "flow/process-groups/*/breadcrumbs", &get_breadcrumbs},
    {"GET", "process-groups/*", &get},
    {"PUT", "process-groups/*", &update},
    {"DELETE", "process-groups/*", &remove},
    {"GET", "process-groups/*/process-groups", &list},
    {"POST", "process-groups/*/process-groups", &create},
    {"GET", "process-groups/*/download", &download},
    {"GET", "process-groups/*/variable-registry", &get_variables},
    {"PUT", "process-groups/*/variable-registry", &update_variables},
    {"POST", "process-groups/*/variable-registry/update-requests", &request_variables},
    {"GET", "versions/process-groups/*", &get_version_control},
};

}  // namespace

std::span<const Route> group_routes() { return kRoutes; }

}  // namespace server::nifi
