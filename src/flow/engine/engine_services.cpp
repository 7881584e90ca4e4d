// Controller services that could not be enabled are tried again, and what needs them becomes valid.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "flow/engine/engine.h"
#include "flow/engine/group_scopes.h"
#include "flow/engine/service_loader.h"
#include "flow/engine/wiring.h"

namespace flow {
namespace {

constexpr std::chrono::seconds kAdministrativeYield{30};
constexpr std::chrono::minutes kRetryDelayMax{10};
constexpr std::chrono::seconds kLookedAgain{1};

}  // namespace

/// A flow as it was put, with what is needed to try its services again.
struct Engine::Loaded {
  FlowDefinition definition;
  std::map<std::string, std::string> parameters;
  std::map<std::string, LoadedService> services = {};
  std::chrono::nanoseconds delay = kAdministrativeYield;  // grows by as much each time
  base::Instant due = {};                                 // wall clock; only of one with services to try again
  bool waits() const {
    return std::ranges::any_of(
        services, [](const auto& service) { return service.second.status.state == ServiceState::Enabling; });
  }
};

void Engine::keep_loaded(const FlowDefinition& flow, const std::map<std::string, std::string>& parameters,
                         const std::map<std::string, LoadedService>& services) {
  auto loaded = std::make_shared<Loaded>(Loaded{.definition = flow, .parameters = parameters, .services = services});
  loaded->due = services_.wall_clock.now() + loaded->delay;
  for (const auto& service : flow.services) controller_services_.push_back(services.at(service.id).status);
  tell_of_services(*loaded);
  loaded_[flow.root] = std::move(loaded);
}

void Engine::tell_of_services(const Loaded& loaded) {
  for (const auto& [id, service] : loaded.services) {
    const auto& status = service.status;
    if (status.state != ServiceState::Enabling) continue;
    LOG_WARN("flow.service_not_enabled service={} name=\"{}\" error=\"{}\"", id, status.name, status.problems.front());
    bulletin(
        BulletinLevel::Error,
        fmt::format("controller service '{}' ({}) could not be enabled, and is tried again in {} s: {}", status.name,
                    status.type, std::chrono::duration_cast<std::chrono::seconds>(loaded.delay).count(),
                    status.problems.front()));
  }
}

std::size_t Engine::retry_services() {
  std::vector<std::shared_ptr<const Loaded>> flows;
  {
    const std::lock_guard lock(state_mutex_);
    for (const auto& [root, loaded] : loaded_)
      if (loaded->waits() && loaded->due <= services_.wall_clock.now()) flows.push_back(loaded);
  }
  std::size_t valid = 0;
  for (const auto& flow : flows) valid += retry_services(*flow);
  return valid;
}

std::size_t Engine::retry_services(const Loaded& before) {
  std::vector<std::string> notes;  // were told when it was put
  auto after = std::make_shared<Loaded>(Loaded{.definition = before.definition, .parameters = before.parameters});
  const auto& flow = after->definition;
  const GroupScopes scopes(flow, after->parameters, environment_.hostname, environment_.time_zone);
  ServiceLoader loader(flow, scopes, services_, notes);
  loader.keep(before.services);
  after->services = loader.load_all();  // may take a while: without the lock
  after->delay = std::min<std::chrono::nanoseconds>(before.delay + kAdministrativeYield, kRetryDelayMax);
  after->due = services_.wall_clock.now() + after->delay;

  const std::lock_guard lock(state_mutex_);
  const auto current = loaded_.find(flow.root);
  if (current == loaded_.end() || current->second.get() != &before) return 0;  // it was replaced meanwhile
  for (auto& status : controller_services_)
    if (status.flow == flow.root) status = after->services.at(status.id).status;
  tell_of_services(*after);
  current->second = after;
  std::size_t valid = 0;
  const Wiring wiring(scopes, loader);
  for (auto& component : components_) {
    if (component->flow != flow.root || component->state != RunState::Invalid || component->lasting_problems) continue;
    const auto definition = std::ranges::find(flow.processors, component->id, &ProcessorDefinition::id);
    if (definition == flow.processors.end()) continue;
    component->problems.clear();
    wiring.configure(*component, *definition, services_, notes);
    Wiring::check(*component);
    if (!component->problems.empty()) continue;
    component->state = RunState::Stopped;
    if (component->wanted) make_running(*component);
    ++valid;
    LOG_INFO("flow.processor_valid processor={} name=\"{}\"", component->id, component->name);
  }
  changed_.notify_all();
  return valid;
}

void Engine::keep_services(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    stopped.wait_for(lock, stop, kLookedAgain, [] { return false; });
    if (!stop.stop_requested()) (void)retry_services();
  }
}

}  // namespace flow
