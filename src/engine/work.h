#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/snapshot.h"
#include "engine/chunk.h"
#include "engine/locks.h"
#include "engine/result_set.h"

namespace engine {

class Database;
class Connection;

/// Images to write into a table; see Work::change.
struct RowChanges {
  /// SELECT of `_seq` (BIGINT) of images that end now, of rows that are deleted or updated; or the scratch table that
  /// has just these images, each once, as rows() shows them. Empty: none.
  std::string ended_sql;
  /// SELECT whose columns are `_row` (BIGINT, the identity of the row; NULL for a new row) and then all columns of the
  /// table in order, in their carriers: rows that are inserted or the new images of updated ones. Empty: none.
  std::string made_sql;
};

/// Constants by column, in the engine's SQL: `42`, `'x'`, `TIMESTAMP '2024-01-01'`.
using ColumnTexts = std::map<catalog::ColumnId, std::string>;

/// One statement at work on the data: one transaction of the analytical engine, begun by `start`, ended by `commit` or
/// by dropping it (which undoes all of it). In an explicit transaction of the client the changes go to pending tables,
/// and reads see them; in autocommit they go to the tables themselves and become a version. One thread at a time.
///
///   TRY(auto work, session.begin_work());
///   TRY_VOID(work->lock(table->id, LockMode::Write));  // all locks before start: its snapshot must be newer
///   TRY_VOID(work->start());
///   TRY(auto table, work->catalog().find(id)) ...      // look again: what was waited for may have changed it
///   TRY_VOID(work->change(*table, changes));
///   TRY_VOID(work->commit());
class Work {
 public:
  virtual ~Work() = default;

  virtual base::Status lock(catalog::ObjectId object, LockMode mode) = 0;
  /// Begins the transaction and fixes its snapshot. Before it `catalog()` is the newest one.
  virtual base::Status start() = 0;

  virtual const catalog::Snapshot& catalog() const = 0;
  /// The newest version that this statement sees.
  virtual catalog::Version version() const = 0;
  /// The version that streams are read at: that of BEGIN in an explicit transaction, else version().
  virtual catalog::Version stream_version() const = 0;
  virtual catalog::TransactionId transaction() = 0;  // handed out when first asked for
  virtual bool explicit_transaction() const = 0;

  // ---- Reading: text for FROM, a parenthesised SELECT without alias. Columns: c<id> of every column of the table in
  // its carrier (columns that were added after an image was written have their default or NULL), then _row, _seq, and
  // in rows() _tx. Physical names never collide with users' names.
  /// What the statement sees now, pending rows included.
  virtual std::string rows(const catalog::Record& table) = 0;
  /// The state of version `at`, shown under the current columns. Pending rows are not in it.
  virtual base::Result<std::string> rows_at(const catalog::Record& table, catalog::Version at) = 0;
  /// Net changes (from, until]: the columns of the table, then _action VARCHAR ('INSERT' or 'DELETE'), _update BOOLEAN,
  /// _row BIGINT.
  virtual base::Result<std::string> changes(const catalog::Record& table, catalog::Version from,
                                            catalog::Version until) = 0;
  /// Rows inserted in (from, until], as they were inserted, whatever became of them; same columns as changes().
  virtual base::Result<std::string> insertions(const catalog::Record& table, catalog::Version from,
                                               catalog::Version until) = 0;
  /// True when a version in (from, until] changed the table at all. Cheap.
  virtual base::Result<bool> touched(const catalog::Record& table, catalog::Version from, catalog::Version until) = 0;
  /// The newest version committed at or before `time`; the version that the statement `query_id` made.
  virtual base::Result<catalog::Version> version_at(base::Instant time) = 0;
  virtual base::Result<std::optional<catalog::Version>> version_of(std::string_view query_id) = 0;
  virtual base::Result<base::Instant> time_of(catalog::Version version) = 0;

  // ---- Running SQL of the analytical engine inside the transaction.
  /// Materialises the rows: they outlive this. `columns` are the logical types of the result in order.
  virtual base::Result<std::shared_ptr<const ResultSet>> query(const std::string& sql,
                                                               std::vector<ResultColumn> columns) = 0;
  /// Runs a statement, answers the rows it changed. Meta tables (`meta.<name>`) are written with it, so they are part
  /// of the commit; in an explicit transaction do that in `before` of on_commit, or it would stay when the transaction
  /// is rolled back.
  virtual base::Result<std::int64_t> execute(const std::string& sql) = 0;
  /// A temporary table of this connection, filled by `sql`, dropped with this Work. Answers its name for use in FROM.
  virtual base::Result<std::string> scratch(const std::string& sql) = 0;

