// Parameter contexts.
#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/context_entities.h"
#include "server/nifi/dates.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/document.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

base::Result<Answer> answer_with(Context& context, const std::string& id, const Call& call, int status = 200) {
  const Canvas canvas(context);
  TRY(const auto place, find_context(canvas, id));
  const bool inherited = query_flag(call, "includeInheritedParameters");
  return json_answer(context_entity(context, canvas, place, {.with_inherited = inherited}), status);
}

base::Result<Answer> list(Context& context, const Call&, const Ids&) {
  const Canvas canvas(context);
  json::array contexts;
  for (const auto& place : all_contexts(canvas)) contexts.push_back(context_entity(context, canvas, place));
  return json_answer({{"parameterContexts", std::move(contexts)}, {"currentTime", time_of_day(canvas.now)}});
}

base::Result<Answer> get(Context& context, const Call& call, const Ids& ids) {
  return answer_with(context, ids[0], call);
}

/// The parameters that a request names: a value changes or adds one, nothing at all removes it.
base::Status change_parameters(flow::SharedContext& context, const json::object& wanted) {
  for (const auto& entry : array_at(wanted, "parameters")) {
    const auto* parameter = entry.is_object() ? object_at(entry.get_object(), "parameter") : nullptr;
    if (parameter == nullptr) return base::fail(base::ErrorKind::InvalidValue, "an entry has no 'parameter'");
    const auto name = text_at(*parameter, "name");
    if (name.empty()) return base::fail(base::ErrorKind::InvalidValue, "a parameter has no name");
    if (flag_at(*parameter, "inherited")) continue;
    const auto *value = given(*parameter, "value"), *sensitive = given(*parameter, "sensitive"),
               *description = given(*parameter, "description");
    if (value == nullptr && sensitive == nullptr && description == nullptr) {
      context.parameters.erase(name);
      continue;
    }
    if (value != nullptr && !value->is_string())
      return base::fail(base::ErrorKind::InvalidValue, "the value of a parameter must be a text: " + name);
    const bool is_new = !context.parameters.contains(name);
    auto& changed = context.parameters[name];
    const bool wants_sensitive = flag_at(*parameter, "sensitive", changed.sensitive);
    if (!is_new && wants_sensitive != changed.sensitive)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("whether parameter '{}' is sensitive cannot be changed", name));
    changed.sensitive = wants_sensitive;
    if (description != nullptr) changed.description = text_at(*parameter, "description");
    if (value != nullptr && !(changed.sensitive && text_at(*parameter, "value") == kHidden))
      changed.value = text_at(*parameter, "value");
    if (flag_at(*parameter, "valueRemoved")) changed.value.reset();
  }
  return {};
}

/// A request's `component` upon a context. `places`: for the names of those that it inherits.
base::Status change_context(flow::SharedContext& context, const json::object& wanted,
                            const std::vector<ContextPlace>& places) {
  if (const auto name = text_at(wanted, "name"); !name.empty()) context.name = name;
  if (given(wanted, "description")) context.description = text_at(wanted, "description");
  TRY_VOID(change_parameters(context, wanted));
  const auto* inherited = given(wanted, "inheritedParameterContexts");
  if (inherited == nullptr || !inherited->is_array()) return {};
  context.inherited.clear();
  for (const auto& entry : inherited->get_array()) {
    const auto id = entry.is_object() ? text_at(entry.get_object(), "id") : std::string{};
    const auto found = std::ranges::find_if(places, [&](const auto& place) { return place.context.id == id; });
    if (found == places.end())
      return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate parameter context with id '{}'.", id));
    context.inherited.push_back(found->context.name);
  }
  return {};
}

base::Result<Answer> create(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  if (text_at(*wanted, "name").empty())
    return base::fail(base::ErrorKind::InvalidValue, "the name of the parameter context must be specified");
  const Canvas canvas(context);
  flow::SharedContext made{.id = new_uuid(), .name = {}, .description = {}, .parameters = {}, .inherited = {}};
  TRY_VOID(change_context(made, *wanted, all_contexts(canvas)));
  TRY_VOID(context.revisions.check(call, &body, made.id));
  auto contexts = canvas.contexts;
  contexts.push_back(made);
  TRY_VOID(context.flow.set_contexts(std::move(contexts)));
  context.revisions.raise(made.id);
  return answer_with(context, made.id, call, 201);
}

/// A context that is a flow's own is changed in its flow; groups follow its name.
base::Status save_own(Context& context, const ContextPlace& before, const flow::SharedContext& after) {
  const auto& flow = before.flow->definition.root;
  TRY_VOID(context.flow.edit(flow, [&](json::object& document) -> base::Status {
    for (auto& value : list_of(document, "parameterContexts"))
      if (text_at(value.get_object(), "name") == before.context.name) {
        value = *flow::definition_of(after).saved;
        value.get_object().erase("identifier");
      }
    for (const auto& group : before.flow->definition.groups) {
      if (group.parameter_context != before.context.name) continue;
      TRY(auto* const saved, group_in(document, group.id));
      (*saved)["parameterContextName"] = after.name;
    }
    return {};
  }));
  // What was set beside the file counts for more than the file.
  std::map<std::string, std::string> values;
  for (const auto& [name, parameter] : after.parameters)
    if (before.flow->parameters.contains(name)) values[name] = parameter.value.value_or("");
  return values.empty() ? base::Status{} : context.flow.set_parameters(flow, values);
}

