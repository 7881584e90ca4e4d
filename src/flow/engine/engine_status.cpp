// What people see of an engine, and what they may empty.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "flow/engine/engine.h"

namespace flow {

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Stopped: return "Stopped";
    case RunState::Running: return "Running";
    case RunState::Disabled: return "Disabled";
    case RunState::Invalid: return "Invalid";
  }
  return "";
}

FlowStatus Engine::status() const {
  const auto dropped = repository_.dropped();
  const auto now = services_.wall_clock.now();
  const std::lock_guard lock(state_mutex_);
  FlowStatus status;
  for (const auto& component : components_) {
    ComponentStatus row{.id = component->id,
                        .flow = component->flow,
                        .group = component->group,
                        .name = component->name,
                        .type = component->type,
                        .state = component->state,
                        .problems = component->problems,
                        .relationships = component->relationships,
                        .in = component->in,
                        .out = component->out,
                        .bytes_read = component->bytes_read,
                        .bytes_written = component->bytes_written,
                        .tasks = component->tasks,
                        .active = component->active,
                        .terminated = component->terminated,
                        .bulletins = component->bulletins.newest(now),
                        .counters = component->counters};
    if (const auto found = dropped.find(component->id); found != dropped.end()) row.dropped = found->second;
    if (component->processor != nullptr) row.ports = component->processor->ports();
    status.components.push_back(std::move(row));
  }
  for (const auto& [flow, connections] : connections_) {
    for (const auto& definition : connections) {
      const auto& queue = *queues_.at(definition.id);
      status.connections.push_back({.id = definition.id,
                                    .flow = flow,
                                    .group = definition.group,
                                    .name = definition.name,
                                    .source = definition.source,
                                    .destination = definition.destination,
                                    .source_name = definition.source_name,
                                    .destination_name = definition.destination_name,
                                    .files = queue.files(),
                                    .bytes = queue.bytes(),
                                    .penalised = queue.penalised(),
                                    .objects_max = queue.objects_max(),
                                    .bytes_max = queue.bytes_max(),
                                    .back_pressure = queue.full()});
    }
  }
  status.services = controller_services_;
  status.orphans = orphans_;
  status.queue_memory = queue_memory_;
  status.queue_memory_max = environment_.queue_memory_max;
  status.full = full_;
  status.bulletins = bulletins_.newest(now);
  if (broken_) status.failure = broken_->message;
  return status;
}

base::Result<Amount> Engine::empty_queue(const std::string& connection) {
  Amount removed;
  {
    const std::lock_guard lock(state_mutex_);
    const auto found = queues_.find(connection);
    if (found == queues_.end())
      return base::fail(base::ErrorKind::NotFound, fmt::format("no connection with the id {}", connection));
    auto& queue = *found->second;
    const auto now = services_.clock.now();
    for (;;) {  // memory by memory, for much may wait on the disk
      const auto files = queue.take_all();
      if (files.empty()) break;
      Changes changes;
      changes.left = files;
      if (repository_.provenance() != nullptr) changes.events.push_back(emptied(queue, files));
      const auto position = repository_.commit(std::move(changes));
      if (!position) {
        broken_ = position.error();
        return base::fail(position.error());
      }
      for (const auto& file : files) {
        ++removed.files;
        removed.bytes += file->size();
        queue.acknowledge(*file);
      }
      TRY_VOID(swap_in(queue, now));
    }
    changed_.notify_all();
  }
  TRY_VOID(repository_.sync());
  LOG_INFO("flow.queue_emptied connection={} files={} bytes={}", connection, removed.files, removed.bytes);
  return removed;
}

base::Status Engine::reset_counter(const std::string& component, const std::string& name) {
  const std::lock_guard lock(state_mutex_);
  for (const auto& own : components_) {
    if (own->id != component) continue;
    const auto found = own->counters.find(name);
    if (found == own->counters.end()) break;
    found->second = 0;
    return {};
  }
  return base::fail(base::ErrorKind::NotFound, fmt::format("component {} has no counter '{}'", component, name));
}

void Engine::bulletin(Component& component, BulletinLevel level, std::string message) {
  const auto text = [&] {
    return fmt::format("flow.processor_says processor={} name=\"{}\" level={} message=\"{}\"", component.id,
                       component.name, name_of(level), message);
  };
  if (level == BulletinLevel::Debug)
    LOG_DEBUG("{}", text());
  else if (level == BulletinLevel::Info)
    LOG_INFO("{}", text());
  else
    LOG_WARN("{}", text());
  if (level == BulletinLevel::Error) ++component.errors;
  if (level < component.bulletin_level) return;
  component.bulletins.add({++last_bulletin_, services_.wall_clock.now(), level, std::move(message)});
}

void Engine::bulletin(BulletinLevel level, std::string message) {
  bulletins_.add({++last_bulletin_, services_.wall_clock.now(), level, std::move(message)});
}

base::Status Engine::clear_state(const std::string& id) {
  const std::lock_guard lock(state_mutex_);
  for (const auto& component : components_) {
    if (component->id != id) continue;
    if (component->state == RunState::Running || component->active > 0)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("stop processor '{}' before its state is cleared", component->name));
    Changes changes;
    changes.states.emplace_back(id, ComponentState{});
    TRY_VOID(repository_.commit(std::move(changes)));
    return repository_.sync();
  }
  return base::fail(base::ErrorKind::NotFound, fmt::format("no processor with the id {}", id));
}

}  // namespace flow
