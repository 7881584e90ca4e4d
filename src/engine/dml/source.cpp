#include <fmt/format.h>

#include "engine/dml/match.h"

namespace engine::dml {

base::Result<Source> evaluate_source(const std::vector<sql::TableRef>& from, BindContext& context) {
  TRY(BoundFrom bound, bind_from(from, context));
  Source source{.table = {}, .relations = std::move(bound.relations)};
  std::string list;
  int next = 0;
  for (ScopeRelation& relation : source.relations) {
    for (ScopeColumn& column : relation.columns) {
      const std::string written = relation.physical.empty() ? column.physical : fmt::format("{}.\"{}\"", relation.physical, column.physical);
      column.physical = fmt::format("x{}", next++);
      list += fmt::format(", {} AS {}", written, column.physical);
    }
    relation.physical = "s";
  }
  TRY(source.table, context.work.scratch(fmt::format("SELECT row_number() OVER () AS _sid{} FROM {}", list, bound.sql)));
  return source;
}

}  // namespace engine::dml
