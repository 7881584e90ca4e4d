#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/snapshot.h"
#include "sql/ast.h"

namespace task {

/// What the statements below need to know; they change nothing but answer what is to be written, in the transaction of
/// the caller.
struct DefinitionContext {
  const catalog::Snapshot& catalog;
  catalog::ObjectId schema;  // of the task
  std::string name;          // stored
  std::string owner;
  base::Instant now;
  std::function<catalog::ObjectId()> new_id;
  std::function<std::string()> new_uuid;
};

struct DefinitionChange {
  catalog::Change change;
  std::string status;  // "Task T successfully created."
};

/// Source: streams-tasks-sql.md 2.1, 2.6, 2.8. Errors: with the service's texts.
base::Result<DefinitionChange> create_task(const DefinitionContext& context, const sql::CreateTask& statement);
/// ALTER TASK of an existing task.
base::Result<DefinitionChange> alter_task(const DefinitionContext& context, const catalog::RecordPtr& task,
                                          const sql::AlterAction& action);
/// Severs the links to it.
base::Result<DefinitionChange> drop_task(const DefinitionContext& context, const catalog::RecordPtr& task);
/// SYSTEM$TASK_DEPENDENTS_ENABLE: the root and all below it.
base::Result<DefinitionChange> enable_dependents(const DefinitionContext& context, const catalog::RecordPtr& root);
/// Whether EXECUTE TASK may be called on it.
base::Status check_execute(const catalog::Snapshot& catalog, const catalog::RecordPtr& task);

/// Parts of the two files below: one option into the body, and what must hold of the whole.
base::Status apply_option(catalog::Record& task, const sql::Option& option);
base::Status remove_option(catalog::Record& task, std::string_view name);
base::Status check_task(const catalog::Snapshot& catalog, const catalog::Record& task);
/// The stored name of another task of the same schema. `kind` chooses the texts.
enum class LinkKind { Predecessor, FinalizedRoot };
base::Result<std::string> linked_task(const catalog::Snapshot& catalog, const catalog::Record& task,
                                      const sql::ObjectName& name, LinkKind kind);
/// Errors: Conflict when the root of the task's graph is started. A root may change its own state.
base::Status check_root_suspended(const catalog::Snapshot& catalog, const catalog::RecordPtr& task);

}  // namespace task
