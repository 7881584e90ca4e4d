#include "task/graph_history.h"

#include <algorithm>
#include <map>

#include "task/graph.h"

namespace task {
namespace {

using catalog::LogicalType;
using engine::Value;

constexpr auto kFinishedWithin = std::chrono::minutes(60);

Value instant(const std::optional<base::Instant>& at) {
  if (!at) return {};
  const std::int64_t seconds = at->ns >= 0 ? at->ns / 1'000'000'000 : -((999'999'999 - at->ns) / 1'000'000'000);
  return engine::Timestamp{seconds, static_cast<std::int32_t>(at->ns - seconds * 1'000'000'000), 0};
}
Value text(const std::string& value) { return value.empty() ? Value{} : Value{value}; }
Value number(std::int64_t value) { return engine::Decimal{value, 0}; }

bool failed(const TaskRun& run) { return run.state.starts_with("FAILED") || run.state == "CANCELLED"; }
bool at_work(const TaskRun& run) { return run.state == "EXECUTING" || run.state == "SCHEDULED"; }

/// The runs of one attempt of a graph.
struct Attempt {
  const TaskRun* root = nullptr;
  const TaskRun* first_error = nullptr;
  bool at_work = false;
  std::optional<base::Instant> completed;

  std::string state() const {
    if (at_work) return root->state == "SCHEDULED" ? "SCHEDULED" : "EXECUTING";
    return first_error ? first_error->state == "CANCELLED" ? "CANCELLED" : "FAILED" : "SUCCEEDED";
  }
};

std::vector<engine::ResultColumn> columns() {
  const auto time = LogicalType::timestamp_ltz(3);
  const auto words = LogicalType::text();
  const auto count = LogicalType::number();
  return {{"ROOT_TASK_NAME", words},
          {"DATABASE_NAME", words},
          {"SCHEMA_NAME", words},
          {"STATE", words},
          {"FIRST_ERROR_TASK_NAME", words},
          {"FIRST_ERROR_CODE", words},
          {"FIRST_ERROR_MESSAGE", words},
          {"SCHEDULED_TIME", time},
          {"QUERY_START_TIME", time},
          {"NEXT_SCHEDULED_TIME", time},
          {"COMPLETED_TIME", time},
          {"ROOT_TASK_ID", words},
          {"GRAPH_VERSION", count},
          {"RUN_ID", count},
          {"ATTEMPT_NUMBER", count},
          {"SCHEDULED_FROM", words},
          {"CONFIG", words},
          {"GRAPH_RUN_GROUP_ID", words},
          {"BACKFILL_INFO", words},
          {"SCHEDULED_BY_USER", words}};
}

std::vector<Value> row_of(const Attempt& attempt) {
  const TaskRun& root = *attempt.root;
  const TaskRun* error = attempt.first_error;
  return {root.name,
          text(root.database),
          text(root.schema),
          attempt.state(),
          error ? Value{error->name} : Value{},
          error ? text(error->error_code) : Value{},
          error ? text(error->error_message) : Value{},
          instant(root.scheduled),
          instant(root.started),
          instant(root.next),
          attempt.at_work ? Value{} : instant(attempt.completed),
          text(root.root_uuid),
          number(static_cast<std::int64_t>(root.graph_version)),
          number(root.run_id),
          number(root.attempt),
          root.scheduled_from,
          text(root.config),
          text(root.group_id),
          Value{},
          Value{}};
}

}  // namespace

base::Result<std::shared_ptr<const engine::ResultSet>> graph_history(const catalog::Snapshot& catalog,
                                                                     std::vector<TaskRun> runs,
                                                                     const GraphHistoryQuery& query) {
  if (query.limit < 1 || query.limit > kHistoryRowsMax)
    return base::fail(base::ErrorKind::InvalidValue, "Value for parameter RESULT_LIMIT must be between 1 and 10,000.");
  std::map<std::tuple<std::int64_t, std::string, std::string, int>, Attempt>
      attempts;  // by schedule, root, group, attempt
  for (const TaskRun& run : runs) {
    Attempt& attempt = attempts[{run.scheduled.ns, run.root_uuid, run.group_id, run.attempt}];
    const auto task = catalog.find(run.task);
    if (task && body_of(*task).uuid == run.root_uuid) attempt.root = &run;
    attempt.at_work = attempt.at_work || at_work(run);
    if (run.completed && (!attempt.completed || *run.completed > *attempt.completed)) attempt.completed = run.completed;
    if (failed(run) && (!attempt.first_error || run.id < attempt.first_error->id)) attempt.first_error = &run;
  }
  std::vector<std::vector<Value>> rows;
  for (auto one = attempts.rbegin(); one != attempts.rend() && rows.size() < static_cast<std::size_t>(query.limit);
       ++one) {
    const Attempt& attempt = one->second;
    if (!attempt.root || attempt.root->state == "SKIPPED" || attempt.at_work == query.finished) continue;
    if (!query.root.empty() && attempt.root->name != query.root) continue;
    if (query.errors_only && !attempt.first_error) continue;
    if (query.finished && (!attempt.completed || *attempt.completed < query.now - kFinishedWithin)) continue;
    rows.push_back(row_of(attempt));
  }
  return engine::make_result(columns(), std::move(rows));
}

std::vector<catalog::RecordPtr> dependents_of(const catalog::Snapshot& catalog, const catalog::RecordPtr& task,
                                              bool recursive) {
  std::vector<catalog::RecordPtr> found{task};
  for (std::size_t i = 0; i < (recursive ? found.size() : 1); ++i)
    for (const catalog::RecordPtr& child : children_of(catalog, task->container, found[i]->name))
      if (std::ranges::find(found, child->id, [](const auto& one) { return one->id; }) == found.end())
        found.push_back(child);
  if (const auto finalizer = finalizer_of(catalog, *task)) found.push_back(finalizer);
  return found;
}

}  // namespace task
