#pragma once

#include <string>
#include <string_view>

#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {

/// Sends a flowfile where failures go and says why in the log and in the counts of what was dropped.
void send_to_failure(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                     std::string_view relationship = "failure");

/// Likewise, penalised.
void send_penalised_to_failure(const Configuration& configuration, Session& session, FlowFile& file, std::string reason,
                               std::string_view relationship = "failure");

/// What several processors let people choose: how loudly they say that something is missing.
constexpr Allowed kFailureLevels[] = {{"TRACE"}, {"DEBUG"}, {"INFO"}, {"WARN"}, {"ERROR"}, {"FATAL"}, {"NONE"}};
void log_at(Session& session, std::string_view level, std::string text);

}  // namespace flow
