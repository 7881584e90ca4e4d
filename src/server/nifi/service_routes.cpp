#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/document.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// What a client may change of a service beside its state.
constexpr std::string_view kFields[] = {"name", "comments", "annotationData", "bulletinLevel", "bundle", "properties"};

base::Result<Answer> answer_with(Context& context, const std::string& id, int status = 200) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(id));
  return json_answer(ComponentEntities(context, canvas).service(*found.definition), status);
}

base::Result<Answer> get(Context& context, const Call&, const Ids& ids) { return answer_with(context, ids[0]); }

/// As NiFi lists them: those of the groups above are seen here too, unless the client asks for less.
base::Result<Answer> list(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  std::set<std::string> groups{scope.id};
  if (query_flag(call, "includeDescendantGroups")) groups = scope.groups;
  if (query_flag(call, "includeAncestorGroups", true))
    for (auto above = scope.parent; !above.empty();) {
      groups.insert(above);
      TRY(const auto group, canvas.scope(above));
      above = group.parent;
    }
  const ComponentEntities entities(context, canvas);
  json::array services;
  for (const auto& flow : canvas.flows)
    for (const auto& service : flow.definition.services)
      if (groups.contains(service.group)) services.push_back(entities.service(service));
  return json_answer({{"currentTime", time_of_day(canvas.now)}, {"controllerServices", std::move(services)}});
}

base::Result<Answer> list_of_controller(Context& context, const Call&, const Ids&) {
  return json_answer({{"currentTime", time_of_day(context.flow.now())}, {"controllerServices", json::array()}});
}

base::Result<Answer> create(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const auto type = text_at(*wanted, "type");
  const auto* description = flow::find_description(type, flow::service_descriptions());
  if (description == nullptr)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("The controller service type {} is not implemented; GET "
                                  "/flow/controller-service-types lists what is.",
                                  type.empty() ? "(none)" : type));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const auto id = new_uuid();
  auto made = new_component(kService, id, scope.id, *wanted);
  made.erase("position");
  if (text_at(made, "name").empty()) made["name"] = description->short_type();
  made["type"] = description->type;
  made["bundle"] = bundle_of(description->bundle);
  made["scheduledState"] = "DISABLED";
  made["properties"] = json::object();
  copy_given(*wanted, made, {"annotationData", "bulletinLevel"});
  if (const auto* properties = object_at(*wanted, "properties")) set_properties(made, *properties, description);
  TRY(const auto flow, flow_holding(context, scope));
  TRY_VOID(change(context, call, &body, id, flow,
                  [&](json::object& document) { return add_to(document, scope.id, kService, std::move(made)); }));
  return answer_with(context, id, 201);
}

/// What refers to a service, and what refers to that.
struct Referring {
  std::vector<std::string> processors, services;
};

void add_referring(const flow::FlowDefinition& flow, const std::string& service, Referring& into) {
  const auto refers = [&](const flow::ConfiguredDefinition& component) {
    return std::ranges::any_of(component.references, [&](const std::string& key) {
      const auto value = component.properties.find(key);
      return value != component.properties.end() && value->second == service;
    });
  };
  for (const auto& processor : flow.processors)
    if (refers(processor) && std::ranges::count(into.processors, processor.id) == 0)
      into.processors.push_back(processor.id);
  for (const auto& other : flow.services) {
    if (!refers(other) || std::ranges::count(into.services, other.id) > 0) continue;
    into.services.push_back(other.id);
    add_referring(flow, other.id, into);
  }
}

/// Enabled, or tried until it is.
bool is_on(const flow::ServiceStatus* status) {
  return status != nullptr &&
         (status->state == flow::ServiceState::Enabled || status->state == flow::ServiceState::Enabling);
}

