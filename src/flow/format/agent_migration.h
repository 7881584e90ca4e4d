#pragma once

#include "flow/model.h"

namespace flow {

/// What is of MiNiFi C++ in a flow, in NiFi's words: classes by their last part, properties, values, defaults and
/// relationships. What cannot be said in them is a finding.
void translate_agent_flow(FlowDefinition& flow);

/// Agents also save flows as NiFi does, with classes of their own.
bool is_of_agent(const FlowDefinition& flow, const ConfiguredDefinition& component);

}  // namespace flow
