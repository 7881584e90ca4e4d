#include "load/pipe.h"

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "load/pipe_state.h"

namespace load {
namespace {

using catalog::LogicalType;
using catalog::Record;
using catalog::RecordPtr;

constexpr std::size_t kEventsAtOnce = 1000;
const std::string kEventReader = "pipes";
constexpr std::uint64_t kCursorLagMax = 1000;  // events that an idle pipe may hold in the outbox
constexpr std::uint64_t kEventLagMax = 1000;   // events that are left to be trimmed together: each trim is a commit

std::int64_t number_at(const engine::ResultSet& rows, std::uint64_t row, std::size_t column) {
  return static_cast<std::int64_t>(std::get<engine::Decimal>(rows.value(row, column)).digits);
}

std::vector<std::string> cursor_statements(catalog::ObjectId pipe, std::uint64_t sequence) {
  return {fmt::format("DELETE FROM meta.pipe_cursors WHERE pipe_id = {}", pipe.value),
          fmt::format("INSERT INTO meta.pipe_cursors VALUES ({}, {})", pipe.value, sequence)};
}

/// Below the path of the pipe's location: what PATTERN of a pipe looks at, and how status names files.
std::string below(const StageLocation& location, std::string_view key) {
  return std::string(key.substr(std::min(location.prefix.size(), key.size())));
}

FileReport vanished(const CopyPlan& plan, const QueuedFile& queued) {
  FileReport report{.file = queued.file,
                    .shown = plan.location.shown_name(queued.file.key),
                    .relative = plan.location.relative_name(queued.file.key),
                    .status = LoadStatus::LoadFailed};
  report.error_limit = 1;
  report.count.errors_seen = 1;
  report.count.errors.push_back(
      {{91016, "22000", "other", fmt::format("Remote file '{}' was not found.", report.relative)}, {}, "", 0, 0, ""});
  return report;
}

}  // namespace

struct PipeRunner::Wake {
  std::mutex wake_mutex;
  std::condition_variable changed;
  bool woken = true, stopping = false;
  void wake() {
    {
      const std::lock_guard lock(wake_mutex);
      woken = true;
    }
    changed.notify_all();
  }
};

PipeRunner::PipeRunner(engine::Database& database, store::Buckets& buckets, Options options)
    : database_(database),
      buckets_(buckets),
      store_(buckets.local()),
      options_(options),
      session_(database.open_session()),
      wake_(std::make_shared<Wake>()) {}
PipeRunner::~PipeRunner() { stop(); }

base::Status PipeRunner::created(engine::Work& work, catalog::ObjectId pipe) {
  return write_meta(work, cursor_statements(pipe, store_.last_event_sequence()));
}

base::Result<PipeRunner::Pipe*> PipeRunner::find(const Record& record) {
  auto& place = pipes_[record.id.value];
  if (place) return place.get();
  auto pipe = std::make_unique<Pipe>();
  TRY(auto work, session_->begin_work({.query_id = "pipe", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY(const auto cursor,
      work->query(fmt::format("SELECT sequence FROM meta.pipe_cursors WHERE pipe_id = {}", record.id.value),
                  {{"sequence", LogicalType::number()}}));
  pipe->saved = pipe->taken =
      cursor->row_count() == 0 ? store_.last_event_sequence() : static_cast<std::uint64_t>(number_at(*cursor, 0, 0));
  TRY(pipe->known_paths, taken_by_pipe(*work, record.id));
  TRY(const auto queue,
      work->query(
          fmt::format("SELECT key, received_at_ns FROM meta.pipe_queue WHERE pipe_id = {} ORDER BY received_at_ns, key",
                      record.id.value),
          {{"key", LogicalType::text()}, {"received", LogicalType::number()}}));
  if (queue->row_count() != 0) {
    TRY(const StageLocation location, pipe_location(work->catalog(), record));
    for (std::uint64_t row = 0; row < queue->row_count(); ++row) {
      QueuedFile file{.file = {.key = std::get<std::string>(queue->value(row, 0)), .etag = {}},
                      .received_at_ns = static_cast<std::uint64_t>(number_at(*queue, row, 1))};
      pipe->waiting_paths.insert(location.bucket + "/" + file.file.key);
      pipe->waiting.push_back(std::move(file));
    }
  }
  place = std::move(pipe);
  return place.get();
}

/// False when the file is known or waits already.
bool PipeRunner::enqueue(const Record&, Pipe& pipe, QueuedFile file) {
  pipe.forwarded_path = file.file.key;
  pipe.forwarded_ns = static_cast<std::int64_t>(file.received_at_ns);
  pipe.waiting.push_back(std::move(file));
  return true;
}

base::Status PipeRunner::take_events(const std::vector<RecordPtr>& pipes) {
  struct Reader {
    RecordPtr record;
    Pipe* pipe;
    std::optional<StageLocation> location;
    std::optional<Pattern> pattern;
    bool elsewhere = false;  // the outbox knows nothing of its bucket; the cursor moves all the same
  };
  std::vector<Reader> readers;
  const auto catalog = database_.catalog();
  for (const RecordPtr& record : pipes) {
    const auto& body = std::get<catalog::PipeBody>(record->body);
    if (!body.auto_ingest) continue;
    TRY(Pipe * pipe, find(*record));
    Reader reader{record, pipe, std::nullopt, std::nullopt, false};
    const std::string state = execution_state(*catalog, *record);
    if (state.starts_with("STOPPED")) continue;  // its events wait in the outbox
    if (auto location = pipe_location(*catalog, *record))
      reader.location = std::move(*location);
    else
      continue;
    reader.elsewhere = !buckets_.is_local(reader.location->place());
    if (!body.pattern.empty()) {
      TRY(reader.pattern, Pattern::compile(body.pattern));
    }
    readers.push_back(std::move(reader));
  }
  for (;;) {
    std::erase_if(readers,
                  [&](const Reader& reader) { return reader.pipe->waiting.size() >= options_.waiting_files_max; });
    if (readers.empty()) return {};
    std::uint64_t from = UINT64_MAX;
    for (const Reader& reader : readers) from = std::min(from, reader.pipe->taken);
    TRY(const auto events, store_.events_after(from, kEventsAtOnce));
    for (const store::ObjectEvent& event : events)
      for (Reader& reader : readers) {
        Pipe& pipe = *reader.pipe;
        if (event.sequence <= pipe.taken) continue;
        pipe.taken = event.sequence;
        if (reader.elsewhere || !store::is_creation(event.kind)) continue;
        pipe.received_ns = event.time.ns;
        if (event.bucket != reader.location->bucket || !event.key.starts_with(reader.location->prefix)) continue;
        if (event.size == 0 && event.key.ends_with('/')) continue;
        if (reader.pattern) {
          const auto matches = reader.pattern->matches(below(*reader.location, event.key));
          if (!matches.value_or(false)) continue;
        }
        const std::string path = event.bucket + "/" + event.key;
        if (pipe.known_paths.contains(path) || !pipe.waiting_paths.insert(path).second) {
          ++pipe.ignored_events;
          continue;
        }
        enqueue(*reader.record, pipe,
                {.file = {event.key, event.etag, event.size, event.time, event.sequence},
                 .received_at_ns = static_cast<std::uint64_t>(event.time.ns),
                 .event = event.sequence});
      }
    if (events.size() < kEventsAtOnce) return {};
  }
}

base::Status PipeRunner::load_batch(const Record& record, Pipe& pipe, const std::vector<QueuedFile>& batch) {
  const base::Instant now = database_.clock().now();
  const std::string query_id = fmt::format(
      "pipe-{}-{}", record.id.value, batch.front().event != 0 ? batch.front().event : batch.front().received_at_ns);
  const engine::EngineSession::WorkOptions options{.query_id = query_id, .now = now};
  for (int attempt = 0;; ++attempt) {
    TRY(CopyPlan plan, plan_pipe(*database_.catalog(), record, now, options_.restricted));
    TRY(auto work, session_->begin_work(options));
    TRY_VOID(work->lock(plan.table->id, engine::LockMode::Shared));
    TRY_VOID(work->start());
    TRY(plan, plan_pipe(work->catalog(), record, now, options_.restricted));
    std::vector<StagedFile> files;
    std::vector<FileReport> gone;
    std::map<std::string, std::uint64_t> received;
    std::vector<std::string> keys;
    for (const QueuedFile& queued : batch) {
      received[queued.file.key] = queued.received_at_ns;
      keys.push_back(queued.file.key);
    }
    TRY(const auto found, find_files(buckets_, plan.location, keys));
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (found[i])
        files.push_back(*found[i]);
      else if (is_missing(found[i].error()))
        gone.push_back(vanished(plan, batch[i]));
      else
        return base::fail(found[i].error());
    TRY(LoadedFiles loaded, load_files(database_, *work, buckets_, plan, files));
    if (!loaded.too_wide.empty()) {
      work.reset();
      if (attempt > 8)
        return base::fail(base::ErrorKind::Internal, "columns stay too narrow after they have been widened");
      TRY_VOID(widen_columns(*session_, *plan.table, loaded.too_wide, options));
      continue;
    }
    std::ranges::move(gone, std::back_inserter(loaded.reports));
    for (FileReport& report : loaded.reports) report.received_at_ns = received[report.file.key];
    TRY_VOID(record_history(*work, {.table = plan.table.get(), .pipe = record.id}, plan.location, loaded.reports,
                            query_id, now));
    // What remains waiting decides the cursor: the batch is the front of the queue.
    Pipe after;
    after.taken = pipe.taken;
    for (std::size_t i = batch.size(); i < pipe.waiting.size() && after.waiting.empty(); ++i)
      if (pipe.waiting[i].event != 0) after.waiting.push_back(pipe.waiting[i]);
    const std::uint64_t cursor = after.cursor();
    std::vector<std::string> statements = cursor_statements(record.id, cursor);
    std::vector<std::string> queued_keys;
    for (const QueuedFile& queued : batch)
      if (queued.event == 0) queued_keys.push_back(sql_text(queued.file.key));
    if (!queued_keys.empty())
      statements.push_back(fmt::format("DELETE FROM meta.pipe_queue WHERE pipe_id = {} AND key IN ({})",
                                       record.id.value, fmt::join(queued_keys, ", ")));
    TRY_VOID(write_meta(*work, std::move(statements)));
    base::kill_point("pipe.rows_written");
    TRY_VOID(work->commit());
    base::kill_point("pipe.rows_committed");
    pipe.saved = cursor;
    for (const QueuedFile& queued : batch) {
      const std::string path = plan.location.bucket + "/" + queued.file.key;
      pipe.waiting_paths.erase(path);
      pipe.known_paths.insert(path);
      pipe.waiting.pop_front();
    }
    pipe.ingested_ns = now.ns;
    pipe.ingested_path = below(plan.location, batch.back().file.key);
    return {};
  }
}

base::Result<bool> PipeRunner::run_batch(const Record& record, Pipe& pipe) {
  if (pipe.waiting.empty() || execution_state(*database_.catalog(), record) != "RUNNING") return false;
  std::vector<QueuedFile> batch;
  std::uint64_t bytes = 0;
  for (const QueuedFile& file : pipe.waiting) {
    if (!batch.empty() && (batch.size() >= options_.batch_files || bytes + file.file.size > options_.batch_bytes))
      break;
    bytes += file.file.size;
    batch.push_back(file);
  }
  pipe.compilation_error =
      !plan_pipe(*database_.catalog(), record, database_.clock().now(), options_.restricted).has_value();
  if (const auto status = load_batch(record, pipe, batch); !status) {
    pipe.error = base::to_text(status.error());
    pipe.error_ns = database_.clock().now().ns;
    return false;  // the files wait for the next try
  }
  pipe.error.clear();
  return true;
}

base::Status PipeRunner::save_cursors_and_trim(const std::vector<RecordPtr>& pipes) {
  std::vector<std::string> statements;
  std::vector<std::pair<Pipe*, std::uint64_t>> moved;
  std::uint64_t lowest = last_sequence_;
  for (const RecordPtr& record : pipes) {
    if (!std::get<catalog::PipeBody>(record->body).auto_ingest) continue;
    TRY(Pipe * pipe, find(*record));
    if (const std::uint64_t cursor = pipe->cursor(); cursor > pipe->saved + kCursorLagMax) {
      for (std::string& statement : cursor_statements(record->id, cursor)) statements.push_back(std::move(statement));
      moved.emplace_back(pipe, cursor);
    }
  }
  if (!statements.empty()) {
    TRY(auto work, session_->begin_work({.query_id = "pipe", .now = database_.clock().now()}));
    TRY_VOID(work->start());
    TRY_VOID(write_meta(*work, std::move(statements)));
    TRY_VOID(work->commit());
    for (const auto& [pipe, cursor] : moved) pipe->saved = cursor;
  }
  for (const RecordPtr& record : pipes)
    if (std::get<catalog::PipeBody>(record->body).auto_ingest) {
      TRY(const Pipe* pipe, find(*record));
      lowest = std::min(lowest, pipe->saved);
    }
  // A pipe that is being created has the outbox's end as its cursor: only what was there a run ago may go.
  last_sequence_ = store_.last_event_sequence();
  if (lowest == 0 || (trimmed_ != 0 && lowest < trimmed_ + kEventLagMax)) return {};
  base::kill_point("pipe.before_trim");
  TRY_VOID(store_.pass_events(kEventReader, lowest));
  trimmed_ = lowest;
  base::kill_point("pipe.events_trimmed");
  return {};
}

base::Result<bool> PipeRunner::run_pending() {
  const std::lock_guard lock(pipes_mutex_);
  bool any = false;
  for (bool again = true; again;) {
    again = false;
    const auto pipes = database_.catalog()->list(catalog::ObjectKind::Pipe, std::nullopt);
    TRY_VOID(take_events(pipes));
    for (const RecordPtr& record : pipes) {
      TRY(Pipe * pipe, find(*record));
      TRY(const bool worked, run_batch(*record, *pipe));
      again = again || worked;
    }
    any = any || again;
    if (!again) TRY_VOID(save_cursors_and_trim(pipes));
  }
  return any;
}

void PipeRunner::background() {
  for (;;) {
    {
      std::unique_lock lock(wake_->wake_mutex);
      // Now and then without a wake: what stalled may have healed.
      wake_->changed.wait_for(lock, std::chrono::seconds{5}, [&] { return wake_->woken || wake_->stopping; });
      if (wake_->stopping) return;
      wake_->woken = false;
    }
    if (const auto done = run_pending(); !done) LOG_ERROR("pipe.run_failed error=\"{}\"", base::to_text(done.error()));
  }
}

base::Status PipeRunner::join_events() {
  TRY_VOID(store_.join_events(kEventReader));
  return {};
}

base::Status PipeRunner::pass_all_events(store::ObjectStore& store) {
  const auto last = store.last_event_sequence();
  // One commit forgets a bounded number.
  for (std::uint64_t oldest_before = 0;;) {
    TRY(const auto oldest, store.events_after(0, 1));
    if (oldest.empty() || oldest.front().sequence > last || oldest.front().sequence == oldest_before) return {};
    oldest_before = oldest.front().sequence;
    TRY_VOID(store.pass_events(kEventReader, last));
  }
}

void PipeRunner::start() {
  if (thread_.joinable()) return;
  const std::shared_ptr<Wake> wake = wake_;
  subscription_ = store_.subscribe([wake](std::uint64_t) { wake->wake(); });
  database_.on_commit([wake](const engine::Database::Commit& commit) {
    if (commit.catalog_changed) wake->wake();
  });
  thread_ = std::thread([this] { background(); });
}

void PipeRunner::stop() {
  subscription_.reset();
  {
    const std::lock_guard lock(wake_->wake_mutex);
    wake_->stopping = true;
  }
  wake_->changed.notify_all();
  if (thread_.joinable()) thread_.join();
}

base::Status PipeRunner::queue_for_good(std::vector<Arrivals> arrivals) {
  std::vector<std::string> rows;
  for (const Arrivals& one : arrivals)
    for (const QueuedFile& file : one.files)
      rows.push_back(fmt::format("({}, {}, {})", one.record->id.value, sql_text(file.file.key), file.received_at_ns));
  if (rows.empty()) return {};
  TRY(auto work, session_->begin_work({.query_id = "pipe", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY_VOID(write_meta(*work, {fmt::format("INSERT INTO meta.pipe_queue VALUES {}", fmt::join(rows, ", "))}));
  TRY_VOID(work->commit());
  base::kill_point("pipe.files_queued");
  for (Arrivals& one : arrivals)
    for (QueuedFile& file : one.files) {
      one.pipe->waiting_paths.insert(one.bucket + "/" + file.file.key);
      enqueue(*one.record, *one.pipe, std::move(file));
    }
  wake_->wake();
  return {};
}

base::Result<std::shared_ptr<const engine::ResultSet>> PipeRunner::refresh(catalog::ObjectId id,
                                                                           const RefreshOptions& options) {
  const auto catalog = database_.catalog();
  const auto record = catalog->find(id);
  if (!record) return base::fail(catalog::not_found(catalog::ObjectKind::Pipe, ""));
  TRY(StageLocation wanted, pipe_location(*catalog, *record));
  wanted.prefix += options.prefix;
  TRY(const auto files, list_files(buckets_, wanted));  // before the lock: another pipe need not wait for a far bucket
  const std::lock_guard lock(pipes_mutex_);
  TRY_VOID(take_events(catalog->list(catalog::ObjectKind::Pipe, std::nullopt)));
  TRY(Pipe * pipe, find(*record));
  TRY(const CopyPlan plan, plan_pipe(*catalog, *record, database_.clock().now(), options_.restricted));
  TRY(auto work, session_->begin_work({.query_id = "pipe", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY(const auto copied, loaded_by_copy(*work, *plan.table));
  work.reset();
  std::optional<Pattern> pattern;
  if (plan.options.pattern) {
    TRY(pattern, Pattern::compile(*plan.options.pattern));
  }
  std::vector<QueuedFile> queued;
  std::vector<std::vector<engine::Value>> rows;
  for (const StagedFile& file : files) {
    const std::string path = plan.location.bucket + "/" + file.key;
    if (options.modified_after && file.last_modified <= *options.modified_after) continue;
    if (pipe->known_paths.contains(path) || pipe->waiting_paths.contains(path) || copied.contains({path, file.etag}))
      continue;
    if (pattern) {
      TRY(const bool matches, pattern->matches(below(plan.location, file.key)));
      if (!matches) continue;
    }
    rows.push_back({below(plan.location, file.key), std::string("SENT")});
    queued.push_back({.file = file, .received_at_ns = static_cast<std::uint64_t>(database_.clock().now().ns)});
  }
  TRY_VOID(queue_for_good({{record, pipe, plan.location.bucket, std::move(queued)}}));
  return engine::make_result({{"File", LogicalType::text()}, {"Status", LogicalType::text()}}, std::move(rows));
}

base::Result<std::vector<std::string>> PipeRunner::insert_files(catalog::ObjectId id,
                                                                const std::vector<std::string>& paths) {
  const std::lock_guard lock(pipes_mutex_);
  const auto catalog = database_.catalog();
  const auto record = catalog->find(id);
  if (!record) return base::fail(catalog::not_found(catalog::ObjectKind::Pipe, ""));
  TRY(Pipe * pipe, find(*record));
  TRY(const StageLocation location, pipe_location(*catalog, *record));
  std::vector<QueuedFile> queued;
  std::vector<std::string> known;
  for (const std::string& path : paths) {
    std::string key = location.root;
    if (!key.empty() && !key.ends_with('/')) key += '/';
    key += path.starts_with('/') ? path.substr(1) : path;
    const std::string whole = location.bucket + "/" + key;
    const bool repeated = std::ranges::any_of(queued, [&](const QueuedFile& file) { return file.file.key == key; });
    if (repeated || pipe->known_paths.contains(whole) || pipe->waiting_paths.contains(whole))
      known.push_back(path);
    else
      queued.push_back({.file = {.key = std::move(key), .etag = {}},
                        .received_at_ns = static_cast<std::uint64_t>(database_.clock().now().ns)});
  }
  TRY_VOID(queue_for_good({{record, pipe, location.bucket, std::move(queued)}}));
  return known;
}

base::Result<std::size_t> PipeRunner::announce(const std::vector<AnnouncedFile>& files) {
  const std::lock_guard lock(pipes_mutex_);
  const auto catalog = database_.catalog();
  const auto now = database_.clock().now().ns;
  std::vector<Arrivals> arrivals;
  std::size_t count = 0;
  for (const RecordPtr& record : catalog->list(catalog::ObjectKind::Pipe, std::nullopt)) {
    const auto& body = std::get<catalog::PipeBody>(record->body);
    // Nothing tells of a file again: one that is stopped for now keeps it, as long as its location is its own.
    if (!body.auto_ingest || body.stop_reason == "STOPPED_STAGE_ALTERED") continue;
    const auto location = pipe_location(*catalog, *record);
    if (!location || buckets_.is_local(location->place())) continue;
    std::optional<Pattern> pattern;
    if (!body.pattern.empty()) {
      TRY(pattern, Pattern::compile(body.pattern));
    }
    TRY(Pipe * pipe, find(*record));
    Arrivals arrived{record, pipe, location->bucket, {}};
    std::set<std::string> seen;
    for (const AnnouncedFile& file : files) {
      if (file.bucket != location->bucket) continue;
      pipe->received_ns = now;
      if (!file.key.starts_with(location->prefix) || (file.size == 0 && file.key.ends_with('/'))) continue;
      if (pattern && !pattern->matches(below(*location, file.key)).value_or(false)) continue;
      const std::string path = file.bucket + "/" + file.key;
      if (pipe->known_paths.contains(path) || pipe->waiting_paths.contains(path) || !seen.insert(path).second) {
        ++pipe->ignored_events;
        continue;
      }
      arrived.files.push_back({.file = {.key = file.key, .etag = file.etag, .size = file.size},
                               .received_at_ns = static_cast<std::uint64_t>(now)});
    }
    count += arrived.files.size();
    if (!arrived.files.empty()) arrivals.push_back(std::move(arrived));
  }
  TRY_VOID(queue_for_good(std::move(arrivals)));
  return count;
}

base::Status PipeRunner::list_elsewhere(const std::function<bool(const StageLocation&)>& wanted) {
  const auto catalog = database_.catalog();
  base::Status first;
  for (const RecordPtr& record : catalog->list(catalog::ObjectKind::Pipe, std::nullopt)) {
    if (!std::get<catalog::PipeBody>(record->body).auto_ingest) continue;
    if (execution_state(*catalog, *record).starts_with("STOPPED")) continue;
    const auto location = pipe_location(*catalog, *record);
    if (!location || buckets_.is_local(location->place()) || !wanted(*location)) continue;
    if (const auto listed = refresh(record->id, {}); !listed && first) first = base::fail(listed.error());
  }
  return first;
}

}  // namespace load
