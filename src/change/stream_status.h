#pragma once

#include "engine/binder.h"

namespace change {

/// Whether reading the stream would give a row; exact. Does not consume. Source: streams-tasks-sql.md 1.10. Errors:
/// those of reading.
base::Result<bool> has_data(const catalog::Record& stream, engine::BindContext& context);

/// SYSTEM$STREAM_GET_TABLE_TIMESTAMP: nanoseconds since 1970 of the version at the offset, as text. Errors: on a view.
base::Result<std::string> table_timestamp(const catalog::Record& stream, engine::Work& work);

/// The columns of SHOW STREAMS and DESCRIBE STREAM, and of SHOW TERSE STREAMS. Source: streams-tasks-sql.md 1.11.
std::vector<engine::ResultColumn> status_columns(bool terse);
std::vector<engine::Value> status_row(const catalog::Record& stream, const catalog::Snapshot& catalog,
                                      base::Instant now, bool terse);

}  // namespace change
