#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/database.h"
#include "engine/result_set.h"
#include "engine/statement_context.h"
#include "load/copy_options.h"
#include "load/csv_rows.h"
#include "load/load_history.h"
#include "load/stage.h"
#include "sql/ast.h"
#include "store/buckets.h"

namespace load {

/// A COPY INTO table with all that its text names found: ready to load files.
struct CopyPlan {
  catalog::RecordPtr table;
  StageLocation location;
  CopyOptions options;
  std::vector<catalog::ColumnId> columns;  // that the fields fill, in order
  bool column_list = false;
  engine::ColumnTexts defaults;  // of the other columns
  struct Identity {
    catalog::ColumnId column;
    catalog::ObjectId sequence;
    std::int64_t step = 1;
  };
  std::vector<Identity> identities;
  ConvertSettings settings;
  std::optional<sql::Query> transformation;
  engine::StatementContext context;  // of the statement, for binding the transformation
};

/// Checks all that can be checked before a file is read. Source: loading.md 4.1 to 4.6; what cannot be loaded is
/// refused by name.
base::Result<CopyPlan> plan_copy(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                                 const sql::CopyIntoTable& statement, OnError otherwise = {});

/// What loading a batch of files came to.
struct LoadedFiles {
  std::vector<FileReport> reports;
  std::set<catalog::ColumnId> too_wide;  // not empty: nothing counts; widen these columns and start anew
};
/// Reads files into the table of the plan, in the transaction of `work`; the history is the caller's. `work.catalog()`
/// must still have the table. VALIDATION_MODE = RETURN_n_ROWS loads n rows in all. Errors: under ABORT_STATEMENT the
/// message of loading.md 4.4 for the first bad row.
base::Result<LoadedFiles> load_files(engine::Database& database, engine::Work& work, store::Buckets& buckets,
                                     const CopyPlan& plan, const std::vector<StagedFile>& files);

/// COPY INTO table. Outlives the sessions that it runs in: a purge follows their COMMIT.
class CopyCommand {
 public:
  CopyCommand(engine::Database& database, store::Buckets& buckets, FileClaims& claims)
      : database_(database), buckets_(buckets), claims_(claims) {}
  base::Result<std::shared_ptr<const engine::ResultSet>> run(engine::EngineSession& session,
                                                             const engine::StatementContext& context,
                                                             const sql::CopyIntoTable& statement);
  /// At start-up and after a commit: removes the local files that committed statements have purged.
  base::Status apply_purges();

 private:
  void purge_committed();
  void purge_elsewhere(const StageLocation& location, const std::vector<StagedFile>& files);
  struct Choice {
    std::vector<StagedFile> candidates, missing;
  };
  base::Result<Choice> choose(const CopyPlan& plan);
  base::Result<std::vector<FileReport>> load(engine::EngineSession& session, const engine::StatementContext& context,
                                             const sql::CopyIntoTable& statement, CopyPlan& plan);
  base::Result<std::shared_ptr<const engine::ResultSet>> preview(engine::EngineSession& session,
                                                                 const engine::StatementContext& context,
                                                                 const sql::CopyIntoTable& statement);
  base::Result<std::shared_ptr<const engine::ResultSet>> validate(engine::EngineSession& session,
                                                                  const engine::StatementContext& context,
                                                                  const CopyPlan& plan);

  engine::Database& database_;
  store::Buckets& buckets_;
  FileClaims& claims_;
  std::mutex purges_mutex_;
};

/// Widens columns of a table in a commit of its own.
base::Status widen_columns(engine::EngineSession& session, const catalog::Record& table,
                           const std::set<catalog::ColumnId>& columns,
                           const engine::EngineSession::WorkOptions& options);
ConvertSettings convert_settings(const engine::Parameters& parameters);

}  // namespace load
