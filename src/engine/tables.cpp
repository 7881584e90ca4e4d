#include "engine/tables.h"

#include <fmt/format.h>

#include "engine/carrier.h"

namespace engine::tables {

std::string live(catalog::SegmentId segment) { return fmt::format("wh.main.t{}_live", segment.value); }
std::string past(catalog::SegmentId segment) { return fmt::format("wh.main.t{}_past", segment.value); }
std::string column(catalog::ColumnId id) { return fmt::format("c{}", id.value); }

std::string column_list(const catalog::TableBody& table, std::string_view prefix) {
  std::string list;
  for (const catalog::Column& each : table.columns)
    list += fmt::format("{}{}c{}", list.empty() ? "" : ", ", prefix, each.id.value);
  return list;
}

std::string column_definitions(const catalog::TableBody& table) {
  std::string list;
  for (const catalog::Column& each : table.columns)
    list += fmt::format("{}c{} {}", list.empty() ? "" : ", ", each.id.value, physical_type(each));
  return list;
}

std::string create_segment(const catalog::TableBody& table, catalog::SegmentId segment) {
  const std::string columns = column_definitions(table);
  return fmt::format(
      "CREATE TABLE {} ({}, _row BIGINT, _seq BIGINT, _tx BIGINT); CREATE TABLE {} ({}, _row BIGINT, _seq BIGINT, _tx "
      "BIGINT, _end BIGINT);",
      live(segment), columns, past(segment), columns);
}

std::string drop_segment(catalog::SegmentId segment) {
  return fmt::format("DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS {};", live(segment), past(segment));
}

}  // namespace engine::tables
