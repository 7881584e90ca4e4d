#pragma once

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

/// `c = e, a.c = e`: SET has been taken.
base::Result<std::vector<SetClause>> parse_set_clauses(Cursor& cursor);

}  // namespace sql
