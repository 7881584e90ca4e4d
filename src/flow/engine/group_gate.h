#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/engine/component.h"
#include "flow/engine/repository.h"
#include "flow/model.h"

namespace flow {

/// What a port may pass on in one trigger.
struct Passing {
  std::size_t most = 1000;
  ComponentState counts = {};  // attributes of what passes
  ComponentState state = {};   // of the port from now on; empty: as it is
};

/// The ports of a group that takes one flowfile or one batch at a time, or that sends to one that takes batches. A
/// batch that has begun to pass does so until nothing is left of it, whatever the connection behind the port holds.
/// The engine's lock guards it.
class GroupGate {
 public:
  using StateOf = std::function<ComponentState(const std::string& component)>;
  using Queues = std::map<std::string, std::unique_ptr<Queue>>;
  using Components = std::map<std::string, Component*>;

  /// Those that a flow needs, and its ports know them.
  static std::vector<std::unique_ptr<GroupGate>> make(const FlowDefinition& flow, const Queues& queues,
                                                      const Components& components, const StateOf& state_of);

  bool is_open(const Component& port) const;
  bool ignores_back_pressure(const Component& port) const;
  Passing enter(const Component& port);  // at the begin of a trigger
  void leave(const Component& port);     // when it is committed

 private:
  struct Destination {
    const Queue* queue;
    const GroupGate* gate;
  };
  GroupGate(const FlowDefinition& flow, const GroupDefinition& group, const Queues& queues,
            const Components& components);
  void connect(const FlowDefinition& flow, const Queues& queues, const Components& components);
  void restore(const StateOf& state_of);
  bool holds_anything() const;
  bool is_input(const Component& port) const;
  bool counts_output() const;

  const std::string group_;
  const GroupConcurrency concurrency_;
  const bool batch_output_;
  std::vector<Component*> inputs_, outputs_;  // ports
  std::vector<const Queue*> inside_;          // of the group and those below, but those at its output ports
  std::vector<const Queue*> at_outputs_;
  std::vector<const GroupGate*> sources_;  // of groups that send batches here
  std::vector<Destination> destinations_;  // that take batches from here
  bool flowing_in_ = false;
  bool flowing_out_ = false;
  std::uint64_t batch_ = 0;  // how many flowfiles came in one by one
  ComponentState counts_;    // of the one that is in
};

}  // namespace flow
