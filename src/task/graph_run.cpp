#include "task/graph_run.h"

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "task/condition.h"
#include "task/graph.h"

namespace task {
namespace {

constexpr std::int64_t kTimeoutMs = 3'600'000;

}  // namespace

GraphRunner::Answer GraphRunner::run(GraphRun& graph, const std::function<void()>& root_done) {
  Answer answer;
  for (const catalog::RecordPtr& task : graph_of(*graph.catalog, graph.root)) {
    const bool root = task->id == graph.root->id;
    auto known = graph.outcomes.find(task->name);
    if (known == graph.outcomes.end() || known->second != Outcome::Succeeded) {
      Outcome outcome = Outcome::NotRun;
      if (root)
        outcome = run_task(graph, task, answer);
      else if (!body_of(*task).started)
        outcome = Outcome::Suspended;
      else if (may_run(graph, *task))
        outcome = run_task(graph, task, answer);
      graph.outcomes[task->name] = outcome;
      if (root && outcome == Outcome::NotRun) answer.root_skipped = true;
    }
    if (root && root_done) root_done();
    if (answer.root_skipped) return answer;
  }
  if (const auto finalizer = finalizer_of(*graph.catalog, *graph.root);
      finalizer != nullptr && body_of(*finalizer).started)
    run_task(graph, finalizer, answer);
  return answer;
}

bool GraphRunner::may_run(const GraphRun& graph, const catalog::Record& task) const {
  const auto& predecessors = body_of(task).predecessors;
  return std::all_of(predecessors.begin(), predecessors.end(), [&](const std::string& name) {
    const auto found = graph.outcomes.find(name);
    return found == graph.outcomes.end() || found->second == Outcome::Succeeded || found->second == Outcome::Suspended;
  });
}

TaskRun GraphRunner::row_of(const GraphRun& graph, const catalog::Record& task) const {
  const catalog::TaskBody& body = body_of(task);
  TaskRun run;
  run.task = task.id;
  run.name = task.name;
  if (const auto schema = graph.catalog->find(task.container)) {
    run.schema = schema->name;
    if (const auto database = graph.catalog->find(schema->container)) run.database = database->name;
  }
  run.query_text = body.definition;
  run.condition_text = body.condition;
  run.scheduled = task.id == graph.root->id ? graph.scheduled : services_.clock.now();
  run.next = task.id == graph.root->id ? graph.next : std::nullopt;
  run.root_uuid = body_of(*graph.root).uuid;
  run.graph_version = body_of(*graph.root).graph_version;
  run.run_id = graph.scheduled.ns / 1'000'000;
  run.scheduled_from = graph.scheduled_from;
  run.attempt = graph.attempt;
  run.config = graph.config;
  run.group_id = graph.group_id;
  return run;
}

engine::SessionSettings GraphRunner::settings(const catalog::Record& task, std::uint64_t run) const {
  engine::SessionSettings settings;
  settings.user = "SYSTEM";
  settings.role = task.owner;
  settings.task_run = run;
  const auto snapshot = services_.catalog.snapshot();
  if (const auto schema = snapshot->find(task.container)) {
    settings.schema = schema->name;
    if (const auto database = snapshot->find(schema->container)) settings.database = database->name;
  }
  for (const auto& [name, value] : body_of(task).parameters) settings.parameters[name] = value;
  return settings;
}

base::Result<bool> GraphRunner::condition_holds(GraphRun& graph, const catalog::Record& task) {
  if (body_of(task).condition.empty()) return true;
  return evaluate_condition(
      body_of(task).condition,
      {.stream_has_data = [&](std::string_view stream) { return services_.streams.has_data(task.container, stream); },
       .predecessor_value = [&](std::optional<std::string> name) -> base::Result<std::optional<std::string>> {
         const auto& predecessors = body_of(task).predecessors;
         if (!name && predecessors.size() == 1) name = predecessors.front();
         const auto found = graph.returned.find(name.value_or(""));
         return found == graph.returned.end() ? std::optional<std::string>() : std::optional(found->second);
       },
       .open_session = [&] { return services_.runner.open_session(settings(task, 0)); }});
}

Outcome GraphRunner::run_task(GraphRun& graph, const catalog::RecordPtr& task, Answer& answer) {
  TaskRun run = row_of(graph, *task);
  const bool queued = graph.queued && task->id == graph.root->id;
  run.id = queued ? *std::exchange(graph.queued, std::nullopt) : next_id_();
  const auto holds = condition_holds(graph, *task);
  if (!holds || !*holds) {
    run.state = holds ? "SKIPPED" : "FAILED";
    run.error_code = "0040003";
    run.error_message = holds ? "Conditional expression for task evaluated to false." : holds.error().message;
    run.completed = services_.clock.now();
    save(run);
    if (holds) return Outcome::NotRun;
    answer.failed = true;
    if (!answer.failed_run) answer.failed_run = run;
    return Outcome::Failed;
  }
  run.state = "EXECUTING";
  run.started = services_.clock.now();
  save(run);
  base::kill_point("task.run_recorded");
  const std::int64_t limit = number_option(body_of(*task), "USER_TASK_TIMEOUT_MS",
                                           number_option(body_of(*graph.root), "USER_TASK_TIMEOUT_MS", kTimeoutMs));
  base::Result<engine::StatementOutcome> outcome = base::fail(base::ErrorKind::Internal, "the task did not run");
  bool timed_out = false, cancelled = false;
  std::optional<std::string> returned;
  // A body that is one statement has its outcome in its own commit: no kill comes between the two.
  std::optional<TaskRun> recorded;
  auto session_settings = settings(*task, run.id);
  session_settings.in_commit = [&](engine::Work& work, const std::string& query_id) -> base::Status {
    TaskRun ended = run;
    succeed(ended, query_id);
    TRY_VOID(services_.storage.save_with(work, ended));
    recorded = std::move(ended);
    return {};
  };
  auto session = services_.runner.open_session(session_settings);
  if (!session)
    outcome = base::fail(session.error());
  else {
    {
      const std::lock_guard lock(active_.runs_mutex_);
      active_.runs_[run.id] = {.task = task, .graph = &graph, .session = session->get(), .returned = {}};
    }
    {
      const Watchdog::Watch watch(watchdog_, **session, std::chrono::milliseconds(limit));
      outcome = (*session)->run(body_of(*task).definition);
      timed_out = watch.fired();
    }
    const std::lock_guard lock(active_.runs_mutex_);
    cancelled = active_.runs_[run.id].cancelled;
    returned = active_.runs_[run.id].returned;
    active_.runs_.erase(run.id);
    if (returned) graph.returned[task->name] = *returned;
  }
  base::kill_point("task.body_ended");
  if (outcome && recorded) {
    run = *std::move(recorded);
  } else {
    run.return_value = returned;
    if (outcome)
      succeed(run, outcome->query_id);
    else
      fail(run, outcome.error(), timed_out, cancelled, limit);
    save(run);
  }
  LOG_INFO("task.run_finished task={} run={} state={} duration_ms={}", run.name, run.id, run.state,
           (*run.completed - *run.started).count() / 1'000'000);
  base::kill_point("task.outcome_recorded");
  if (run.state == "SUCCEEDED") return Outcome::Succeeded;
  if (run.state == "FAILED") {
    answer.failed = true;
    if (!answer.failed_run) answer.failed_run = run;
  }
  return Outcome::Failed;
}

void GraphRunner::succeed(TaskRun& run, const std::string& query_id) const {
  run.state = "SUCCEEDED";
  run.query_id = query_id;
  run.completed = services_.clock.now();
}

void GraphRunner::fail(TaskRun& run, const base::Error& error, bool timed_out, bool cancelled,
                       std::int64_t limit_ms) const {
  run.completed = services_.clock.now();
  run.state = cancelled ? "CANCELLED" : "FAILED";
  run.error_code = fmt::format("{:06}", timed_out ? 630 : error.number);
  run.error_message =
      timed_out ? fmt::format("Statement reached its statement or warehouse timeout of {} second(s) and was canceled.",
                              limit_ms / 1000)
                : error.message;
}

void GraphRunner::save(const TaskRun& run) {
  if (const auto status = services_.storage.save(run); !status)
    LOG_ERROR("task.history_not_written task={} run={} error={}", run.name, run.id, status.error().message);
}

}  // namespace task
