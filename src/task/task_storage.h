#pragma once

#include <memory>

#include "engine/database.h"
#include "task/task_history.h"

namespace task {

/// The meta table that Database::Options must name for it.
engine::MetaTable task_runs_table();

/// Runs in the engine's file, each save a commit of its own.
class EngineTaskStorage final : public TaskStorage {
 public:
  explicit EngineTaskStorage(engine::Database& database);
  base::Status save(const TaskRun& run) override;
  base::Result<std::vector<TaskRun>> load(base::Instant since) override;

 private:
  engine::Database& database_;
  std::mutex session_mutex_;
  std::unique_ptr<engine::EngineSession> session_;
};

}  // namespace task
