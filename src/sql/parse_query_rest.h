#pragma once

#include "sql/ast_query.h"
#include "sql/cursor.h"

namespace sql {

/// What may follow a query in parentheses that turns out to be the left side of a larger one: set operations, ORDER BY,
/// LIMIT. Gives `left` back if nothing follows.
base::Result<Query> parse_query_rest(Cursor& cursor, Query left);

}  // namespace sql
