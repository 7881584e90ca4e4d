#include "exec/tasks.h"

#include <fmt/format.h>

#include "exec/create_object.h"
#include "exec/running.h"
#include "task/task_definition.h"
#include "task/task_show.h"

namespace exec {

using catalog::ObjectKind;

namespace {

task::DefinitionContext definition_context(Running& running, engine::Work& work, catalog::ObjectId schema, std::string name) {
  return {.catalog = work.catalog(),
          .schema = schema,
          .name = std::move(name),
          .owner = running.context.role,
          .now = running.context.now,
          .new_id = [&work] { return work.new_object_id(); },
          .new_uuid = [&running, &work] {
            const auto id = work.new_object_id().value;
            return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", static_cast<std::uint64_t>(running.context.now.ns) >> 32 & 0xffffffff, static_cast<std::uint64_t>(running.context.now.ns) >> 16 & 0xffff,
                               static_cast<std::uint64_t>(running.context.now.ns) & 0xfff, id >> 48 & 0xfff, id & 0xffffffffffff);
          }};
}

base::Result<Outcome> apply(Running& running, engine::Work& work, task::DefinitionChange change) {
  for (const catalog::ObjectId id : change.change.erase) TRY_VOID(work.erase(id));
  for (const catalog::RecordPtr& record : change.change.put) TRY_VOID(work.put(*record));
  TRY_VOID(work.commit());
  if (running.services.tasks) running.services.tasks->scheduler.notify();
  return status(std::move(change.status));
}

}  // namespace

base::Result<Outcome> create_task(Running& running, const sql::CreateTask& node) {
  TRY(auto parts, running.parts(node.name));
  TRY(auto place, catalog::place(*running.catalog(), running.context.names, parts, "CREATE TASK"));
  TRY(auto work, running.begin_ddl({place.schema}));
  TRY(auto change, task::create_task(definition_context(running, *work, place.schema, place.name), node));
  return apply(running, *work, std::move(change));
}

