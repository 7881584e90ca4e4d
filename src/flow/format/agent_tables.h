#pragma once

#include <span>
#include <string_view>

namespace flow {

/// What MiNiFi C++ calls otherwise than NiFi, by the last part of a class. Source: PROCESSORS.md and CONTROLLERS.md of
/// apache/nifi-minifi-cpp.

/// A component that is another one here.
struct AgentType {
  std::string_view name;
  std::string_view type;  // Java class
};
std::span<const AgentType> agent_types();

/// A property by its own name there.
struct AgentKey {
  std::string_view type;
  std::string_view from, to;
};
std::span<const AgentKey> agent_keys();

/// A value of a property by its name here.
struct AgentValue {
  std::string_view type;
  std::string_view key, from, to;
};
std::span<const AgentValue> agent_values();

/// What is meant where a property is not set, by its name here.
struct AgentDefault {
  std::string_view type;
  std::string_view key, value;
};
std::span<const AgentDefault> agent_defaults();

/// A property that cannot be translated: it is told, unless its value means what is done anyway.
struct AgentLoss {
  std::string_view type;
  std::string_view key;
  std::string_view harmless = {};  // a value
  std::string_view told = {};      // empty: that it means nothing here
  bool silent = false;             // it only tunes
};
std::span<const AgentLoss> agent_losses();

/// What is not the same whatever the properties are, unless one of them has a value.
struct AgentTrap {
  std::string_view type;
  std::string_view key, value;
  std::string_view told;
};
std::span<const AgentTrap> agent_traps();

/// A relationship by its name there; several rows: it is several here. Without a name there: it ends here. Without one
/// here: nothing ever goes there.
struct AgentRelationship {
  std::string_view type;
  std::string_view from, to;
};
std::span<const AgentRelationship> agent_relationships();

}  // namespace flow
