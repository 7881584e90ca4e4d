#include <boost/json.hpp>

#include "task/graph.h"
#include "task/graph_run.h"

namespace task {
namespace {

std::string time_text(base::Instant at) {
  const std::int64_t days = at.ns / 86'400'000'000'000;
  const std::int64_t ms = at.ns / 1'000'000 % 86'400'000;
  const auto date = engine::civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} Z", date.year, date.month, date.day, ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

void merge(boost::json::object& into, const boost::json::object& over) {
  for (const auto& [key, value] : over) {
    auto* old = into.if_contains(key);
    if (old != nullptr && old->is_object() && value.is_object())
      merge(old->as_object(), value.as_object());
    else
      into[key] = value;
  }
}

}  // namespace

std::string merge_config(const std::string& config, const std::string& over) {
  boost::system::error_code problem;
  auto base_value = boost::json::parse(config.empty() ? "{}" : config, problem);
  const auto over_value = boost::json::parse(over, problem);
  if (problem || !base_value.is_object() || !over_value.is_object()) return config;
  merge(base_value.as_object(), over_value.as_object());
  return boost::json::serialize(base_value);
}

base::Result<const ActiveRuns::Active*> ActiveRuns::find(std::uint64_t run) const {
  const auto found = runs_.find(run);
  if (run == 0 || found == runs_.end())
    return base::fail(base::ErrorKind::InvalidValue, "This function can only be called from a running task.");
  return &found->second;
}

base::Status ActiveRuns::set_return_value(std::uint64_t run, std::string text) {
  const std::lock_guard lock(runs_mutex_);
  TRY_VOID(find(run));
  if (text.size() > 10 * 1024)
    return base::fail(base::ErrorKind::InvalidValue, "The return value of a task may have at most 10 kB.");
  runs_.at(run).returned = std::move(text);
  return {};
}

base::Result<std::optional<std::string>> ActiveRuns::predecessor_return_value(std::uint64_t run,
                                                                              std::optional<std::string> task) const {
  const std::lock_guard lock(runs_mutex_);
  TRY(const Active* active, find(run));
  const auto& predecessors = body_of(*active->task).predecessors;
  if (!task && predecessors.size() != 1)
    return base::fail(
        base::ErrorKind::InvalidValue,
        "SYSTEM$GET_PREDECESSOR_RETURN_VALUE needs the name of a predecessor when a task has not exactly one.");
  const std::string name = task ? task->substr(task->rfind('.') + 1) : predecessors.front();
  const auto value = active->graph->returned.find(name);
  return value == active->graph->returned.end() ? std::optional<std::string>() : std::optional(value->second);
}

base::Result<std::optional<std::string>> ActiveRuns::graph_config(std::uint64_t run,
                                                                  std::optional<std::string> path) const {
  const std::lock_guard lock(runs_mutex_);
  TRY(const Active* active, find(run));
  if (active->graph->config.empty()) return std::optional<std::string>();
  if (!path) return std::optional(active->graph->config);
  boost::system::error_code problem;
  const auto parsed = boost::json::parse(active->graph->config, problem);
  const boost::json::value* at = problem ? nullptr : &parsed;
  for (std::string_view rest = *path; at != nullptr && !rest.empty();) {
    const auto dot = rest.find('.');
    at = at->is_object() ? at->as_object().if_contains(rest.substr(0, dot)) : nullptr;
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  if (at == nullptr || at->is_null()) return std::optional<std::string>();
  if (at->is_string()) return std::optional(std::string(at->as_string()));
  return std::optional(std::string(boost::json::serialize(*at)));
}

base::Result<std::optional<std::string>> ActiveRuns::runtime_info(std::uint64_t run, std::string_view key) const {
  const std::lock_guard lock(runs_mutex_);
  TRY(const Active* active, find(run));
  const GraphRun& graph = *active->graph;
  using Text = std::optional<std::string>;
  if (key == "CURRENT_TASK_NAME") return Text(active->task->name);
  if (key == "CURRENT_ROOT_TASK_NAME") return Text(graph.root->name);
  if (key == "CURRENT_ROOT_TASK_UUID") return Text(body_of(*graph.root).uuid);
  if (key == "CURRENT_TASK_GRAPH_RUN_GROUP_ID") return Text(graph.group_id);
  if (key == "CURRENT_TASK_GRAPH_ORIGINAL_SCHEDULED_TIMESTAMP") return Text(time_text(graph.scheduled));
  if (key == "LAST_SUCCESSFUL_TASK_GRAPH_RUN_GROUP_ID")
    return graph.last_success_group.empty() ? Text() : Text(graph.last_success_group);
  if (key == "LAST_SUCCESSFUL_TASK_GRAPH_ORIGINAL_SCHEDULED_TIMESTAMP")
    return graph.last_success ? Text(time_text(*graph.last_success)) : Text();
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("SYSTEM$TASK_RUNTIME_INFO does not know the key '{}'.", key));
}

base::Result<std::string> ActiveRuns::task_name(std::uint64_t run) const {
  const std::lock_guard lock(runs_mutex_);
  TRY(const Active* active, find(run));
  return active->graph->catalog->qualified_name(*active->task);
}

int ActiveRuns::cancel(catalog::ObjectId task) {
  const std::lock_guard lock(runs_mutex_);
  int count = 0;
  for (auto& [id, active] : runs_)
    if (active.task->id == task && active.session != nullptr) {
      active.cancelled = true;
      active.session->cancel();
      ++count;
    }
  return count;
}

}  // namespace task
