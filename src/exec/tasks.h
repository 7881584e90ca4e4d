#pragma once

#include <memory>
#include <mutex>

#include "catalog/access.h"
#include "engine/database.h"
#include "exec/services.h"
#include "task/scheduler.h"
#include "task/task_services.h"

namespace exec {

/// What task statements work with, and what the scheduler is given.
struct Tasks {
  explicit Tasks(task::TaskScheduler& runs) : scheduler(runs) {}
  task::TaskScheduler& scheduler;
};

/// Errors: Denied 091089 (23001) when the owner of a task lacks EXECUTE TASK on the account.
base::Status may_run_tasks(const catalog::Access& owner);

/// SYSTEM$TASK_DEPENDENTS_ENABLE: resumes the root and all that depends on it.
base::Status enable_dependents(Running& running, const catalog::RecordPtr& root);

/// The scheduler's view of the catalog: records are written in commits of their own.
class TaskRecords final : public task::TaskCatalog {
 public:
  explicit TaskRecords(engine::Database& database) : database_(database), session_(database.open_session()) {}
  std::shared_ptr<const catalog::Snapshot> snapshot() override { return database_.catalog(); }
  base::Status put(catalog::Record record) override;

 private:
  engine::Database& database_;
  std::mutex session_mutex_;
  std::unique_ptr<engine::EngineSession> session_;
};

/// SYSTEM$STREAM_HAS_DATA of task conditions, asked as a statement of its own.
class TaskStreams final : public task::StreamProbe {
 public:
  explicit TaskStreams(Services& services) : services_(services) {}
  base::Result<bool> has_data(catalog::ObjectId schema, std::string_view stream) override;

 private:
  Services& services_;
};

}  // namespace exec
