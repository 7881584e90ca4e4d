#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/document.h"
#include "server/nifi/entities.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

using flow::RunState;

bool is_chosen(const json::object* named, const std::string& id) {
  return named == nullptr || named->empty() || named->contains(id);
}

/// ENABLED and DISABLED of what stands still.
base::Status set_enabled(Context& context, const Canvas& canvas, const Scope& scope, const json::object* named,
                         std::string_view state) {
  for (const auto& flow : canvas.flows) {
    std::vector<std::pair<std::string, const Kind*>> chosen;
    const auto choose = [&](const auto& component, const Kind& kind) {
      const auto* status = canvas.component(component.id);
      const bool changes = status != nullptr && status->state != RunState::Running &&
                           (status->state == RunState::Disabled) == (state == "ENABLED");
      if (changes && scope.groups.contains(component.group) && is_chosen(named, component.id))
        chosen.emplace_back(component.id, &kind);
    };
    for (const auto& processor : flow.definition.processors) choose(processor, kProcessor);
    for (const auto& port : flow.definition.ports)
      if (port.kind == flow::PortKind::Input || port.kind == flow::PortKind::Output) choose(port, kind_of(port.kind));
    if (chosen.empty()) continue;
    TRY_VOID(context.flow.edit(flow.definition.root, [&](json::object& document) -> base::Status {
      for (const auto& [id, kind] : chosen) {
        TRY(auto* const saved, component_in(document, *kind, id));
        (*saved)["scheduledState"] = state;
      }
      return {};
    }));
    for (const auto& [id, kind] : chosen) context.revisions.raise(id);
  }
  return {};
}

/// Those of a group that are named, one by one.
base::Status run_named(Context& context, const Canvas& canvas, const Scope& scope, const json::object& named,
                       const std::string& state) {
  for (const auto& component : canvas.status.components) {
    if (!scope.groups.contains(component.group) || !named.contains(component.id)) continue;
    const json::object seen{{"revision", named.at(component.id)}};
    TRY_VOID(context.revisions.check(Call{}, &seen, component.id));
    if (state == "STOPPED") {
      TRY_VOID(context.flow.stop(component.id));
    } else if (component.state == RunState::Stopped) {
      TRY_VOID(context.flow.start(component.id));
    }
    context.revisions.raise(component.id);
  }
  return {};
}

base::Result<Answer> schedule(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const auto* named = object_at(body, "components");
  const auto state = text_at(body, "state");
  if (state == "ENABLED" || state == "DISABLED") {
    TRY_VOID(set_enabled(context, canvas, scope, named, state));
  } else if (state != "RUNNING" && state != "STOPPED") {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("state must be RUNNING, STOPPED, ENABLED or DISABLED, not '{}'", state));
  } else if (named != nullptr && !named->empty()) {
    TRY_VOID(run_named(context, canvas, scope, *named, state));
  } else {
    // A flow as a whole remembers that it runs; of a group in it each component is told.
    const bool whole = scope.is_root() || scope.flow == scope.id;
    const auto told = scope.is_root() ? std::set<std::string>{""} : whole ? std::set{scope.id} : scope.groups;
    for (const auto& id : told) {
      if (state == "STOPPED") {
        TRY_VOID(context.flow.stop(id));
      } else if (const auto started = context.flow.start(id); !started && whole) {
        return base::fail(started.error());  // a group without components is no failure
      }
    }
  }
  return json_answer({{"id", scope.id}, {"state", state}});
}

base::Result<Answer> begin_idle(Context& context, const Call&, const Ids& ids) {
  TRY(const auto scope, Canvas(context).scope(ids[0]));
  if (scope.id != scope.flow)
    return base::fail(base::ErrorKind::Conflict, "only whole flows can be run until they are idle: " + scope.name);
  return json_answer(idle_request_entity(context.idle.begin(scope.id)), 202);
}

base::Result<Answer> get_idle(Context& context, const Call&, const Ids& ids) {
  const auto state = context.idle.find(ids[1]);
  if (!state) return base::fail(base::ErrorKind::NotFound, fmt::format("no idle request with the id {}", ids[1]));
  return json_answer(idle_request_entity(*state));
}

base::Result<Answer> remove_idle(Context& context, const Call&, const Ids& ids) {
  TRY(const auto state, context.idle.remove(ids[1]));
  return json_answer(idle_request_entity(state));
}

constexpr Route kRoutes[] = {
    {"PUT", "flow/process-groups/*", &schedule},
    {"POST", "process-groups/*/idle-requests", &begin_idle},
    {"GET", "process-groups/*/idle-requests/*", &get_idle},
    {"DELETE", "process-groups/*/idle-requests/*", &remove_idle},
};

}  // namespace

std::span<const Route> schedule_routes() { return kRoutes; }

}  // namespace server::nifi
