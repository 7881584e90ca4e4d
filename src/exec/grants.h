#pragma once

#include "exec/rows.h"
#include "exec/running.h"

namespace exec {

/// Roles and users that hold grants on objects of that kind to come in a schema, or in a database (`container`).
std::vector<catalog::ObjectId> holders_of_future_grants(const catalog::Snapshot& catalog, catalog::ObjectKind kind,
                                                        catalog::ObjectId container);
/// Their records with the grants on a new object. Those of its schema set aside those of its database.
std::vector<catalog::Record> future_grants_on(const catalog::Snapshot& catalog, const catalog::Record& made,
                                              base::Instant now);

/// SHOW GRANTS [ON x | TO ROLE r | TO USER u | OF ROLE r].
base::Result<Rows> show_grants(Running& running, const sql::Show& node);

}  // namespace exec
