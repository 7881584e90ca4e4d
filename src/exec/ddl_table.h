#pragma once

#include <string>

#include "exec/running.h"

namespace exec {

/// A column as CREATE TABLE or ADD COLUMN declares it; takes the next column id of `body`, puts the hidden sequence of
/// an identity.
base::Result<catalog::Column> define_column(Running& running, engine::Work& work, const sql::ColumnDef& definition,
                                            catalog::TableBody& body);
/// Retention, change tracking and the like; what has no effect here is accepted.
base::Status apply_table_options(const sql::Options& options, catalog::TableBody& body, catalog::Version version);
/// The rows of another table with their identities.
std::string clone_rows(engine::Work& work, const catalog::Record& source);

}  // namespace exec
