#include "flow/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "flow/engine/group_gate.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr std::chrono::seconds kAdministrativeYield{30};
constexpr std::chrono::seconds kFailureYieldMin{1};
constexpr std::chrono::milliseconds kSyncWindow{5};
constexpr std::size_t kPassedOnMax = 1000;  // by a port or funnel in one trigger
constexpr std::uint64_t kTokensMax = 1000;
constexpr int kFollowedMax = 32;
constexpr std::uint64_t kChoicesInTurn = 16;
constexpr std::size_t kSliceFilesMax = 10'000;
constexpr int kSliceTriggersMax = 100;
constexpr int kSlicePartOfLoops = 25;  // after that part of a slice, a full loop ends it

}  // namespace

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

std::size_t Engine::start(const std::string& id, const std::set<std::string>& except) {
  const std::lock_guard lock(state_mutex_);
  const auto chosen = [&](const Component& component) { return component.is_in(id) && !except.contains(component.id); };
  std::size_t started = 0;
  for (auto& component : components_) {
    if (!chosen(*component)) continue;
    component->wanted = true;
    make_running(*component);
    if (component->state == RunState::Running) ++started;
  }
  changed_.notify_all();
  return started;
}

void Engine::stop(const std::string& id) {
  std::unique_lock lock(state_mutex_);
  const auto chosen = [&](const Component& component) { return component.is_in(id); };
  for (auto& component : components_) {
    if (!chosen(*component)) continue;
    component->wanted = false;
    if (component->state == RunState::Running) component->state = RunState::Stopped;
  }
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
  if (component.description == nullptr && component.outputs.empty()) return false;  // it holds what comes
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
         component.yield_ends <= now && (!component.source || may_take_more()) && has_work(component, now) &&
         may_pass_on(component);
}

bool Engine::may_pass_on(const Component& component) const {
  const auto* gate = component.gate;
  if (gate == nullptr) return has_room(component);
  return gate->is_open(component) && (gate->ignores_back_pressure(component) || has_room(component));
}

Passing Engine::enter(const Component& port) {
  if (port.gate == nullptr) return {.most = kPassedOnMax};
  const std::lock_guard lock(state_mutex_);
  return port.gate->enter(port);
}

base::Status Engine::trigger(Component& component, Session& session) {
  if (component.processor != nullptr) return component.processor->trigger(component.configuration, services_, session);
  const auto passing = enter(component);
  for (auto* file : session.get(passing.most)) {
    for (const auto& [name, count] : passing.counts) session.put_attribute(*file, name, count);
    session.transfer(*file, "");
  }
  if (!passing.state.empty()) session.set_state(passing.state);
  return {};
}

/// What some library throws ends here: a flowfile must not end the program.
base::Status Engine::trigger_guarded(Component& component, Session& session) {
  try {
    return trigger(component, session);
  } catch (const std::exception& exception) {
    return base::fail(base::ErrorKind::Internal, exception.what());
  }
}

base::Status Engine::trigger_and_commit(Component& component, Session& session) {
  if (auto outcome = trigger_guarded(component, session); !outcome) {
    session.rollback(true);
    return outcome;
  }
  return session.commit();
}

/// As many triggers as fit into the component's run duration, and one commit in the end. A trigger that fails takes
/// back its own work, not that of those before.
base::Status Engine::run_slice(Component& component, Session& session) {
  session.begin_slice();
  const auto started = services_.wall_clock.now();
  base::Status outcome;
  for (int triggers = 1;; ++triggers) {
    const auto before = session.files_.size();
    outcome = trigger_and_commit(component, session);
    const bool did_nothing = session.files_.size() == before;
    if (!outcome || did_nothing || !slice_goes_on(component, session, started, triggers)) break;
  }
  auto committed = session.end_slice();
  return outcome ? committed : outcome;
}

bool Engine::slice_goes_on(Component& component, const Session& session, base::Instant started, int triggers) {
  if (session.yielded() || session.files_.size() >= kSliceFilesMax) return false;
  // Virtual time stands still, and the same run must do the same: there, triggers are counted.
  const auto spent = services_.wall_clock.now() - started;
  if (services_.clock.is_virtual() ? triggers >= kSliceTriggersMax : spent >= component.slice) return false;
  const std::lock_guard lock(state_mutex_);
  if (component.state != RunState::Running || !has_work(component, services_.clock.now())) return false;
  // What it sends to itself is seen only after the commit.
  const auto is_full_loop = [&](const Queue* queue) {
    return queue->full() && std::ranges::any_of(component.outputs, [&](const auto& output) {
             return std::ranges::count(output.second, queue) > 0;
           });
  };
  if (spent * kSlicePartOfLoops >= component.slice && std::ranges::any_of(component.inputs, is_full_loop)) return false;
  ++component.tasks;
  return true;
}

bool Engine::run(Component& component, std::unique_lock<std::mutex>& lock) {
  ++component.active;
  ++component.tasks;
  const auto errors = component.errors;
  lock.unlock();
  Session session(*this, component);
  const auto outcome =
      component.slice.count() > 0 ? run_slice(component, session) : trigger_and_commit(component, session);
  lock.lock();
  --component.active;
  if (component.gate != nullptr) component.gate->leave(component);
  const auto now = services_.clock.now();
  component.next_due = component.cron ? next_firing(*component.cron, now) : now + component.period;
  // Virtual time may stand still, where what comes from outside does not wait for it.
  if (!services_.clock.is_virtual()) component.next_due = std::max(component.next_due, now + session.rest());
  component.wall_due.reset();
  if (session.ask_again()) component.wall_due = services_.wall_clock.now() + *session.ask_again();
  // Virtual time is moved by others; next_due() tells them.
  if (session.ask_again_at() && !services_.clock.is_virtual())
    component.wall_due = services_.wall_clock.now() + (*session.ask_again_at() - now);
  if (session.yielded()) component.yield_ends = std::max(component.yield_ends, now + component.yield);
  if (!outcome) {
    const auto kind = outcome.error().kind;
    if (const auto broken = repository_.broken()) broken_ = broken;
    bulletin(component, BulletinLevel::Error, outcome.error().message);
    if (kind == base::ErrorKind::Internal)
      component.yield_ends = now + kAdministrativeYield;
    else if (kind == base::ErrorKind::Unavailable || component.penalty.count() == 0)  // it would fail on and on
      component.yield_ends =
          std::max(component.yield_ends, now + std::max<std::chrono::nanoseconds>(component.yield, kFailureYieldMin));
  }
  component.failing = component.errors != errors && !session.did_something();
  changed_.notify_all();
  return session.did_something();
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
  threads_.emplace_back([this](const std::stop_token& stop) { keep_services(stop); });
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
      if (tokens_since_forget_ < kTokensMax && deferred_.empty()) continue;
    } else if ((tokens_since_forget_ == 0 && deferred_.empty()) || broken_) {
      // Woken by whoever moves a flowfile; schedules and penalties end within the wait.
      auto wait = std::chrono::nanoseconds{std::chrono::milliseconds{200}};
      if (const auto due = next_due(); due && !services_.clock.is_virtual())
        wait = std::clamp<std::chrono::nanoseconds>(*due - now, std::chrono::milliseconds{1}, wait);
      changed_.wait_for(lock, wait);
      continue;
    }
    tokens_since_forget_ = 0;
    if (!settle(lock)) changed_.wait_for(lock, kFailureYieldMin, [&] { return stop.stop_requested(); });
    next = nullptr;  // its flow may be another by now
  }
}

}  // namespace flow
