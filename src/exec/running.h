#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/binder.h"
#include "engine/work.h"
#include "exec/session.h"
#include "exec/system_functions.h"
#include "exec/table_functions.h"

namespace exec {

using Outcome = engine::StatementOutcome;

// Statement types of the client protocol. Source: loading.md 1.5.
namespace statement_type {
inline constexpr std::uint32_t kSelect = 0x1000, kInsert = 0x3100, kUpdate = 0x3200, kDelete = 0x3300, kMerge = 0x3400,
                               kMultiInsert = 0x3500, kCopy = 0x3600, kUnload = 0x3700, kAlterSession = 0x4100,
                               kUse = 0x4300, kShow = 0x4400, kDescribe = 0x4500, kList = 0x4701, kTransaction = 0x5000,
                               kDdl = 0x6000, kGet = 0x7101, kPut = 0x7102, kRemove = 0x7103;
}

/// One statement while it runs: its session, its text, and what of the world it sees.
class Running {
 public:
  Running(Session& session, std::string_view text, std::string query_id, std::span<const engine::Value> binds,
          const engine::NamedBinds* named_binds);

  Session& session;
  Services& services;
  std::string_view text;
  engine::StatementContext context;

  engine::EngineSession::WorkOptions work_options() const;
  /// For queries and DML: inside the client's transaction when one is open.
  base::Result<std::unique_ptr<engine::Work>> begin();
  /// For DDL: commits the client's transaction first, takes the exclusive locks, starts.
  base::Result<std::unique_ptr<engine::Work>> begin_ddl(const std::vector<catalog::ObjectId>& locks = {});
  engine::BindContext bind_context(engine::Work& work);
  /// Set by SYSTEM$WAIT while the statement is bound; the wait itself comes after the statement, when it holds nothing.
  std::optional<std::chrono::nanoseconds> deferred_wait;
  /// In a chain `a ->> b ->> c`: the results of the steps before this one, in their order. `$n` in FROM counts back
  /// from here.
  std::vector<std::shared_ptr<const engine::ResultSet>> earlier_steps;
  bool in_chain = false;

  /// The parts of a name as the catalog stores them, IDENTIFIER(..) resolved.
  base::Result<std::vector<std::string>> parts(const sql::ObjectName& name) const;
  std::shared_ptr<const catalog::Snapshot> catalog() const { return services.database.catalog(); }
  /// The newest record of that name. Errors: 002003 and those of names without a database.
  base::Result<catalog::RecordPtr> find(catalog::ObjectKind kind, const sql::ObjectName& name) const;
  /// Whether the object exists for the session's role.
  bool sees(const catalog::Record& record) const { return catalog::visible(context.names.access, record); }
  /// One of the privileges. Errors: Denied 003001.
  base::Status require(const catalog::Record& record, std::initializer_list<std::string_view> privileges) const;

 private:
  ResultSource results_{*this};
  std::vector<std::unique_ptr<SystemCalls>> system_calls_;
};

inline Outcome status(std::string text, std::uint32_t type = statement_type::kDdl) {
  return {.result = engine::make_status(std::move(text)), .counts = {}, .query_id = {}, .type_id = type};
}
inline constexpr std::string_view kExecuted = "Statement executed successfully.";

/// The stored parts of a name in a text, as SYSTEM$ functions take them: 'db.sch."x"'.
base::Result<std::vector<std::string>> parts_of_text(std::string_view name);

/// What the rooms of streams, pipes and tasks add to SQL.
void add_stream_functions(SystemFunctionTable& table);
void add_pipe_functions(SystemFunctionTable& table);
void add_task_functions(TableFunctions& table, SystemFunctionTable& functions);
void add_load_functions(TableFunctions& table);

base::Error compilation_error(int number, std::string_view sqlstate, std::string_view message);
base::Error unsupported(std::string_view what);

// ---- The statement kinds, one file each family.
base::Result<Outcome> run_query(Running&, const sql::Query&);
base::Result<Outcome> run_dml(Running&, const sql::Statement&);
base::Result<Outcome> begin_transaction(Running&, const sql::BeginTransaction&);
base::Result<Outcome> commit_transaction(Running&);
base::Result<Outcome> rollback_transaction(Running&);
base::Result<Outcome> use(Running&, const sql::Use&);
base::Result<Outcome> set_variables(Running&, const sql::SetVariables&);
base::Result<Outcome> unset_variables(Running&, const sql::UnsetVariables&);
base::Result<Outcome> alter_session(Running&, const sql::AlterSession&);

base::Result<Outcome> create_database(Running&, const sql::CreateDatabase&);
base::Result<Outcome> create_schema(Running&, const sql::CreateSchema&);
base::Result<Outcome> create_table(Running&, const sql::CreateTable&);
base::Result<Outcome> create_view(Running&, const sql::CreateView&);
base::Result<Outcome> create_sequence(Running&, const sql::CreateSequence&);
base::Result<Outcome> create_stream(Running&, const sql::CreateStream&);
base::Result<Outcome> create_account_object(Running&, catalog::ObjectKind kind, const sql::CreateMode&,
                                            const sql::ObjectName&, const sql::Options&, std::string_view noun);
base::Result<Outcome> alter(Running&, const sql::Alter&);
base::Result<Outcome> alter_table(Running&, const sql::Alter&);
base::Result<Outcome> drop(Running&, const sql::Drop&);
base::Result<Outcome> undrop(Running&, const sql::Undrop&);
base::Result<Outcome> comment_on(Running&, const sql::CommentOn&);
base::Result<Outcome> grant(Running&, const sql::Grant&);

base::Result<Outcome> show(Running&, const sql::Show&);
base::Result<Outcome> describe(Running&, const sql::Describe&);

base::Result<Outcome> create_routine(Running&, const sql::CreateRoutine&);
base::Result<Outcome> call(Running&, const sql::Call&);
base::Result<Outcome> execute_immediate(Running&, const sql::ExecuteImmediate&);
base::Result<Outcome> run_block(Running&, std::string_view text);

base::Result<Outcome> create_stage(Running&, const sql::CreateStage&);
base::Result<Outcome> create_file_format(Running&, const sql::CreateFileFormat&);
base::Result<Outcome> create_pipe(Running&, const sql::CreatePipe&);
base::Result<Outcome> copy_into_table(Running&, const sql::CopyIntoTable&);
base::Result<Outcome> copy_into_location(Running&, const sql::CopyIntoLocation&);
base::Result<Outcome> list_files(Running&, const sql::ListFiles&);
base::Result<Outcome> remove_files(Running&, const sql::RemoveFiles&);
base::Result<Outcome> put_files(Running&, const sql::PutFiles&);
base::Result<Outcome> get_files(Running&, const sql::GetFiles&);
base::Result<Outcome> alter_stage(Running&, const sql::Alter&);
base::Result<Outcome> alter_file_format(Running&, const sql::Alter&);
base::Result<Outcome> alter_pipe(Running&, const sql::Alter&);

base::Result<Outcome> create_task(Running&, const sql::CreateTask&);
base::Result<Outcome> alter_task(Running&, const sql::Alter&);
base::Result<Outcome> drop_task(Running&, const sql::Drop&);
base::Result<Outcome> execute_task(Running&, const sql::ExecuteTask&);

}  // namespace exec
