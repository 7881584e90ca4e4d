#pragma once

#include "flow/model.h"

namespace flow {

/// What is of MiNiFi C++ in a flow, in NiFi's words: classes by their last part, properties, values, defaults and relationships.
/// What cannot be said in them is a finding.
void translate_agent_flow(FlowDefinition& flow);

}  // namespace flow
