#pragma once

#include <boost/json/fwd.hpp>

#include "flow/format/problems.h"
#include "flow/format/sensitive_values.h"
#include "flow/model.h"

namespace flow {

/// Reads the JSON of a flow definition (`flowContents`) or of a whole instance (`rootGroup`); every other kind of file
/// becomes one of them first. All of it or nothing. Errors: InvalidValue, with each problem and its place.
base::Result<FlowDefinition> read_snapshot(const boost::json::object& document, const Places& places,
                                           SensitiveValues& sensitive);

}  // namespace flow
