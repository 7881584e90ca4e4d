#pragma once

#include <functional>
#include <set>
#include <string>

#include "flow/model.h"

namespace flow {

/// Gives every group, component and connection of a flow another id, and lets all that refers to it follow; what the
/// file says of versioned ids stays. `new_id` is asked once for each: with its present id, and the versioned one.
using NewId = std::function<std::string(const std::string& id, const std::string& versioned)>;
void renumber(FlowDefinition& flow, const NewId& new_id);

/// The ids of all groups, components and connections.
std::set<std::string> ids_in(const FlowDefinition& flow);

/// The id that copies of a versioned component share; its own when the file has none.
std::string versioned_id(const SavedObject& saved, const std::string& id);

}  // namespace flow
