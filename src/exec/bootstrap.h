#pragma once

#include "base/result.h"
#include "engine/database.h"

namespace exec {

/// Makes what every account has before its first statement: the built-in roles, COMPUTE_WH, one user. Nothing in a
/// database that has objects.
base::Status make_account(engine::Database& database);

}  // namespace exec
