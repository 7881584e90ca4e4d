// What SQL asks about tasks: their history and graphs, and what a task's body asks about its own run. Source:
// streams-tasks-sql.md 2.9, 2.10.
#include <fmt/format.h>

#include "exec/function_arguments.h"
#include "exec/running.h"
#include "exec/tasks.h"
#include "task/graph.h"
#include "task/graph_history.h"
#include "task/task_show.h"

namespace exec {

using catalog::ObjectKind;
using engine::Value;

namespace {

using Result = base::Result<std::shared_ptr<const engine::ResultSet>>;
using Answer = engine::SystemFunctions::Answer;

/// Of which tasks the role may see runs; nothing while all may be seen.
std::function<bool(catalog::ObjectId)> visible_tasks(const Running& running) {
  const auto& access = running.context.names.access;
  if (!access || access->may_on_account("MONITOR EXECUTION")) return {};
  return [access, catalog = running.catalog()](catalog::ObjectId id) {
    const auto task = catalog->find(id);
    return task && access->sees(*task);
  };
}

Result task_history(Running& running, engine::Work&, const FunctionArguments& arguments) {
  const ArgumentReader reader("TASK_HISTORY", running, arguments);
  TRY_VOID(reader.only({"TASK_NAME", "DATABASE_NAME", "SCHEMA_NAME", "ROOT_TASK_ID", "SCHEDULED_TIME_RANGE_START",
                        "SCHEDULED_TIME_RANGE_END", "RESULT_LIMIT", "ERROR_ONLY"}));
  task::HistoryQuery query;
  query.task = reader.text("TASK_NAME").value_or("");
  query.database = reader.text("DATABASE_NAME").value_or("");
  query.schema = reader.text("SCHEMA_NAME").value_or("");
  query.root_id = reader.text("ROOT_TASK_ID").value_or("");
  TRY(query.from, reader.instant("SCHEDULED_TIME_RANGE_START"));
  TRY(query.until, reader.instant("SCHEDULED_TIME_RANGE_END"));
  TRY(const auto limit, reader.number("RESULT_LIMIT"));
  query.limit = limit.value_or(query.limit);
  TRY(const auto errors_only, reader.flag("ERROR_ONLY"));
  query.errors_only = errors_only.value_or(false);
  query.is_visible = visible_tasks(running);
  TRY(const auto runs, running.services.tasks->scheduler.history(query));
  std::vector<std::vector<Value>> rows;
  for (const task::TaskRun& run : runs) rows.push_back(task::history_row(run));
  return engine::make_result(task::history_columns(), std::move(rows));
}

/// SNOWFLAKE.ACCOUNT_USAGE.TASK_HISTORY: what has ended.
Result all_task_runs(Running& running, engine::Work&, std::optional<catalog::ObjectId>) {
  TRY(const auto runs, running.services.tasks->scheduler.history({.limit = task::kHistoryRowsMax}));
  std::vector<std::vector<Value>> rows;
  for (const task::TaskRun& run : runs)
    if (run.completed) rows.push_back(task::history_row(run));
  return engine::make_result(task::history_columns(), std::move(rows));
}

Result task_graphs(Running& running, const FunctionArguments& arguments, std::string_view function,
                   task::GraphHistoryQuery query) {
  const ArgumentReader reader(function, running, arguments);
  TRY_VOID(reader.only({"RESULT_LIMIT", "ROOT_TASK_NAME", "ERROR_ONLY"}));
  query.root = reader.text("ROOT_TASK_NAME").value_or("");
  TRY(const auto limit, reader.number("RESULT_LIMIT"));
  query.limit = limit.value_or(query.limit);
  TRY(const auto errors_only, reader.flag("ERROR_ONLY"));
  query.errors_only = errors_only.value_or(false);
  query.now = running.context.now;
  TRY(auto runs, running.services.tasks->scheduler.history(
                     {.limit = task::kHistoryRowsMax, .is_visible = visible_tasks(running)}));
  return task::graph_history(*running.catalog(), std::move(runs), query);
}

Result task_dependents(Running& running, engine::Work& work, const FunctionArguments& arguments) {
  const ArgumentReader reader("TASK_DEPENDENTS", running, arguments);
  TRY_VOID(reader.only({"TASK_NAME", "RECURSIVE"}));
  TRY(const auto task, reader.object("TASK_NAME", ObjectKind::Task));
  TRY(const auto recursive, reader.flag("RECURSIVE"));
  std::vector<std::vector<Value>> rows;
  for (const catalog::RecordPtr& one : task::dependents_of(work.catalog(), task, recursive.value_or(true)))
    rows.push_back(task::task_row(work.catalog(), *one));
  return engine::make_result(task::task_columns(), std::move(rows));
}

Answer text(std::string value) { return {.value = std::move(value), .type = catalog::LogicalType::text()}; }
Answer text(const std::optional<std::string>& value) {
  return {.value = value ? Value(*value) : Value(), .type = catalog::LogicalType::text()};
}

std::optional<std::string> argument(const std::vector<Value>& arguments, std::size_t index) {
  const auto* value = index < arguments.size() ? std::get_if<std::string>(&arguments[index]) : nullptr;
  return value ? std::optional(*value) : std::nullopt;
}

base::Error needs_argument(std::string_view function) {
  return compilation_error(938, "22023",
                           fmt::format("not enough arguments for function [{}], expected 1, got 0", function));
}

base::Result<catalog::RecordPtr> task_named(Running& running, const std::vector<Value>& arguments,
                                            std::string_view function) {
  const auto name = argument(arguments, 0);
  if (!name) return base::fail(needs_argument(function));
  TRY(const auto parts, parts_of_text(*name));
  return catalog::resolve(*running.catalog(), running.context.names, ObjectKind::Task, parts);
}

void add_system_functions(SystemFunctionTable& functions) {
  functions["SYSTEM$TASK_DEPENDENTS_ENABLE"] = [](Running& running, engine::Work&,
                                                  const std::vector<Value>& arguments) -> base::Result<Answer> {
    TRY(const auto root, task_named(running, arguments, "SYSTEM$TASK_DEPENDENTS_ENABLE"));
    TRY_VOID(enable_dependents(running, root));
    return text(std::string(kExecuted));
  };
  functions["SYSTEM$USER_TASK_CANCEL_ONGOING_EXECUTIONS"] =
      [](Running& running, engine::Work&, const std::vector<Value>& arguments) -> base::Result<Answer> {
    TRY(const auto task, task_named(running, arguments, "SYSTEM$USER_TASK_CANCEL_ONGOING_EXECUTIONS"));
    TRY_VOID(running.require(*task, {"OPERATE"}));
    const int count = running.services.tasks->scheduler.active_runs().cancel(task->id);
    return text(fmt::format("{} execution(s) of task {} cancelled.", count, task->name));
  };
  functions["SYSTEM$SET_RETURN_VALUE"] = [](Running& running, engine::Work&,
                                            const std::vector<Value>& arguments) -> base::Result<Answer> {
    const auto value = argument(arguments, 0);
    if (!value) return base::fail(needs_argument("SYSTEM$SET_RETURN_VALUE"));
    TRY_VOID(running.services.tasks->scheduler.active_runs().set_return_value(running.session.task_run, *value));
    return text(std::string(kExecuted));
  };
  functions["SYSTEM$GET_PREDECESSOR_RETURN_VALUE"] = [](Running& running, engine::Work&,
                                                        const std::vector<Value>& arguments) -> base::Result<Answer> {
    TRY(const auto value, running.services.tasks->scheduler.active_runs().predecessor_return_value(
                              running.session.task_run, argument(arguments, 0)));
    return text(value);
  };
  functions["SYSTEM$GET_TASK_GRAPH_CONFIG"] = [](Running& running, engine::Work&,
                                                 const std::vector<Value>& arguments) -> base::Result<Answer> {
    TRY(const auto value,
        running.services.tasks->scheduler.active_runs().graph_config(running.session.task_run, argument(arguments, 0)));
    return text(value);
  };
  functions["SYSTEM$TASK_RUNTIME_INFO"] = [](Running& running, engine::Work&,
                                             const std::vector<Value>& arguments) -> base::Result<Answer> {
    const auto key = argument(arguments, 0);
    if (!key) return base::fail(needs_argument("SYSTEM$TASK_RUNTIME_INFO"));
    TRY(const auto value, running.services.tasks->scheduler.active_runs().runtime_info(running.session.task_run, *key));
    return text(value);
  };
  functions["SYSTEM$CURRENT_USER_TASK_NAME"] = [](Running& running, engine::Work&,
                                                  const std::vector<Value>&) -> base::Result<Answer> {
    TRY(auto name, running.services.tasks->scheduler.active_runs().task_name(running.session.task_run));
    return text(std::move(name));
  };
}

}  // namespace

void add_task_functions(TableFunctions& table, SystemFunctionTable& functions) {
  table.functions["TASK_HISTORY"] = task_history;
  table.functions["TASK_DEPENDENTS"] = task_dependents;
  table.functions["COMPLETE_TASK_GRAPHS"] = [](Running& running, engine::Work&, const FunctionArguments& arguments) {
    return task_graphs(running, arguments, "COMPLETE_TASK_GRAPHS", {.finished = true});
  };
  table.functions["CURRENT_TASK_GRAPHS"] = [](Running& running, engine::Work&, const FunctionArguments& arguments) {
    return task_graphs(running, arguments, "CURRENT_TASK_GRAPHS", {.finished = false});
  };
  table.account_views["TASK_HISTORY"] = all_task_runs;
  add_system_functions(functions);
}

}  // namespace exec
