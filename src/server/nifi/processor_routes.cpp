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

base::Result<Answer> answer_with(Context& context, const std::string& id, int status = 200) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(id));
  return json_answer(ComponentEntities(context, canvas).processor(*found.definition), status);
}

base::Result<Answer> get(Context& context, const Call&, const Ids& ids) { return answer_with(context, ids[0]); }

base::Result<Answer> list(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const ComponentEntities entities(context, canvas);
  if (!query_flag(call, "includeDescendantGroups"))
    return json_answer({{"processors", entities.list(kProcessor, scope)}});
  json::array processors;
  for (const auto& flow : canvas.flows)
    for (const auto& processor : flow.definition.processors)
      if (scope.groups.contains(processor.group)) processors.push_back(entities.processor(processor));
  return json_answer({{"processors", std::move(processors)}});
}

/// What of a configuration is a field of the saved processor under the same name.
void configure(json::object& saved, const json::object& config, const flow::Description* description) {
  copy_given(
      config, saved,
      {"schedulingPeriod", "schedulingStrategy", "executionNode", "penaltyDuration", "yieldDuration", "bulletinLevel",
       "runDurationMillis", "concurrentlySchedulableTaskCount", "autoTerminatedRelationships", "comments",
       "annotationData", "retryCount", "retriedRelationships", "backoffMechanism", "maxBackoffPeriod"});
  if (const auto* properties = object_at(config, "properties")) set_properties(saved, *properties, description);
  for (const auto& name : array_at(config, "sensitiveDynamicPropertyNames")) {
    if (!name.is_string()) continue;
    auto& descriptors = saved["propertyDescriptors"];
    if (!descriptors.is_object()) descriptors.emplace_object();
    descriptors.get_object()[name.get_string()] =
        json::object{{"name", name}, {"displayName", name}, {"sensitive", true}, {"dynamic", true}};
  }
}

base::Result<Answer> create(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const auto type = text_at(*wanted, "type");
  const auto* description = flow::find_description(type);
  if (description == nullptr)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("The processor type {} is not implemented; GET /flow/processor-types lists what is.",
                                  type.empty() ? "(none)" : type));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const auto id = new_uuid();
  auto made = new_component(kProcessor, id, scope.id, *wanted);
  if (text_at(made, "name").empty()) made["name"] = description->short_type();
  made["type"] = description->type;
  made["bundle"] = bundle_of(description->bundle);
  if (const auto* bundle = object_at(*wanted, "bundle"); bundle != nullptr && !text_at(*bundle, "version").empty())
    made["bundle"].get_object()["version"] = bundle->at("version");
  made["schedulingPeriod"] = description->default_period;
  made["scheduledState"] = "ENABLED";
  made["properties"] = json::object();
  copy_given(*wanted, made, {"style"});
  if (const auto* config = object_at(*wanted, "config")) configure(made, *config, description);
  TRY(const auto flow, flow_holding(context, scope));
  TRY_VOID(change(context, call, &body, id, flow,
                  [&](json::object& document) { return add_to(document, scope.id, kProcessor, std::move(made)); }));
  return answer_with(context, id, 201);
}

base::Status check_still(const Canvas& canvas, const std::string& id, std::string_view what) {
  const auto* status = canvas.component(id);
  if (status != nullptr && (status->state == flow::RunState::Running || status->active > 0))
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("{} is not stopped: {} while it runs is not possible.", status->name, what));
  return {};
}

/// RUNNING, STOPPED, DISABLED or RUN_ONCE.
base::Status run(Context& context, const Call& call, const json::object& body, const std::string& id,
                 const std::string& state) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(id));
  const auto& flow = found.flow->definition.root;
  const auto* status = canvas.component(id);
  const bool disabled = status != nullptr && status->state == flow::RunState::Disabled;
  const auto save_state = [&](std::string_view saved) {
    return change(context, call, &body, id, flow, [&](json::object& document) -> base::Status {
      TRY(auto* const processor, component_in(document, kProcessor, id));
      (*processor)["scheduledState"] = saved;
      return {};
    });
  };
  if (state == "DISABLED") {
    TRY_VOID(check_still(canvas, id, "disabling it"));
    return save_state("DISABLED");
  }
  if (state == "STOPPED" && disabled) return save_state("ENABLED");
  if (state != "RUNNING" && state != "STOPPED" && state != "RUN_ONCE")
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("state must be RUNNING, STOPPED, DISABLED or RUN_ONCE, not '{}'", state));
  TRY_VOID(context.revisions.check(call, &body, id));
  if (state != "STOPPED" && status != nullptr && status->state != flow::RunState::Running) {
    if (disabled) return base::fail(base::ErrorKind::Conflict, fmt::format("{} is disabled.", status->name));
    if (status->state == flow::RunState::Invalid)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("{} is invalid: {}", status->name, fmt::join(status->problems, "; ")));
  }
  if (state == "RUNNING") {
    TRY_VOID(context.flow.start(id));
  } else if (state == "STOPPED") {
    TRY_VOID(context.flow.stop(id));
  } else {
    TRY_VOID(context.flow.run_once(id));
  }
  context.revisions.raise(id);
  return {};
}

