#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/record.h"
#include "engine/result_set.h"
#include "engine/work.h"

namespace task {

/// One attempt of one task, as TASK_HISTORY shows it. Empty texts are NULL there.
struct TaskRun {
  std::uint64_t id = 0;  // counts runs; 0: not one yet (SCHEDULED)
  catalog::ObjectId task;
  std::string query_id, name, database, schema, query_text, condition_text, state;
  std::string error_code, error_message;
  base::Instant scheduled;
  std::optional<base::Instant> started, next, completed;
  std::string root_uuid;
  std::uint64_t graph_version = 1;
  std::int64_t run_id = 0;  // epoch milliseconds of the graph run's original schedule
  std::optional<std::string> return_value;
  std::string scheduled_from = "SCHEDULE";
  int attempt = 1;
  std::string config, group_id;
};

/// Where runs outlive the process. Thread-safe.
class TaskStorage {
 public:
  virtual ~TaskStorage() = default;
  /// Keeps the run, in place of an earlier state with its id.
  virtual base::Status save(const TaskRun& run) = 0;
  /// The same as a part of what `work` commits.
  virtual base::Status save_with(engine::Work& work, const TaskRun& run) = 0;
  /// All that were scheduled at or after `since`, by id.
  virtual base::Result<std::vector<TaskRun>> load(base::Instant since) = 0;
};

/// Runs that live as long as the process.
class MemoryTaskStorage final : public TaskStorage {
 public:
  base::Status save(const TaskRun& run) override;
  base::Status save_with(engine::Work&, const TaskRun& run) override { return save(run); }
  base::Result<std::vector<TaskRun>> load(base::Instant since) override;

 private:
  std::mutex runs_mutex_;
  std::map<std::uint64_t, TaskRun> runs_;
};

inline constexpr std::int64_t kHistoryRowsMax = 10'000;  // of RESULT_LIMIT

struct HistoryQuery {
  std::optional<base::Instant> from, until;
  std::int64_t limit = 100;  // RESULT_LIMIT
  std::string task, database, schema, root_id;
  bool errors_only = false;
  std::function<bool(catalog::ObjectId task)> is_visible = {};  // none: all are
};
/// Columns of TASK_HISTORY in order. Source: streams-tasks-sql.md 2.10.
std::vector<engine::ResultColumn> history_columns();
std::vector<engine::Value> history_row(const TaskRun& run);
/// The runs that the arguments select, newest schedule first. Errors: InvalidValue for RESULT_LIMIT above 10,000,
/// SCHEMA_NAME alone.
base::Result<std::vector<TaskRun>> select_history(std::vector<TaskRun> runs, const HistoryQuery& query);

}  // namespace task
