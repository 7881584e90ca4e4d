#pragma once

#include <set>
#include <string>
#include <vector>

#include "flow/model.h"

namespace flow {

/// What people who know NiFi would say of a flow that imports well: values that are missing or stand in the open, data
/// that can get lost in silence, sources that run without rest. `given`: names of parameters that have values.
std::vector<Finding> advise(const FlowDefinition& flow, const std::set<std::string>& given);

}  // namespace flow
