#pragma once

// Parsers of DML, transactions and session variables. Each starts at its first word.

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

base::Result<Statement> parse_insert(Cursor& cursor);
base::Result<Statement> parse_update(Cursor& cursor);
base::Result<Statement> parse_delete(Cursor& cursor);
base::Result<Statement> parse_merge(Cursor& cursor);
base::Result<Statement> parse_truncate(Cursor& cursor);
base::Result<Statement> parse_transaction(Cursor& cursor);  // BEGIN, START, COMMIT, ROLLBACK
base::Result<Statement> parse_set(Cursor& cursor);
base::Result<Statement> parse_unset(Cursor& cursor);

/// `a.c` or `c`
base::Result<TargetColumn> parse_target_column(Cursor& cursor);
/// `( c, a.c, .. )`
base::Result<std::vector<TargetColumn>> parse_target_columns(Cursor& cursor);

}  // namespace sql