base::Result<Outcome> alter_task(Running& running, const sql::Alter& node) {
  auto found = running.find(ObjectKind::Task, node.name);
  if (!found) {
    if (node.if_exists) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  TRY(auto work, running.begin_ddl({(*found)->container}));
  const auto current = work->catalog().find((*found)->id);
  if (!current) return base::fail(catalog::not_found(ObjectKind::Task, (*found)->name));
  TRY(auto change, task::alter_task(definition_context(running, *work, current->container, current->name), current, node.action));
  return apply(running, *work, std::move(change));
}

base::Result<Outcome> drop_task(Running& running, const sql::Drop& node) {
  TRY(const auto parts, running.parts(node.name));
  auto found = running.find(ObjectKind::Task, node.name);
  if (!found) {
    if (node.if_exists && found.error().number == 2003) return status(fmt::format("Drop statement executed successfully ({} already dropped).", parts.back()));
    return base::fail(std::move(found).error());
  }
  TRY(auto work, running.begin_ddl({(*found)->container}));
  TRY(auto change, task::drop_task(definition_context(running, *work, (*found)->container, (*found)->name), *found));
  return apply(running, *work, std::move(change));
}

base::Result<Outcome> execute_task(Running& running, const sql::ExecuteTask& node) {
  if (!running.services.tasks) return base::fail(unsupported("EXECUTE TASK"));
  TRY(auto found, running.find(ObjectKind::Task, node.task));
  TRY_VOID(task::check_execute(*running.catalog(), found));
  if (node.retry_last) {
    TRY(auto text, running.services.tasks->scheduler.retry_last(found->id));
    return status(std::move(text));
  }
  if (node.retry_graph_run_group) return base::fail(unsupported("EXECUTE TASK .. RETRY GRAPH RUN GROUP"));
  TRY(auto text, running.services.tasks->scheduler.execute(found->id, node.config));
  return status(std::move(text));
}

void add_task_functions(TableFunctions& table, SystemFunctionTable& functions) {
  table.functions["TASK_HISTORY"] = [](Running& running, engine::Work&, const FunctionArguments& arguments) -> base::Result<std::shared_ptr<const engine::ResultSet>> {
    if (!running.services.tasks) return base::fail(unsupported("TASK_HISTORY"));
    task::HistoryQuery query;
    const auto text = [&](std::string_view name) {
      const auto found = arguments.find(name);
      const auto* value = found == arguments.end() ? nullptr : std::get_if<std::string>(&found->second);
      return value ? *value : std::string{};
    };
    const auto instant = [&](std::string_view name) -> std::optional<base::Instant> {
      const auto found = arguments.find(name);
      const auto* value = found == arguments.end() ? nullptr : std::get_if<engine::Timestamp>(&found->second);
      return value ? std::optional(base::Instant{value->seconds * 1'000'000'000 + value->nanos}) : std::nullopt;
    };
    query.task = text("TASK_NAME");
    query.database = text("DATABASE_NAME");
    query.schema = text("SCHEMA_NAME");
    query.root_id = text("ROOT_TASK_ID");
    query.from = instant("SCHEDULED_TIME_RANGE_START");
    query.until = instant("SCHEDULED_TIME_RANGE_END");
    if (const auto found = arguments.find("RESULT_LIMIT"); found != arguments.end())
      if (const auto* limit = std::get_if<engine::Decimal>(&found->second)) query.limit = static_cast<std::int64_t>(limit->digits);
    if (const auto found = arguments.find("ERROR_ONLY"); found != arguments.end())
      if (const auto* only = std::get_if<bool>(&found->second)) query.errors_only = *only;
    TRY(const auto runs, running.services.tasks->scheduler.history(query));
    std::vector<std::vector<engine::Value>> rows;
    for (const task::TaskRun& run : runs) rows.push_back(task::history_row(run));
    return engine::make_result(task::history_columns(), std::move(rows));
  };
  functions["SYSTEM$TASK_DEPENDENTS_ENABLE"] = [](Running& running, engine::Work&, const std::vector<engine::Value>& arguments) -> base::Result<engine::SystemFunctions::Answer> {
    const auto* name = arguments.empty() ? nullptr : std::get_if<std::string>(&arguments[0]);
    if (!name) return base::fail(compilation_error(938, "22023", "not enough arguments for function [SYSTEM$TASK_DEPENDENTS_ENABLE], expected 1, got 0"));
    TRY(const auto parts, parts_of_text(*name));
    TRY(auto root, catalog::resolve(*running.catalog(), running.context.names, ObjectKind::Task, parts));
    TRY(auto work, running.begin_ddl({root->container}));
    TRY(auto change, task::enable_dependents(definition_context(running, *work, root->container, root->name), root));
    TRY(auto outcome, apply(running, *work, std::move(change)));
    return engine::SystemFunctions::Answer{.value = std::string(kExecuted), .type = catalog::LogicalType::text()};
  };
}

base::Status TaskRecords::put(catalog::Record record) {
  const std::lock_guard lock(session_mutex_);
  TRY(auto work, session_->begin_work({.query_id = "", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY_VOID(work->put(std::move(record)));
  return work->commit();
}

base::Result<bool> TaskStreams::has_data(catalog::ObjectId schema, std::string_view stream) {
  const auto catalog = services_.database.catalog();
  engine::SessionSettings settings{.user = "SYSTEM", .role = "ACCOUNTADMIN", .database = {}, .schema = {}, .parameters = {}};
  if (const auto record = catalog->find(schema)) {
    settings.schema = record->name;
    if (const auto database = catalog->find(record->container)) settings.database = database->name;
  }
  TRY(auto session, Session::open(services_, settings));
  std::string name;
  for (const char c : stream) name += c == '\'' ? std::string("''") : std::string(1, c);
  TRY(auto outcome, session->run_inside(fmt::format("SELECT SYSTEM$STREAM_HAS_DATA('{}')", name)));
  const auto value = outcome.result->value(0, 0);
  const auto* has = std::get_if<bool>(&value);
  return has && *has;
}

}  // namespace exec
