#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/engine/component.h"
#include "flow/engine/group_scopes.h"
#include "flow/engine/service_loader.h"
#include "flow/model.h"

namespace flow {

/// Makes processors of their definitions; what they are missing is among their problems.
class Wiring {
 public:
  /// The references outlive this.
  Wiring(const GroupScopes& scopes, ServiceLoader& services) : scopes_(scopes), controller_services_(services) {}

  std::unique_ptr<Component> make(const ProcessorDefinition& definition, const Services& services,
                                  std::vector<std::string>& notes) const;
  /// Its properties and what they need, also once more: adds to its problems.
  void configure(Component& component, const ProcessorDefinition& definition, const Services& services,
                 std::vector<std::string>& notes) const;
  /// Once its connections are there.
  static void check(Component& component);

 private:
  const GroupScopes& scopes_;
  ServiceLoader& controller_services_;
};

}  // namespace flow
