#pragma once

#include <set>
#include <string>

#include "flow/model.h"

namespace flow {

/// A group and all below it, as a flow of its own. Services of the groups above that it refers to are external then,
/// or, with `with_services`, services of it. The group is there.
struct SubflowOptions {
  bool with_services = false;
};
FlowDefinition subflow(const FlowDefinition& flow, const std::string& group, SubflowOptions options = {});

/// The ids of a group and of all below it.
std::set<std::string> groups_below(const FlowDefinition& flow, const std::string& group);

}  // namespace flow
