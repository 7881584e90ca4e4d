#include "cli/warehouse.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/log.h"
#include "bridge/flow_tokens.h"
#include "change/stream_source.h"
#include "cli/flow_views.h"
#include "cli/housekeeping.h"
#include "cli/virtual_time.h"
#include "engine/database.h"
#include "exec/bootstrap.h"
#include "exec/idle_statements.h"
#include "exec/information_schema.h"
#include "exec/loading.h"
#include "exec/runner.h"
#include "exec/running.h"
#include "exec/services.h"
#include "exec/table_functions.h"
#include "exec/tasks.h"
#include "load/load_history.h"
#include "load/pipe.h"
#include "load/pipe_feeds.h"
#include "load/stage_source.h"
#include "load/unload.h"
#include "task/task_storage.h"

namespace cli {

namespace {
constexpr std::chrono::seconds kUnreadEventsPause{10};
}

struct Warehouse::State {
  State(std::unique_ptr<engine::Database> opened, base::Clock& business_clock, store::Buckets& buckets,
        bool enforces_privileges)
      : clock(business_clock),
        database(std::move(opened)),
        loading(*database, buckets, {.restricted = enforces_privileges}),
        staged(buckets),
        services{.database = *database, .clock = clock},
        task_records(*database),
        task_storage(*database, clock.is_virtual() ? task::EngineTaskStorage::Writing::Behind
                                                   : task::EngineTaskStorage::Writing::AtOnce),
        scheduler({.clock = clock,
                   .runner = runner,
                   .catalog = task_records,
                   .streams = task_streams,
                   .storage = task_storage},
                  {.trigger_at_once = true}),
        tasks(scheduler) {
    services.sources = {&streams, &staged};
    exec::add_stream_functions(system_functions);
    exec::add_pipe_functions(system_functions);
    exec::add_task_functions(table_functions, system_functions);
    exec::add_load_functions(table_functions);
    exec::add_information_schema(table_functions);
    services.table_functions = &table_functions;
    services.system_functions = &system_functions;
    services.loading = &loading;
    services.idle = &idle;
    services.tasks = &tasks;
    services.enforces_privileges = enforces_privileges;
    services.wait = sleep;
    if (auto* virtual_clock = dynamic_cast<base::VirtualClock*>(&clock)) {
      time.emplace(*virtual_clock, *database, loading.pipes, scheduler);
      services.wait = [this](std::chrono::nanoseconds duration, engine::CancelToken* cancel) {
        return time->wait(duration, cancel);
      };
      services.settle = [this] { time->settle(); };
    }
  }

  ~State() {
    // What the last statement made due (EXECUTE TASK, a commit) runs before the next one: here, there is none.
    if (time) time->settle();
    housekeeping.reset();
    feeds.reset();
    scheduler.stop();
    loading.pipes.stop();
    if (!time) return;
    if (const auto kept = time->keep(); !kept) LOG_ERROR("clock.not_kept error=\"{}\"", kept.error().message);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// SYSTEM$WAIT of the system clock.
  static base::Status sleep(std::chrono::nanoseconds time, engine::CancelToken* cancel) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      if (cancel && cancel->cancelled()) return base::fail(engine::cancelled_error());
      std::this_thread::sleep_for(
          std::min<std::chrono::nanoseconds>(std::chrono::milliseconds(20), end - std::chrono::steady_clock::now()));
    }
    return {};
  }

  base::Clock& clock;
  std::unique_ptr<engine::Database> database;
  exec::IdleStatements idle{*database};
  exec::Loading loading;
  change::StreamSource streams;
  load::StageSource staged;
  exec::TableFunctions table_functions;
  exec::SystemFunctionTable system_functions;
  exec::Services services;
  exec::Runner runner{services};
  exec::TaskRecords task_records;
  exec::TaskStreams task_streams{services};
  task::EngineTaskStorage task_storage;
  task::TaskScheduler scheduler;
  exec::Tasks tasks;
  std::optional<VirtualTime> time;
  std::optional<load::PipeFeeds> feeds;
  std::optional<Housekeeping> housekeeping;
};

Warehouse::Warehouse(Options options, base::Clock& clock, store::s3::RoutedBuckets& buckets,
                     store::s3::Remotes& remotes, const base::WallClock& wall_clock)
    : options_(std::move(options)), clock_(clock), buckets_(buckets), remotes_(remotes), wall_clock_(wall_clock) {}

Warehouse::~Warehouse() = default;

