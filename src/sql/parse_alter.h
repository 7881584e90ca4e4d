#pragma once

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

/// What ALTER TABLE (of any kind) and ALTER VIEW know beyond the actions of all objects: columns, constraints,
/// clustering.
base::Result<AlterAction> parse_table_action(Cursor& cursor);

}  // namespace sql
