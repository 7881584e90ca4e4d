#include "flow/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr std::chrono::seconds kAdministrativeYield{30};
constexpr std::chrono::milliseconds kSyncWindow{5};
constexpr int kPassedOnMax = 1000;  // by a port or funnel in one trigger
constexpr std::uint64_t kTokensMax = 1000;
constexpr int kFollowedMax = 32;
constexpr std::uint64_t kChoicesInTurn = 16;

bool belongs(const Component& component, const std::string& id) {
  return id.empty() || component.id == id || component.group == id || component.flow == id;
}

}  // namespace

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Stopped: return "Stopped";
    case RunState::Running: return "Running";
    case RunState::Disabled: return "Disabled";
    case RunState::Invalid: return "Invalid";
  }
  return "";
}

Engine::Engine(Repository& repository, Services services, Environment environment)
    : repository_(repository), services_(services), environment_(std::move(environment)), random_(environment_.seed) {
  if (auto zone = el::TimeZone::open(environment_.time_zone, el::DateDialect::SimpleDateFormat))
    time_zone_ = std::move(*zone);
}

Engine::~Engine() { (void)stop_threads(); }

base::Instant Engine::next_firing(const Cron& cron, base::Instant now) const {
  const auto next = time_zone_ ? cron.next(now, *time_zone_) : std::nullopt;
  return next.value_or(base::Instant{std::numeric_limits<std::int64_t>::max()});
}

void Engine::make_running(Component& component) const {
  if (component.state != RunState::Stopped) return;
  const auto now = services_.clock.now();
  component.state = RunState::Running;
  component.next_due = component.cron ? next_firing(*component.cron, now) : now;
  component.yield_ends = {};
}

std::size_t Engine::start(const std::string& id) {
  const std::lock_guard lock(state_mutex_);
  const auto chosen = [&](const Component& component) { return belongs(component, id); };
  std::size_t started = 0;
  for (auto& component : components_) {
    if (!chosen(*component)) continue;
    make_running(*component);
    if (component->state == RunState::Running) ++started;
  }
  changed_.notify_all();
  return started;
}

void Engine::stop(const std::string& id) {
  std::unique_lock lock(state_mutex_);
  const auto chosen = [&](const Component& component) { return belongs(component, id); };
  for (auto& component : components_)
    if (chosen(*component) && component->state == RunState::Running) component->state = RunState::Stopped;
  interrupt(chosen);
  changed_.wait(lock, [&] {
    return std::ranges::none_of(components_, [&](const auto& c) { return chosen(*c) && (c->active > 0 || c->driven); });
  });
  let_go(chosen, lock);
}

void Engine::interrupt(const std::function<bool(const Component&)>& chosen) {
  for (auto& component : components_)
    if (chosen(*component) && component->processor != nullptr) component->processor->stopping();
}

void Engine::let_go(const std::function<bool(const Component&)>& chosen, std::unique_lock<std::mutex>& lock) {
  std::vector<Processor*> processors;
  for (auto& component : components_)
    if (chosen(*component) && component->processor != nullptr && component->active == 0)
      processors.push_back(component->processor.get());
  lock.unlock();  // they give flowfiles back
  for (auto* processor : processors) processor->stopped();
  lock.lock();
}

bool Engine::has_work(Component& component, base::Instant now) {
  if (component.source || (component.description != nullptr && component.description->when_empty)) return true;
  return std::ranges::any_of(component.inputs, [&](Queue* queue) { return queue->has_ready(now); });
}

bool Engine::has_room(const Component& component) const {
  for (const auto& [relationship, queues] : component.outputs)
    if (std::ranges::any_of(queues, [](const Queue* queue) { return queue->full(); })) return false;
  return true;
}

bool Engine::is_runnable(Component& component, base::Instant now) {
  return component.state == RunState::Running && component.active < component.tasks_max && component.next_due <= now &&
         component.yield_ends <= now && has_work(component, now) && has_room(component);
}

base::Status Engine::trigger(Component& component, Session& session) {
  if (component.processor != nullptr) return component.processor->trigger(component.configuration, services_, session);
  for (auto* file : session.get(kPassedOnMax)) session.transfer(*file, "");
  return {};
}

bool Engine::run(Component& component, std::unique_lock<std::mutex>& lock) {
  ++component.active;
  ++component.tasks;
  lock.unlock();
  Session session(*this, component);
  auto outcome = trigger(component, session);
  if (outcome) {
    outcome = session.commit();
  } else {
    session.rollback(true);
  }
  lock.lock();
  --component.active;
  const auto now = services_.clock.now();
  component.next_due = component.cron ? next_firing(*component.cron, now) : now + component.period;
  component.wall_due.reset();
  if (session.ask_again()) component.wall_due = services_.wall_clock.now() + *session.ask_again();
  if (session.yielded()) component.yield_ends = std::max(component.yield_ends, now + component.yield);
  if (!outcome) {
    if (outcome.error().kind == base::ErrorKind::Unavailable && repository_.sync(0).has_value() == false)
      broken_ = outcome.error();
    bulletin(component, outcome.error().message);
    if (outcome.error().kind == base::ErrorKind::Internal) component.yield_ends = now + kAdministrativeYield;
  }
  changed_.notify_all();
  return session.did_something();
}

