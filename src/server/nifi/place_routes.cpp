// Ports, funnels, labels and remote groups.
#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/document.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

bool is_kept(const Kind& kind) { return kind.type == kLabel.type || kind.type == kRemoteGroup.type; }

struct Place {
  std::string flow;
  json::object entity;
};

base::Result<Place> find(Context& context, const Canvas& canvas, const Kind& kind, const std::string& id) {
  const ComponentEntities entities(context, canvas);
  if (is_kept(kind)) {
    TRY(const auto found, canvas.kept(kind, id));
    return Place{found.flow->definition.root, entities.kept(kind, found)};
  }
  TRY(const auto found, canvas.port(kind, id));
  return Place{found.flow->definition.root, entities.port(*found.definition)};
}

base::Result<Answer> answer_with(Context& context, const Kind& kind, const std::string& id, int status = 200) {
  const Canvas canvas(context);
  TRY(const auto found, find(context, canvas, kind, id));
  return json_answer(found.entity, status);
}

template <const Kind& kind>
base::Result<Answer> get(Context& context, const Call&, const Ids& ids) {
  return answer_with(context, kind, ids[0]);
}

template <const Kind& kind>
base::Result<Answer> list(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer({{kind.list, ComponentEntities(context, canvas).list(kind, scope)}});
}

void configure(json::object& saved, const json::object& wanted) {
  copy_given(wanted, saved,
             {"name", "comments", "position", "concurrentlySchedulableTaskCount", "portFunction", "label", "width",
              "height", "style", "zIndex"});
}

template <const Kind& kind>
base::Result<Answer> create(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const bool is_port = kind.type == kInputPort.type || kind.type == kOutputPort.type;
  if (is_port && text_at(*wanted, "name").empty())
    return base::fail(base::ErrorKind::InvalidValue, "the name of the port must be specified");
  const auto id = new_uuid();
  auto made = new_component(kind, id, scope.id, *wanted);
  if (is_port) {
    made["type"] = kind.type;
    made["scheduledState"] = "ENABLED";
    made["concurrentlySchedulableTaskCount"] = 1;
  }
  configure(made, *wanted);
  TRY(const auto flow, flow_holding(context, scope));
  TRY_VOID(change(context, call, &body, id, flow,
                  [&](json::object& document) { return add_to(document, scope.id, kind, std::move(made)); }));
  return answer_with(context, kind, id, 201);
}

template <const Kind& kind>
base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto found, find(context, canvas, kind, ids[0]));
  TRY_VOID(change(context, call, &body, ids[0], found.flow, [&](json::object& document) -> base::Status {
    TRY(auto* const saved, component_in(document, kind, ids[0]));
    configure(*saved, *wanted);
    return {};
  }));
  return answer_with(context, kind, ids[0]);
}

template <const Kind& kind>
base::Result<Answer> remove(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, find(context, canvas, kind, ids[0]));
  std::vector<std::string> outgoing;
  for (const auto& flow : canvas.flows)
    for (const auto& connection : flow.definition.connections) {
      if (connection.destination == ids[0])
        return base::fail(base::ErrorKind::Conflict,
                          fmt::format("it is the destination of another component: '{}'", connection.source_name));
      if (connection.source == ids[0]) outgoing.push_back(connection.id);
    }
  if (const auto* status = canvas.component(ids[0]);
      kind.type != kFunnel.type && status != nullptr && status->state == flow::RunState::Running)
    return base::fail(base::ErrorKind::Conflict, fmt::format("'{}' is not stopped", status->name));
  TRY_VOID(change(context, call, nullptr, ids[0], found.flow, [&](json::object& document) -> base::Status {
    for (const auto& connection : outgoing) TRY_VOID(remove_from(document, kConnection.list, connection));
    return remove_from(document, kind.list, ids[0]);
  }));
  context.revisions.forget(ids[0]);
  return json_answer(found.entity);
}

