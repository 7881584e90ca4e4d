#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/binder.h"

namespace change {

/// What CREATE STREAM comes to: the body of the stream, its comment, and the tables whose tracking it switches on, as
/// they must be put.
struct Definition {
  catalog::StreamBody body;
  std::string comment;
  std::vector<catalog::Record> tracked;
};

/// Checks a CREATE STREAM, all but the name of the stream itself. `source_parts`: the name of the source, or of the
/// stream that is cloned. The work must have started. Source: streams-tasks-sql.md 1.2, texts 1.2.2. Errors: NotFound,
/// InvalidValue, Unsupported.
base::Result<Definition> define_stream(const sql::CreateStream& statement, engine::BindContext& context,
                                       const std::vector<std::string>& source_parts);
/// ALTER VIEW .. SET CHANGE_TRACKING = TRUE: the tables of the view whose tracking it switches on, as they must be put.
/// Errors: those of a stream on the view.
base::Result<std::vector<catalog::Record>> track_view(const catalog::Record& view, engine::BindContext& context);

}  // namespace change
