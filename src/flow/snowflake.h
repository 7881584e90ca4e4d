#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "flow/engine/repository.h"

namespace flow {

/// As whom, and from where, something is done in the warehouse. What is empty is the default.
struct SnowflakeAccount {
  std::string user;
  std::string role;
  std::string database;
  std::string schema;
  std::string warehouse;
};

/// One file on its way into an internal stage.
struct StageUpload {
  SnowflakeAccount account;
  std::string stage;  // "@~", "@db.schema.%table", "@name"
  std::string file;   // its name there
  ContentClaim content;
  SinkToken token;  // a repeated upload with it makes no second version
};

/// What a pipe says about a file that it has taken.
struct IngestedFile {
  std::string path;
  bool complete = false;  // loaded, or given up
  std::uint64_t errors_seen = 0;
  std::string first_error;
};

/// The warehouse's stages and pipes, for the processors that Snowflake's drivers serve elsewhere. Thread-safe.
class SnowflakeStages {
 public:
  virtual ~SnowflakeStages() = default;
  /// Errors: those of PUT.
  virtual base::Status upload(const StageUpload& upload) = 0;
  /// `pipe`: "database.schema.pipe", each part as SQL spells it. Files that the pipe knows are skipped. NotFound,
  /// Denied.
  virtual base::Status insert_files(const SnowflakeAccount& account, const std::string& pipe,
                                    const std::vector<std::string>& paths) = 0;
  /// What became of those paths; those that the pipe has not finished are missing.
  virtual base::Result<std::vector<IngestedFile>> insert_report(const SnowflakeAccount& account,
                                                                const std::string& pipe,
                                                                const std::vector<std::string>& paths) = 0;
};

}  // namespace flow