template <const Kind& kind>
base::Result<Answer> set_run_status(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  TRY(const auto found, canvas.port(kind, ids[0]));
  const auto state = text_at(body, "state");
  const auto* status = canvas.component(ids[0]);
  const bool disabled = status != nullptr && status->state == flow::RunState::Disabled;
  if (state == "DISABLED" || (state == "STOPPED" && disabled)) {
    TRY_VOID(
        change(context, call, &body, ids[0], found.flow->definition.root, [&](json::object& document) -> base::Status {
          TRY(auto* const saved, component_in(document, kind, ids[0]));
          (*saved)["scheduledState"] = state == "DISABLED" ? "DISABLED" : "ENABLED";
          return {};
        }));
    return answer_with(context, kind, ids[0]);
  }
  TRY_VOID(context.revisions.check(call, &body, ids[0]));
  if (state == "RUNNING") {
    if (disabled) return base::fail(base::ErrorKind::Conflict, fmt::format("{} is disabled.", status->name));
    TRY_VOID(context.flow.start(ids[0]));
  } else if (state == "STOPPED") {
    TRY_VOID(context.flow.stop(ids[0]));
  } else {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("state must be RUNNING, STOPPED or DISABLED, not '{}'", state));
  }
  context.revisions.raise(ids[0]);
  return answer_with(context, kind, ids[0]);
}

base::Result<Answer> refuse_remote(Context&, const Call&, const Ids&) {
  return base::fail(base::ErrorKind::Conflict, "site-to-site is not supported: a remote process group cannot be made");
}

template <const Kind& kind>
base::Result<Answer> get_status(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, find(context, canvas, kind, ids[0]));
  return json_answer({{"canRead", true}, {"portStatus", found.entity.at("status")}});
}

constexpr Route kRoutes[] = {
    {"GET", "process-groups/*/input-ports", &list<kInputPort>},
    {"POST", "process-groups/*/input-ports", &create<kInputPort>},
    {"GET", "input-ports/*", &get<kInputPort>},
    {"PUT", "input-ports/*", &update<kInputPort>},
    {"DELETE", "input-ports/*", &remove<kInputPort>},
    {"PUT", "input-ports/*/run-status", &set_run_status<kInputPort>},
    {"GET", "flow/input-ports/*/status", &get_status<kInputPort>},
    {"GET", "process-groups/*/output-ports", &list<kOutputPort>},
    {"POST", "process-groups/*/output-ports", &create<kOutputPort>},
    {"GET", "output-ports/*", &get<kOutputPort>},
    {"PUT", "output-ports/*", &update<kOutputPort>},
    {"DELETE", "output-ports/*", &remove<kOutputPort>},
    {"PUT", "output-ports/*/run-status", &set_run_status<kOutputPort>},
    {"GET", "flow/output-ports/*/status", &get_status<kOutputPort>},
    {"GET", "process-groups/*/funnels", &list<kFunnel>},
    {"POST", "process-groups/*/funnels", &create<kFunnel>},
    {"GET", "funnels/*", &get<kFunnel>},
    {"PUT", "funnels/*", &update<kFunnel>},
    {"DELETE", "funnels/*", &remove<kFunnel>},
    {"GET", "process-groups/*/labels", &list<kLabel>},
    {"POST", "process-groups/*/labels", &create<kLabel>},
    {"GET", "labels/*", &get<kLabel>},
    {"PUT", "labels/*", &update<kLabel>},
    {"DELETE", "labels/*", &remove<kLabel>},
    {"GET", "process-groups/*/remote-process-groups", &list<kRemoteGroup>},
    {"POST", "process-groups/*/remote-process-groups", &refuse_remote},
    {"GET", "remote-process-groups/*", &get<kRemoteGroup>},
    {"DELETE", "remote-process-groups/*", &remove<kRemoteGroup>},
};

}  // namespace

std::span<const Route> place_routes() { return kRoutes; }

}  // namespace server::nifi
