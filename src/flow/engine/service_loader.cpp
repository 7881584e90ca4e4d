#include "flow/engine/service_loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/known_types.h"

namespace flow {
namespace {

struct Made {
  Configuration configuration;  // outlives the service, which may keep a reference
  std::unique_ptr<ControllerService> service;
};

}  // namespace

std::string_view name_of(ServiceState state) {
  switch (state) {
    case ServiceState::Disabled: return "Disabled";
    case ServiceState::Enabling: return "Enabling";
    case ServiceState::Enabled: return "Enabled";
    case ServiceState::Invalid: return "Invalid";
  }
  return "";
}

void ServiceLoader::keep(const std::map<std::string, LoadedService>& services) {
  for (const auto& [id, service] : services)
    if (service.instance != nullptr) loaded_.emplace(id, service);
}

const std::map<std::string, LoadedService>& ServiceLoader::load_all() {
  for (const auto& definition : flow_.services) load(definition);
  return loaded_;
}

const LoadedService& ServiceLoader::load(const ServiceDefinition& definition) {
  const auto [at, is_new] = loaded_.try_emplace(definition.id);
  auto& service = at->second;
  if (!is_new) return service;
  service.description = find_description(definition.type, descriptions_);
  service.status = {.id = definition.id,
                    .flow = flow_.root,
                    .group = definition.group,
                    .name = definition.name,
                    .type = definition.type.substr(definition.type.rfind('.') + 1),
                    .state = ServiceState::Disabled,
                    .problems = {}};
  if (service.description == nullptr)
    service.status.problems.push_back(fmt::format("controller service '{}': {}", definition.name,
                                                  not_implemented(definition.type, definition.bundle)));
  else if (definition.scheduled_state != "DISABLED")
    enable(definition, service);
  if (!service.status.problems.empty() && service.status.state != ServiceState::Enabling)
    service.status.state = ServiceState::Invalid;
  return service;
}

void ServiceLoader::enable(const ServiceDefinition& definition, LoadedService& service) {
  auto& problems = service.status.problems;
  auto made = std::make_shared<Made>();
  made->configuration = scopes_.builder(definition.group, lookup(definition.group))
                            .build(definition, *service.description, problems, notes_);
  if (!problems.empty()) return;
  made->service = service.description->make_service();
  if (const auto enabled = made->service->enable(made->configuration, services_); !enabled) {
    problems.push_back(enabled.error().message);
    // What it was told is wrong stays so; a file, a server or a port may come.
    const auto kind = enabled.error().kind;
    if (kind != base::ErrorKind::InvalidValue && kind != base::ErrorKind::Unsupported)
      service.status.state = ServiceState::Enabling;
    return;
  }
  auto* const instance = made->service.get();
  service.instance = {std::move(made), instance};
  service.status.state = ServiceState::Enabled;
}

ConfigurationBuilder::ServiceLookup ServiceLoader::lookup(const std::string& group) {
  return [this, group](const std::string& id, std::string_view api) { return find(group, id, api); };
}

ServiceLoader::Found ServiceLoader::find(const std::string& group, const std::string& id, std::string_view api) {
  const auto definition = std::ranges::find(flow_.services, id, &ServiceDefinition::id);
  if (definition == flow_.services.end() || !scopes_.is_within(group, definition->group))
    return base::fail(base::ErrorKind::NotFound,
                      fmt::format("no controller service of this group or those above has the id {}", id));
  const auto problem = [&](std::string_view what) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("controller service '{}' {}", definition->name, what));
  };
  const auto known = loaded_.contains(id);
  const auto& service = load(*definition);
  if (service.description != nullptr && std::ranges::count(service.description->apis, api) == 0)
    return problem(fmt::format("({}) is no {}", service.status.type, api.substr(api.rfind('.') + 1)));
  if (service.status.state == ServiceState::Invalid) return problem("is invalid");
  if (service.status.state == ServiceState::Enabling) return problem("could not be enabled");
  // Found in the making by what it refers to itself.
  if (known && service.instance == nullptr && definition->scheduled_state != "DISABLED")
    return problem("refers to itself");
  if (service.instance == nullptr) return problem("is disabled");
  return service.instance;
}

}  // namespace flow
