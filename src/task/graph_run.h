#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/values/datetime_text.h"
#include "task/task_services.h"
#include "task/watchdog.h"

namespace task {

enum class Outcome : std::uint8_t { Succeeded, Failed, NotRun, Suspended };

/// One run of a graph: what its tasks share, kept for retries.
struct GraphRun {
  std::shared_ptr<const catalog::Snapshot> catalog;  // of the moment it started: a run keeps its version
  catalog::RecordPtr root;
  base::Instant scheduled;
  std::optional<base::Instant> next;
  std::string scheduled_from = "SCHEDULE", config, group_id;
  std::optional<std::uint64_t> queued;  // the run of its root that was kept when EXECUTE TASK queued it
  int attempt = 1;
  std::map<std::string, Outcome> outcomes;
  std::map<std::string, std::string> returned;  // SYSTEM$SET_RETURN_VALUE, by task
  std::string last_success_group;
  std::optional<base::Instant> last_success;
};

/// The runs in progress, for the functions that a task's body may call (SessionSettings::task_run names the run).
/// Thread-safe. Source: streams-tasks-sql.md 2.9. Errors: InvalidValue outside of a task.
class ActiveRuns {
 public:
  base::Status set_return_value(std::uint64_t run, std::string text);
  base::Result<std::optional<std::string>> predecessor_return_value(std::uint64_t run,
                                                                    std::optional<std::string> task) const;
  /// The effective config as JSON text, or the value at `path` (a.b); empty when there is none.
  base::Result<std::optional<std::string>> graph_config(std::uint64_t run, std::optional<std::string> path) const;
  base::Result<std::optional<std::string>> runtime_info(std::uint64_t run, std::string_view key) const;
  base::Result<std::string> task_name(std::uint64_t run) const;
  /// SYSTEM$USER_TASK_CANCEL_ONGOING_EXECUTIONS: answers how many.
  int cancel(catalog::ObjectId task);

 private:
  friend class GraphRunner;
  struct Active {
    catalog::RecordPtr task;
    const GraphRun* graph;
    engine::StatementSession* session = nullptr;
    bool cancelled = false;
    std::optional<std::string> returned;
  };
  base::Result<const Active*> find(std::uint64_t run) const;
  mutable std::mutex runs_mutex_;
  std::map<std::uint64_t, Active> runs_;
};

/// Runs the tasks of one graph run, one after another: the root, every child after its predecessors, the finalizer.
class GraphRunner {
 public:
  GraphRunner(TaskServices& services, ActiveRuns& active, Watchdog& watchdog, std::function<std::uint64_t()> next_id)
      : services_(services), active_(active), watchdog_(watchdog), next_id_(std::move(next_id)) {}

  struct Answer {
    bool root_skipped = false, failed = false;
    std::optional<TaskRun> failed_run;  // the first that failed, finished
  };
  /// One attempt; tasks that succeeded in an earlier attempt are not repeated. `root_done` is told when the root has
  /// ended.
  Answer run(GraphRun& graph, const std::function<void()>& root_done = {});

 private:
  Outcome run_task(GraphRun& graph, const catalog::RecordPtr& task, Answer& answer);
  base::Result<bool> condition_holds(GraphRun& graph, const catalog::Record& task);
  bool may_run(const GraphRun& graph, const catalog::Record& task) const;
  TaskRun row_of(const GraphRun& graph, const catalog::Record& task) const;
  engine::SessionSettings settings(const catalog::Record& task, std::uint64_t run) const;
  void succeed(TaskRun& run, const std::string& query_id) const;
  void fail(TaskRun& run, const base::Error& error, bool timed_out, bool cancelled, std::int64_t limit_ms) const;
  void save(const TaskRun& run);

  TaskServices& services_;
  ActiveRuns& active_;
  Watchdog& watchdog_;
  std::function<std::uint64_t()> next_id_;
};

/// The value `over` merged into `config`, objects key by key.
std::string merge_config(const std::string& config, const std::string& over);

}  // namespace task
