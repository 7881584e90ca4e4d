#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flow/model.h"

namespace flow {

/// Run: what keeps an old flow meaning what it meant; keys that our components still read stay. Export: as NiFi 2.x
/// would have it after it opened the flow.
enum class MigrationPurpose { Run, Export };

/// What became of a component's configuration.
struct Migrated {
  struct Note {
    Finding::Kind kind;
    std::string text;
  };
  PropertyValues properties;
  std::vector<std::string> references;               // keys that name the services
  std::vector<ServiceDefinition> services;           // made for it; their ids are derived from the component's
  std::map<std::string, std::string> relationships;  // old name: new one
  std::vector<Note> notes;
};

/// What newer versions of NiFi make of an older configuration when they open it, and the default that the saved version
/// had where it has changed since. Source: migrateProperties of NiFi's components.
Migrated migrate(const ConfiguredDefinition& component, MigrationPurpose purpose);

/// All components of a flow; what was done is in its findings.
void migrate_flow(FlowDefinition& flow, MigrationPurpose purpose);

}  // namespace flow
