// COPY INTO location. Source: loading.md 4.10, 4.11.
#include "load/unload.h"

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "engine/dml/dml.h"
#include "exec/loading.h"
#include "exec/running.h"

namespace exec {
namespace {

sql::Query query_of(const sql::CopyIntoLocation& node) {
  if (const auto* query = std::get_if<sql::Box<sql::Query>>(&node.from)) return **query;
  return {.body = sql::Select{
              .items = {{.value = {.node = sql::Star{}}, .alias = {}}},
              .from = {{.node = sql::NamedTable{.name = std::get<sql::ObjectName>(node.from), .changes = {}, .at = {}},
                        .alias = {},
                        .sample = {}}}}};
}

}  // namespace

base::Result<Outcome> copy_into_location(Running& running, const sql::CopyIntoLocation& node) {
  if (!running.services.loading) return base::fail(unsupported("COPY INTO <location> without an object store"));
  store::Buckets& buckets = running.services.loading->buckets;
  TRY(const load::UnloadPlan plan, load::plan_unload(*running.catalog(), running.context, node));
  const sql::Query query = query_of(node);
  const auto attempt = [&](bool wide) -> base::Result<std::shared_ptr<const engine::ResultSet>> {
    TRY(auto work, running.begin());
    for (const catalog::ObjectId stream : engine::streams_in(query, work->catalog(), running.context))
      TRY_VOID(work->lock(stream, engine::LockMode::Exclusive));
    TRY_VOID(work->start());
    auto context = running.bind_context(*work);
    context.wide_arithmetic = wide;
    TRY(auto bound, engine::bind_query(query, context));
    std::vector<engine::ResultColumn> columns;
    for (const engine::BoundColumn& column : bound.columns)
      columns.push_back({column.name, column.type, column.nullable});
    TRY(auto rows, work->query(bound.sql, std::move(columns)));
    if (plan.rows_only) return rows;
    TRY(const load::Unloaded unloaded, load::write_files(buckets, plan, *rows, *running.context.parameters));
    base::kill_point("unload.files_written");
    TRY_VOID(load::commit_files(*work, buckets.local(), unloaded));
    for (const catalog::ObjectId stream : context.streams_read) work->consume(stream);
    TRY_VOID(work->commit());
    base::kill_point("unload.intent_committed");
    return load::unload_result(plan, unloaded);
  };
  auto result = attempt(false);
  if (!result && (result.error().number == 100039 || result.error().number == 100046)) result = attempt(true);
  if (!result) return base::fail(std::move(result).error());
  // The files are there; another session may be forgetting the same intents.
  if (!running.session.engine().in_transaction())
    if (const auto status = load::apply_unloads(running.services.database, buckets.local()); !status)
      LOG_WARN("unload.intents_kept error=\"{}\"", status.error().message);
  return Outcome{.result = *std::move(result),
                 .counts = {},
                 .query_id = {},
                 .type_id = plan.rows_only ? statement_type::kSelect : statement_type::kUnload};
}

}  // namespace exec
