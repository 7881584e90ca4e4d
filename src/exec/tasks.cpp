#include "exec/tasks.h"

#include <fmt/format.h>

#include "exec/create_object.h"
#include "exec/grants.h"
#include "exec/running.h"
#include "task/task_definition.h"
#include "task/task_show.h"

namespace exec {

using catalog::ObjectKind;

namespace {

task::DefinitionContext definition_context(Running& running, engine::Work& work, catalog::ObjectId schema,
                                           std::string name) {
  return {.catalog = work.catalog(),
          .schema = schema,
          .name = std::move(name),
          .owner = running.context.role,
          .now = running.context.now,
          .new_id = [&work] { return work.new_object_id(); },
          .new_uuid =
              [&running, &work] {
                const auto id = work.new_object_id().value;
                return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                                   static_cast<std::uint64_t>(running.context.now.ns) >> 32 & 0xffffffff,
                                   static_cast<std::uint64_t>(running.context.now.ns) >> 16 & 0xffff,
                                   static_cast<std::uint64_t>(running.context.now.ns) & 0xfff, id >> 48 & 0xfff,
                                   id & 0xffffffffffff);
              }};
}

base::Result<Outcome> apply(Running& running, engine::Work& work, task::DefinitionChange change) {
  for (const catalog::ObjectId id : change.change.erase) TRY_VOID(work.erase(id));
  for (const catalog::RecordPtr& record : change.change.put) TRY_VOID(work.put(*record));
  TRY_VOID(work.commit());
  if (running.services.tasks) running.services.tasks->scheduler.notify();
  return status(std::move(change.status));
}

/// A task runs with its owner's rights, and running is one of them.
base::Status may_run(Running& running, const catalog::Record& task) {
  const auto access = catalog::access_of_owner(running.context.names.access, *running.catalog(), task);
  return access ? may_run_tasks(*access) : base::Status();
}

base::Status may_alter(Running& running, const catalog::Record& task, const sql::AlterAction& action) {
  const auto* words = std::get_if<sql::AlterWords>(&action);
  if (!words || (words->words != "RESUME" && words->words != "SUSPEND")) return running.require(task, {"OWNERSHIP"});
  TRY_VOID(running.require(task, {"OPERATE"}));
  return words->words == "RESUME" ? may_run(running, task) : base::Status();
}

}  // namespace

base::Status may_run_tasks(const catalog::Access& owner) {
  if (owner.may_on_account("EXECUTE TASK") || owner.may_on_account("EXECUTE MANAGED TASK")) return {};
  return base::fail({base::ErrorKind::Denied, 91089, "23001",
                     "Cannot execute task , EXECUTE TASK privilege must be granted to owner role", std::nullopt});
}

base::Result<Outcome> create_task(Running& running, const sql::CreateTask& node) {
  TRY(auto parts, running.parts(node.name));
  TRY(auto place, catalog::place(*running.catalog(), running.context.names, parts, "CREATE TASK"));
  TRY_VOID(running.require(*running.catalog()->find(place.schema), {"CREATE TASK"}));
  if (const auto existing = running.catalog()->find(ObjectKind::Task, place.schema, place.name)) {
    if (!running.sees(*existing)) return base::fail(exists_unseen(*existing));
    if (node.mode.or_replace || node.mode.or_alter) TRY_VOID(running.require(*existing, {"OWNERSHIP"}));
  }
  std::vector<catalog::ObjectId> locks{place.schema};
  for (const catalog::ObjectId holder : holders_of_future_grants(*running.catalog(), ObjectKind::Task, place.schema))
    locks.push_back(holder);
  TRY(auto work, running.begin_ddl(locks));
  TRY(auto change, task::create_task(definition_context(running, *work, place.schema, place.name), node));
  for (const catalog::RecordPtr& record : change.change.put)
    if (!work->catalog().find(record->id))
      for (catalog::Record& holder : future_grants_on(work->catalog(), *record, running.context.now))
        TRY_VOID(work->put(std::move(holder)));
  return apply(running, *work, std::move(change));
}

base::Result<Outcome> alter_task(Running& running, const sql::Alter& node) {
  auto found = running.find(ObjectKind::Task, node.name);
  if (!found) {
    if (node.if_exists) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  TRY_VOID(may_alter(running, **found, node.action));
  TRY(auto work, running.begin_ddl({(*found)->container}));
  const auto current = work->catalog().find((*found)->id);
  if (!current) return base::fail(catalog::not_found(ObjectKind::Task, (*found)->name));
  TRY(auto change,
      task::alter_task(definition_context(running, *work, current->container, current->name), current, node.action));
  return apply(running, *work, std::move(change));
}

base::Result<Outcome> drop_task(Running& running, const sql::Drop& node) {
  TRY(const auto parts, running.parts(node.name));
  auto found = running.find(ObjectKind::Task, node.name);
  if (!found) {
    if (node.if_exists && found.error().number == 2003)
      return status(fmt::format("Drop statement executed successfully ({} already dropped).", parts.back()));
    return base::fail(std::move(found).error());
  }
  TRY_VOID(running.require(**found, {"OWNERSHIP"}));
  TRY(auto work, running.begin_ddl({(*found)->container}));
  TRY(auto change, task::drop_task(definition_context(running, *work, (*found)->container, (*found)->name), *found));
  return apply(running, *work, std::move(change));
}

base::Result<Outcome> execute_task(Running& running, const sql::ExecuteTask& node) {
  if (!running.services.tasks) return base::fail(unsupported("EXECUTE TASK"));
  TRY(auto found, running.find(ObjectKind::Task, node.task));
  TRY_VOID(running.require(*found, {"OPERATE"}));
  TRY_VOID(may_run(running, *found));
  TRY_VOID(task::check_execute(*running.catalog(), found));
  if (node.retry_last) {
    TRY(auto text, running.services.tasks->scheduler.retry_last(found->id));
    return status(std::move(text));
  }
  if (node.retry_graph_run_group) return base::fail(unsupported("EXECUTE TASK .. RETRY GRAPH RUN GROUP"));
  TRY(auto text, running.services.tasks->scheduler.execute(found->id, node.config));
  return status(std::move(text));
}

base::Status enable_dependents(Running& running, const catalog::RecordPtr& root) {
  TRY_VOID(running.require(*root, {"OPERATE"}));
  TRY_VOID(may_run(running, *root));
  TRY(auto work, running.begin_ddl({root->container}));
  TRY(auto change, task::enable_dependents(definition_context(running, *work, root->container, root->name), root));
  TRY_VOID(apply(running, *work, std::move(change)));
  return {};
}

base::Status TaskRecords::put(catalog::Record record) {
  const std::lock_guard lock(session_mutex_);
  TRY(auto work, session_->begin_work({.query_id = "", .now = database_.clock().now()}));
  TRY_VOID(work->start());
  TRY_VOID(work->put(std::move(record)));
  return work->commit();
}

base::Result<bool> TaskStreams::has_data(catalog::ObjectId schema, std::string_view stream) {
  TRY(auto session, Session::open(services_, {.user = "SYSTEM", .role = "ACCOUNTADMIN"}));
  session->unrestricted = true;
  session->schema = schema;
  if (const auto record = services_.database.catalog()->find(schema)) session->database = record->container;
  std::string name;
  for (const char c : stream) name += c == '\'' ? std::string("''") : std::string(1, c);
  TRY(auto outcome, session->run_inside(fmt::format("SELECT SYSTEM$STREAM_HAS_DATA('{}')", name)));
  const auto value = outcome.result->value(0, 0);
  const auto* has = std::get_if<bool>(&value);
  return has && *has;
}

}  // namespace exec
