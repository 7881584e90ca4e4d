#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/engine/bulletins.h"
#include "flow/engine/cron.h"
#include "flow/engine/processor.h"
#include "flow/engine/queue.h"
#include "flow/engine/status.h"

namespace flow {

class GroupGate;

/// A processor, port or funnel in the engine: how it is wired, when it runs, what it did. The engine's lock guards
/// what changes while it runs.
struct Component {
  std::string id;
  std::string flow;  // its root group
  std::string group;
  std::string name;
  std::string type;
  std::uint64_t origin = 0;  // of its provenance events
  BulletinLevel bulletin_level = BulletinLevel::Warning;
  const Description* description = nullptr;  // null: port or funnel
  std::unique_ptr<Processor> processor;      // null: passes on what comes
  Configuration configuration;
  std::map<std::string, std::string> variables;  // of its groups, nearest first

  GroupGate* gate = nullptr;  // of a port whose group does not pass on all that comes
  std::vector<Queue*> inputs;
  std::vector<std::string> relationships;                           // that it may send to
  bool source = false;                                              // always has work
  std::map<std::string, std::vector<Queue*>, std::less<>> outputs;  // by relationship
  std::vector<Component*> destinations;                             // that its outputs lead to, but itself
  std::set<std::string, std::less<>> auto_terminated;
  std::set<std::string, std::less<>> failures;  // relationships
  std::set<std::string, std::less<>> retried;
  int retry_count = 0;
  bool backoff_yields = false;
  std::chrono::nanoseconds max_backoff{};

  std::chrono::nanoseconds period{};
  std::optional<Cron> cron;  // in place of the period
  std::chrono::nanoseconds penalty{};
  std::chrono::nanoseconds yield{};
  int tasks_max = 1;
  std::chrono::nanoseconds slice{};  // the run duration; 0: one trigger, one commit

  RunState state = RunState::Stopped;
  std::vector<std::string> problems;
  bool lasting_problems = false;  // some that no service can cure
  bool wanted = false;            // should run once it is valid
  int active = 0;
  base::Instant next_due;
  base::Instant yield_ends;
  std::optional<base::Instant> wall_due;  // it waits for the wall clock
  std::uint64_t errors = 0;               // bulletins of that level
  bool failing = false;                   // its last trigger did nothing but tell of an error
  bool asked = false;                     // in this run_until_idle
  bool driven = false;                    // by run_until_idle: threads leave it alone
  std::size_t next_input = 0;

  Amount in;
  Amount out;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t tasks = 0;
  std::map<std::string, Amount> terminated;
  Bulletins bulletins{kBulletinsOfComponent};
  std::map<std::string, std::int64_t> counters;

  /// Of a flow, a group directly, or itself; the empty id means all.
  bool is_in(const std::string& of) const { return of.empty() || id == of || group == of || flow == of; }
};

}  // namespace flow
