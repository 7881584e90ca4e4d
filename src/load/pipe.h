#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/database.h"
#include "engine/statement_context.h"
#include "load/copy.h"
#include "store/buckets.h"

namespace load {

/// The body of a new pipe: the COPY of the statement checked, table, stage and format bound. Source: loading.md 5.1.
/// `default_names` is where the names of the definition look.
base::Result<catalog::PipeBody> define_pipe(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                                            const sql::CreatePipe& statement);

/// A file waiting in a pipe.
struct QueuedFile {
  StagedFile file;
  std::uint64_t received_at_ns = 0;
  std::uint64_t event = 0;  // its sequence; 0: queued by REFRESH or insertFiles
};

/// An object that came to be in a bucket elsewhere, as an event says.
struct AnnouncedFile {
  std::string bucket, key, etag;
  std::uint64_t size = 0;
};

/// How much of what a pipe received became what; always received_files = loaded + failed + pending.
struct PipeLedger {
  std::uint64_t received_files = 0, loaded_files = 0, failed_files = 0, pending_files = 0;
  std::uint64_t ignored_events = 0;  // repeated events of files that are known
  std::uint64_t rows_loaded = 0, rows_rejected = 0;
};

/// Runs the pipes of the catalog: takes object-created events of the store, loads the files of many small ones in one
/// transaction, keeps the cursor, the rows and the pipe's history in that transaction. Source: loading.md 5.2 to 5.7,
/// design.md "Across stores".
class PipeRunner {
 public:
  struct Options {
    std::size_t batch_files = 200;
    std::uint64_t batch_bytes = 64 << 20;
    std::size_t waiting_files_max = 100'000;  // of one pipe in memory; more stay in the outbox
    bool restricted = false;                  // a pipe may do what its owner may
  };
  PipeRunner(engine::Database& database, store::Buckets& buckets, Options options);
  PipeRunner(engine::Database& database, store::Buckets& buckets) : PipeRunner(database, buckets, Options{}) {}
  ~PipeRunner();

  /// To be called inside the transaction that creates a pipe, after its record was put: its cursor is the outbox's end.
  base::Status created(engine::Work& work, catalog::ObjectId pipe);
  /// Takes all events there are and loads all that waits, pipe after pipe by name, until nothing is left.
  /// Deterministic. Answers whether anything was done.
  base::Result<bool> run_pending();
  /// From here on no other reader of the store's events lets go of what a pipe has not seen.
  base::Status join_events();
  /// Forgets the events that are there, as far as other readers allow. For a store whose warehouse does not exist, and
  /// so has no pipes.
  static base::Status pass_all_events(store::ObjectStore& store);
  /// A thread of its own that runs what events make due; stop() joins it.
  void start();
  void stop();

  /// ALTER PIPE .. REFRESH: queues staged files that neither the pipe's nor the table's COPY history has; rows `File`,
  /// `Status`.
  struct RefreshOptions {
    std::string prefix;
    std::optional<base::Instant> modified_after;
  };
  base::Result<std::shared_ptr<const engine::ResultSet>> refresh(catalog::ObjectId pipe, const RefreshOptions& options);
  /// insertFiles: paths below the stage location. Unknown files fail when they are loaded; known ones are answered.
  base::Result<std::vector<std::string>> insert_files(catalog::ObjectId pipe, const std::vector<std::string>& paths);

  /// Queues files for all pipes with AUTO_INGEST on whose location elsewhere they are, those that are known aside. In
  /// one commit: afterwards an event may be forgotten. Answers how many.
  base::Result<std::size_t> announce(const std::vector<AnnouncedFile>& files);
  /// REFRESH of every such pipe that reads a wanted location; goes on after a failure and answers with the first.
  base::Status list_elsewhere(const std::function<bool(const StageLocation&)>& wanted);

  /// The JSON of SYSTEM$PIPE_STATUS.
  base::Result<std::string> status_json(catalog::ObjectId pipe);
  base::Result<PipeLedger> ledger(catalog::ObjectId pipe);

 private:
  struct Pipe;
  struct Wake;
  base::Result<Pipe*> find(const catalog::Record& record);
  base::Status take_events(const std::vector<catalog::RecordPtr>& pipes);
  base::Result<bool> run_batch(const catalog::Record& record, Pipe& pipe);
  base::Status load_batch(const catalog::Record& record, Pipe& pipe, const std::vector<QueuedFile>& batch);
  base::Status save_cursors_and_trim(const std::vector<catalog::RecordPtr>& pipes);
  bool enqueue(const catalog::Record& record, Pipe& pipe, QueuedFile file);
  struct Arrivals {
    catalog::RecordPtr record;
    Pipe* pipe;
    std::string bucket;
    std::vector<QueuedFile> files;
  };
  base::Status queue_for_good(std::vector<Arrivals> arrivals);  // in one commit
  void background();

  engine::Database& database_;
  store::Buckets& buckets_;
  store::ObjectStore& store_;  // with the outbox
  const Options options_;
  std::unique_ptr<engine::EngineSession> session_;

  std::mutex pipes_mutex_;  // guards what follows, and the session
  std::map<std::uint64_t, std::unique_ptr<Pipe>> pipes_;
  std::uint64_t last_sequence_ = 0;  // the outbox's end when events were last taken
  std::uint64_t trimmed_ = 0;        // the last event that was trimmed since the start

  std::shared_ptr<Wake> wake_;
  std::thread thread_;
  std::unique_ptr<store::Subscription> subscription_;
};

/// RUNNING, PAUSED, STOPPED_...: what the catalog says of a pipe; STALLED_... is known to the runner only. Source:
/// loading.md 5.3.
std::string execution_state(const catalog::Snapshot& catalog, const catalog::Record& pipe);

}  // namespace load
