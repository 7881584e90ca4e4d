#pragma once

#include <string>
#include <string_view>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {

/// Sends a flowfile where failures go, penalised, and says why in the log and in the counts of what was dropped.
void send_to_failure(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                     std::string_view relationship = "failure");

}  // namespace flow
