#include "base/overloaded.h"
#include "sql/parser.h"
#include "task/condition.h"
#include "task/graph.h"
#include "task/task_definition.h"

namespace task {
namespace {

using catalog::Record;
using catalog::RecordPtr;
using catalog::TaskBody;

auto refuse(std::string message) { return base::fail(base::ErrorKind::InvalidValue, std::move(message)); }

void add(catalog::Change& change, Record record) {
  change.put.push_back(std::make_shared<const Record>(std::move(record)));
}

base::Status resume(const DefinitionContext& context, Record& task) {
  TaskBody& body = std::get<TaskBody>(task.body);
  if (body.schedule.empty() && body.predecessors.empty() && body.finalize.empty()) {
    bool triggered = false;
    if (!body.condition.empty()) {
      TRY(const auto condition, sql::parse_expression(body.condition));
      triggered = asks_a_stream(condition);
    }
    if (!triggered)
      return refuse(fmt::format("Cannot resume task {}: it has no schedule, no predecessor and no stream condition.",
                                context.catalog.qualified_name(task)));
  }
  if (!body.started) {
    body.schedule_base = context.now;
    body.last_committed = context.now;
    body.consecutive_failures = 0;
  }
  body.started = true;
  return {};
}

void suspend(const DefinitionContext& context, Record& task, std::string reason) {
  TaskBody& body = std::get<TaskBody>(task.body);
  if (!body.started) return;
  body.started = false;
  body.last_suspended = context.now;
  body.last_suspended_reason = std::move(reason);
}

base::Status set_options(const DefinitionContext& context, Record& task, const sql::SetOptions& set) {
  for (const sql::Option& option : set.options) {
    if (option.name.name != "FINALIZE") {
      TRY_VOID(apply_option(task, option));
      if (option.name.name == "SCHEDULE") std::get<TaskBody>(task.body).schedule_base = context.now;
      continue;
    }
    const auto* word = std::get_if<sql::OptionWord>(&option.value.node);
    if (word == nullptr) return refuse("FINALIZE needs the name of a root task");
    TRY(const std::string root, linked_task(context.catalog, task, word->name, LinkKind::FinalizedRoot));
    TRY_VOID(
        check_root_suspended(context.catalog, context.catalog.find(catalog::ObjectKind::Task, task.container, root)));
    std::get<TaskBody>(task.body).finalize = root;
  }
  return {};
}

base::Status add_after(const DefinitionContext& context, Record& task, const std::vector<sql::ObjectName>& names) {
  if (finalizer_of(context.catalog, task) != nullptr)
    return refuse(
        "This task has a finalizer and cannot be made a child task. Please remove the finalizer before adding a "
        "predecessor.");
  auto& predecessors = std::get<TaskBody>(task.body).predecessors;
  for (const sql::ObjectName& name : names) {
    TRY(std::string stored, linked_task(context.catalog, task, name, LinkKind::Predecessor));
    TRY_VOID(
        check_root_suspended(context.catalog, context.catalog.find(catalog::ObjectKind::Task, task.container, stored)));
    if (std::find(predecessors.begin(), predecessors.end(), stored) == predecessors.end())
      predecessors.push_back(std::move(stored));
  }
  std::sort(predecessors.begin(), predecessors.end());
  return {};
}

base::Status remove_after(const DefinitionContext& context, Record& task, const std::vector<sql::ObjectName>& names) {
  auto& predecessors = std::get<TaskBody>(task.body).predecessors;
  for (const sql::ObjectName& name : names) {
    const std::string last = name.parts.empty() ? std::string() : name.parts.back().name;
    if (std::erase(predecessors, last) == 0)
      return refuse(fmt::format("Task {} does not have predecessor {}.", task.name, last));
  }
  if (predecessors.empty()) suspend(context, task, "CHILD_BECAME_ROOT");
  return {};
}

}  // namespace

base::Result<DefinitionChange> alter_task(const DefinitionContext& context, const RecordPtr& task,
                                          const sql::AlterAction& action) {
  Record changed = *task;
  TaskBody& body = std::get<TaskBody>(changed.body);
  const bool is_root = root_of(context.catalog, task)->id == task->id;
  const auto* words = std::get_if<sql::AlterWords>(&action);
  const bool own_state = is_root && words != nullptr && (words->words == "RESUME" || words->words == "SUSPEND");
  const bool no_change =
      words != nullptr && ((words->words == "RESUME" && body.started) || (words->words == "SUSPEND" && !body.started));
  if (!own_state && !no_change) TRY_VOID(check_root_suspended(context.catalog, task));
  TRY_VOID(std::visit(
      base::Overloaded{
          [&](const sql::AlterWords& w) -> base::Status {
            if (w.words == "RESUME") return resume(context, changed);
            if (w.words == "SUSPEND")
              suspend(context, changed, "USER_SUSPENDED");
            else if (w.words == "REMOVE WHEN")
              body.condition.clear();
            else
              return refuse(fmt::format("ALTER TASK {} is not supported.", w.words));
            return {};
          },
          [&](const sql::SetOptions& set) { return set_options(context, changed, set); },
          [&](const sql::UnsetOptions& unset) -> base::Status {
            for (const auto& name : unset.names) TRY_VOID(remove_option(changed, name.name));
            return {};
          },
          [&](const sql::AddAfter& after) { return add_after(context, changed, after.tasks); },
          [&](const sql::RemoveAfter& after) { return remove_after(context, changed, after.tasks); },
          [&](const sql::ModifyBody& modify) -> base::Status {
            body.definition = modify.body.text;
            return {};
          },
          [&](const sql::ModifyWhen& modify) -> base::Status {
            TRY_VOID(check_condition(modify.when));
            body.condition = modify.text.text;
            return {};
          },
          [&](const auto&) -> base::Status {
            return base::fail(
                {base::ErrorKind::Unsupported, 2, "0A000", "Unsupported feature 'ALTER TASK' with this action.", {}});
          },
      },
      action));
  if (words == nullptr || words->words == "REMOVE WHEN") {
    TRY_VOID(check_task(context.catalog, changed));
    if (is_root && body.predecessors.empty()) ++body.graph_version;
  }
  DefinitionChange answer{{}, "Statement executed successfully."};
  if (!is_root && words == nullptr) {  // the graph changed below its root
    Record root = *root_of(context.catalog, task);
    ++std::get<TaskBody>(root.body).graph_version;
    add(answer.change, std::move(root));
  }
  add(answer.change, std::move(changed));
  return answer;
}

base::Result<DefinitionChange> drop_task(const DefinitionContext& context, const RecordPtr& task) {
  if (root_of(context.catalog, task)->id != task->id) TRY_VOID(check_root_suspended(context.catalog, task));
  DefinitionChange answer{{}, fmt::format("{} successfully dropped.", task->name)};
  answer.change.erase.push_back(task->id);
  for (const RecordPtr& child : children_of(context.catalog, task->container, task->name)) {
    Record freed = *child;
    std::erase(std::get<TaskBody>(freed.body).predecessors, task->name);
    if (body_of(freed).predecessors.empty()) suspend(context, freed, "CHILD_BECAME_ROOT");
    add(answer.change, std::move(freed));
  }
  if (const RecordPtr finalizer = finalizer_of(context.catalog, *task)) {
    Record freed = *finalizer;
    std::get<TaskBody>(freed.body).finalize.clear();
    suspend(context, freed, "FINALIZER_BECAME_ROOT");
    add(answer.change, std::move(freed));
  }
  return answer;
}

base::Result<DefinitionChange> enable_dependents(const DefinitionContext& context, const RecordPtr& root) {
  DefinitionChange answer{{}, "Statement executed successfully."};
  auto members = graph_of(context.catalog, root);
  if (const RecordPtr finalizer = finalizer_of(context.catalog, *root)) members.push_back(finalizer);
  for (const RecordPtr& member : members) {
    Record changed = *member;
    TRY_VOID(resume(context, changed));
    add(answer.change, std::move(changed));
  }
  return answer;
}

base::Status check_execute(const catalog::Snapshot& catalog, const RecordPtr& task) {
  if (body_of(*task).predecessors.empty() && body_of(*task).finalize.empty()) return {};
  return refuse(fmt::format(
      "Execute task cannot be called on non-root task {}. Call EXECUTE TASK on the root task of its graph instead.",
      catalog.qualified_name(*task)));
}

}  // namespace task
