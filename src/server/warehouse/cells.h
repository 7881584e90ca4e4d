#pragma once

#include <string>
#include <vector>

#include "engine/result_set.h"

namespace server::warehouse {

/// One cell of a JSON rowset: a JSON string, or null. Source: snowflake-wire.md 6 and 7.
void append_cell(std::string& out, const engine::Value& value, const catalog::LogicalType& type);

/// The `rowtype` list.
void append_row_type(std::string& out, const std::vector<engine::ResultColumn>& columns);

/// The `rowset` list.
void append_rows(std::string& out, const engine::ResultSet& result);

/// "fixed", "text" ...
std::string_view wire_type(catalog::TypeKind kind);

}  // namespace server::warehouse
