#include "task/task_show.h"

#include <boost/json.hpp>

#include "task/graph.h"

namespace task {
namespace {

using catalog::LogicalType;
using engine::Value;

Value instant(const std::optional<base::Instant>& at) {
  if (!at) return {};
  const std::int64_t seconds = at->ns >= 0 ? at->ns / 1'000'000'000 : -((999'999'999 - at->ns) / 1'000'000'000);
  return engine::Timestamp{seconds, static_cast<std::int32_t>(at->ns - seconds * 1'000'000'000), 0};
}
Value text_or_null(const std::string& text) { return text.empty() ? Value{} : Value{text}; }

}  // namespace

std::vector<engine::ResultColumn> task_columns() {
  std::vector<engine::ResultColumn> columns;
  for (const char* name : {"created_on",
                           "name",
                           "id",
                           "database_name",
                           "schema_name",
                           "owner",
                           "comment",
                           "warehouse",
                           "schedule",
                           "predecessors",
                           "state",
                           "definition",
                           "condition",
                           "allow_overlapping_execution",
                           "error_integration",
                           "last_committed_on",
                           "last_suspended_on",
                           "owner_role_type",
                           "config",
                           "task_relations",
                           "last_suspended_reason",
                           "success_integration",
                           "scheduling_mode",
                           "target_completion_interval",
                           "execute_as_user",
                           "overlap_policy",
                           "created_by_user"})
    columns.push_back({name, LogicalType::text()});
  for (const std::size_t at : {0U, 15U, 16U}) columns[at].type = LogicalType::timestamp_ltz(3);
  return columns;
}

std::vector<Value> task_row(const catalog::Snapshot& catalog, const catalog::Record& task) {
  const catalog::TaskBody& body = body_of(task);
  const auto schema = catalog.find(task.container);
  const auto database = schema == nullptr ? nullptr : catalog.find(schema->container);
  const std::string prefix =
      (database == nullptr ? "" : database->name) + "." + (schema == nullptr ? "" : schema->name) + ".";
  boost::json::array predecessors;
  for (const std::string& name : body.predecessors) predecessors.push_back(boost::json::string(prefix + name));
  boost::json::object relations;
  if (!body.finalize.empty()) relations["FinalizedRootTask"] = prefix + body.finalize;
  relations["Predecessors"] = predecessors;
  if (body.predecessors.empty() && body.finalize.empty())
    if (const auto finalizer = finalizer_of(catalog, task)) relations["FinalizerTask"] = prefix + finalizer->name;
  const bool child = !body.predecessors.empty();
  std::string policy =
      option_of(body, "OVERLAP_POLICY",
                option_of(body, "ALLOW_OVERLAPPING_EXECUTION") == "TRUE" ? "ALLOW_CHILD_OVERLAP" : "NO_OVERLAP");
  const auto option = [&](std::string_view name) { return text_or_null(option_of(body, name)); };
  return {instant(task.created),
          task.name,
          body.uuid,
          database == nullptr ? Value{} : Value{database->name},
          schema == nullptr ? Value{} : Value{schema->name},
          task.owner,
          task.comment,
          text_or_null(body.warehouse),
          text_or_null(body.schedule),
          boost::json::serialize(predecessors),
          std::string(body.started ? "started" : "suspended"),
          body.definition,
          text_or_null(body.condition),
          std::string(child                             ? "null"
                      : policy == "ALLOW_CHILD_OVERLAP" ? "true"
                                                        : "false"),
          option("ERROR_INTEGRATION"),
          instant(body.last_committed),
          instant(body.last_suspended),
          std::string("ROLE"),
          option("CONFIG"),
          boost::json::serialize(relations),
          text_or_null(body.last_suspended_reason),
          option("SUCCESS_INTEGRATION"),
          Value{},
          option("TARGET_COMPLETION_INTERVAL"),
          Value{},
          child ? Value{} : Value{policy},
          Value{}};
}

}  // namespace task
