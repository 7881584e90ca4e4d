// Statement kinds whose rooms are still to be joined.
#include "exec/running.h"

namespace exec {

base::Result<Outcome> create_stream(Running&, const sql::CreateStream&) { return base::fail(unsupported("CREATE STREAM")); }
base::Result<Outcome> create_stage(Running&, const sql::CreateStage&) { return base::fail(unsupported("CREATE STAGE")); }
base::Result<Outcome> create_file_format(Running&, const sql::CreateFileFormat&) { return base::fail(unsupported("CREATE FILE FORMAT")); }
base::Result<Outcome> create_pipe(Running&, const sql::CreatePipe&) { return base::fail(unsupported("CREATE PIPE")); }
base::Result<Outcome> copy_into_table(Running&, const sql::CopyIntoTable&) { return base::fail(unsupported("COPY INTO")); }
base::Result<Outcome> list_files(Running&, const sql::ListFiles&) { return base::fail(unsupported("LIST")); }
base::Result<Outcome> remove_files(Running&, const sql::RemoveFiles&) { return base::fail(unsupported("REMOVE")); }
base::Result<Outcome> alter_stage(Running&, const sql::Alter&) { return base::fail(unsupported("ALTER STAGE")); }
base::Result<Outcome> alter_file_format(Running&, const sql::Alter&) { return base::fail(unsupported("ALTER FILE FORMAT")); }
base::Result<Outcome> alter_pipe(Running&, const sql::Alter&) { return base::fail(unsupported("ALTER PIPE")); }
base::Result<Outcome> create_task(Running&, const sql::CreateTask&) { return base::fail(unsupported("CREATE TASK")); }
base::Result<Outcome> alter_task(Running&, const sql::Alter&) { return base::fail(unsupported("ALTER TASK")); }
base::Result<Outcome> drop_task(Running&, const sql::Drop&) { return base::fail(unsupported("DROP TASK")); }
base::Result<Outcome> execute_task(Running&, const sql::ExecuteTask&) { return base::fail(unsupported("EXECUTE TASK")); }
base::Result<Outcome> show(Running&, const sql::Show&) { return base::fail(unsupported("SHOW")); }
base::Result<Outcome> describe(Running&, const sql::Describe&) { return base::fail(unsupported("DESCRIBE")); }
base::Result<Outcome> create_routine(Running&, const sql::CreateRoutine&) { return base::fail(unsupported("CREATE PROCEDURE")); }
base::Result<Outcome> call(Running&, const sql::Call&) { return base::fail(unsupported("CALL")); }
base::Result<Outcome> execute_immediate(Running&, const sql::ExecuteImmediate&) { return base::fail(unsupported("EXECUTE IMMEDIATE")); }
base::Result<Outcome> run_block(Running&, std::string_view) { return base::fail(unsupported("scripting block")); }

}  // namespace exec
