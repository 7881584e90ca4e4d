#pragma once

#include <vector>

#include "catalog/snapshot.h"
#include "engine/result_set.h"

namespace task {

/// SHOW TASKS and DESCRIBE TASK, one row a task. Source: streams-tasks-sql.md 2.11.
std::vector<engine::ResultColumn> task_columns();
std::vector<engine::Value> task_row(const catalog::Snapshot& catalog, const catalog::Record& task);

}  // namespace task
