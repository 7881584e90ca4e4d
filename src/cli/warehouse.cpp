#include "cli/warehouse.h"

#include <algorithm>
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
#include "load/pipe_feeds.h"
#include "load/stage_source.h"
#include "load/unload.h"
#include "task/task_storage.h"

namespace cli {

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

Warehouse::Warehouse(std::unique_ptr<State> state) : state_(std::move(state)) {}

Warehouse::~Warehouse() {
  if (!state_) return;
  // What the last statement made due (EXECUTE TASK, a commit) runs before the next one: here, there is none.
  if (state_->time) state_->time->settle();
  state_->housekeeping.reset();
  state_->feeds.reset();
  state_->scheduler.stop();
  state_->loading.pipes.stop();
  if (!state_->time) return;
  if (const auto kept = state_->time->keep(); !kept) LOG_ERROR("clock.not_kept error=\"{}\"", kept.error().message);
}

base::Result<std::unique_ptr<Warehouse>> Warehouse::open(Options options, base::Clock& clock,
                                                         store::s3::RoutedBuckets& buckets, store::s3::Remotes& remotes,
                                                         const base::WallClock& wall_clock) {
  auto meta_tables = load::load_meta_tables();
  meta_tables.push_back(task::task_runs_table());
  meta_tables.push_back(VirtualTime::table());
  meta_tables.push_back(bridge::flow_tokens_table());
  TRY(auto database, engine::Database::open({.file = options.file,
                                             .spill_directory = std::move(options.spill_directory),
                                             .threads = options.threads,
                                             .meta_tables = std::move(meta_tables)},
                                            clock));
  if (auto* virtual_clock = dynamic_cast<base::VirtualClock*>(&clock)) {
    TRY_VOID(VirtualTime::restore(*database, *virtual_clock));
  }
  TRY_VOID(exec::make_account(*database));
  auto warehouse = std::unique_ptr<Warehouse>(
      new Warehouse(std::make_unique<State>(std::move(database), clock, buckets, options.enforces_privileges)));
  State& state = *warehouse->state_;
  if (options.flows) add_flow_views(state.table_functions, std::move(options.flows));
  TRY_VOID(state.loading.copy.apply_purges());
  TRY_VOID(load::apply_unloads(*state.database, buckets.local()));
  TRY_VOID(buckets.local().discard_staged());
  TRY_VOID(state.scheduler.recover());
  TRY_VOID(state.loading.pipes.join_events());
  if (!clock.is_virtual()) {
    state.database->on_commit([&state](const engine::Database::Commit&) { state.scheduler.notify(); });
    state.loading.pipes.start();
    state.feeds.emplace(state.loading.pipes, buckets, remotes, wall_clock);
    state.scheduler.start();
    state.housekeeping.emplace(
        *state.database, Housekeeping::Options{.log = options.file + ".wal", .log_bytes_max = options.log_bytes_max});
  }
  return warehouse;
}

load::PipeFeeds::Counters Warehouse::feed_counters() const {
  return state_->feeds ? state_->feeds->counters() : load::PipeFeeds::Counters{};
}

engine::Database& Warehouse::database() { return *state_->database; }
engine::StatementRunner& Warehouse::runner() { return state_->runner; }

base::Result<load::PipeLedger> Warehouse::pipe_ledger() {
  load::PipeLedger sum;
  for (const auto& pipe : state_->database->catalog()->list(catalog::ObjectKind::Pipe, std::nullopt)) {
    TRY(const auto one, state_->loading.pipes.ledger(pipe->id));
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
