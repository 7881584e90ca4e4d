// Running on the caller's thread until nothing is left to do.
#include <algorithm>
#include <set>

#include "flow/engine/engine.h"

namespace flow {

bool Engine::drain(Component& component, std::unique_lock<std::mutex>& lock) {
  bool did = false;
  const auto ready = [&] {
    std::uint64_t files = 0;
    for (const auto* queue : component.inputs) files += queue->files() - queue->penalised();
    return files;
  };
  auto failures_left = ready();
  const bool endless =
      component.source && component.processor != nullptr && component.processor->endless(component.configuration);
  while (!broken_ && is_runnable(component, services_.clock.now())) {
    if (endless && component.asked) break;
    component.asked = true;
    const bool empty = !component.source && std::ranges::all_of(component.inputs, &Queue::empty);
    const auto before = ready();
    const bool moved = run(component, lock);
    if (!moved && empty) component.yield_ends = {};  // of what it did not see yet; what comes does not wait for that
    did = did || moved;
    // What failed waits for its penalty; those behind it do not.
    const bool set_aside = !moved && ready() < before && failures_left-- > 0;
    if (component.source || (!moved && !set_aside)) break;
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
    if (component->is_in(options.flow)) chosen.push_back(component.get());
  if (std::ranges::any_of(chosen, &Component::driven))
    return base::fail(base::ErrorKind::Conflict, "the flow is already being run until it is idle");
  for (auto* component : chosen) {
    component->driven = true;
    component->asked = component->failing = false;
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
    // A source may wait for files to age, a bin for its end; that is real time.
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
  for (const auto* component : chosen)
    if (component->source && component->failing) report.failing.push_back(component->name);
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

}  // namespace flow