bool Engine::drain(Component& component, std::unique_lock<std::mutex>& lock) {
  bool did = false;
  const bool endless =
      component.source && component.processor != nullptr && component.processor->endless(component.configuration);
  while (!broken_ && is_runnable(component, services_.clock.now())) {
    if (endless && component.asked) break;
    component.asked = true;
    const bool moved = run(component, lock);
    did = did || moved;
    if (component.source || !moved) break;
  }
  return did;
}

base::Result<IdleReport> Engine::run_until_idle(const IdleOptions& options) {
  const std::stop_callback wake(options.stop, [this] {
    const std::lock_guard lock(state_mutex_);
    changed_.notify_all();
  });
  std::unique_lock lock(state_mutex_);
  std::vector<Component*> chosen;
  for (auto& component : components_)
    if (belongs(*component, options.flow)) chosen.push_back(component.get());
  if (std::ranges::any_of(chosen, &Component::driven))
    return base::fail(base::ErrorKind::Conflict, "the flow is already being run until it is idle");
  for (auto* component : chosen) {
    component->driven = true;
    component->asked = false;
    if (options.starts_and_stops) make_running(*component);
    if (component->source && component->period.count() == 0) component->yield_ends = {};
  }
  changed_.wait(
      lock, [&] { return std::ranges::all_of(chosen, [](const auto* component) { return component->active == 0; }); });
  auto outcome = drive(chosen, options, lock);
  const std::set<const Component*> ended(chosen.begin(), chosen.end());
  for (auto* component : chosen)
    if (options.starts_and_stops && !options.stop.stop_requested() && component->state == RunState::Running)
      component->state = RunState::Stopped;
  // Still driven, so that nobody replaces them meanwhile.
  let_go([&](const Component& c) { return ended.contains(&c) && c.state == RunState::Stopped; }, lock);
  for (auto* component : chosen) component->driven = false;
  changed_.notify_all();
  return outcome;
}

base::Result<IdleReport> Engine::drive(const std::vector<Component*>& chosen, const IdleOptions& options,
                                       std::unique_lock<std::mutex>& lock) {
  const auto started = services_.wall_clock.now();
  while (!options.stop.stop_requested()) {
    bool did = false;
    for (auto* component : chosen) did = drain(*component, lock) || did;
    if (broken_) return base::fail(*broken_);
    if (did) continue;
    TRY_VOID(settle(lock));
    // A source may wait for files to age; that is real time.
    std::optional<base::Instant> wall_due;
    for (const auto* component : chosen)
      if (component->state == RunState::Running && component->wall_due)
        wall_due = std::min(wall_due.value_or(*component->wall_due), *component->wall_due);
    const auto now = services_.wall_clock.now();
    if (!wall_due || *wall_due - started > options.wait_max) break;
    if (*wall_due > now && options.sleep) {
      lock.unlock();
      options.sleep(*wall_due - now);
      lock.lock();
    } else if (*wall_due > now) {
      changed_.wait_for(lock, *wall_due - now);  // or until it is stopped
    }
    for (auto* component : chosen) {
      if (!component->wall_due || *component->wall_due > services_.wall_clock.now()) continue;
      component->wall_due.reset();
      component->yield_ends = {};
      if (!component->cron) component->next_due = services_.clock.now();
    }
  }
  IdleReport report{.next_due = next_due(chosen)};
  std::set<const Queue*> queues;
  for (const auto* component : chosen) queues.insert(component->inputs.begin(), component->inputs.end());
  for (const auto* queue : queues) report.queued += queue->files();
  return report;
}

std::optional<base::Instant> Engine::next_due() const {
  std::vector<Component*> all;
  for (const auto& component : components_)
    if (!component->driven) all.push_back(component.get());
  return next_due(all);
}

std::optional<base::Instant> Engine::next_due(const std::vector<Component*>& components) const {
  std::optional<base::Instant> due;
  const auto now = services_.clock.now();
  for (const auto* component : components) {
    if (component->state != RunState::Running) continue;
    std::optional<base::Instant> own;
    if (component->source) own = component->next_due;
    for (const auto* queue : component->inputs) {
      if (const auto ready = queue->next_ready()) own = own ? std::min(*own, *ready) : *ready;
      if (queue->files() > queue->penalised()) own = now;
    }
    if (!own) continue;
    const bool waits = component->source || component->cron;
    const auto at = std::max({*own, component->yield_ends, waits ? component->next_due : *own});
    if (at > now && (!due || at < *due)) due = at;
  }
  return due;
}

