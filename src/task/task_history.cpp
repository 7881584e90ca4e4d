#include "task/task_history.h"

namespace task {
namespace {

using catalog::LogicalType;
using engine::Value;

Value instant(const std::optional<base::Instant>& at) {
  if (!at) return {};
  const std::int64_t seconds = at->ns >= 0 ? at->ns / 1'000'000'000 : -((999'999'999 - at->ns) / 1'000'000'000);
  return engine::Timestamp{seconds, static_cast<std::int32_t>(at->ns - seconds * 1'000'000'000), 0};
}
Value text(const std::string& value) { return value.empty() ? Value{} : Value{value}; }
Value number(std::int64_t value) { return engine::Decimal{value, 0}; }

}  // namespace

base::Status MemoryTaskStorage::save(const TaskRun& run) {
  const std::lock_guard lock(runs_mutex_);
  runs_[run.id] = run;
  return {};
}

base::Result<std::vector<TaskRun>> MemoryTaskStorage::load(base::Instant since) {
  const std::lock_guard lock(runs_mutex_);
  std::vector<TaskRun> runs;
  for (const auto& [id, run] : runs_)
    if (run.scheduled >= since) runs.push_back(run);
  return runs;
}

std::vector<engine::ResultColumn> history_columns() {
  const auto time = LogicalType::timestamp_ltz(3);
  const auto words = LogicalType::text();
  const auto count = LogicalType::number();
  return {{"QUERY_ID", words},
          {"NAME", words},
          {"DATABASE_NAME", words},
          {"SCHEMA_NAME", words},
          {"QUERY_TEXT", words},
          {"CONDITION_TEXT", words},
          {"STATE", words},
          {"ERROR_CODE", words},
          {"ERROR_MESSAGE", words},
          {"SCHEDULED_TIME", time},
          {"QUERY_START_TIME", time},
          {"NEXT_SCHEDULED_TIME", time},
          {"COMPLETED_TIME", time},
          {"ROOT_TASK_ID", words},
          {"GRAPH_VERSION", count},
          {"RUN_ID", count},
          {"RETURN_VALUE", words},
          {"SCHEDULED_FROM", words},
          {"ATTEMPT_NUMBER", count},
          {"CONFIG", words},
          {"QUERY_HASH", words},
          {"QUERY_HASH_VERSION", count},
          {"QUERY_PARAMETERIZED_HASH", words},
          {"QUERY_PARAMETERIZED_HASH_VERSION", count},
          {"GRAPH_RUN_GROUP_ID", words},
          {"BACKFILL_INFO", words},
          {"SPCS_JOB_ID", words}};
}

std::vector<Value> history_row(const TaskRun& run) {
  return {text(run.query_id),
          run.name,
          text(run.database),
          text(run.schema),
          run.query_text,
          text(run.condition_text),
          run.state,
          text(run.error_code),
          text(run.error_message),
          instant(run.scheduled),
          instant(run.started),
          instant(run.next),
          instant(run.completed),
          text(run.root_uuid),
          number(static_cast<std::int64_t>(run.graph_version)),
          number(run.run_id),
          run.return_value ? Value{*run.return_value} : Value{},
          run.scheduled_from,
          number(run.attempt),
          text(run.config),
          Value{},
          Value{},
          Value{},
          Value{},
          text(run.group_id),
          Value{},
          Value{}};
}

base::Result<std::vector<TaskRun>> select_history(std::vector<TaskRun> runs, const HistoryQuery& query) {
  if (query.limit > kHistoryRowsMax)
    return base::fail(base::ErrorKind::InvalidValue,
                      "Value for parameter RESULT_LIMIT exceeds maximum allowable value (10,000).");
  if (query.limit < 1)
    return base::fail(base::ErrorKind::InvalidValue, "Value for parameter RESULT_LIMIT must be at least 1.");
  if (!query.schema.empty() && query.database.empty())
    return base::fail(base::ErrorKind::InvalidValue, "TASK_HISTORY: SCHEMA_NAME needs DATABASE_NAME.");
  std::erase_if(runs, [&](const TaskRun& run) {
    const auto differs = [](const std::string& asked, const std::string& found) {
      return !asked.empty() && asked != found;
    };
    return (query.from && run.scheduled < *query.from) || (query.until && run.scheduled > *query.until) ||
           (query.is_visible && !query.is_visible(run.task)) || differs(query.task, run.name) ||
           differs(query.database, run.database) || differs(query.schema, run.schema) ||
           differs(query.root_id, run.root_uuid) ||
           (query.errors_only && !run.state.starts_with("FAILED") && run.state != "CANCELLED");
  });
  std::sort(runs.begin(), runs.end(), [](const TaskRun& a, const TaskRun& b) {
    return std::tie(a.scheduled, a.id, a.name) > std::tie(b.scheduled, b.id, b.name);
  });
  if (runs.size() > static_cast<std::size_t>(query.limit)) runs.resize(static_cast<std::size_t>(query.limit));
  return runs;
}

}  // namespace task
