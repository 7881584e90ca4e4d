#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/record/path.h"

namespace flow {

/// What is said of properties that are blank for a flowfile, as where an attribute is missing.
enum class BlankPath { LeftOut, Refused };

/// The paths that dynamic properties are for one flowfile, with the names of the properties. Errors: InvalidValue names
/// the property.
base::Result<std::vector<std::pair<std::string, record::RecordPath>>> record_paths(const Configuration& configuration,
                                                                                   const Session& session,
                                                                                   const FlowFile& file,
                                                                                   BlankPath blank);

}  // namespace flow
