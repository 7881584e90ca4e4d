#pragma once

#include "sql/ast_query.h"
#include "sql/cursor.h"

namespace sql {

/// PIVOT or UNPIVOT
bool at_pivot(const Cursor& cursor);
base::Result<TableRef> parse_pivot(Cursor& cursor, TableRef source);

}  // namespace sql
