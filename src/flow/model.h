#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flow {

/// A flow as its definition says it, whatever the format of the file. Names and values as saved: what they mean is
/// decided by the descriptions of processors (description.h).

/// A component as the file has it, in the spelling of a flow definition (files of other kinds are converted): what is
/// not interpreted here is kept in it and written again. A group's is without the components that this model lists.
using SavedObject = std::shared_ptr<const boost::json::object>;

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
  std::vector<std::string> order;      // keys as they stand in the file; what is not in it comes after those, by name
  std::vector<std::string> sensitive;  // keys that the file lists as sensitive
  std::string annotation_data;         // rules of UpdateAttribute, say
  std::string bulletin_level = "WARN";
  std::string place;                    // in its file: path or line
  std::vector<std::string> references;  // keys whose values are ids of controller services, as the file says
  SavedObject saved;                    // null: made by a migration
};

/// The keys of `values` as they stand in the file, for what is done with one property after another.
std::vector<std::string> keys_in_order(const ConfiguredDefinition& component, const PropertyValues& values);

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

/// Remote ones are ports of another instance, reached by site-to-site.
enum class PortKind { Input, Output, Funnel, RemoteInput, RemoteOutput };

struct PortDefinition {
  std::string id;
  std::string group;
  std::string name;
  PortKind kind = PortKind::Input;
  std::string refused;  // why it cannot run; empty: it can
  bool disabled = false;
  SavedObject saved;
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
  bool drops_empty = false;  // MiNiFi: flowfiles without content end here
  SavedObject saved;
};

struct ParameterDefinition {
  std::optional<std::string> value;
  bool sensitive = false;
};

struct ParameterContext {
  std::map<std::string, ParameterDefinition> parameters;
  std::vector<std::string> inherited;  // names, in order of precedence
  bool shared = false;                 // not of the flow's file: several flows have it
  SavedObject saved;
};

/// How many flowfiles may be in a group: any number, one, or those that waited before it when it was empty.
enum class GroupConcurrency { Unbounded, SingleFlowFile, SingleBatch };

struct GroupDefinition {
  std::string id;
  std::string name;
  std::string parent;  // empty: the root
  std::string parameter_context;
  std::map<std::string, std::string> variables;
  GroupConcurrency concurrency = GroupConcurrency::Unbounded;
  bool batch_output = false;  // what leaves waits until all else is through
  SavedObject saved;
};

/// A controller service that the file refers to and does not contain.
struct ExternalService {
  std::string id;
  std::string name;
};

/// What an import has to tell beside errors.
struct Finding {
  enum class Kind {
    Ghost,           // kept, not run
    MissingSecret,   // the file lacks a sensitive value
    MissingService,  // refers to a controller service outside the file
    MissingFlow,     // a group whose contents are in a registry
    Migration,       // an old setting and what it means now
    ChangedDefault,  // unset, and the default depends on the version
    Trap,            // valid, and seldom what was meant
    NoEffect,        // read, and does nothing here
  };
  Kind kind;
  std::string where;  // file and path or line
  std::string text;   // names the component
};
std::string_view name_of(Finding::Kind kind);

/// Which kind of file it was: what its ids mean and what is in the rest of it.
enum class FlowForm { Definition, Instance, MiNiFi };

struct FlowDefinition {
  std::string name;
  std::string root;  // group id
  FlowForm form = FlowForm::Definition;
  std::vector<GroupDefinition> groups;  // parents first
  std::vector<ProcessorDefinition> processors;
  std::vector<ServiceDefinition> services;
  std::vector<PortDefinition> ports;
  std::vector<ConnectionDefinition> connections;
  std::map<std::string, ParameterContext> contexts;
  std::vector<ExternalService> external_services;
  std::vector<Finding> findings;
  SavedObject saved;  // the document without its groups and contexts
};

}  // namespace flow
