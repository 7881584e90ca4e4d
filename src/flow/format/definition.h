#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/model.h"

namespace flow {

/// The text of a flow file, which may be packed (flow.json.gz, flow.xml.gz).
base::Result<std::string> unpack_definition(std::string_view bytes, std::string_view file);

/// Reads a flow file of any kind, packed or not: a flow definition (VersionedFlowSnapshot), also as a REST upload wraps
/// it, flow.json, flow.xml, a template, MiNiFi's YAML or JSON, our own text. `file` names it in messages;
/// `sensitive_key` is the NiFi's nifi.sensitive.props.key, and opens encrypted values. Errors: Syntax (line and
/// column), InvalidValue (each problem with its path or line), Unsupported (a file of a kind that is known and holds no
/// flow).
base::Result<FlowDefinition> read_definition(std::string_view bytes, std::string_view file,
                                             const std::string& sensitive_key = {});

}  // namespace flow
