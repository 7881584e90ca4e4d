#include "flow/engine/group_gate.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace flow {
namespace {

constexpr std::size_t kBatchPassedOnMax = 10'000;
const std::string kBatch = "batch";  // a key in the state of ports

bool holds_any(const std::vector<const Queue*>& queues) {
  return std::ranges::any_of(queues, [](const Queue* queue) { return !queue->empty(); });
}

std::set<std::string> with_those_below(const FlowDefinition& flow, const std::string& group) {
  std::set<std::string> groups{group};
  for (const auto& each : flow.groups)  // parents come first
    if (groups.contains(each.parent)) groups.insert(each.id);
  return groups;
}

std::uint64_t batch_of(const ComponentState& state) {
  const auto found = state.find(kBatch);
  return found == state.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

}  // namespace

std::vector<std::unique_ptr<GroupGate>> GroupGate::make(const FlowDefinition& flow, const Queues& queues,
                                                        const Components& components, const StateOf& state_of) {
  const auto is_usual = [](const auto& group) { return group.concurrency == GroupConcurrency::Unbounded; };
  if (std::ranges::all_of(flow.groups, is_usual)) return {};
  std::vector<std::unique_ptr<GroupGate>> gates;
  for (const auto& group : flow.groups)
    gates.push_back(std::unique_ptr<GroupGate>(new GroupGate(flow, group, queues, components)));
  for (auto& gate : gates) gate->connect(flow, queues, components);
  for (auto& gate : gates) gate->restore(state_of);
  return gates;
}

GroupGate::GroupGate(const FlowDefinition& flow, const GroupDefinition& group, const Queues& queues,
                     const Components& components)
    : group_(group.id), concurrency_(group.concurrency), batch_output_(group.batch_output) {
  std::set<std::string> output_ids;
  for (const auto& port : flow.ports) {
    if (port.group != group_ || (port.kind != PortKind::Input && port.kind != PortKind::Output)) continue;
    auto* component = components.at(port.id);
    component->gate = this;
    (port.kind == PortKind::Input ? inputs_ : outputs_).push_back(component);
    if (port.kind == PortKind::Output) output_ids.insert(port.id);
  }
  const auto groups = with_those_below(flow, group_);
  for (const auto& connection : flow.connections)
    if (groups.contains(connection.group))
      (output_ids.contains(connection.destination) ? at_outputs_ : inside_).push_back(queues.at(connection.id).get());
}

/// Batches from one group to the next must not mix.
void GroupGate::connect(const FlowDefinition& flow, const Queues& queues, const Components& components) {
  for (const auto& connection : flow.connections) {
    const auto *from = components.at(connection.source), *to = components.at(connection.destination);
    if (std::ranges::count(outputs_, from) == 0 || to->gate == nullptr || !to->gate->is_input(*to)) continue;
    if (batch_output_) to->gate->sources_.push_back(this);
    if (to->gate->concurrency_ == GroupConcurrency::SingleBatch)
      destinations_.push_back({queues.at(connection.id).get(), to->gate});
  }
}

void GroupGate::restore(const StateOf& state_of) {
  if (!counts_output()) return;
  for (const auto* port : inputs_) batch_ = std::max(batch_, batch_of(state_of(port->id)));
  for (const auto* port : outputs_)
    if (auto state = state_of(port->id); batch_ > 0 && batch_of(state) == batch_) {
      state.erase(kBatch);
      counts_ = std::move(state);
    }
}

bool GroupGate::is_input(const Component& port) const { return std::ranges::count(inputs_, &port) > 0; }

bool GroupGate::holds_anything() const { return holds_any(inside_) || holds_any(at_outputs_); }

/// NiFi does not count what becomes of batches.
bool GroupGate::counts_output() const { return concurrency_ == GroupConcurrency::SingleFlowFile && batch_output_; }

bool GroupGate::is_open(const Component& port) const {
  if (is_input(port)) {
    if (concurrency_ == GroupConcurrency::Unbounded || flowing_in_) return true;
    const auto is_active = [](const Component* input) { return input->active > 0; };
    return !holds_anything() && std::ranges::none_of(inputs_, is_active) &&
           std::ranges::none_of(sources_, &GroupGate::flowing_out_);
  }
  if (concurrency_ != GroupConcurrency::Unbounded && batch_output_ && holds_any(inside_)) return false;
  return flowing_out_ || std::ranges::none_of(destinations_, [](const Destination& destination) {
           return !destination.queue->empty() || destination.gate->flowing_in_;
         });
}

bool GroupGate::ignores_back_pressure(const Component& port) const {
  return is_input(port) ? flowing_in_ : flowing_out_ && batch_output_;
}

Passing GroupGate::enter(const Component& port) {
  if (is_input(port)) {
    if (concurrency_ == GroupConcurrency::Unbounded) return {};
    flowing_in_ = concurrency_ == GroupConcurrency::SingleBatch;
    if (flowing_in_) return {.most = kBatchPassedOnMax};
    if (!counts_output()) return {.most = 1};
    counts_.clear();
    return {.most = 1, .state = {{kBatch, std::to_string(++batch_)}}};
  }
  flowing_out_ = true;
  if (!counts_output() || batch_ == 0) return {};
  if (counts_.empty())
    for (const auto* output : outputs_) {
      std::uint64_t files = 0;
      for (const auto* queue : output->inputs) files += queue->files();
      counts_["batch.output." + output->name] = std::to_string(files);
    }
  auto state = counts_;
  state.emplace(kBatch, std::to_string(batch_));
  return {.counts = counts_, .state = std::move(state)};
}

void GroupGate::leave(const Component& port) {
  if (is_input(port))
    flowing_in_ = flowing_in_ && std::ranges::any_of(inputs_, [](const Component* input) {
                    return std::ranges::any_of(input->inputs, [](const Queue* queue) { return !queue->empty(); });
                  });
  else
    flowing_out_ = holds_anything();
}

}  // namespace flow
