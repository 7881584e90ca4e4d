#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "engine/database.h"
#include "task/task_history.h"

namespace task {

/// The meta table that Database::Options must name for it.
engine::MetaTable task_runs_table();

/// Runs in the engine's file. Thread-safe.
class EngineTaskStorage final : public TaskStorage {
 public:
  enum class Writing {
    AtOnce,  // each save is a commit of its own
    Behind,  // runs wait in memory until one of them has committed something, or many wait: for the virtual clock,
             // where a month passes in seconds
  };
  EngineTaskStorage(engine::Database& database, Writing writing);
  ~EngineTaskStorage() override;
  base::Status save(const TaskRun& run) override;
  base::Status save_with(engine::Work& work, const TaskRun& run) override;
  base::Result<std::vector<TaskRun>> load(base::Instant since) override;

 private:
  base::Status write_waiting();
  base::Status write(engine::Work& work, const std::map<std::uint64_t, TaskRun>& runs) const;
  base::Status forget_old(engine::Work& work);

  engine::Database& database_;
  const Writing writing_;
  std::shared_ptr<std::atomic<bool>> committed_ =
      std::make_shared<std::atomic<bool>>(false);  // something, since runs were last written

  std::mutex session_mutex_;  // guards what follows
  std::unique_ptr<engine::EngineSession> session_;
  std::map<std::uint64_t, TaskRun> waiting_;
  std::uint64_t newest_written_ = 0;  // up to this id a run may have been written in an earlier state
  base::Instant forgot_at_{};
};

}  // namespace task
