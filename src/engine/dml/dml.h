#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/binder.h"
#include "engine/statement_runner.h"
#include "sql/ast.h"

namespace engine {

/// What a DML statement answers: the row of counts of loading.md 1.5, and its statement type id.
struct DmlOutcome {
  std::shared_ptr<const ResultSet> result;
  RowCounts counts;
  std::uint32_t type_id = 0;
};

/// Locks that a statement needs, to be taken before Work::start: its target's, and exclusive ones of the streams that
/// it reads (a stream inside a view included).
struct DmlLock {
  catalog::ObjectId object;
  LockMode mode;
};
/// Of INSERT, multi-table INSERT, UPDATE, DELETE, MERGE and TRUNCATE; nothing for other statements.
/// Errors: NotFound 002003 when the target does not exist.
base::Result<std::vector<DmlLock>> locks_of(const sql::Statement& statement, const catalog::Snapshot& catalog,
                                            const StatementContext& context);
/// Streams that a query (a CTAS, a COPY into a location) reads.
std::vector<catalog::ObjectId> streams_in(const sql::Query& query, const catalog::Snapshot& catalog,
                                          const StatementContext& context);

/// Each runs inside the started Work of the context, changes its table, and marks the streams that it read as consumed.
/// Commit is the caller's. A narrow column that cannot hold a new value fails with 100039 or 100046: widen `widenable`
/// columns and run again.
base::Result<DmlOutcome> insert(const sql::Insert& statement, BindContext& context);
base::Result<DmlOutcome> insert_multi(const sql::MultiInsert& statement, BindContext& context);
base::Result<DmlOutcome> update(const sql::Update& statement, BindContext& context);
base::Result<DmlOutcome> delete_rows(const sql::Delete& statement, BindContext& context);
base::Result<DmlOutcome> merge(const sql::Merge& statement, BindContext& context);
base::Result<DmlOutcome> truncate(const sql::Truncate& statement, BindContext& context);
/// The rows of CREATE TABLE .. AS: the columns of the query in order into those of the table, which this Work has just
/// put. Answers their number.
base::Result<std::int64_t> fill(const catalog::Record& table, const BoundQuery& query, BindContext& context);

/// Columns of the table whose carrier is narrow although their type allows more.
std::vector<catalog::ColumnId> widenable(const catalog::Record& table);

/// What a column gets that a statement leaves out: its default, its identity's next value, or NULL. In the engine's
/// SQL, in the column's carrier.
base::Result<std::string> default_sql(const catalog::Record& table, const catalog::Column& column,
                                      BindContext& context);

}  // namespace engine
