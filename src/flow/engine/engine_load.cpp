// From definitions to components and queues.
#include <fmt/format.h>

#include <algorithm>

#include "flow/engine/engine.h"
#include "flow/engine/group_gate.h"
#include "flow/engine/group_scopes.h"
#include "flow/engine/service_loader.h"
#include "flow/engine/wiring.h"

namespace flow {
namespace {

std::string_view type_of(PortKind kind) {
  switch (kind) {
    case PortKind::Input: return "Input Port";
    case PortKind::Output: return "Output Port";
    case PortKind::Funnel: return "Funnel";
    case PortKind::RemoteInput: return "Remote Input Port";
    case PortKind::RemoteOutput: return "Remote Output Port";
  }
  return "";
}

std::unique_ptr<Component> make_port(const PortDefinition& port) {
  auto component = std::make_unique<Component>();
  component->id = port.id;
  component->group = port.group;
  component->name = port.name;
  component->type = type_of(port.kind);
  if (!port.refused.empty()) component->problems.push_back(port.refused);
  return component;
}

}  // namespace

base::Status Engine::put(const FlowDefinition& flow, const std::map<std::string, std::string>& parameters,
                         std::vector<std::string>& notes, Counts counts) {
  const std::lock_guard lock(state_mutex_);
  // All or nothing: what is there stays when something cannot be made.
  const auto in_another_flow = [&](const std::string& id) {
    const auto is = [&](const auto& of, const auto& flow_of) { return of == id && flow_of != flow.root; };
    return std::ranges::any_of(components_, [&](const auto& c) { return is(c->id, c->flow); }) ||
           std::ranges::any_of(controller_services_, [&](const auto& s) { return is(s.id, s.flow); });
  };
  std::map<std::string, std::unique_ptr<Queue>> queues;
  for (const auto& connection : flow.connections) {
    TRY(auto queue, Queue::make(connection));
    const auto own = connections_.find(flow.root);
    const bool foreign =
        queues_.contains(connection.id) &&
        (own == connections_.end() || std::ranges::count(own->second, connection.id, &ConnectionDefinition::id) == 0);
    if (foreign || !queues.emplace(connection.id, std::make_unique<Queue>(std::move(queue))).second)
      return base::fail(base::ErrorKind::AlreadyExists,
                        fmt::format("flow '{}': the connection id {} is used twice", flow.name, connection.id));
  }
  std::vector<std::unique_ptr<Component>> components;
  std::map<std::string, Component*> by_id;
  const GroupScopes scopes(flow, parameters, environment_.hostname, environment_.time_zone);
  ServiceLoader loader(flow, scopes, services_, notes);
  const auto& loaded = loader.load_all();
  const Wiring wiring(scopes, loader);
  for (const auto& processor : flow.processors) components.push_back(wiring.make(processor, services_, notes));
  for (const auto& port : flow.ports) components.push_back(make_port(port));
  for (auto& component : components) {
    component->flow = flow.root;
    if (!by_id.emplace(component->id, component.get()).second || in_another_flow(component->id))
      return base::fail(base::ErrorKind::AlreadyExists,
                        fmt::format("flow '{}': the component id {} is used twice", flow.name, component->id));
  }
  std::set<std::string> service_ids;
  for (const auto& service : flow.services) {
    if (!service_ids.insert(service.id).second || by_id.contains(service.id) || in_another_flow(service.id))
      return base::fail(base::ErrorKind::AlreadyExists,
                        fmt::format("flow '{}': the component id {} is used twice", flow.name, service.id));
  }
  for (const auto& connection : flow.connections) {
    auto* queue = queues.at(connection.id).get();
    auto* destination = by_id.at(connection.destination);
    destination->inputs.push_back(queue);
    auto& source = *by_id.at(connection.source);
    if (destination != &source && std::ranges::count(source.destinations, destination) == 0)
      source.destinations.push_back(destination);
    for (const auto& relationship : connection.relationships)
      source.outputs[source.description == nullptr ? "" : relationship].push_back(queue);
  }
  for (auto& component : components) {
    Wiring::check(*component);
    const bool fed = std::ranges::any_of(
        flow.connections, [&](const auto& c) { return c.destination == component->id && c.source != component->id; });
    component->source = component->description != nullptr && !fed;
    if (!component->problems.empty()) component->state = RunState::Invalid;
  }
  for (const auto& processor : flow.processors)
    if (processor.scheduled_state == "DISABLED") by_id.at(processor.id)->state = RunState::Disabled;
  for (const auto& port : flow.ports)
    if (port.disabled) by_id.at(port.id)->state = RunState::Disabled;

  if (auto* provenance = repository_.provenance(); provenance != nullptr) {
    for (auto& component : components)
      component->origin =
          provenance->number_of({component->id, component->name, component->type, component->group, component->flow});
    for (const auto& connection : flow.connections)
      queues.at(connection.id)
          ->set_origin(
              provenance->number_of({connection.id, connection.name, "Connection", connection.group, flow.root}));
  }
  if (counts == Counts::GoOn) keep_counts(by_id);
  take_out(flow.root);
  const auto now = services_.clock.now();
  auto entries = repository_.entries();
  std::ranges::sort(entries, {}, [](const auto& entry) { return entry.file->queue_index; });
  for (auto& [id, queue] : queues) queue->limit_memory(environment_.swap_at, queue_memory_);
  for (const auto& entry : entries)
    if (const auto queue = queues.find(*entry.connection); queue != queues.end()) queue->second->push(entry.file, now);
  for (const auto& swapped : repository_.swapped())
    if (const auto queue = queues.find(*swapped->connection); queue != queues.end())
      queue->second->add_swapped_before(swapped);
  for (auto& [id, queue] : queues) swap_out(*queue, now);
  std::ranges::move(components, std::back_inserter(components_));
  queues_.merge(queues);
  connections_[flow.root] = flow.connections;
  keep_loaded(flow, parameters, loaded);
  gates_[flow.root] =
      GroupGate::make(flow, queues_, by_id, [&](const std::string& id) { return repository_.state_of(id); });
  count_orphans(entries);
  return {};
}

base::Result<std::vector<std::string>> Engine::check(const FlowDefinition& flow,
                                                     const std::map<std::string, std::string>& parameters,
                                                     const std::string& id) const {
  std::vector<std::string> notes;
  const GroupScopes scopes(flow, parameters, environment_.hostname, environment_.time_zone);
  ServiceLoader loader(flow, scopes, services_, notes);
  if (const auto service = std::ranges::find(flow.services, id, &ServiceDefinition::id); service != flow.services.end())
    return loader.load(*service).status.problems;
  const auto processor = std::ranges::find(flow.processors, id, &ProcessorDefinition::id);
  if (processor == flow.processors.end())
    return base::fail(base::ErrorKind::NotFound, fmt::format("no component has the id {}", id));
  return Wiring(scopes, loader).make(*processor, services_, notes)->problems;
}

void Engine::keep_counts(const std::map<std::string, Component*>& replacements) {
  for (auto& before : components_) {
    const auto found = replacements.find(before->id);
    if (found == replacements.end()) continue;
    auto& after = *found->second;
    after.in = before->in;
    after.out = before->out;
    after.bytes_read = before->bytes_read;
    after.bytes_written = before->bytes_written;
    after.tasks = before->tasks;
    after.terminated = std::move(before->terminated);
    after.bulletins = std::move(before->bulletins);
    after.counters = std::move(before->counters);
  }
}

void Engine::remove(const std::string& flow) {
  const std::lock_guard lock(state_mutex_);
  take_out(flow);
  count_orphans(repository_.entries());
}

void Engine::count_orphans(const std::vector<Repository::Entry>& entries) {
  orphans_ = static_cast<std::uint64_t>(
      std::ranges::count_if(entries, [&](const auto& entry) { return !queues_.contains(*entry.connection); }));
  for (const auto& swapped : repository_.swapped())
    if (!queues_.contains(*swapped->connection)) orphans_ += swapped->files;
}

void Engine::take_out(const std::string& flow) {
  std::erase_if(components_, [&](const auto& component) { return component->flow == flow; });
  std::erase_if(controller_services_, [&](const auto& service) { return service.flow == flow; });
  loaded_.erase(flow);
  gates_.erase(flow);
  next_component_ = 0;
  const auto connections = connections_.find(flow);
  if (connections == connections_.end()) return;
  for (const auto& connection : connections->second) queues_.erase(connection.id);
  connections_.erase(connections);
}

}  // namespace flow
