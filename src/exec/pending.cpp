// Statement kinds whose rooms are still to be joined.
#include "exec/running.h"

namespace exec {

base::Result<Outcome> create_stream(Running&, const sql::CreateStream&) { return base::fail(unsupported("CREATE STREAM")); }
base::Result<Outcome> create_pipe(Running&, const sql::CreatePipe&) { return base::fail(unsupported("CREATE PIPE")); }
base::Result<Outcome> alter_pipe(Running&, const sql::Alter&) { return base::fail(unsupported("ALTER PIPE")); }
base::Result<Outcome> create_task(Running&, const sql::CreateTask&) { return base::fail(unsupported("CREATE TASK")); }
base::Result<Outcome> alter_task(Running&, const sql::Alter&) { return base::fail(unsupported("ALTER TASK")); }
base::Result<Outcome> drop_task(Running&, const sql::Drop&) { return base::fail(unsupported("DROP TASK")); }
base::Result<Outcome> execute_task(Running&, const sql::ExecuteTask&) { return base::fail(unsupported("EXECUTE TASK")); }

}  // namespace exec
