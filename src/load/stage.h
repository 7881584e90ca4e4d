#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/name_resolution.h"
#include "catalog/record.h"
#include "engine/result_set.h"
#include "load/pattern.h"
#include "sql/ast.h"
#include "store/buckets.h"

namespace load {

/// The bucket with the files of internal, table and user stages.
constexpr std::string_view kStageBucket = "freshet-stages";

/// A file below a location.
struct StagedFile {
  std::string key, etag;
  std::uint64_t size = 0;
  base::Instant last_modified;
  std::uint64_t sequence = 0;  // of the object's commit
};

/// CREDENTIALS = (AWS_KEY_ID = '..' AWS_SECRET_KEY = '..' [AWS_TOKEN = '..']); roles are not used.
struct StageCredentials {
  std::string key_id, secret, session_token;
};
StageCredentials read_credentials(const sql::OptionValue& value);

/// A stage reference or URL with its path, brought to a bucket. Source: loading.md 2.1.
struct StageLocation {
  enum class Kind : std::uint8_t { Internal, External, Table, User };
  Kind kind = Kind::Internal;
  catalog::RecordPtr stage;  // named stages only
  std::string bucket;
  std::string root;                // key prefix of the stage itself
  std::string prefix;              // with the path of the reference: what is listed
  std::string reference;           // "@st/path" as messages echo it, without a final slash; the URL of a bare location
  std::string endpoint;            // that the stage names
  std::string sealed_credentials;  // of the stage, with its key_id
  StageCredentials credentials{};  // of the stage: the key's id alone; of a statement with a bare URL

  store::BucketPlace place() const;
  /// How result rows and LIST name a file: st/path, s3://bucket/key, bare path.
  std::string shown_name(std::string_view key) const;
  /// METADATA$FILENAME and the path of messages: below the stage root, the key of an external one.
  std::string relative_name(std::string_view key) const;
  /// Key of a file that FILES names.
  std::string key_of(std::string_view file) const;
};

/// What is done with the files: internal stages ask for READ or WRITE, external ones for USAGE, table stages for the
/// table's OWNERSHIP.
enum class StageUse : std::uint8_t { Read, Write };
/// Finds the stage, table or user stage. Errors: NotFound 002003; Denied 003001; 001011 (42601) for a URL whose scheme
/// is none; Unsupported for other providers than S3.
base::Result<StageLocation> locate(const catalog::Snapshot& catalog, const catalog::NameScope& names,
                                   std::string_view user, const sql::Location& location, StageUse use = StageUse::Read);
base::Result<StageLocation> locate(const catalog::Snapshot& catalog, const catalog::NameScope& names,
                                   std::string_view user, const sql::StageRef& reference,
                                   StageUse use = StageUse::Read);
base::Result<StageLocation> locate_table_stage(const catalog::Record& table, std::string_view path);
/// Of a stage record, without a path.
base::Result<StageLocation> locate_stage(catalog::RecordPtr stage, std::string_view path);
/// URL of an external stage. Errors: 001011 (42601) "invalid URL prefix found in: '..'".
base::Status check_url(std::string_view url);

/// The bucket of a location. Errors of it and of all that it gives name the stage area: 091003 (55000), of the kind
/// that the store says.
base::Result<std::shared_ptr<store::BucketFiles>> open_bucket(store::Buckets& buckets, const StageLocation& location);
/// An error of a store as clients know it; errors that have a number keep theirs.
base::Error stage_error(base::Error error);
/// Opens a file as it was listed.
base::Result<std::shared_ptr<const store::ObjectReader>> open_file(store::Buckets& buckets,
                                                                   const StageLocation& location,
                                                                   const StagedFile& file,
                                                                   store::ReadAs as = store::ReadAs::Bytes);
/// What is under the keys, one outcome each. Errors: NotFound.
base::Result<std::vector<base::Result<StagedFile>>> find_files(store::Buckets& buckets, const StageLocation& location,
                                                               std::span<const std::string> keys);

/// Whether a file is not there, or cannot be: its name is none.
bool is_missing(const base::Error& error);

/// All files below the location by key; directory markers are left out. A local bucket is made when missing.
base::Result<std::vector<StagedFile>> list_files(store::Buckets& buckets, const StageLocation& location);
/// Of them, those whose whole location matches (see loading.md 4.2).
base::Result<std::vector<StagedFile>> matching(const StageLocation& location, std::vector<StagedFile> files,
                                               const std::optional<Pattern>& pattern);

/// Result sets of LIST (`name, size, md5, last_modified`) and REMOVE (`name, result`). Source: loading.md 2.5, 2.6.
base::Result<std::shared_ptr<const engine::ResultSet>> list_stage(store::Buckets& buckets,
                                                                  const StageLocation& location,
                                                                  const std::optional<std::string>& pattern);
base::Result<std::shared_ptr<const engine::ResultSet>> remove_staged(store::Buckets& buckets,
                                                                     const StageLocation& location,
                                                                     const std::optional<std::string>& pattern);

/// Stored parts of a name in a text: 'db.sch."x"'.
std::vector<std::string> name_parts(std::string_view text);
std::vector<std::string> name_parts(const sql::ObjectName& name);

}  // namespace load