base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(ids[0]));
  const auto* config = object_at(*wanted, "config");
  const auto state = text_at(*wanted, "state");
  const bool is_changed = config != nullptr || given(*wanted, "name") || given(*wanted, "bundle");
  if (is_changed) TRY_VOID(check_still(canvas, ids[0], "changing its configuration"));
  if (state.empty() || is_changed || given(*wanted, "position") || given(*wanted, "style")) {
    TRY_VOID(
        change(context, call, &body, ids[0], found.flow->definition.root, [&](json::object& document) -> base::Status {
          TRY(auto* const saved, component_in(document, kProcessor, ids[0]));
          copy_given(*wanted, *saved, {"name", "position", "style", "bundle"});
          if (config != nullptr) configure(*saved, *config, description_of(*found.definition));
          return {};
        }));
    const Canvas after(context);
    const auto* status = after.component(ids[0]);
    const auto present = status == nullptr                           ? std::string_view{}
                         : status->state == flow::RunState::Running  ? "RUNNING"
                         : status->state == flow::RunState::Disabled ? "DISABLED"
                                                                     : "STOPPED";
    if (!state.empty() && state != present) TRY_VOID(run(context, Call{}, {}, ids[0], state));
  } else {
    TRY_VOID(run(context, call, body, ids[0], state));
  }
  return answer_with(context, ids[0]);
}

base::Result<Answer> remove(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(ids[0]));
  TRY_VOID(check_still(canvas, ids[0], "removing it"));
  const auto entity = ComponentEntities(context, canvas).processor(*found.definition);
  std::vector<std::string> outgoing;
  for (const auto& connection : found.flow->definition.connections) {
    if (connection.destination == ids[0] && connection.source != ids[0])
      return base::fail(base::ErrorKind::Conflict, fmt::format("{} is the destination of another component: '{}'",
                                                               found.definition->name, connection.source_name));
    if (connection.source == ids[0]) outgoing.push_back(connection.id);
  }
  TRY_VOID(
      change(context, call, nullptr, ids[0], found.flow->definition.root, [&](json::object& document) -> base::Status {
        for (const auto& connection : outgoing) TRY_VOID(remove_from(document, kConnection.list, connection));
        return remove_from(document, kProcessor.list, ids[0]);
      }));
  context.revisions.forget(ids[0]);
  return json_answer(entity);
}

base::Result<Answer> set_run_status(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY_VOID(run(context, call, body, ids[0], text_at(body, "state")));
  return answer_with(context, ids[0]);
}

/// Triggers are not cut short here: it returns when they have ended.
base::Result<Answer> end_threads(Context& context, const Call&, const Ids& ids) {
  TRY_VOID(context.flow.stop(ids[0]));
  return answer_with(context, ids[0]);
}

base::Result<Answer> get_descriptor(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(ids[0]));
  const std::string name(query_value(call, "propertyName"));
  return json_answer(
      {{"propertyDescriptor", property_descriptor(*found.definition, description_of(*found.definition), name)}});
}

base::Result<Answer> get_state(Context& context, const Call&, const Ids& ids) {
  TRY(const auto state, context.flow.state_of(ids[0]));
  json::array entries;
  for (const auto& [key, value] : state) entries.push_back(json::object{{"key", key}, {"value", value}});
  const auto count = entries.size();
  return json_answer(
      {{"componentState",
        json::object{
            {"componentId", ids[0]},
            {"stateDescription", ""},
            {"localState", json::object{{"scope", "LOCAL"}, {"totalEntryCount", count}, {"state", entries}}}}}});
}

base::Result<Answer> clear_state(Context& context, const Call&, const Ids& ids) {
  TRY_VOID(context.flow.clear_state(ids[0]));
  return json_answer({{"componentState", json::object{{"componentId", ids[0]}}}});
}

base::Result<Answer> get_status(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(ids[0]));
  const auto entity = ComponentEntities(context, canvas).processor(*found.definition);
  return json_answer({{"canRead", true}, {"processorStatus", entity.at("status")}});
}

/// Of several processors at once; an id that is none is left out.
base::Result<Answer> run_status_details(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  json::array list;
  for (const auto& id : array_at(body, "processorIds")) {
    const auto* status = id.is_string() ? canvas.component(std::string(std::string_view(id.get_string()))) : nullptr;
    if (status == nullptr || !canvas.processor(status->id)) continue;
    list.push_back(json::object{{"revision", json::object{{"version", context.revisions.of(status->id)}}},
                                {"permissions", permissions()},
                                {"runStatusDetails", json::object{{"id", status->id},
                                                                  {"name", status->name},
                                                                  {"runStatus", flow::name_of(status->state)},
                                                                  {"activeThreads", status->active},
                                                                  {"validationErrors", texts(status->problems)}}}});
  }
  return json_answer({{"runStatusDetails", std::move(list)}});
}

constexpr Route kRoutes[] = {
    {"GET", "process-groups/*/processors", &list},
    {"POST", "process-groups/*/processors", &create},
    {"GET", "processors/*", &get},
    {"PUT", "processors/*", &update},
    {"DELETE", "processors/*", &remove},
    {"PUT", "processors/*/run-status", &set_run_status},
    {"POST", "processors/run-status-details/queries", &run_status_details},
    {"DELETE", "processors/*/threads", &end_threads},
    {"GET", "processors/*/descriptors", &get_descriptor},
    {"GET", "processors/*/state", &get_state},
    {"POST", "processors/*/state/clear-requests", &clear_state},
    {"GET", "flow/processors/*/status", &get_status},
};

}  // namespace

std::span<const Route> processor_routes() { return kRoutes; }

}  // namespace server::nifi
