#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/flow.h"

namespace server::nifi {

/// A process group that a path names, with all groups below it. Flows are the children of the root group; but one,
/// whose root it is, holds the components that are in it directly.
struct Scope {
  std::string id;
  std::string name;
  std::string parent;            // empty: it is the root group
  std::string flow;              // root group of its flow; empty: it is the root group, which has no components itself
  std::string context;           // parameter context
  std::set<std::string> groups;  // ids: its own, and all below
  std::vector<std::string> children;
  bool is_root() const { return parent.empty(); }
};

const std::string& root_id();
/// `id` may be "root".
std::optional<Scope> find_scope(const std::vector<flow::FlowView>& flows, const std::string& id);
/// What of a status lies in a group or below it.
flow::FlowStatus within(flow::FlowStatus status, const Scope& scope);

}  // namespace server::nifi
