#pragma once

#include <string>

#include "catalog/logical_type.h"
#include "engine/values/value.h"
#include "flow/database/database.h"
#include "flow/record/value.h"

namespace bridge {

/// How Snowflake's JDBC driver describes a column.
flow::database::Column column_of(std::string name, const catalog::LogicalType& type);

/// A cell as a flow sees it. `text` holds its characters until the next use. Timestamps with a zone are instants.
flow::record::Value flow_value(const engine::Value& value, flow::database::Type type, std::string& text);

/// A parameter as the warehouse binds it.
engine::Value engine_value(const flow::record::Value& value);

}  // namespace bridge
