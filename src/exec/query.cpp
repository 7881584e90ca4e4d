#include <fmt/format.h>

#include "engine/dml/dml.h"
#include "exec/running.h"

namespace exec {

namespace {

std::vector<engine::ResultColumn> result_columns(const engine::BoundQuery& query) {
  std::vector<engine::ResultColumn> columns;
  for (const engine::BoundColumn& column : query.columns)
    columns.push_back({column.name, column.type, column.nullable});
  return columns;
}

}  // namespace

base::Result<Outcome> run_query(Running& running, const sql::Query& query) {
  // Numbers are computed in narrow carriers, which fail on overflow and never wrap: then the query is planned once more
  // with wide ones.
  const auto attempt = [&](bool wide) -> base::Result<std::shared_ptr<const engine::ResultSet>> {
    TRY(auto work, running.begin());
    TRY_VOID(work->start());
    auto context = running.bind_context(*work);
    context.wide_arithmetic = wide;
    TRY(auto bound, engine::bind_query(query, context));
    return work->query(bound.sql, result_columns(bound));
  };
  auto result = attempt(false);
  if (!result && (result.error().number == 100039 || result.error().number == 100046)) result = attempt(true);
  if (!result) return base::fail(std::move(result).error());
  if (running.deferred_wait) TRY_VOID(running.services.wait(*running.deferred_wait, running.context.cancel));
  return Outcome{.result = std::move(*result), .counts = {}, .query_id = {}, .type_id = statement_type::kSelect};
}

}  // namespace exec
