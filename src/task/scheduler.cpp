#include "task/scheduler.h"

#include "base/log.h"
#include "sql/parser.h"
#include "task/condition.h"
#include "task/graph.h"

namespace task {
namespace {

constexpr auto kHistory = std::chrono::hours(24 * 7);
constexpr auto kAhead = std::chrono::hours(24 * 8);

std::string overlap_policy(const catalog::TaskBody& task) {
  return option_of(task, "OVERLAP_POLICY",
                   option_of(task, "ALLOW_OVERLAPPING_EXECUTION") == "TRUE" ? "ALLOW_CHILD_OVERLAP" : "NO_OVERLAP");
}

}  // namespace

TaskScheduler::TaskScheduler(TaskServices services, Options options)
    : services_(services), options_(options), opened_(services.clock.now()), random_(options.seed) {}

TaskScheduler::~TaskScheduler() { stop(); }

base::Status TaskScheduler::recover() {
  TRY(auto runs, services_.storage.load(base::Instant{0}));
  for (TaskRun& run : runs) {
    next_run_ = std::max(next_run_.load(), run.id + 1);
    if (run.state == "SCHEDULED") {
      const std::lock_guard lock(plans_mutex_);
      refresh();
      if (const auto plan = plans_.find(run.task); plan != plans_.end()) {
        plan->second.manual.push_back({.at = run.scheduled, .config = run.config, .run = run.id, .retry = {}});
        continue;
      }
      run.state = "CANCELLED";
      run.error_message = "the task was dropped before the run began";
    } else if (run.state == "EXECUTING") {
      run.state = "FAILED";
      run.error_message = "interrupted";
    } else {
      continue;
    }
    run.completed = services_.clock.now();
    TRY_VOID(services_.storage.save(run));
  }
  return {};
}

// ---- What is due ------------------------------------------------------------------------------------------------

void TaskScheduler::refresh() {
  if (streams_changed_.exchange(false))
    for (auto& [id, plan] : plans_) plan.dirty = true;
  auto snapshot = services_.catalog.snapshot();
  if (snapshot == seen_) return;
  seen_ = snapshot;
  std::set<catalog::ObjectId> live;
  for (const catalog::RecordPtr& task : snapshot->list(catalog::ObjectKind::Task, std::nullopt)) {
    if (!body_of(*task).predecessors.empty() || !body_of(*task).finalize.empty()) continue;
    live.insert(task->id);
    refresh_plan(plans_[task->id], task);
  }
  std::erase_if(plans_, [&](const auto& entry) { return !live.contains(entry.first) && entry.second.active == 0; });
}

void TaskScheduler::refresh_plan(Plan& plan, const catalog::RecordPtr& task) {
  const catalog::TaskBody& body = body_of(*task);
  const bool was_started = plan.task != nullptr && body_of(*plan.task).started;
  plan.task = task;
  plan.triggered = body.started && is_triggered(body);
  if (body.started && !was_started) plan.dirty = true;
  if (!body.started || body.schedule.empty()) {
    plan.schedule.reset();
    plan.due.reset();
    plan.base.reset();
    return;
  }
  if (plan.schedule && plan.schedule_text == body.schedule && plan.base == body.schedule_base) return;
  auto schedule = parse_schedule(body.schedule);
  if (!schedule) {
    LOG_ERROR("task.schedule_unreadable task={} error={}", task->name, schedule.error().message);
    plan.schedule.reset();
    plan.due.reset();
    return;
  }
  plan.schedule = *schedule;
  plan.schedule_text = body.schedule;
  plan.base = body.schedule_base;
  const base::Instant base = body.schedule_base.value_or(opened_);
  // What was missed while nobody ran is not caught up.
  plan.due = next_tick(*plan.schedule, base, std::max(base, opened_));
}

bool TaskScheduler::stream_has_data(const Plan& plan) {
  const auto holds = evaluate_condition(
      body_of(*plan.task).condition,
      {.stream_has_data =
           [&](std::string_view stream) { return services_.streams.has_data(plan.task->container, stream); },
       .predecessor_value = [](std::optional<std::string>) -> base::Result<std::optional<std::string>> {
         return std::optional<std::string>();
       },
       .open_session = []() -> base::Result<std::unique_ptr<engine::StatementSession>> {
         return base::fail(base::ErrorKind::Unsupported, "triggered tasks take AND, OR and NOT of streams only");
       }});
  if (!holds) LOG_WARN("task.condition_failed task={} error={}", plan.task->name, holds.error().message);
  return holds && *holds;
}

std::optional<base::Instant> TaskScheduler::due_of(Plan& plan) {
  std::optional<base::Instant> due = plan.due;
  if (plan.triggered && plan.dirty && plan.active == 0) {
    plan.dirty = stream_has_data(plan);
    if (plan.dirty) {
      const std::int64_t seconds =
          number_option(body_of(*plan.task), "USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", 30);
      const std::chrono::nanoseconds gap = options_.trigger_at_once
                                               ? std::chrono::nanoseconds(std::chrono::milliseconds(1))
                                               : std::chrono::seconds(seconds);
      // When it was noticed first: a clock that moves on would never be there at "now".
      if (!plan.noticed) plan.noticed = services_.clock.now();
      due = plan.last_start ? std::max(*plan.noticed, *plan.last_start + gap) : *plan.noticed;
    } else {
      plan.noticed.reset();
    }
  }
  // A run by hand waits for the one in progress; its place is before the schedule.
  if (!plan.manual.empty() && plan.active == 0)
    due = due ? std::min(*due, plan.manual.front().at) : plan.manual.front().at;
  return due;
}

std::optional<base::Instant> TaskScheduler::next_due() {
  const std::lock_guard lock(plans_mutex_);
  refresh();
  std::optional<base::Instant> first;
  for (auto& [id, plan] : plans_)
    if (const auto due = due_of(plan); due && (!first || *due < *first)) first = due;
  return first;
}

bool TaskScheduler::overlap_allows(const Plan& plan) const {
  const std::string policy = overlap_policy(body_of(*plan.task));
  if (policy == "ALLOW_ALL_OVERLAP") return true;
  return policy == "ALLOW_CHILD_OVERLAP" ? plan.active_roots == 0 : plan.active == 0;
}

GraphRun TaskScheduler::begin(Plan& plan, base::Instant scheduled, std::string from) {
  GraphRun graph;
  graph.catalog = seen_;
  graph.root = plan.task;
  graph.scheduled = scheduled;
  graph.next = plan.due;
  graph.scheduled_from = std::move(from);
  graph.config = option_of(body_of(*plan.task), "CONFIG");
  graph.group_id = new_group_id();
  graph.last_success_group = plan.last_success_group;
  graph.last_success = plan.last_success;
  return graph;
}

std::optional<TaskScheduler::Start> TaskScheduler::take(base::Instant until) {
  const std::lock_guard lock(plans_mutex_);
  while (true) {
    refresh();
    Plan* first = nullptr;
    base::Instant at{};
    for (auto& [id, plan] : plans_)
      if (const auto due = due_of(plan);
          due && *due <= until &&
          (first == nullptr || std::tie(*due, plan.task->name) < std::tie(at, first->task->name))) {
        first = &plan;
        at = *due;
      }
    if (first == nullptr) return std::nullopt;
    Plan& plan = *first;
    const base::Instant now = services_.clock.now();
    std::optional<GraphRun> graph;
    if (!plan.manual.empty() && plan.active == 0 && plan.manual.front().at <= at) {
      Manual manual = std::move(plan.manual.front());
      plan.manual.pop_front();
      if (manual.retry)
        graph = std::move(*manual.retry);
      else {
        graph = begin(plan, at, "EXECUTE_TASK");
        if (!manual.config.empty()) graph->config = merge_config(graph->config, manual.config);
        graph->queued = manual.run;
      }
      if (plan.due && *plan.due <= now) plan.due = next_tick(*plan.schedule, plan.base.value_or(opened_), now);
    } else if (plan.due && *plan.due == at) {
      // No backlog: ticks that passed while a run took long are skipped.
      plan.due = next_tick(*plan.schedule, plan.base.value_or(opened_), std::max(at, now));
      if (!overlap_allows(plan)) continue;
      graph = begin(plan, at, "SCHEDULE");
    } else {
      graph = begin(plan, at, "TRIGGER");
    }
    plan.last_start = now;
    plan.noticed.reset();
    ++plan.active;
    ++plan.active_roots;
    return Start{plan.task->id, std::move(*graph)};
  }
}

// ---- Running ----------------------------------------------------------------------------------------------------

std::size_t TaskScheduler::run_due(base::Instant until) {
  std::size_t count = 0;
  while (auto start = take(until)) {
    run(std::move(*start));
    ++count;
  }
  return count;
}

void TaskScheduler::run(Start start) {
  GraphRunner runner(services_, active_, watchdog_, [this] { return next_run_.fetch_add(1); });
  const auto root_done = [&, told = false]() mutable {
    if (std::exchange(told, true)) return;
    const std::lock_guard lock(plans_mutex_);
    if (const auto plan = plans_.find(start.root); plan != plans_.end()) --plan->second.active_roots;
  };
  const std::function<void()> tell_root_done = root_done;
  auto answer = runner.run(start.graph, tell_root_done);
  const std::int64_t retries = number_option(body_of(*start.graph.root), "TASK_AUTO_RETRY_ATTEMPTS", 0);
  for (std::int64_t i = 0; i < retries && answer.failed; ++i) {
    ++start.graph.attempt;
    start.graph.scheduled_from = "AUTOMATIC RETRY";
    answer = runner.run(start.graph);
  }
  settle(start.root, std::move(start.graph), answer);
}

void TaskScheduler::settle(catalog::ObjectId root, GraphRun graph, const GraphRunner::Answer& answer) {
  if (!answer.root_skipped && count_failure(graph, answer.failed) && answer.failed_run) {
    TaskRun run = *answer.failed_run;
    run.state = "FAILED_AND_AUTO_SUSPENDED";
    if (const auto status = services_.storage.save(run); !status)
      LOG_ERROR("task.history_not_written task={} error={}", run.name, status.error().message);
  }
  const std::lock_guard lock(plans_mutex_);
  const auto found = plans_.find(root);
  if (found != plans_.end()) {
    Plan& plan = found->second;
    --plan.active;
    plan.dirty = true;
    // Ticks that passed while this run was on are skipped.
    if (const base::Instant now = services_.clock.now();
        plan.due && *plan.due < now && overlap_policy(body_of(*plan.task)) == "NO_OVERLAP")
      plan.due = next_tick(*plan.schedule, plan.base.value_or(opened_), now - std::chrono::nanoseconds(1));
    if (!answer.root_skipped && !answer.failed) {
      plan.last_success_group = graph.group_id;
      plan.last_success = graph.scheduled;
    }
    if (!answer.root_skipped) plan.last = std::move(graph);
  }
  const std::lock_guard loop_lock(loop_mutex_);
  awake_ = true;
  woken_.notify_one();
}

bool TaskScheduler::count_failure(const GraphRun& graph, bool failed) {
  const catalog::RecordPtr current = services_.catalog.snapshot()->find(graph.root->id);
  if (current == nullptr || (!failed && body_of(*current).consecutive_failures == 0)) return false;
  catalog::Record changed = *current;
  auto& body = std::get<catalog::TaskBody>(changed.body);
  body.consecutive_failures = failed ? body.consecutive_failures + 1 : 0;
  const std::int64_t limit = number_option(body, "SUSPEND_TASK_AFTER_NUM_FAILURES", 10);
  const bool suspended = body.started && limit > 0 && body.consecutive_failures >= static_cast<std::uint64_t>(limit);
  if (suspended) {
    body.started = false;
    body.last_suspended = services_.clock.now();
    body.last_suspended_reason = "SUSPENDED_DUE_TO_ERRORS";
    LOG_WARN("task.suspended task={} failures={}", changed.name, body.consecutive_failures);
  }
  if (const auto status = services_.catalog.put(std::move(changed)); !status)
    LOG_ERROR("task.failures_not_counted error={}", status.error().message);
  return suspended;
}

std::string TaskScheduler::new_group_id() {
  const std::uint64_t high = random_.next(), low = random_.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff,
                     (low >> 48 & 0x3fff) | 0x8000, low & 0xffffffffffff);
}

