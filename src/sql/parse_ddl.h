#pragma once

// Parsers of the statements that are neither query nor DML, one per first word. Each starts at its first word and
// leaves the cursor at the end of the statement.

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

base::Result<Statement> parse_create(Cursor& cursor);
base::Result<Statement> parse_alter(Cursor& cursor);  // ALTER SESSION too
base::Result<Statement> parse_drop(Cursor& cursor);
base::Result<Statement> parse_undrop(Cursor& cursor);
base::Result<Statement> parse_describe(Cursor& cursor);  // DESC, DESCRIBE
base::Result<Statement> parse_show(Cursor& cursor);
base::Result<Statement> parse_copy(Cursor& cursor);
base::Result<Statement> parse_list(Cursor& cursor);    // LIST, LS
base::Result<Statement> parse_remove(Cursor& cursor);  // REMOVE, RM
base::Result<Statement> parse_put(Cursor& cursor);
base::Result<Statement> parse_get(Cursor& cursor);
base::Result<Statement> parse_use(Cursor& cursor);
base::Result<Statement> parse_grant(Cursor& cursor);  // GRANT, REVOKE
base::Result<Statement> parse_comment_on(Cursor& cursor);
base::Result<Statement> parse_execute(Cursor& cursor);  // EXECUTE TASK, EXECUTE IMMEDIATE
base::Result<Statement> parse_call(Cursor& cursor);
base::Result<Statement> parse_explain(Cursor& cursor);

}  // namespace sql
