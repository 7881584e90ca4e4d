#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/engine/group_scopes.h"
#include "flow/engine/processor.h"
#include "flow/engine/status.h"
#include "flow/model.h"

namespace flow {

/// A controller service in the engine.
struct LoadedService {
  ServiceStatus status;
  const Description* description = nullptr;     // null: not implemented
  std::shared_ptr<ControllerService> instance;  // null unless enabled
};

/// Makes and enables the controller services of a flow, those that others refer to first.
class ServiceLoader {
 public:
  /// The references outlive this.
  ServiceLoader(const FlowDefinition& flow, const GroupScopes& scopes, const Services& services,
                std::vector<std::string>& notes,
                std::span<const Description* const> descriptions = service_descriptions())
      : flow_(flow), scopes_(scopes), services_(services), notes_(notes), descriptions_(descriptions) {}

  /// Those of an earlier time that are enabled stay as they are.
  void keep(const std::map<std::string, LoadedService>& services);
  /// All of the flow; what they are missing is in their status.
  const std::map<std::string, LoadedService>& load_all();
  /// One of the flow, and what it refers to.
  const LoadedService& load(const ServiceDefinition& definition);
  /// For the properties of what is in `group`: services of that group and of those above it.
  ConfigurationBuilder::ServiceLookup lookup(const std::string& group);

 private:
  using Found = base::Result<std::shared_ptr<ControllerService>>;
  Found find(const std::string& group, const std::string& id, std::string_view api);
  void enable(const ServiceDefinition& definition, LoadedService& service);

  const FlowDefinition& flow_;
  const GroupScopes& scopes_;
  const Services& services_;
  std::vector<std::string>& notes_;
  const std::span<const Description* const> descriptions_;
  std::map<std::string, LoadedService> loaded_;  // by id; also those in the making
};

}  // namespace flow
