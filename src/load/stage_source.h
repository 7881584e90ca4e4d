#pragma once

#include <vector>

#include "engine/binder.h"
#include "engine/relation_source.h"
#include "load/copy.h"
#include "load/stage.h"
#include "store/buckets.h"

namespace load {

/// Rows of staged files as a relation: $1, $2 .. and the METADATA$ columns, none of them part of `*`. Of JSON and
/// Parquet $1 alone: the document, a VARIANT.
struct StagedRows {
  engine::Relation relation;
  std::uint64_t records = 0;
  std::vector<std::string> header;  // of the first CSV file, with PARSE_HEADER
};
/// The rows are read into a scratch table of `work`. Source: loading.md 4.9. Errors: the first record that cannot be
/// split or parsed; Unsupported for other formats.
base::Result<StagedRows> staged_rows(engine::Work& work, store::Buckets& buckets, const StageLocation& location,
                                     const std::vector<StagedFile>& files, const FileFormat& format,
                                     base::Instant scan_time);

/// `FROM @stage (FILE_FORMAT => 'f', PATTERN => 're')` and `FROM 's3://..'` in queries.
class StageSource final : public engine::RelationSource {
 public:
  explicit StageSource(store::Buckets& buckets) : buckets_(buckets) {}
  base::Result<std::optional<engine::Relation>> relation(const sql::TableRef& ref,
                                                         engine::BindContext& context) override;

 private:
  store::Buckets& buckets_;
};

/// The SELECT of a COPY: one staged source and a select list. Errors: Unsupported that names the clause.
base::Status check_transformation(const sql::Query& query);
/// The stage or URL that it reads.
base::Result<sql::Location> source_of(const sql::Query& query);
/// Loads one file through the SELECT of the plan. `keep` false: runs it all the same, into a scratch table that nobody
/// reads.
struct Transformed {
  std::uint64_t records = 0, rows = 0;
};
base::Result<Transformed> transform_file(engine::Work& work, store::Buckets& buckets, const CopyPlan& plan,
                                         const StagedFile& file, bool keep);

}  // namespace load
