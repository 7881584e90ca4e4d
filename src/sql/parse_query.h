#pragma once

// Queries, and the pieces of them that other parsers need.

#include "sql/ast_query.h"
#include "sql/cursor.h"

namespace sql {

/// Whether a query starts here: SELECT, WITH, VALUES, or a parenthesis before one of them.
bool at_query(const Cursor& cursor);
base::Result<Query> parse_query(Cursor& cursor);
/// `( query )`
base::Result<Query> parse_query_in_parentheses(Cursor& cursor);
/// `t AS a JOIN ..`: one element of the list after FROM, with all its joins.
base::Result<TableRef> parse_table_ref(Cursor& cursor);
/// FROM has been taken.
base::Result<std::vector<TableRef>> parse_table_list(Cursor& cursor);
bool at_time_point(const Cursor& cursor);
/// AT (..), BEFORE (..), END (..)
base::Result<TimePoint> parse_time_point(Cursor& cursor);
/// `(e, e), (e, e)` after VALUES; an element may be DEFAULT.
base::Result<std::vector<std::vector<Expr>>> parse_value_rows(Cursor& cursor);

}  // namespace sql
