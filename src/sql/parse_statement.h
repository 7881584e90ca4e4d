#pragma once

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

/// One statement and no more than it: stops before what follows, which the caller checks. Sets `source`.
base::Result<Statement> parse_statement(Cursor& cursor);

}  // namespace sql
