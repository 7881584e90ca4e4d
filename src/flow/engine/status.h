#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/engine/bulletins.h"
#include "flow/engine/repository.h"

namespace flow {

enum class RunState { Stopped, Running, Disabled, Invalid };
std::string_view name_of(RunState state);

/// Files and bytes since the flow was imported or opened.
struct Amount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  Amount& operator+=(const Amount& more) {
    files += more.files;
    bytes += more.bytes;
    return *this;
  }
};

struct ComponentStatus {
  std::string id;
  std::string flow;  // root group
  std::string group;
  std::string name;
  std::string type;  // "ListFile"; "Input Port", "Output Port", "Funnel"
  RunState state = RunState::Stopped;
  std::vector<std::string> problems;       // why it is invalid
  std::vector<std::string> relationships;  // also those that its properties make
  Amount in;
  Amount out;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t tasks = 0;
  int active = 0;
  std::map<std::string, Amount> terminated;      // by auto-terminated relationship
  std::map<std::string, Dropped> dropped;        // of those, failures: since the directory was made
  std::vector<Bulletin> bulletins;               // of the last five minutes, the newest five
  std::map<std::string, std::int64_t> counters;  // that the component keeps, since the flow was imported or opened
  std::vector<std::uint16_t> ports = {};         // on which it listens
};

enum class ServiceState { Disabled, Enabling, Enabled, Invalid };  // Enabling: tried again
std::string_view name_of(ServiceState state);

struct ServiceStatus {
  std::string id;
  std::string flow;  // root group
  std::string group;
  std::string name;
  std::string type;  // "CSVReader"
  ServiceState state = ServiceState::Disabled;
  std::vector<std::string> problems;  // why it is invalid, or could not be enabled yet
};

struct ConnectionStatus {
  std::string id;
  std::string flow;
  std::string group;
  std::string name;
  std::string source;
  std::string destination;
  std::string source_name;
  std::string destination_name;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t penalised = 0;
  std::uint64_t objects_max = 0;
  std::uint64_t bytes_max = 0;
  bool back_pressure = false;
};

struct FlowStatus {
  std::vector<ComponentStatus> components;
  std::vector<ConnectionStatus> connections;
  std::vector<ServiceStatus> services;
  std::uint64_t orphans = 0;           // flowfiles whose connection is gone; they come back with it
  std::uint64_t queue_memory = 0;      // bytes that queued flowfiles take in memory, about
  std::uint64_t queue_memory_max = 0;  // from here on sources wait
  std::optional<std::string> full;     // why sources wait: there is no room on the disk
  std::optional<std::string> failure;  // the log failed: open the flow again
  std::vector<Bulletin> bulletins;     // of no component; the newest ten
};

}  // namespace flow