base::Status check_unused(const Canvas& canvas, const Canvas::Found<flow::ServiceDefinition>& found) {
  Referring referring;
  add_referring(found.flow->definition, found.definition->id, referring);
  for (const auto& id : referring.processors)
    if (const auto* status = canvas.component(id);
        status != nullptr && (status->state == flow::RunState::Running || status->active > 0))
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("{} cannot be disabled because it is referenced by a component that runs: '{}'",
                                    found.definition->name, status->name));
  for (const auto& id : referring.services)
    if (const auto* status = canvas.service_status(id); is_on(status))
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("{} cannot be disabled because it is referenced by a service that is enabled: '{}'",
                                    found.definition->name, status->name));
  return {};
}

base::Result<Answer> remove(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(ids[0]));
  const auto* status = canvas.service_status(ids[0]);
  if (is_on(status))
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("{} cannot be removed because it is not disabled.", found.definition->name));
  const auto entity = ComponentEntities(context, canvas).service(*found.definition);
  TRY_VOID(change(context, call, nullptr, ids[0], found.flow->definition.root,
                  [&](json::object& document) { return remove_from(document, kService.list, ids[0]); }));
  context.revisions.forget(ids[0]);
  return json_answer(entity);
}

/// Sets the state of services in one step.
base::Status set_states(Context& context, const std::string& flow, const std::vector<std::string>& ids,
                        std::string_view state) {
  TRY_VOID(context.flow.edit(flow, [&](json::object& document) -> base::Status {
    for (const auto& id : ids) {
      TRY(auto* const saved, component_in(document, kService, id));
      (*saved)["scheduledState"] = state;
    }
    return {};
  }));
  for (const auto& id : ids) context.revisions.raise(id);
  return {};
}

base::Status check_state(const std::string& state) {
  if (state == "ENABLED" || state == "DISABLED") return {};
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("state must be ENABLED or DISABLED, not '{}'", state));
}

/// Conflict when something uses it that would have to stop, or when it is not valid; then it stays as it was. One that
/// cannot be enabled yet is tried again.
base::Status set_state(Context& context, const std::string& id, const std::string& state) {
  TRY_VOID(check_state(state));
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(id));
  if (state == "DISABLED") TRY_VOID(check_unused(canvas, found));
  const auto& flow = found.flow->definition.root;
  TRY_VOID(set_states(context, flow, {id}, state));
  const Canvas after(context);
  const auto* status = after.service_status(id);
  if (state != "ENABLED" || status == nullptr || status->state != flow::ServiceState::Invalid) return {};
  const auto problems = status->problems;
  TRY_VOID(set_states(context, flow, {id}, "DISABLED"));
  return base::fail(base::ErrorKind::Conflict, fmt::format("{} cannot be enabled because it is not valid: {}",
                                                           found.definition->name, fmt::join(problems, "; ")));
}

base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(ids[0]));
  const auto* status = canvas.service_status(ids[0]);
  const auto state = text_at(*wanted, "state");
  const bool is_changed =
      std::ranges::any_of(kFields, [&](const auto name) { return given(*wanted, name) != nullptr; });
  if (!state.empty() && !is_changed) {
    TRY_VOID(context.revisions.check(call, &body, ids[0]));
    TRY_VOID(set_state(context, ids[0], state));
    return answer_with(context, ids[0]);
  }
  if (is_on(status))
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("{} cannot be updated because it is not disabled.", found.definition->name));
  TRY_VOID(
      change(context, call, &body, ids[0], found.flow->definition.root, [&](json::object& document) -> base::Status {
        TRY(auto* const saved, component_in(document, kService, ids[0]));
        copy_given(*wanted, *saved, {"name", "comments", "annotationData", "bulletinLevel", "bundle"});
        if (const auto* properties = object_at(*wanted, "properties"))
          set_properties(*saved, *properties, description_of(*found.definition));
        return {};
      }));
  if (state == "ENABLED") TRY_VOID(set_state(context, ids[0], state));
  return answer_with(context, ids[0]);
}

base::Result<Answer> set_run_status(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY_VOID(context.revisions.check(call, &body, ids[0]));
  TRY_VOID(set_state(context, ids[0], text_at(body, "state")));
  return answer_with(context, ids[0]);
}

