#pragma once

#include <optional>
#include <string>

#include "catalog/access.h"
#include "engine/result_set.h"
#include "engine/work.h"

namespace load {

/// What has been loaded, as the tables and functions of INFORMATION_SCHEMA show it. All read the history in the
/// transaction of `work`. Source: loading.md 4.12, 4.14.
using HistoryResult = base::Result<std::shared_ptr<const engine::ResultSet>>;

struct CopyHistoryQuery {
  const catalog::Record* table = nullptr;  // null: every table
  std::optional<catalog::ObjectId> pipe;   // only what this pipe has loaded
  base::Instant from{}, until{};
};
/// COPY_HISTORY: of COPY and pipes since the table was last truncated.
HistoryResult copy_history(engine::Work& work, const CopyHistoryQuery& query);
/// LOAD_HISTORY: of COPY alone, into the tables of one database or of all, as far as they are visible.
HistoryResult load_history(engine::Work& work, std::optional<catalog::ObjectId> database, base::Instant now,
                           const catalog::AccessPtr& access);

/// VALIDATE: the rejected rows of one COPY into the table.
HistoryResult rejects_of_copy(engine::Work& work, const catalog::Record& table, const std::string& query_id);
/// The id of the newest of these COPY statements that loaded into the table; empty: none did.
base::Result<std::string> newest_copy(engine::Work& work, const catalog::Record& table,
                                      const std::vector<std::string>& query_ids);
/// VALIDATE_PIPE_LOAD.
HistoryResult rejects_of_pipe(engine::Work& work, catalog::ObjectId pipe, base::Instant from, base::Instant until);

/// The twelve columns that all ways of validation answer.
std::vector<engine::ResultColumn> reject_columns();

/// COPY_HISTORY looks back no further, whatever its arguments say; neither do LOAD_HISTORY and VALIDATE_PIPE_LOAD.
inline constexpr std::int64_t kHistoryDays = 14;

}  // namespace load
