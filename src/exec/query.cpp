#include <fmt/format.h>

#include "engine/dml/dml.h"
#include "exec/running.h"

namespace exec {

namespace {

std::vector<engine::ResultColumn> result_columns(const engine::BoundQuery& query) {
  std::vector<engine::ResultColumn> columns;
  for (const engine::BoundColumn& column : query.columns) columns.push_back({column.name, column.type, column.nullable});
  return columns;
}

}  // namespace

base::Result<Outcome> run_query(Running& running, const sql::Query& query) {
  TRY(auto work, running.begin());
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  TRY(auto bound, engine::bind_query(query, context));
  TRY(auto result, work->query(bound.sql, result_columns(bound)));
  if (running.deferred_wait) {
    work.reset();
    TRY_VOID(running.services.wait(*running.deferred_wait, running.context.cancel));
  }
  return Outcome{.result = std::move(result), .counts = {}, .query_id = {}, .type_id = statement_type::kSelect};
}

}  // namespace exec
