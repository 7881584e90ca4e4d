#include "server/nifi/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "server/nifi/body.h"

namespace server::nifi {

const Kind kGroup{"processGroups", "process-groups", "Process Group", "PROCESS_GROUP"};
const Kind kProcessor{"processors", "processors", "Processor", "PROCESSOR"};
const Kind kService{"controllerServices", "controller-services", "Controller Service", "CONTROLLER_SERVICE"};
const Kind kInputPort{"inputPorts", "input-ports", "Input Port", "INPUT_PORT"};
const Kind kOutputPort{"outputPorts", "output-ports", "Output Port", "OUTPUT_PORT"};
const Kind kFunnel{"funnels", "funnels", "Funnel", "FUNNEL"};
const Kind kConnection{"connections", "connections", "Connection", "CONNECTION"};
const Kind kLabel{"labels", "labels", "Label", "LABEL"};
const Kind kRemoteGroup{"remoteProcessGroups", "remote-process-groups", "Remote Process Group", "REMOTE_PROCESS_GROUP"};

namespace {

base::Error unknown(std::string_view title, const std::string& id) {
  return base::Error{
      base::ErrorKind::NotFound, 0, {}, fmt::format("Unable to find {} with id '{}'.", title, id), std::nullopt};
}

template <class Definition>
base::Result<Canvas::Found<Definition>> find(const std::vector<flow::FlowView>& flows,
                                             std::vector<Definition> flow::FlowDefinition::* list, const Kind& kind,
                                             const std::string& id) {
  for (const auto& flow : flows) {
    const auto& definitions = flow.definition.*list;
    const auto found = std::ranges::find(definitions, id, &Definition::id);
    if (found != definitions.end()) return Canvas::Found<Definition>{&flow, &*found};
  }
  return base::fail(unknown(kind.title, id));
}

template <class Status>
const Status* find(const std::vector<Status>& rows, const std::string& id) {
  const auto found = std::ranges::find(rows, id, &Status::id);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

const Kind& kind_of(flow::PortKind kind) {
  switch (kind) {
    case flow::PortKind::Input:
    case flow::PortKind::RemoteInput: return kInputPort;
    case flow::PortKind::Output:
    case flow::PortKind::RemoteOutput: return kOutputPort;
    case flow::PortKind::Funnel: return kFunnel;
  }
  return kFunnel;
}

std::string_view kind_word(flow::PortKind kind) {
  if (kind == flow::PortKind::RemoteInput) return "REMOTE_INPUT_PORT";
  if (kind == flow::PortKind::RemoteOutput) return "REMOTE_OUTPUT_PORT";
  return kind_of(kind).type;
}

Canvas::Canvas(const Context& context, CountsOf counts)
    : flows(context.flow.flows()),
      status(context.flow.status()),
      contexts(context.flow.contexts()),
      now(context.flow.now()) {
  context.history.note(status, now);
  if (counts == CountsOf::LastMinutes) context.history.make_recent(status, now);
}

base::Result<Canvas::Found<flow::ProcessorDefinition>> Canvas::processor(const std::string& id) const {
  return find(flows, &flow::FlowDefinition::processors, kProcessor, id);
}
base::Result<Canvas::Found<flow::ServiceDefinition>> Canvas::service(const std::string& id) const {
  return find(flows, &flow::FlowDefinition::services, kService, id);
}
base::Result<Canvas::Found<flow::ConnectionDefinition>> Canvas::connection(const std::string& id) const {
  return find(flows, &flow::FlowDefinition::connections, kConnection, id);
}
base::Result<Canvas::Found<flow::PortDefinition>> Canvas::port(const Kind& kind, const std::string& id) const {
  TRY(const auto found, find(flows, &flow::FlowDefinition::ports, kind, id));
  if (kind_word(found.definition->kind) != kind.type) return base::fail(unknown(kind.title, id));
  return found;
}
base::Result<Scope> Canvas::scope(const std::string& id) const {
  if (auto scope = find_scope(flows, id)) return *std::move(scope);
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate group with id '{}'.", id));
}

std::vector<Canvas::Kept> Canvas::kept(const Kind& kind) const {
  std::vector<Kept> list;
  for (const auto& flow : flows)
    for (const auto& group : flow.definition.groups) {
      if (group.saved == nullptr) continue;
      for (const auto& value : array_at(*group.saved, kind.list)) {
        const auto* object = value.if_object();
        if (object == nullptr) continue;
        auto id = text_at(*object, "instanceIdentifier");
        if (id.empty()) id = text_at(*object, "identifier");
        list.push_back({&flow, group.id, object, std::move(id)});
      }
    }
  return list;
}

base::Result<Canvas::Kept> Canvas::kept(const Kind& kind, const std::string& id) const {
  for (auto& found : kept(kind))
    if (found.id == id) return found;
  return base::fail(unknown(kind.title, id));
}

const flow::ComponentStatus* Canvas::component(const std::string& id) const { return find(status.components, id); }
const flow::ConnectionStatus* Canvas::connection_status(const std::string& id) const {
  return find(status.connections, id);
}
const flow::ServiceStatus* Canvas::service_status(const std::string& id) const { return find(status.services, id); }

std::string Canvas::flow_of(const std::string& id) const {
  for (const auto& flow : flows) {
    const auto& d = flow.definition;
    const auto has = [&](const auto& list) {
      return std::ranges::any_of(list, [&](const auto& component) { return component.id == id; });
    };
    if (has(d.groups) || has(d.processors) || has(d.services) || has(d.ports) || has(d.connections)) return d.root;
  }
  return {};
}

}  // namespace server::nifi