// ---- By hand ----------------------------------------------------------------------------------------------------

base::Result<std::string> TaskScheduler::execute(catalog::ObjectId root, std::optional<std::string> config) {
  std::string status;
  {
    const std::lock_guard lock(plans_mutex_);
    refresh();
    const auto plan = plans_.find(root);
    if (plan == plans_.end())
      return base::fail(base::ErrorKind::NotFound, "EXECUTE TASK: the task is not the root of a graph.");
    if (plan->second.manual.empty() ||
        plan->second.manual.back().retry) {  // one run is queued behind the one in progress
      // Kept before it is promised: a program that ends first leaves it to the next.
      TaskRun run = planned(plan->second, services_.clock.now());
      run.id = next_run_.fetch_add(1);
      run.scheduled_from = "EXECUTE_TASK";
      if (config) run.config = merge_config(run.config, *config);
      TRY_VOID(services_.storage.save(run));
      plan->second.manual.push_back({.at = run.scheduled, .config = run.config, .run = run.id, .retry = {}});
    }
    status = fmt::format("Task {} is scheduled to run immediately.", seen_->qualified_name(*plan->second.task));
  }
  notify();
  return status;
}

base::Result<std::string> TaskScheduler::retry_last(catalog::ObjectId root) {
  std::string status;
  {
    const std::lock_guard lock(plans_mutex_);
    refresh();
    const auto found = plans_.find(root);
    const std::string name = found == plans_.end() ? std::string() : found->second.task->name;
    if (found == plans_.end() || !found->second.last || found->second.active > 0 ||
        services_.clock.now() - found->second.last->scheduled > std::chrono::hours(24 * 14) ||
        body_of(*found->second.last->root).graph_version != body_of(*found->second.task).graph_version)
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("Cannot perform retry: no suitable run of graph with root task {} to retry.", name));
    GraphRun graph = *found->second.last;
    if (std::none_of(graph.outcomes.begin(), graph.outcomes.end(),
                     [](const auto& o) { return o.second == Outcome::Failed; }))
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("Cannot perform retry: run (GRAPH_RUN_GROUP_ID = {}, attempt = {}) of graph with "
                                    "root task {} had no failures.",
                                    graph.group_id, graph.attempt, name));
    ++graph.attempt;
    graph.scheduled_from = "MANUAL RETRY";
    graph.catalog = seen_;
    found->second.manual.push_back({.at = services_.clock.now(), .config = {}, .run = 0, .retry = std::move(graph)});
    status = fmt::format("Task {} is scheduled to run immediately.", seen_->qualified_name(*found->second.task));
  }
  notify();
  return status;
}