/// All of a group and those below, or those that are named.
base::Result<Answer> activate(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const auto state = text_at(body, "state");
  TRY_VOID(check_state(state));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const auto* named = object_at(body, "components");
  for (const auto& flow : canvas.flows) {
    std::vector<std::string> chosen;
    for (const auto& service : flow.definition.services) {
      const bool asked = named == nullptr || named->empty() || named->contains(service.id);
      if (!asked || !scope.groups.contains(service.group) || service.scheduled_state == state) continue;
      if (state == "DISABLED") {
        Referring referring;
        add_referring(flow.definition, service.id, referring);
        for (const auto& id : referring.processors)
          if (const auto* status = canvas.component(id); status != nullptr && status->state == flow::RunState::Running)
            return base::fail(
                base::ErrorKind::Conflict,
                fmt::format("{} cannot be disabled because it is referenced by a component that runs: '{}'",
                            service.name, status->name));
      }
      chosen.push_back(service.id);
    }
    if (!chosen.empty()) TRY_VOID(set_states(context, flow.definition.root, chosen, state));
  }
  return json_answer({{"id", scope.id}, {"state", state}});
}

base::Result<Answer> references_of(Context& context, const std::string& id) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(id));
  const auto entity = ComponentEntities(context, canvas).service(*found.definition);
  return json_answer({{"controllerServiceReferencingComponents", entity.at("component").at("referencingComponents")}});
}

base::Result<Answer> get_references(Context& context, const Call&, const Ids& ids) {
  return references_of(context, ids[0]);
}

base::Result<Answer> set_references(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(ids[0]));
  Referring referring;
  add_referring(found.flow->definition, ids[0], referring);
  const auto state = text_at(body, "state");
  if (state == "ENABLED" || state == "DISABLED") {
    TRY_VOID(set_states(context, found.flow->definition.root, referring.services, state));
  } else if (state == "STOPPED") {
    for (const auto& id : referring.processors) TRY_VOID(context.flow.stop(id));
  } else if (state == "RUNNING") {
    for (const auto& id : referring.processors)
      if (const auto* status = canvas.component(id); status != nullptr && status->state == flow::RunState::Stopped)
        TRY_VOID(context.flow.start(id));
  } else {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("state must be RUNNING, STOPPED, ENABLED or DISABLED, not '{}'", state));
  }
  return references_of(context, ids[0]);
}

base::Result<Answer> get_descriptor(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.service(ids[0]));
  const std::string name(query_value(call, "propertyName"));
  return json_answer(
      {{"propertyDescriptor", property_descriptor(*found.definition, description_of(*found.definition), name)}});
}

/// None of the services that there are keeps state.
base::Result<Answer> get_state(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY_VOID(canvas.service(ids[0]));
  return json_answer(
      {{"componentState",
        json::object{
            {"componentId", ids[0]},
            {"stateDescription", ""},
            {"localState", json::object{{"scope", "LOCAL"}, {"totalEntryCount", 0}, {"state", json::array()}}}}}});
}

constexpr Route kRoutes[] = {
    {"GET", "flow/process-groups/*/controller-services", &list},
    {"PUT", "flow/process-groups/*/controller-services", &activate},
    {"GET", "flow/controller/controller-services", &list_of_controller},
    {"POST", "process-groups/*/controller-services", &create},
    {"GET", "controller-services/*", &get},
    {"PUT", "controller-services/*", &update},
    {"DELETE", "controller-services/*", &remove},
    {"PUT", "controller-services/*/run-status", &set_run_status},
    {"GET", "controller-services/*/references", &get_references},
    {"PUT", "controller-services/*/references", &set_references},
    {"GET", "controller-services/*/descriptors", &get_descriptor},
    {"GET", "controller-services/*/state", &get_state},
    {"POST", "controller-services/*/state/clear-requests", &get_state},
};

}  // namespace

std::span<const Route> service_routes() { return kRoutes; }

}  // namespace server::nifi
