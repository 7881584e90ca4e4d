#pragma once

#include <map>
#include <string>

#include "catalog/record.h"

namespace engine::tables {

/// Physical names. A segment has live rows (c<id>.., _row, _seq, _tx) and past ones (the same and _end).
std::string live(catalog::SegmentId segment);
std::string past(catalog::SegmentId segment);
std::string column(catalog::ColumnId id);
/// "c1, c2" of all columns; each with the prefix.
std::string column_list(const catalog::TableBody& table, std::string_view prefix = "");
/// "c1 BIGINT, c2 VARCHAR".
std::string column_definitions(const catalog::TableBody& table);
/// Statements that make the pair of tables of a segment.
std::string create_segment(const catalog::TableBody& table, catalog::SegmentId segment);
std::string drop_segment(catalog::SegmentId segment);

inline const catalog::TableBody& body(const catalog::Record& record) {
  return std::get<catalog::TableBody>(record.body);
}

}  // namespace engine::tables
