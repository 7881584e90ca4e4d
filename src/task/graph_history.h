#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/snapshot.h"
#include "engine/result_set.h"
#include "task/task_history.h"

namespace task {

/// COMPLETE_TASK_GRAPHS (`finished`: graph runs that ended in the last hour) and CURRENT_TASK_GRAPHS (those at work and
/// the next ones).
struct GraphHistoryQuery {
  bool finished = true;
  std::string root;  // name of a root task; empty: all
  std::int64_t limit = 1000;
  bool errors_only = false;
  base::Instant now{};
};
/// One row an attempt of a graph run, made of the runs of its tasks, newest schedule first. A run whose root was
/// skipped is not listed. Source: streams-tasks-sql.md 2.10. Errors: InvalidValue for RESULT_LIMIT out of 1 to 10,000.
base::Result<std::shared_ptr<const engine::ResultSet>> graph_history(const catalog::Snapshot& catalog,
                                                                     std::vector<TaskRun> runs,
                                                                     const GraphHistoryQuery& query);

/// The task and what depends on it, `recursive` or its children alone; a root's finalizer too.
std::vector<catalog::RecordPtr> dependents_of(const catalog::Snapshot& catalog, const catalog::RecordPtr& task,
                                              bool recursive);

}  // namespace task
