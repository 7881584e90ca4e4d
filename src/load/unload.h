#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/database.h"
#include "engine/result_set.h"
#include "engine/statement_context.h"
#include "load/file_format.h"
#include "load/stage.h"
#include "sql/ast.h"
#include "store/object_store.h"

namespace load {

/// COPY INTO location: where to, and how. Source: loading.md 4.10.
struct UnloadPlan {
  StageLocation location;
  FileFormat format;
  bool overwrite = false, single = false, header = false, detailed = false, with_query_id = false;
  bool rows_only = false;  // VALIDATION_MODE = RETURN_ROWS
  std::uint64_t file_size_max = 16'777'216;
  std::string query_id;
};
/// Errors: unknown options; Unsupported, naming it, for what is not there yet (Parquet, PARTITION BY, compressions
/// other than gzip).
base::Result<UnloadPlan> plan_unload(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                                     const sql::CopyIntoLocation& statement);

/// Files that are written and not yet visible.
struct Unloaded {
  struct File {
    std::string shown;
    std::uint64_t input_bytes = 0, output_bytes = 0, rows = 0;
    store::StagedId staged = 0;
  };
  std::vector<File> files;
};
/// Errors: Conflict when the destination holds files and OVERWRITE is not set.
base::Result<Unloaded> write_files(store::ObjectStore& store, const UnloadPlan& plan, const engine::ResultSet& rows,
                                   const engine::Parameters& parameters);
/// Makes the files part of the work's commit: its intent is written with it, they are visible after it.
base::Status commit_files(engine::Work& work, store::ObjectStore& store, const Unloaded& unloaded);
/// At start-up and after a commit: publishes what committed statements have written, again if need be, and forgets the
/// intents.
base::Status apply_unloads(engine::Database& database, store::ObjectStore& store);

std::shared_ptr<const engine::ResultSet> unload_result(const UnloadPlan& plan, const Unloaded& unloaded);

}  // namespace load
