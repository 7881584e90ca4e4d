#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/engine/session.h"

namespace flow {

/// Sends the flowfile to the first of the relationships and copies to the others; without any, to `otherwise`. Each
/// learns its relationship in `attribute`.
void route_copies(Session& session, FlowFile& file, const std::vector<std::string>& relationships,
                  std::string_view attribute, std::string_view otherwise = "unmatched");

}  // namespace flow
