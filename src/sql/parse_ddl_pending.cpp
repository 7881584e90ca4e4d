// Statements whose parsers are not written yet: each is refused by name. Whoever writes one takes its line out here.
#include "sql/parse_ddl.h"

namespace sql {

base::Result<Statement> parse_create(Cursor& cursor) { return cursor.unsupported("CREATE"); }
base::Result<Statement> parse_alter(Cursor& cursor) { return cursor.unsupported("ALTER"); }
base::Result<Statement> parse_drop(Cursor& cursor) { return cursor.unsupported("DROP"); }
base::Result<Statement> parse_undrop(Cursor& cursor) { return cursor.unsupported("UNDROP"); }
base::Result<Statement> parse_describe(Cursor& cursor) { return cursor.unsupported("DESCRIBE"); }
base::Result<Statement> parse_show(Cursor& cursor) { return cursor.unsupported("SHOW"); }
base::Result<Statement> parse_copy(Cursor& cursor) { return cursor.unsupported("COPY"); }
base::Result<Statement> parse_list(Cursor& cursor) { return cursor.unsupported("LIST"); }
base::Result<Statement> parse_remove(Cursor& cursor) { return cursor.unsupported("REMOVE"); }
base::Result<Statement> parse_put(Cursor& cursor) { return cursor.unsupported("PUT"); }
base::Result<Statement> parse_get(Cursor& cursor) { return cursor.unsupported("GET"); }
base::Result<Statement> parse_use(Cursor& cursor) { return cursor.unsupported("USE"); }
base::Result<Statement> parse_grant(Cursor& cursor) { return cursor.unsupported("GRANT"); }
base::Result<Statement> parse_comment_on(Cursor& cursor) { return cursor.unsupported("COMMENT"); }
base::Result<Statement> parse_execute(Cursor& cursor) { return cursor.unsupported("EXECUTE"); }
base::Result<Statement> parse_call(Cursor& cursor) { return cursor.unsupported("CALL"); }
base::Result<Statement> parse_explain(Cursor& cursor) { return cursor.unsupported("EXPLAIN"); }

}  // namespace sql