/// Makes all that was done durable, and lets sinks forget what they need not know any more.
base::Status Engine::settle(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  auto outcome = repository_.sync();
  if (outcome) outcome = forget_stale_tokens();
  lock.lock();
  if (!outcome) broken_ = outcome.error();
  return outcome;
}

base::Status Engine::forget_stale_tokens() {
  if (!environment_.forget_tokens) return {};
  std::map<std::string, std::vector<std::string>> ids;
  Changes changes;
  changes.forgotten = repository_.stale_tokens();
  if (changes.forgotten.empty()) return {};
  for (const auto& token : changes.forgotten) ids[token.source].push_back(token.id);
  for (const auto& [source, list] : ids) {
    // The sink's trouble, not ours: it keeps a few bytes longer.
    if (const auto forgotten = environment_.forget_tokens(source, list); !forgotten) {
      LOG_WARN("flow.tokens_kept processor={} error=\"{}\"", source, forgotten.error().message);
      return {};
    }
  }
  base::kill_point("flow.tokens_forgotten");
  TRY_VOID(repository_.commit(std::move(changes)));
  return {};
}

void Engine::start_threads(int count) {
  for (int i = 0; i < count; ++i) threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { repository_.keep_synced(stop, kSyncWindow); });
}

base::Status Engine::stop_threads() {
  const auto all = [](const Component&) { return true; };
  for (auto& thread : threads_) thread.request_stop();
  {
    const std::lock_guard lock(state_mutex_);
    interrupt(all);
    changed_.notify_all();
  }
  threads_.clear();
  std::unique_lock lock(state_mutex_);
  let_go(all, lock);
  if (broken_) return base::fail(*broken_);
  return settle(lock);
}

/// In turn; but before sources make more, what waits goes on, so that queues stay short. Not always, for a loop may
/// always have something that waits.
Component* Engine::choose(base::Instant now) {
  const bool in_turn = ++choices_ % kChoicesInTurn == 0;
  for (const bool sources_wait : {!in_turn, false}) {
    for (std::size_t i = 0; i < components_.size(); ++i) {
      auto& component = *components_[(next_component_ + i) % components_.size()];
      if (component.driven || (sources_wait && component.source) || !is_runnable(component, now)) continue;
      next_component_ = (next_component_ + i + 1) % components_.size();
      return &component;
    }
  }
  return nullptr;
}

/// Who takes what `component` has just sent: it is in the caches still, and what passes a whole chain between two
/// syncs costs the log nothing.
Component* Engine::follow(const Component& component, base::Instant now) {
  for (auto* next : component.destinations)
    if (!next->driven && is_runnable(*next, now)) return next;
  return nullptr;
}

void Engine::work(const std::stop_token& stop) {
  std::unique_lock lock(state_mutex_);
  Component* next = nullptr;
  int followed = 0;
  while (!stop.stop_requested()) {
    const auto now = services_.clock.now();
    auto* chosen = broken_ ? nullptr : next != nullptr ? next : choose(now);
    next = nullptr;
    if (chosen != nullptr) {
      const bool moved = run(*chosen, lock);
      followed = moved ? followed + 1 : 0;
      // Not round and round in a loop while others wait.
      if (moved && followed % kFollowedMax != 0) next = follow(*chosen, services_.clock.now());
      if (next == nullptr) followed = 0;
      if (tokens_since_forget_ < kTokensMax) continue;
    } else if (tokens_since_forget_ == 0 || broken_) {
      // Woken by whoever moves a flowfile; schedules and penalties end within the wait.
      auto wait = std::chrono::nanoseconds{std::chrono::milliseconds{200}};
      if (const auto due = next_due(); due && !services_.clock.is_virtual())
        wait = std::clamp<std::chrono::nanoseconds>(*due - now, std::chrono::milliseconds{1}, wait);
      changed_.wait_for(lock, wait);
      continue;
    }
    tokens_since_forget_ = 0;
    (void)settle(lock);
    next = nullptr;  // its flow may be another by now
  }
}

FlowStatus Engine::status() const {
  const auto dropped = repository_.dropped();
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
                        .in = component->in,
                        .out = component->out,
                        .bytes_read = component->bytes_read,
                        .bytes_written = component->bytes_written,
                        .tasks = component->tasks,
                        .active = component->active,
                        .terminated = component->terminated,
                        .errors = component->errors};
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
    const auto files = queue.take_all();
    Changes changes;
    changes.left = files;
    if (!changes.empty()) {
      const auto position = repository_.commit(std::move(changes));
      if (!position) {
        broken_ = position.error();
        return base::fail(position.error());
      }
    }
    for (const auto& file : files) {
      ++removed.files;
      removed.bytes += file->size();
      queue.acknowledge(*file);
    }
    changed_.notify_all();
  }
  TRY_VOID(repository_.sync());
  LOG_INFO("flow.queue_emptied connection={} files={} bytes={}", connection, removed.files, removed.bytes);
  return removed;
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
