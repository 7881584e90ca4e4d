// The transaction of a session: what Engine does when one polls, commits or rolls back.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "flow/engine/commit.h"

namespace flow {
namespace {

std::string retry_attribute(const Component& component) { return "retryCount." + component.id; }

}  // namespace

std::uint64_t Engine::next_random() {
  const std::lock_guard lock(random_mutex_);
  return random_.next();
}

void Engine::poll(Component& component, Session& session, std::size_t most) {
  const std::lock_guard lock(state_mutex_);
  const auto now = services_.clock.now();
  std::vector<FlowFilePtr> expired;
  for (std::size_t i = 0; i < component.inputs.size() && most > 0; ++i) {
    const auto input = (component.next_input + i) % component.inputs.size();
    auto& queue = *component.inputs[input];
    if (!swap_in(queue, now)) continue;
    for (; most > 0; --most) {
      auto file = queue.poll(now, expired);
      for (auto& gone : expired) session.expired_.emplace_back(&queue, std::move(gone));
      expired.clear();
      if (file == nullptr) break;
      // Round robin by trigger: a batch comes from one connection while it has something.
      if (session.files_.empty()) component.next_input = input;
      auto& working = session.files_.emplace_back(*file, &session);
      working.penalty_ends = {};
      working.source = &queue;
      working.original = std::move(file);
    }
  }
}

/// What a queue needs from the disk, where much waits.
base::Status Engine::swap_in(Queue& queue, base::Instant now) {
  while (auto swapped = queue.take_swapped(now)) {
    auto files = repository_.swap_in(swapped);
    if (!files) {
      queue.add_swapped(std::move(swapped));
      broken_ = files.error();
      return base::fail(files.error());
    }
    queue.add_from_swap(std::move(*files), now);
  }
  return {};
}

void Engine::swap_out(Queue& queue, base::Instant now) {
  for (auto files = queue.take_to_swap(now); !files.empty(); files = queue.take_to_swap(now)) {
    auto swapped = repository_.swap_out(queue.id(), files);
    if (!swapped) {
      bulletin(BulletinLevel::Error, fmt::format("flowfiles stay in memory: {}", swapped.error().message));
      queue.put_back(std::move(files));
      return;
    }
    queue.add_swapped(std::move(*swapped));
  }
}

const FlowFile& Engine::Prepared::arrive(FlowFile file, Queue& queue, FlowFilePtr before) {
  auto arrived = std::make_shared<FlowFile>(std::move(file));
  arrived->queued = now;
  arrived->queue_index = repository.next_queue_index();
  changes.puts.push_back({arrived, queue.id(), std::move(before)});
  arrivals.push_back({&queue, std::move(arrived)});
  return *arrivals.back().file;
}

/// False when it was tried often enough.
bool Engine::Prepared::retry(Working& entry) {
  const auto name = retry_attribute(component);
  const int tried = std::atoi(entry.original->attribute(name).c_str());
  if (tried >= component.retry_count) return false;
  FlowFile again = *entry.original;
  again.attributes[name] = std::to_string(tried + 1);
  const auto base_wait = component.backoff_yields ? component.yield : component.penalty;
  const double wait = std::min(static_cast<double>(component.max_backoff.count()),
                               std::ldexp(static_cast<double>(base_wait.count()), std::min(tried, 60)));
  const auto ends = now + std::chrono::nanoseconds{static_cast<std::int64_t>(wait)};
  if (component.backoff_yields)
    yield_ends = std::max(yield_ends.value_or(ends), ends);
  else
    again.penalty_ends = ends;
  entry.retried = true;
  retried.push_back(&entry);
  arrive(std::move(again), *entry.source, entry.original);
  return true;
}

void Engine::Prepared::terminate(Working& entry) {
  entry.ended = fmt::format("Auto-Terminated by {} Relationship", *entry.relationship);
  leave(entry);
  auto& amount = terminated[*entry.relationship];
  ++amount.files;
  amount.bytes += entry.size();
  if (component.failures.contains(*entry.relationship))
    changes.drops.push_back({component.id, *entry.relationship, {1, entry.size(), entry.reason}});
}

/// Whether each flowfile, of those that are not kept in a slice, leads somewhere.
base::Status Engine::check_transfers(const Session& session) const {
  const auto& component = session.component_;
  for (auto at = session.files_.begin() + static_cast<std::ptrdiff_t>(session.kept_.files); at != session.files_.end();
       ++at) {
    const auto& entry = *at;
    if (entry.removed || (entry.back && entry.source != nullptr)) continue;
    if (!entry.relationship)
      return base::fail(
          base::ErrorKind::Internal,
          fmt::format("{} '{}': a flowfile was neither transferred nor removed", component.type, component.name));
    const auto connected = component.outputs.find(*entry.relationship);
    const bool leads_on = connected != component.outputs.end() && !connected->second.empty();
    if (!leads_on && !component.auto_terminated.contains(*entry.relationship))
      return base::fail(base::ErrorKind::Internal,
                        fmt::format("{} '{}': relationship '{}' has no connection and is not auto-terminated",
                                    component.type, component.name, *entry.relationship));
  }
  return {};
}

void Engine::Prepared::add(Session& session, Working& entry) {
  if (entry.original != nullptr) {
    ++in.files;
    in.bytes += entry.original->size();
  }
  if (entry.removed) {
    leave(entry);
    return;
  }
  if (entry.back && entry.source != nullptr) {
    entry.committed = &arrive(entry, *entry.source, entry.original);
    return;
  }
  // Goes with its parent.
  if (entry.parent != nullptr && std::ranges::count(retried, entry.parent) > 0) return;
  if (!component.retried.empty()) {
    if (entry.original != nullptr && component.retried.contains(*entry.relationship) && retry(entry)) return;
    entry.attributes.erase(retry_attribute(component));
  }
  const auto connected = component.outputs.find(*entry.relationship);
  if (connected == component.outputs.end() || connected->second.empty()) {
    terminate(entry);
    return;
  }
  std::span<Queue* const> queues = connected->second;
  std::vector<Queue*> kept_in;
  if (entry.size() == 0 && std::ranges::any_of(queues, &Queue::drops_empty)) {
    std::ranges::copy_if(queues, std::back_inserter(kept_in), [](const Queue* queue) { return !queue->drops_empty(); });
    queues = kept_in;
  }
  if (queues.empty()) {
    entry.ended = "The connection drops what is empty";
    leave(entry);
    return;
  }
  out.files += queues.size();
  out.bytes += queues.size() * entry.size();
  for (std::size_t i = 0; i + 1 < queues.size(); ++i) {
    FlowFile copy = entry;
    copy.id = repository.next_file_id();
    copy.attributes["uuid"] = session.new_uuid();
    clones_.emplace_back(&entry, copy.attributes.at("uuid"));
    arrive(std::move(copy), *queues[i], nullptr);
  }
  entry.committed = &arrive(std::move(entry), *queues.back(), entry.original);
}

base::Status Engine::commit(Session& session) {
  TRY_VOID(check_transfers(session));
  auto& component = session.component_;
  Prepared prepared(component, repository_, services_.clock.now());
  auto& changes = prepared.changes;
  for (auto& entry : session.files_) prepared.add(session, entry);
  for (const auto& [queue, file] : session.expired_) changes.left.push_back(file);
  if (session.state_changed_) changes.states.emplace_back(component.id, session.state_);
  changes.tokens = session.tokens_;
  if (repository_.provenance() != nullptr)
    if (auto events = prepared.events(session); !events.empty()) changes.events.push_back(std::move(events));

  const std::lock_guard lock(state_mutex_);
  if (!changes.empty()) {
    session.did_something_ = session.did_something_ || !changes.puts.empty() || !changes.left.empty();
    auto position = repository_.commit(std::move(changes));
    if (!position) {
      broken_ = position.error();
      return base::fail(std::move(position).error());
    }
    for (const auto& arrival : prepared.arrivals) arrival.file->log_position = *position;
  }
  if (prepared.yield_ends) component.yield_ends = std::max(component.yield_ends, *prepared.yield_ends);
  component.in += prepared.in;
  component.out += prepared.out;
  component.bytes_read += session.bytes_read_;
  component.bytes_written += session.bytes_written_;
  session.bytes_read_ = session.bytes_written_ = 0;
  for (const auto& [name, by] : session.counters_) component.counters[name] += by;
  for (const auto& [relationship, amount] : prepared.terminated) component.terminated[relationship] += amount;
  tokens_since_forget_ += session.tokens_.size();
  for (const auto& entry : session.files_)
    if (entry.original != nullptr) entry.source->acknowledge(*entry.original);
  for (const auto& [queue, file] : session.expired_) queue->acknowledge(*file);
  for (auto& arrival : prepared.arrivals) {
    arrival.queue->push(std::move(arrival.file), prepared.now);
    swap_out(*arrival.queue, prepared.now);
  }
  changed_.notify_all();
  return {};
}

void Engine::rollback(Session& session, bool penalize) {
  const std::lock_guard lock(state_mutex_);
  const auto now = services_.clock.now();
  for (auto at = session.files_.begin() + static_cast<std::ptrdiff_t>(session.kept_.files); at != session.files_.end();
       ++at) {
    const auto& entry = *at;
    if (entry.original == nullptr) continue;
    if (penalize) {
      // The penalty is not in the log: after a crash the flowfile is simply tried again.
      auto penalised = std::make_shared<FlowFile>(*entry.original);
      penalised->penalty_ends = now + session.component_.penalty;
      entry.source->give_back(std::move(penalised), now);
    } else {
      entry.source->give_back(entry.original, now);
    }
  }
  for (auto at = session.kept_.expired; at < session.expired_.size(); ++at)
    session.expired_[at].first->give_back(session.expired_[at].second, now);
  changed_.notify_all();
}

std::optional<std::string> Engine::environment_value(const Component& component, std::string_view name) const {
  if (const auto found = component.variables.find(std::string(name)); found != component.variables.end())
    return found->second;
  return system_value(name);
}

std::optional<std::string> Engine::system_value(std::string_view name) {
  const auto variable = [](const char* key, const char* fallback) {
    const char* value = std::getenv(key);
    return std::string(value == nullptr ? fallback : value);
  };
  if (name == "java.io.tmpdir") return variable("TMPDIR", "/tmp");
  if (name == "user.name") return variable("USER", "");
  if (name == "user.home") return variable("HOME", "/");
  if (name == "user.dir") return variable("PWD", ".");
  if (name == "line.separator") return "\n";
  if (name == "file.separator") return "/";
  if (name == "os.name") return "Linux";
  if (name == "java.version") return "17";
  if (const char* value = std::getenv(std::string(name).c_str())) return std::string(value);
  return std::nullopt;
}

}  // namespace flow
