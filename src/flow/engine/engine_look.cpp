// For people who look into a flow while it runs, or take single steps.
#include <fmt/format.h>

#include <algorithm>

#include "flow/engine/engine.h"
#include "flow/engine/session.h"

namespace flow {

base::Status Engine::run_once(const std::string& id) {
  std::unique_lock lock(state_mutex_);
  const auto is_it = [&](const Component& component) { return component.id == id; };
  const auto found = std::ranges::find_if(components_, [&](const auto& component) { return is_it(*component); });
  if (found == components_.end())
    return base::fail(base::ErrorKind::NotFound, fmt::format("no component with the id {}", id));
  auto& component = **found;
  if (component.state != RunState::Stopped || component.active > 0 || component.driven)
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("'{}' cannot run once: it is {}", component.name,
                                  component.active > 0 ? "running" : name_of(component.state)));
  component.driven = true;  // threads and whoever replaces it wait
  if (has_work(component, services_.clock.now())) run(component, lock);
  let_go(is_it, lock);
  component.driven = false;
  changed_.notify_all();
  return {};
}

base::Result<std::vector<FlowFilePtr>> Engine::list_queue(const std::string& connection, std::size_t most) const {
  const std::lock_guard lock(state_mutex_);
  const auto found = queues_.find(connection);
  if (found == queues_.end())
    return base::fail(base::ErrorKind::NotFound, fmt::format("no connection with the id {}", connection));
  return found->second->list(most);
}

base::Result<FlowFilePtr> Engine::find_in_queue(const std::string& connection, std::string_view uuid) const {
  const std::lock_guard lock(state_mutex_);
  const auto found = queues_.find(connection);
  auto file = found == queues_.end() ? nullptr : found->second->find(uuid);
  if (file == nullptr)
    return base::fail(base::ErrorKind::NotFound,
                      fmt::format("the connection {} holds no flowfile with the uuid {}", connection, uuid));
  return file;
}

base::Status Engine::enqueue(const std::string& connection, Attributes attributes, std::string_view content) {
  FlowFile file;
  if (!content.empty()) {
    TRY(auto writer, repository_.content().begin_write());
    TRY_VOID(writer.append(content));
    file.content = writer.finish();
  }
  file.id = repository_.next_file_id();
  file.attributes = std::move(attributes);
  base::Random random(next_random());
  const auto uuid = make_uuid(random);
  file.attributes["uuid"] = uuid;
  file.attributes.emplace("filename", uuid);
  file.attributes.emplace("path", "./");
  const std::lock_guard lock(state_mutex_);
  const auto found = queues_.find(connection);
  if (found == queues_.end())
    return base::fail(base::ErrorKind::NotFound, fmt::format("no connection with the id {}", connection));
  const auto now = services_.clock.now();
  file.entered = file.lineage_start = file.queued = now;
  file.lineage_index = file.id;
  file.queue_index = repository_.next_queue_index();
  auto arrived = std::make_shared<FlowFile>(std::move(file));
  Changes changes;
  changes.puts.push_back({arrived, found->second->id()});
  TRY(arrived->log_position, repository_.commit(std::move(changes)));
  found->second->push(std::move(arrived), now);
  changed_.notify_all();
  return {};
}

base::Result<ComponentState> Engine::state_of(const std::string& id) const {
  const std::lock_guard lock(state_mutex_);
  if (std::ranges::none_of(components_, [&](const auto& component) { return component->id == id; }))
    return base::fail(base::ErrorKind::NotFound, fmt::format("no processor with the id {}", id));
  return repository_.state_of(id);
}

}  // namespace flow
