#pragma once

#include <functional>

#include "catalog/name_resolution.h"
#include "engine/statement_context.h"
#include "sql/ast.h"

namespace engine {

/// Whether a table or a stream has no rows; asked for those that decide.
using HasNoRows = std::function<bool(const catalog::Record& table_or_stream)>;

/// True when INSERT, UPDATE, DELETE, MERGE or TRUNCATE can change nothing, whatever its expressions say, because of
/// tables and streams that have no rows: joins with them, conditions IN and EXISTS of them, views and unions over them.
/// False when that cannot be told from the names alone.
bool changes_nothing(const sql::Statement& statement, const catalog::Snapshot& catalog, const StatementContext& context,
                     const HasNoRows& has_no_rows);

}  // namespace engine