base::Result<std::unique_ptr<Warehouse>> Warehouse::open(Options options, base::Clock& clock,
                                                         store::s3::RoutedBuckets& buckets, store::s3::Remotes& remotes,
                                                         const base::WallClock& wall_clock) {
  const bool at_once = clock.is_virtual() || std::filesystem::exists(options.file);
  auto warehouse = std::unique_ptr<Warehouse>(new Warehouse(std::move(options), clock, buckets, remotes, wall_clock));
  if (at_once) {
    TRY_VOID(warehouse->opened());
    return warehouse;
  }
  const auto forget = [&store = buckets.local()] {
    if (const auto passed = load::PipeRunner::pass_all_events(store); !passed)
      LOG_WARN("store.events_kept error=\"{}\"", passed.error().message);
  };
  forget();
  warehouse->unread_events_.emplace(kUnreadEventsPause, forget);
  return warehouse;
}

Warehouse::State* Warehouse::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_.get();
}

base::Result<Warehouse::State*> Warehouse::opened() {
  const std::lock_guard lock(state_mutex_);
  if (!state_) {
    unread_events_.reset();  // a pipe reads from the moment at which it is made
    TRY(state_, open_state());
  }
  return state_.get();
}

base::Result<std::unique_ptr<Warehouse::State>> Warehouse::open_state() {
  auto meta_tables = load::load_meta_tables();
  meta_tables.push_back(task::task_runs_table());
  meta_tables.push_back(VirtualTime::table());
  meta_tables.push_back(bridge::flow_tokens_table());
  TRY(auto database, engine::Database::open({.file = options_.file,
                                             .spill_directory = options_.spill_directory,
                                             .threads = options_.threads,
                                             .meta_tables = std::move(meta_tables)},
                                            clock_));
  if (auto* virtual_clock = dynamic_cast<base::VirtualClock*>(&clock_)) {
    TRY_VOID(VirtualTime::restore(*database, buckets_.local(), *virtual_clock));
  }
  TRY_VOID(exec::make_account(*database));
  auto made = std::make_unique<State>(std::move(database), clock_, buckets_, options_.enforces_privileges);
  State& state = *made;
  if (options_.flows) add_flow_views(state.table_functions, options_.flows);
  TRY_VOID(state.loading.copy.apply_purges());
  TRY_VOID(load::apply_unloads(*state.database, buckets_.local()));
  TRY_VOID(buckets_.local().discard_staged());
  TRY_VOID(state.scheduler.recover());
  TRY_VOID(state.loading.pipes.join_events());
  if (!clock_.is_virtual()) {
    state.database->on_commit([&state](const engine::Database::Commit&) { state.scheduler.notify(); });
    state.loading.pipes.start();
    state.feeds.emplace(state.loading.pipes, buckets_, remotes_, wall_clock_);
    state.scheduler.start();
    state.housekeeping.emplace(
        *state.database, Housekeeping::Options{.log = options_.file + ".wal", .log_bytes_max = options_.log_bytes_max});
  }
  return made;
}

base::Result<std::unique_ptr<engine::StatementSession>> Warehouse::open_session(
    const engine::SessionSettings& settings) {
  TRY(auto* const open, opened());
  return open->runner.open_session(settings);
}

std::vector<std::string> Warehouse::public_keys(std::string_view user) const {
  const auto* const open = state();
  return open == nullptr ? std::vector<std::string>() : open->runner.public_keys(user);
}

engine::Database* Warehouse::database() {
  auto* const open = state();
  return open == nullptr ? nullptr : open->database.get();
}

load::PipeFeeds::Counters Warehouse::feed_counters() const {
  const auto* const open = state();
  return open != nullptr && open->feeds ? open->feeds->counters() : load::PipeFeeds::Counters{};
}

base::Result<load::PipeLedger> Warehouse::pipe_ledger() {
  load::PipeLedger sum;
  auto* const open = state();
  if (open == nullptr) return sum;
  for (const auto& pipe : open->database->catalog()->list(catalog::ObjectKind::Pipe, std::nullopt)) {
    TRY(const auto one, open->loading.pipes.ledger(pipe->id));
    sum.received_files += one.received_files;
    sum.loaded_files += one.loaded_files;
    sum.failed_files += one.failed_files;
    sum.pending_files += one.pending_files;
    sum.ignored_events += one.ignored_events;
    sum.rows_loaded += one.rows_loaded;
    sum.rows_rejected += one.rows_rejected;
  }
  return sum;
}

}  // namespace cli
