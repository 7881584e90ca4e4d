#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/database.h"
#include "load/csv_rows.h"
#include "load/stage.h"

namespace load {

/// The tables of the program that loading writes in the transactions of its statements; hand them to Database::Options.
std::vector<engine::MetaTable> load_meta_tables();

enum class LoadStatus : std::uint8_t { Loaded, PartiallyLoaded, LoadFailed, LoadSkipped };
std::string_view name_of(LoadStatus status);

/// What became of one file; a row of COPY's result and of the history.
struct FileReport {
  StagedFile file;
  std::string shown;     // how results name it
  std::string relative;  // how messages and the history name it
  LoadStatus status = LoadStatus::Loaded;
  FileCount count;
  std::optional<std::uint64_t> error_limit;
  std::uint64_t received_at_ns = 0;  // of the event, for pipes
  bool missing = false;
};

/// Whose history a load belongs to: a table's (COPY) or a pipe's.
struct HistoryOwner {
  const catalog::Record* table = nullptr;
  catalog::ObjectId pipe{0};  // 0: COPY
};

/// A file and its content, as the history of COPY knows it: "bucket/key" and ETag.
using FileIdentity = std::pair<std::string, std::string>;

/// The files that COPY has loaded into the table since it was created or truncated. Source: loading.md 4.7. (A
/// truncated table has a new segment.)
base::Result<std::set<FileIdentity>> loaded_by_copy(engine::Work& work, const catalog::Record& table);
/// "bucket/key" of all files that a pipe has taken, whatever became of them. Source: loading.md 5.5.
base::Result<std::set<std::string>> taken_by_pipe(engine::Work& work, catalog::ObjectId pipe);
/// Writes history and rejected rows into the statement's transaction.
base::Status record_history(engine::Work& work, const HistoryOwner& owner, const StageLocation& location,
                            const std::vector<FileReport>& reports, const std::string& query_id, base::Instant now);
/// Runs `statements` inside the commit of the work: at once in autocommit, at COMMIT in an explicit transaction.
base::Status write_meta(engine::Work& work, std::vector<std::string> statements);
/// A literal of the analytical engine; bytes that are no text are repaired.
std::string sql_text(std::string_view text);

/// Files that a statement is loading now. Another one that wants the same file into the same table waits until the
/// first has ended.
class FileClaims {
 public:
  using Key = std::tuple<std::uint64_t, std::string, std::string>;  // table, bucket/key, etag
  /// Ends the claim when it dies.
  class Claim {
   public:
    Claim(FileClaims& claims, std::vector<Key> keys) : claims_(claims), keys_(std::move(keys)) {}
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    FileClaims& claims_;
    std::vector<Key> keys_;
  };
  /// Errors: Cancelled; Conflict after the timeout.
  base::Result<std::shared_ptr<Claim>> claim(std::vector<Key> keys, std::chrono::milliseconds timeout,
                                             engine::CancelToken* cancel);

 private:
  std::mutex claims_mutex_;
  std::condition_variable released_;
  std::set<Key> held_;
};

}  // namespace load
