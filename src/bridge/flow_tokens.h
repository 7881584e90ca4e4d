#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/database.h"

namespace bridge {

/// Writes of flows that the warehouse has: a token of each, in the commit of what it wrote, until the flow's log no
/// longer needs it. See design.md, "Across stores".
engine::MetaTable flow_tokens_table();

/// Whether a token is there. In the newest committed state.
base::Result<bool> knows_token(engine::Database& database, std::string_view source, std::string_view token);
/// Inside the commit of what was written. More than once for one commit is once.
base::Status keep_token(engine::Work& commit, std::string_view source, std::string_view token);
base::Status forget_tokens(engine::Database& database, std::string_view source, std::span<const std::string> tokens);

}  // namespace bridge
