#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/model.h"

namespace flow {

/// Reads a flow file: a flow definition (VersionedFlowSnapshot), flow.json, or an empty template.
/// `file` names it in messages. Errors: Syntax (no JSON), InvalidValue (component and field are named), Unsupported
/// (formats and parts that are known but not read).
base::Result<FlowDefinition> read_definition(std::string_view text, std::string_view file);

}  // namespace flow
