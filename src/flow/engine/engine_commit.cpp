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

FlowFilePtr Engine::poll(Component& component, Session& session) {
  const std::lock_guard lock(state_mutex_);
  const auto now = services_.clock.now();
  for (std::size_t i = 0; i < component.inputs.size(); ++i) {
    auto& queue = *component.inputs[(component.next_input + i) % component.inputs.size()];
    std::vector<FlowFilePtr> expired;
    auto file = queue.poll(now, expired);
    for (auto& gone : expired) session.expired_.emplace_back(&queue, std::move(gone));
    if (file == nullptr) continue;
    // Round robin by trigger: a batch comes from one connection while it has something.
    if (session.files_.empty()) component.next_input = (component.next_input + i) % component.inputs.size();
    Session::Working working{.file = *file, .original = file, .source = &queue};
    working.file.penalty_ends = {};
    session.files_.push_back(std::move(working));
    return file;
  }
  return nullptr;
}

base::Status Engine::commit(Session& session) {
  struct Arrival {
    Queue* queue;
    std::shared_ptr<FlowFile> file;
  };
  const std::lock_guard lock(state_mutex_);
  auto& component = session.component_;
  const auto now = services_.clock.now();
  Changes changes;
  std::vector<Arrival> arrivals;
  std::vector<const FlowFile*> retried;
  Amount in, out;
  std::map<std::string, Amount> terminated;
  const auto arrive = [&](FlowFile file, Queue& queue) {
    auto arrived = std::make_shared<FlowFile>(std::move(file));
    arrived->queued = now;
    arrived->queue_index = repository_.next_queue_index();
    changes.puts.push_back({arrived, queue.id()});
    arrivals.push_back({&queue, std::move(arrived)});
  };
  const auto leave = [&](const Session::Working& entry) {
    if (entry.original != nullptr) changes.removed.push_back(entry.file.id);
  };
  const auto retry = retry_attribute(component);
  for (auto& entry : session.files_) {
    if (entry.original != nullptr) {
      ++in.files;
      in.bytes += entry.original->size();
    }
    if (entry.removed) {
      leave(entry);
      continue;
    }
    if (entry.back && entry.source != nullptr) {
      arrive(entry.file, *entry.source);
      continue;
    }
    if (std::ranges::count(retried, entry.parent) > 0 && entry.parent != nullptr) continue;  // goes with its parent
    if (!entry.relationship)
      return base::fail(
          base::ErrorKind::Internal,
          fmt::format("{} '{}': a flowfile was neither transferred nor removed", component.type, component.name));
    if (component.retried.contains(*entry.relationship) && entry.original != nullptr) {
      const int tried = std::atoi(entry.original->attribute(retry).c_str());
      if (tried < component.retry_count) {
        FlowFile again = *entry.original;
        again.attributes[retry] = std::to_string(tried + 1);
        const auto base_wait = component.backoff_yields ? component.yield : component.penalty;
        const double wait = std::min(static_cast<double>(component.max_backoff.count()),
                                     std::ldexp(static_cast<double>(base_wait.count()), std::min(tried, 60)));
        const auto ends = now + std::chrono::nanoseconds{static_cast<std::int64_t>(wait)};
        if (component.backoff_yields)
          component.yield_ends = std::max(component.yield_ends, ends);
        else
          again.penalty_ends = ends;
        retried.push_back(&entry.file);
        arrive(std::move(again), *entry.source);
        continue;
      }
    }
    entry.file.attributes.erase(retry);
    const auto connected = component.outputs.find(*entry.relationship);
    if (connected == component.outputs.end() || connected->second.empty()) {
      if (!component.auto_terminated.contains(*entry.relationship))
        return base::fail(base::ErrorKind::Internal,
                          fmt::format("{} '{}': relationship '{}' has no connection and is not auto-terminated",
                                      component.type, component.name, *entry.relationship));
      leave(entry);
      auto& amount = terminated[*entry.relationship];
      ++amount.files;
      amount.bytes += entry.file.size();
      if (component.failures.contains(*entry.relationship))
        changes.drops.push_back({component.id, *entry.relationship, {1, entry.file.size(), entry.reason}});
      continue;
    }
    const auto& queues = connected->second;
    for (std::size_t i = 0; i + 1 < queues.size(); ++i) {
      FlowFile copy = entry.file;
      copy.id = repository_.next_file_id();
      {
        const std::lock_guard random_lock(random_mutex_);
        const auto high = random_.next(), low = random_.next();
        copy.attributes["uuid"] = fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                                              high & 0xFFF, 0x8000 | ((low >> 48) & 0x3FFF), low & 0xFFFFFFFFFFFF);
      }
      ++out.files;
      out.bytes += copy.size();
      arrive(std::move(copy), *queues[i]);
    }
    ++out.files;
    out.bytes += entry.file.size();
    arrive(entry.file, *queues.back());
  }
  for (const auto& [queue, file] : session.expired_) changes.removed.push_back(file->id);
  if (session.state_changed_) changes.states.emplace_back(component.id, session.state_);
  changes.tokens = session.tokens_;
  if (!changes.empty()) {
    auto position = repository_.commit(changes);
    if (!position) {
      broken_ = position.error();
      return base::fail(std::move(position).error());
    }
    for (const auto& arrival : arrivals) arrival.file->log_position = *position;
    session.did_something_ = session.did_something_ || !changes.puts.empty() || !changes.removed.empty();
  }
  component.in.files += in.files;
  component.in.bytes += in.bytes;
  component.out.files += out.files;
  component.out.bytes += out.bytes;
  component.bytes_read += session.bytes_read_;
  component.bytes_written += session.bytes_written_;
  session.bytes_read_ = session.bytes_written_ = 0;
  for (const auto& [relationship, amount] : terminated) {
    component.terminated[relationship].files += amount.files;
    component.terminated[relationship].bytes += amount.bytes;
  }
  tokens_since_forget_ += session.tokens_.size();
  for (const auto& entry : session.files_)
    if (entry.original != nullptr) entry.source->acknowledge(*entry.original);
  for (const auto& [queue, file] : session.expired_) queue->acknowledge(*file);
  for (auto& arrival : arrivals) arrival.queue->push(std::move(arrival.file), now);
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