void TaskScheduler::notify() {
  streams_changed_ = true;
  const std::lock_guard lock(loop_mutex_);
  awake_ = true;
  woken_.notify_one();
}

// ---- In the background ------------------------------------------------------------------------------------------

void TaskScheduler::start() {
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this] { loop(); });
}

void TaskScheduler::stop() {
  {
    const std::lock_guard lock(loop_mutex_);
    stopping_ = true;
    woken_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void TaskScheduler::loop() {
  while (true) {
    while (auto start = take(services_.clock.now())) {
      auto done = std::make_shared<std::atomic<bool>>(false);
      workers_.push_back({std::thread([this, done, work = std::make_shared<Start>(std::move(*start))] {
                            run(std::move(*work));
                            *done = true;
                          }),
                          done});
    }
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      if (!worker->done->load()) {
        ++worker;
        continue;
      }
      worker->thread.join();
      worker = workers_.erase(worker);
    }
    std::chrono::nanoseconds wait = std::chrono::seconds(1);  // RESUME and its like are seen at the next look
    if (const auto due = next_due())
      wait = std::clamp<std::chrono::nanoseconds>(*due - services_.clock.now(), std::chrono::milliseconds(1), wait);
    std::unique_lock lock(loop_mutex_);
    woken_.wait_for(lock, wait, [this] { return stopping_ || awake_; });
    awake_ = false;
    if (stopping_) break;
  }
  for (Worker& worker : workers_) worker.thread.join();
  workers_.clear();
}

// ---- History ----------------------------------------------------------------------------------------------------

/// The row of a run that waits. Call with the plans locked.
TaskRun TaskScheduler::planned(const Plan& plan, base::Instant at) const {
  TaskRun run;
  run.task = plan.task->id;
  run.name = plan.task->name;
  if (const auto schema = seen_->find(plan.task->container)) {
    run.schema = schema->name;
    if (const auto database = seen_->find(schema->container)) run.database = database->name;
  }
  const catalog::TaskBody& body = body_of(*plan.task);
  run.query_text = body.definition;
  run.condition_text = body.condition;
  run.state = "SCHEDULED";
  run.scheduled = at;
  run.root_uuid = body.uuid;
  run.graph_version = body.graph_version;
  run.run_id = at.ns / 1'000'000;
  run.config = option_of(body, "CONFIG");
  return run;
}

base::Result<std::vector<TaskRun>> TaskScheduler::history(const HistoryQuery& query) {
  const base::Instant now = services_.clock.now();
  TRY(auto runs, services_.storage.load(now - kHistory));
  {
    const std::lock_guard lock(plans_mutex_);
    refresh();
    for (const auto& [id, plan] : plans_) {
      if (!plan.due || *plan.due > now + kAhead) continue;
      runs.push_back(planned(plan, *plan.due));
    }
  }
  return select_history(std::move(runs), query);
}

}  // namespace task
