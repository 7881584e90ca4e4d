#pragma once

#include "engine/binder.h"

namespace change {

inline constexpr std::string_view kAction = "METADATA$ACTION", kIsUpdate = "METADATA$ISUPDATE",
                                  kRowId = "METADATA$ROW_ID";

/// Which changes of a source to show.
struct Reading {
  catalog::Version from, until;  // (from, until]
  bool append_only = false;
  bool initial = false;  // the rows of `from` as insertions instead
};
/// Changes of a table or view: its columns and the three metadata columns.
base::Result<engine::Relation> read_changes(const catalog::Record& source, const Reading& reading,
                                            engine::BindContext& context);

/// What a stream shows now: the columns of its source and the three metadata columns. Source: streams-tasks-sql.md 1.3
/// to 1.5. Errors: 091901 when it is stale or its source is gone.
base::Result<engine::Relation> read_stream(const catalog::Record& stream, engine::BindContext& context);

/// The live source of a stream. Errors: 091901.
base::Result<catalog::RecordPtr> source_of(const catalog::Record& stream, const catalog::Snapshot& catalog);

/// When unread changes may begin to vanish: last consumption + max(retention, extension) of the source.
base::Instant stale_after(const catalog::StreamBody& stream, const catalog::Snapshot& catalog);

}  // namespace change
