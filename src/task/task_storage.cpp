#include "task/task_storage.h"

#include <boost/json.hpp>

#include "base/log.h"

namespace task {
namespace {

constexpr std::size_t kWaitingMax = 1000;
constexpr auto kKept = std::chrono::hours(24 * 8);  // a day longer than TASK_HISTORY looks back

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string stored(const TaskRun& run) {
  boost::json::object o{{"task", run.task.value},
                        {"query_id", run.query_id},
                        {"name", run.name},
                        {"database", run.database},
                        {"schema", run.schema},
                        {"query_text", run.query_text},
                        {"condition_text", run.condition_text},
                        {"state", run.state},
                        {"error_code", run.error_code},
                        {"error_message", run.error_message},
                        {"scheduled", run.scheduled.ns},
                        {"root_uuid", run.root_uuid},
                        {"graph_version", run.graph_version},
                        {"run_id", run.run_id},
                        {"scheduled_from", run.scheduled_from},
                        {"attempt", run.attempt},
                        {"config", run.config},
                        {"group_id", run.group_id}};
  if (run.started) o["started"] = run.started->ns;
  if (run.next) o["next"] = run.next->ns;
  if (run.completed) o["completed"] = run.completed->ns;
  if (run.return_value) o["return_value"] = *run.return_value;
  return boost::json::serialize(o);
}

TaskRun restored(std::uint64_t id, const std::string& text) {
  boost::system::error_code problem;
  const auto parsed = boost::json::parse(text, problem);
  TaskRun run;
  run.id = id;
  if (problem || !parsed.is_object()) return run;
  const auto& o = parsed.as_object();
  const auto words = [&](const char* key) {
    const auto* value = o.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  const auto number = [&](const char* key) -> std::optional<std::int64_t> {
    const auto* value = o.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<std::int64_t>();
  };
  const auto instant = [&](const char* key) -> std::optional<base::Instant> {
    const auto value = number(key);
    return value ? std::optional(base::Instant{*value}) : std::nullopt;
  };
  run.task.value = static_cast<std::uint64_t>(number("task").value_or(0));
  run.query_id = words("query_id"), run.name = words("name"), run.database = words("database"),
  run.schema = words("schema");
  run.query_text = words("query_text"), run.condition_text = words("condition_text"), run.state = words("state");
  run.error_code = words("error_code"), run.error_message = words("error_message"), run.root_uuid = words("root_uuid");
  run.scheduled_from = words("scheduled_from"), run.config = words("config"), run.group_id = words("group_id");
  run.scheduled = instant("scheduled").value_or(base::Instant{});
  run.started = instant("started"), run.next = instant("next"), run.completed = instant("completed");
  run.graph_version = static_cast<std::uint64_t>(number("graph_version").value_or(1));
  run.run_id = number("run_id").value_or(0);
  run.attempt = static_cast<int>(number("attempt").value_or(1));
  if (o.contains("return_value")) run.return_value = words("return_value");
  return run;
}

}  // namespace

engine::MetaTable task_runs_table() { return {"task_runs", "id BIGINT, scheduled_ns BIGINT, run VARCHAR"}; }

EngineTaskStorage::EngineTaskStorage(engine::Database& database, Writing writing)
    : database_(database), writing_(writing), session_(database.open_session()) {
  if (writing_ == Writing::Behind)
    database_.on_commit([committed = committed_](const engine::Database::Commit&) { *committed = true; });
}

EngineTaskStorage::~EngineTaskStorage() {
  const std::lock_guard lock(session_mutex_);
  if (const auto written = write_waiting(); !written)
    LOG_ERROR("task.history_not_written error=\"{}\"", written.error().message);
}

base::Status EngineTaskStorage::save(const TaskRun& run) {
  const std::lock_guard lock(session_mutex_);
  waiting_[run.id] = run;
  if (writing_ == Writing::Behind && !*committed_ && waiting_.size() < kWaitingMax) return {};
  return write_waiting();
}

base::Status EngineTaskStorage::save_with(engine::Work& work, const TaskRun& run) {
  const std::lock_guard lock(session_mutex_);
  TRY_VOID(write(work, {{run.id, run}}));
  // What waits of this run is older, and would be written over it. Should `work` fail, its end is saved all the same.
  waiting_.erase(run.id);
  newest_written_ = std::max(newest_written_, run.id);
  return {};
}

base::Status EngineTaskStorage::write(engine::Work& work, const std::map<std::uint64_t, TaskRun>& runs) const {
  std::string rows, again;
  for (const auto& [id, run] : runs) {
    rows += fmt::format("{}({}, {}, {})", rows.empty() ? "" : ", ", id, run.scheduled.ns, quoted(stored(run)));
    if (id <= newest_written_) again += fmt::format("{}{}", again.empty() ? "" : ", ", id);
  }
  if (!again.empty()) TRY_VOID(work.execute(fmt::format("DELETE FROM wh.meta.task_runs WHERE id IN ({})", again)));
  TRY_VOID(work.execute("INSERT INTO wh.meta.task_runs VALUES " + rows));
  return {};
}

base::Status EngineTaskStorage::write_waiting() {
  *committed_ = false;
  if (waiting_.empty()) return {};
  TRY(auto work, session_->begin_work({.query_id = {}, .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY_VOID(forget_old(*work));
  TRY_VOID(write(*work, waiting_));
  TRY_VOID(work->commit());
  newest_written_ = std::max(newest_written_, waiting_.rbegin()->first);
  waiting_.clear();
  return {};
}

/// Once a day of the business clock.
base::Status EngineTaskStorage::forget_old(engine::Work& work) {
  const base::Instant now = database_.clock().now();
  if (now - forgot_at_ < std::chrono::hours(24)) return {};
  TRY_VOID(work.execute(fmt::format("DELETE FROM wh.meta.task_runs WHERE scheduled_ns < {}", (now - kKept).ns)));
  forgot_at_ = now;
  return {};
}

base::Result<std::vector<TaskRun>> EngineTaskStorage::load(base::Instant since) {
  const std::lock_guard lock(session_mutex_);
  TRY_VOID(write_waiting());
  TRY(auto work, session_->begin_work({.query_id = {}, .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY(auto rows,
      work->query(fmt::format("SELECT id, run FROM wh.meta.task_runs WHERE scheduled_ns >= {} ORDER BY id", since.ns),
                  {{"ID", catalog::LogicalType::number()}, {"RUN", catalog::LogicalType::text()}}));
  std::vector<TaskRun> runs;
  for (std::uint64_t row = 0; row < rows->row_count(); ++row) {
    const engine::Value id = rows->value(row, 0), text = rows->value(row, 1);
    const auto* digits = std::get_if<engine::Decimal>(&id);
    const auto* stored_run = std::get_if<std::string>(&text);
    if (digits != nullptr && stored_run != nullptr)
      runs.push_back(restored(static_cast<std::uint64_t>(digits->digits), *stored_run));
  }
  if (!runs.empty()) newest_written_ = std::max(newest_written_, runs.back().id);
  return runs;
}

}  // namespace task
