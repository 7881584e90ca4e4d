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
#include "store/buckets.h"

namespace load {

/// COPY INTO location: where to, and how. Source: loading.md 4.10.
struct UnloadPlan {
  StageLocation location;
  FileFormat format;
  bool overwrite = false, single = false, header = false, detailed = false, with_query_id = false;
  StageCredentials credentials;  // of a bare URL
  bool rows_only = false;        // VALIDATION_MODE = RETURN_ROWS
  std::uint64_t file_size_max = 16'777'216;
  std::string query_id;
};
/// Errors: unknown options; Unsupported, naming it, for what is not there yet (Parquet, PARTITION BY, compressions
/// other than gzip).
base::Result<UnloadPlan> plan_unload(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                                     const sql::CopyIntoLocation& statement);

/// Objects that were written into a bucket elsewhere, where they are visible at once: unless they are kept, they are
/// removed again with the last that refers to them.
class WrittenElsewhere {
 public:
  explicit WrittenElsewhere(std::shared_ptr<store::BucketFiles> bucket) : bucket_(std::move(bucket)) {}
  ~WrittenElsewhere();
  WrittenElsewhere(const WrittenElsewhere&) = delete;
  WrittenElsewhere& operator=(const WrittenElsewhere&) = delete;
  base::Status put(const std::string& key, std::string bytes);
  void keep() { keys_.clear(); }

 private:
  std::shared_ptr<store::BucketFiles> bucket_;
  std::vector<std::string> keys_;
};

/// Files that are written; those of the local store are not yet visible.
struct Unloaded {
  struct File {
    std::string shown;
    std::uint64_t input_bytes = 0, output_bytes = 0, rows = 0;
    store::StagedId staged = 0;
  };
  std::vector<File> files;
  std::shared_ptr<WrittenElsewhere> elsewhere;  // none: in the local store
};
/// Errors: Conflict when the destination holds files and OVERWRITE is not set.
base::Result<Unloaded> write_files(store::Buckets& buckets, const UnloadPlan& plan, const engine::ResultSet& rows,
                                   const engine::Parameters& parameters);
/// Makes the files part of the work's commit: its intent is written with it, they are visible after it. Those elsewhere
/// stay when it commits.
base::Status commit_files(engine::Work& work, store::ObjectStore& store, const Unloaded& unloaded);
/// At start-up and after a commit: publishes what committed statements have written, again if need be, and forgets the
/// intents.
base::Status apply_unloads(engine::Database& database, store::ObjectStore& store);

std::shared_ptr<const engine::ResultSet> unload_result(const UnloadPlan& plan, const Unloaded& unloaded);

}  // namespace load
