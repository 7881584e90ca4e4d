#pragma once

#include <string>
#include <vector>

#include "exec/rows.h"
#include "exec/running.h"

namespace exec {

/// A privilege on an object, or a role, as a role or user holds it. They are kept in the holder's record and show in
/// SHOW GRANTS; nothing is enforced. Source: streams-tasks-sql.md 6.5.
struct Grant {
  std::string privilege;     // USAGE for a role
  std::string kind;          // TABLE, ROLE, ACCOUNT; FUTURE TABLES IN SCHEMA
  catalog::ObjectId object;  // 0: the account
  bool grant_option = false;
  std::string granted_by;
  base::Instant created;
};

std::vector<Grant> grants_of(const catalog::Record& holder);

/// SHOW GRANTS [ON x | TO ROLE r | TO USER u | OF ROLE r].
base::Result<Rows> show_grants(Running& running, const sql::Show& node);

}  // namespace exec
