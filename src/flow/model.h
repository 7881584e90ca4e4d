#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flow {

/// A flow as its definition says it, whatever the format of the file. Names and values as saved: what they mean is
/// decided by the descriptions of processors (description.h).

/// Present without a value: "not set, use the default".
using PropertyValues = std::map<std::string, std::optional<std::string>>;

/// What is configured by properties: a processor or a controller service.
struct ConfiguredDefinition {
  std::string id;
  std::string group;  // its id
  std::string name;
  std::string type;    // Java class
  std::string bundle;  // group:artifact:version
  PropertyValues properties;
  std::vector<std::string> sensitive;  // keys that the file lists as sensitive
  std::string annotation_data;         // rules of UpdateAttribute, say
  std::string bulletin_level = "WARN";
};

struct ProcessorDefinition : ConfiguredDefinition {
  std::string scheduling_strategy = "TIMER_DRIVEN";
  std::string scheduling_period = "0 sec";
  std::string penalty_duration = "30 sec";
  std::string yield_duration = "1 sec";
  std::int64_t run_duration = 0;            // milliseconds
  std::string scheduled_state = "ENABLED";  // ENABLED (stopped), RUNNING, DISABLED
  int concurrent_tasks = 1;
  std::vector<std::string> auto_terminated;
  int retry_count = 10;
  std::vector<std::string> retried;
  bool backoff_yields = false;
  std::string max_backoff = "10 mins";
};

/// Seen by the components of its group and of those below.
struct ServiceDefinition : ConfiguredDefinition {
  std::string scheduled_state = "DISABLED";  // ENABLED, DISABLED
};

enum class PortKind { Input, Output, Funnel };

struct PortDefinition {
  std::string id;
  std::string group;
  std::string name;
  PortKind kind = PortKind::Input;
};

struct ConnectionDefinition {
  std::string id;
  std::string group;
  std::string name;
  std::string source;  // component ids
  std::string destination;
  std::string source_name;  // as the file says, for messages
  std::string destination_name;
  std::vector<std::string> relationships;  // "" for ports and funnels
  std::uint64_t objects_max = 10'000;      // 0: no limit
  std::string bytes_max = "1 GB";
  std::string expiration = "0 sec";
  std::vector<std::string> prioritizers;
};

struct ParameterDefinition {
  std::optional<std::string> value;
  bool sensitive = false;
};

struct ParameterContext {
  std::map<std::string, ParameterDefinition> parameters;
  std::vector<std::string> inherited;
};

struct GroupDefinition {
  std::string id;
  std::string name;
  std::string parent;  // empty: the root
  std::string parameter_context;
  std::map<std::string, std::string> variables;
};

struct FlowDefinition {
  std::string name;
  std::string root;                     // group id
  std::vector<GroupDefinition> groups;  // parents first
  std::vector<ProcessorDefinition> processors;
  std::vector<ServiceDefinition> services;
  std::vector<PortDefinition> ports;
  std::vector<ConnectionDefinition> connections;
  std::map<std::string, ParameterContext> contexts;
  std::vector<std::string> warnings;  // what was read and will not matter
};

}  // namespace flow
