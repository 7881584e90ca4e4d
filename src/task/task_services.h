#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/snapshot.h"
#include "engine/statement_runner.h"
#include "task/task_history.h"

namespace task {

/// Where task records are read and, after runs, changed (failures counted, task suspended). Thread-safe.
class TaskCatalog {
 public:
  virtual ~TaskCatalog() = default;
  virtual std::shared_ptr<const catalog::Snapshot> snapshot() = 0;
  virtual base::Status put(catalog::Record record) = 0;
};

/// SYSTEM$STREAM_HAS_DATA of a condition; the name is looked up in that schema. Thread-safe.
class StreamProbe {
 public:
  virtual ~StreamProbe() = default;
  virtual base::Result<bool> has_data(catalog::ObjectId schema, std::string_view stream) = 0;
};

/// All that the scheduler needs; outlives it.
struct TaskServices {
  const base::Clock& clock;
  engine::StatementRunner& runner;
  TaskCatalog& catalog;
  StreamProbe& streams;
  TaskStorage& storage;
};

}  // namespace task
