// The transaction of a session: what Engine does when one polls, commits or rolls back.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "flow/engine/engine.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr std::size_t kBulletinsMax = 5;

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

/// What a commit changes, made ready without the engine's lock: nothing that it reads changes while the component
/// runs.
struct Engine::Prepared {
  struct Arrival {
    Queue* queue;
    std::shared_ptr<FlowFile> file;
  };
  Prepared(Component& its_component, Repository& its_repository, base::Instant its_time)
      : component(its_component), repository(its_repository), now(its_time) {}

  /// Errors: Internal when a flowfile has no destination.
  base::Status add(Session& session, Session::Working& entry);

  Component& component;
  Repository& repository;
  const base::Instant now;
  Changes changes;
  std::vector<Arrival> arrivals;
  std::vector<const FlowFile*> retried;
  std::optional<base::Instant> yield_ends;
  Amount in, out;
  std::map<std::string, Amount> terminated;

 private:
  void arrive(FlowFile file, Queue& queue, FlowFilePtr before);
  void leave(const Session::Working& entry) {
    if (entry.original != nullptr) changes.left.push_back(entry.original);
  }
  bool retry(Session::Working& entry);
  void terminate(const Session::Working& entry);
};

void Engine::Prepared::arrive(FlowFile file, Queue& queue, FlowFilePtr before) {
  auto arrived = std::make_shared<FlowFile>(std::move(file));
  arrived->queued = now;
  arrived->queue_index = repository.next_queue_index();
  changes.puts.push_back({arrived, queue.id(), std::move(before)});
  arrivals.push_back({&queue, std::move(arrived)});
}

/// False when it was tried often enough.
bool Engine::Prepared::retry(Session::Working& entry) {
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
  retried.push_back(&entry);
  arrive(std::move(again), *entry.source, entry.original);
  return true;
}

void Engine::Prepared::terminate(const Session::Working& entry) {
  leave(entry);
  auto& amount = terminated[*entry.relationship];
  ++amount.files;
  amount.bytes += entry.size();
  if (component.failures.contains(*entry.relationship))
    changes.drops.push_back({component.id, *entry.relationship, {1, entry.size(), entry.reason}});
}

base::Status Engine::Prepared::add(Session& session, Session::Working& entry) {
  if (entry.original != nullptr) {
    ++in.files;
    in.bytes += entry.original->size();
  }
  if (entry.removed) {
    leave(entry);
    return {};
  }
  if (entry.back && entry.source != nullptr) {
    arrive(entry, *entry.source, entry.original);
    return {};
  }
  // Goes with its parent.
  if (entry.parent != nullptr && std::ranges::count(retried, entry.parent) > 0) return {};
  if (!entry.relationship)
    return base::fail(base::ErrorKind::Internal, fmt::format("{} '{}': a flowfile was neither transferred nor removed",
                                                             component.type, component.name));
  if (!component.retried.empty()) {
    if (entry.original != nullptr && component.retried.contains(*entry.relationship) && retry(entry)) return {};
    entry.attributes.erase(retry_attribute(component));
  }
  const auto connected = component.outputs.find(*entry.relationship);
  if (connected == component.outputs.end() || connected->second.empty()) {
    if (!component.auto_terminated.contains(*entry.relationship))
      return base::fail(base::ErrorKind::Internal,
                        fmt::format("{} '{}': relationship '{}' has no connection and is not auto-terminated",
                                    component.type, component.name, *entry.relationship));
    terminate(entry);
    return {};
  }
  const auto& queues = connected->second;
  out.files += queues.size();
  out.bytes += queues.size() * entry.size();
  for (std::size_t i = 0; i + 1 < queues.size(); ++i) {
    FlowFile copy = entry;
    copy.id = repository.next_file_id();
    copy.attributes["uuid"] = session.new_uuid();
    arrive(std::move(copy), *queues[i], nullptr);
  }
  arrive(std::move(entry), *queues.back(), entry.original);
  return {};
}

base::Status Engine::commit(Session& session) {
  auto& component = session.component_;
  Prepared prepared(component, repository_, services_.clock.now());
  auto& changes = prepared.changes;
  for (auto& entry : session.files_) TRY_VOID(prepared.add(session, entry));
  for (const auto& [queue, file] : session.expired_) changes.left.push_back(file);
  if (session.state_changed_) changes.states.emplace_back(component.id, session.state_);
  changes.tokens = session.tokens_;

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
  for (const auto& [relationship, amount] : prepared.terminated) component.terminated[relationship] += amount;
  tokens_since_forget_ += session.tokens_.size();
  for (const auto& entry : session.files_)
    if (entry.original != nullptr) entry.source->acknowledge(*entry.original);
  for (const auto& [queue, file] : session.expired_) queue->acknowledge(*file);
  for (auto& arrival : prepared.arrivals) arrival.queue->push(std::move(arrival.file), prepared.now);
  changed_.notify_all();
  return {};
}

void Engine::rollback(Session& session, bool penalize) {
  const std::lock_guard lock(state_mutex_);
  const auto now = services_.clock.now();
  for (const auto& entry : session.files_) {
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
  for (const auto& [queue, file] : session.expired_) queue->give_back(file, now);
  changed_.notify_all();
}

void Engine::bulletin(Component& component, std::string message) {
  LOG_WARN("flow.processor_error processor={} name=\"{}\" error=\"{}\"", component.id, component.name, message);
  component.errors.push_back({services_.clock.now(), std::move(message)});
  if (component.errors.size() > kBulletinsMax) component.errors.erase(component.errors.begin());
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
