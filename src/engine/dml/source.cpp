#include <fmt/format.h>

#include "engine/dml/match.h"

namespace engine::dml {
namespace {

bool is_wide_number(const ScopeColumn& column) {
  return column.type.kind == catalog::TypeKind::Number &&
         (column.carrier == Carrier::Int128 || (column.carrier == Carrier::Decimal128 && column.type.scale <= 18));
}

/// Numbers of a wide carrier whose values all fit into the narrow one are narrowed: a key is then compared in the
/// carrier of the target's column, which is many times faster, and its bounds prune the target's row groups.
base::Status narrow(Source& source, BindContext& context) {
  std::string tests;
  std::vector<ScopeColumn*> wide;
  for (ScopeRelation& relation : source.relations)
    for (ScopeColumn& column : relation.columns)
      if (is_wide_number(column)) {
        const bool whole = column.carrier == Carrier::Int128;
        tests += fmt::format(
            "{}coalesce(bool_and({} BETWEEN {} AND {}), true)", wide.empty() ? "" : ", ", column.physical,
            whole ? "-9223372036854775807"
                  : "-" + std::string(18 - static_cast<std::size_t>(column.type.scale), '9') + ".0",
            whole ? "9223372036854775807" : std::string(18 - static_cast<std::size_t>(column.type.scale), '9') + ".0");
        wide.push_back(&column);
      }
  if (wide.empty()) return {};
  TRY(const auto fits,
      context.work.query(fmt::format("SELECT {} FROM {}", tests, source.table),
                         std::vector<ResultColumn>(wide.size(), {"fits", catalog::LogicalType::boolean()})));
  std::string casts;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const Value value = fits->value(0, i);
    if (!std::get<bool>(value)) continue;
    wide[i]->carrier = wide[i]->carrier == Carrier::Int128 ? Carrier::Int64 : Carrier::Decimal64;
    casts += fmt::format("{0}CAST({1} AS {2}) AS {1}", casts.empty() ? "" : ", ", wide[i]->physical,
                         physical_type(wide[i]->carrier, wide[i]->type.scale));
  }
  if (casts.empty()) return {};
  TRY(source.table, context.work.scratch(fmt::format("SELECT * REPLACE ({}) FROM {}", casts, source.table)));
  return {};
}

}  // namespace

base::Result<Source> evaluate_source(const std::vector<sql::TableRef>& from, BindContext& context) {
  TRY(BoundFrom bound, bind_from(from, context));
  Source source{.table = {}, .relations = std::move(bound.relations)};
  std::string list;
  int next = 0;
  for (ScopeRelation& relation : source.relations) {
    for (ScopeColumn& column : relation.columns) {
      const std::string written =
          relation.physical.empty() ? column.physical : fmt::format("{}.\"{}\"", relation.physical, column.physical);
      column.physical = fmt::format("x{}", next++);
      list += fmt::format(", {} AS {}", written, column.physical);
    }
    relation.physical = "s";
  }
  TRY(source.table,
      context.work.scratch(fmt::format("SELECT row_number() OVER () AS _sid{} FROM {}", list, bound.sql)));
  TRY_VOID(narrow(source, context));
  return source;
}

}  // namespace engine::dml