  // ---- Writing versioned tables.
  struct Changed {
    std::int64_t ended = 0, made = 0;
  };
  virtual base::Result<Changed> change(const catalog::Record& table, const RowChanges& changes) = 0;
  /// Replaces the segment: all rows end at once (TRUNCATE, INSERT OVERWRITE). Needs the exclusive lock. Answers the
  /// number of rows that ended.
  virtual base::Result<std::int64_t> clear(const catalog::Record& table) = 0;
  /// Rows by typed memory, for loaders: takes chunks of the carriers of `columns` (ids, in order). The other columns
  /// get the constant that `rest` names for them, in the engine's SQL, else NULL.
  class Appender {
   public:
    virtual ~Appender() = default;
    /// The columns' memory, kChunkRows long, validity all ones; valid until the next flush.
    virtual std::vector<ChunkColumn>& chunk() = 0;
    /// Appends the first `rows` rows of the chunk and empties it.
    virtual base::Status flush(std::size_t rows) = 0;
    /// After the last flush, before the commit.
    virtual base::Status close() = 0;
  };
  virtual base::Result<std::unique_ptr<Appender>> append(const catalog::Record& table,
                                                         const std::vector<catalog::ColumnId>& columns,
                                                         const ColumnTexts& rest = {}) = 0;
  /// A temporary table as scratch() makes it, filled by chunks.
  struct ScratchColumn {
    std::string name;
    Carrier carrier;
    int scale = 0;
  };
  struct Filling {
    std::string table;  // for use in FROM
    std::unique_ptr<Appender> appender;
  };
  virtual base::Result<Filling> fill_scratch(const std::vector<ScratchColumn>& columns) = 0;
  /// Widens columns to the carrier that holds any value of their type (INT64 -> INT128 ...). Needs the exclusive lock;
  /// a commit of its own, before start().
  virtual base::Status widen(const catalog::Record& table, const std::vector<catalog::ColumnId>& columns) = 0;

  // ---- The catalog.
  virtual catalog::ObjectId new_object_id() = 0;
  virtual catalog::SegmentId new_segment_id() = 0;
  /// Puts a record (new or changed); a table's new segments get their physical tables, segments that it no longer has
  /// lose them, and a column that is new in a segment is filled with the constant that `fill` names for it (the
  /// engine's SQL), else NULL. catalog() shows it from now on. In an explicit transaction records only, no new segments
  /// or columns: DDL commits first.
  virtual base::Status put(catalog::Record record, const ColumnTexts& fill = {}) = 0;
  /// Removes a record for good; physical tables go when no reader needs them.
  virtual base::Status erase(catalog::ObjectId id) = 0;
  /// Consumes a stream: at the commit of the transaction its offset becomes stream_version().
  virtual void consume(catalog::ObjectId stream) = 0;
  /// `count` values of a sequence, never handed out again, whatever becomes of the transaction; answers the first.
  virtual base::Result<std::int64_t> reserve_sequence(catalog::ObjectId sequence, std::int64_t count) = 0;

  /// Called inside the commit, before it is made durable (`before`), and after it succeeded (`after`). In an explicit
  /// transaction they are kept to its COMMIT.
  virtual void on_commit(std::function<base::Status(Work&)> before, std::function<void()> after) = 0;

  /// Ends the statement. In autocommit all of it becomes one version (none, when nothing was written).
  virtual base::Status commit() = 0;
};

/// One client's place in the engine: a connection, and the explicit transaction while one is open.
class EngineSession {
 public:
  virtual ~EngineSession() = default;
  virtual std::int64_t id() const = 0;
  /// Statement text and query id go into the commit record.
  struct WorkOptions {
    std::string query_id;
    base::Instant now;
    std::chrono::milliseconds lock_timeout{43'200'000};
    CancelToken* cancel = nullptr;
    bool own_commit = false;  // autocommit even while a transaction is open (an autonomous scope)
  };
  virtual base::Result<std::unique_ptr<Work>> begin_work(WorkOptions options) = 0;

  virtual base::Status begin(base::Instant now) = 0;     // no effect in an open transaction
  virtual base::Status commit(WorkOptions options) = 0;  // no effect without one
  virtual base::Status rollback() = 0;
  virtual bool in_transaction() const = 0;
  virtual std::optional<catalog::TransactionId> transaction() const = 0;
};

}  // namespace engine