base::Status apply(Context& context, const Call& call, const json::object& body, const std::string& id) {
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto place, find_context(canvas, id));
  TRY_VOID(context.revisions.check(call, &body, id));
  auto after = place.context;
  TRY_VOID(change_context(after, *wanted, all_contexts(canvas)));
  if (place.flow != nullptr) {
    TRY_VOID(save_own(context, place, after));
  } else {
    auto contexts = canvas.contexts;
    for (auto& shared : contexts) {
      if (shared.id == id) shared = after;
      std::ranges::replace(shared.inherited, place.context.name, after.name);
    }
    if (after.name != place.context.name) {  // the old name must not come to mean nothing in between
      auto both = contexts;
      both.push_back(place.context);
      TRY_VOID(context.flow.set_contexts(std::move(both)));
      for (const auto& flow : canvas.flows) {
        const auto bound = [&](const auto& group) { return group.parameter_context == place.context.name; };
        const auto own = flow.definition.contexts.find(place.context.name);
        if ((own != flow.definition.contexts.end() && !own->second.shared) ||
            std::ranges::none_of(flow.definition.groups, bound))
          continue;
        TRY_VOID(context.flow.edit(flow.definition.root, [&](json::object& document) -> base::Status {
          for (const auto& group : flow.definition.groups) {
            if (!bound(group)) continue;
            TRY(auto* const saved, group_in(document, group.id));
            (*saved)["parameterContextName"] = after.name;
          }
          return {};
        }));
      }
    }
    TRY_VOID(context.flow.set_contexts(std::move(contexts)));
  }
  context.revisions.raise(id);
  return {};
}

/// The id of a flow's own context comes from its name.
std::string id_after(const ContextPlace& before, const json::object& body) {
  const auto* component = object_at(body, "component");
  const auto name = component == nullptr ? std::string{} : text_at(*component, "name");
  const bool moved = before.flow != nullptr && !name.empty();
  return moved ? context_id(*before.flow, name) : before.context.id;
}

base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  TRY(const auto place, find_context(canvas, ids[0]));
  TRY_VOID(apply(context, call, body, ids[0]));
  return answer_with(context, id_after(place, body), call);
}

/// NiFi clients ask for these again until they are complete; here they are when they are answered.
base::Result<Answer> request_update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const Canvas before(context);
  TRY(const auto asked, find_context(before, ids[0]));
  TRY_VOID(apply(context, call, body, ids[0]));
  const Canvas canvas(context);
  TRY(const auto place, find_context(canvas, id_after(asked, body)));
  const auto entity = context_entity(context, canvas, place);
  const auto id = new_uuid();
  const auto at = timestamp_text(canvas.now);
  json::object made{
      {"parameterContextRevision", entity.at("revision")},
      {"request", json::object{{"requestId", id},
                               {"uri", fmt::format("/nifi-api/parameter-contexts/{}/update-requests/{}", ids[0], id)},
                               {"submissionTime", at},
                               {"lastUpdated", at},
                               {"complete", true},
                               {"percentCompleted", 100},
                               {"state", "Complete"},
                               {"updateSteps", json::array()},
                               {"referencingComponents", json::array()},
                               {"parameterContext", entity.at("component")}}}};
  context.requests.add(id, made);
  return json_answer(made);
}

base::Result<Answer> remove(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto place, find_context(canvas, ids[0]));
  TRY_VOID(context.revisions.check(call, nullptr, ids[0]));
  const auto entity = context_entity(context, canvas, place);
  for (const auto& other : all_contexts(canvas))
    if (other.flow == place.flow && std::ranges::count(other.context.inherited, place.context.name) > 0)
      return base::fail(base::ErrorKind::Conflict, fmt::format("parameter context '{}' is inherited by '{}'",
                                                               place.context.name, other.context.name));
  // Groups that have it lose it.
  for (const auto& flow : canvas.flows) {
    const auto bound = [&](const flow::GroupDefinition& group) {
      return group.parameter_context == place.context.name && context_id(flow, group.parameter_context) == ids[0];
    };
    if (place.flow != &flow && std::ranges::none_of(flow.definition.groups, bound)) continue;
    TRY_VOID(context.flow.edit(flow.definition.root, [&](json::object& document) -> base::Status {
      for (const auto& group : flow.definition.groups) {
        if (!bound(group)) continue;
        TRY(auto* const saved, group_in(document, group.id));
        saved->erase("parameterContextName");
      }
      if (place.flow == &flow) {
        auto& contexts = list_of(document, "parameterContexts");
        for (auto at = contexts.begin(); at != contexts.end();)
          at = text_at(at->get_object(), "name") == place.context.name ? contexts.erase(at) : at + 1;
      }
      return {};
    }));
  }
  auto contexts = canvas.contexts;
  if (std::erase_if(contexts, [&](const auto& shared) { return shared.id == ids[0]; }) > 0)
    TRY_VOID(context.flow.set_contexts(std::move(contexts)));
  context.revisions.forget(ids[0]);
  return json_answer(entity);
}

constexpr Route kRoutes[] = {
    {"GET", "flow/parameter-contexts", &list},   {"POST", "parameter-contexts", &create},
    {"GET", "parameter-contexts/*", &get},       {"PUT", "parameter-contexts/*", &update},
    {"DELETE", "parameter-contexts/*", &remove}, {"POST", "parameter-contexts/*/update-requests", &request_update},
};

}  // namespace

std::span<const Route> context_routes() { return kRoutes; }

}  // namespace server::nifi
