#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/database.h"
#include "engine/values/value.h"

namespace engine {

/// For tests: a database in a directory of its own, and tables T(id NUMBER, v VARCHAR) as short texts "1,a|2,b"
/// (sorted). What must not fail throws.
class TestDatabase {
 public:
  explicit TestDatabase(std::uint64_t row_group_rows = 2048) : row_group_rows_(row_group_rows) {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet_engine_XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    reopen();
  }
  ~TestDatabase() {
    session_.reset();
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  template <class T>
  static T must(base::Result<T> result) {
    if (!result) throw std::runtime_error(base::to_text(result.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  void close() {
    session_.reset();
    database_.reset();
  }
  void reopen() {
    close();
    database_ = must(Database::open({.file = directory_ + "/warehouse.duckdb",
                                     .spill_directory = directory_ + "/tmp",
                                     .row_group_rows = row_group_rows_,
                                     .meta_tables = {{"notes", "text VARCHAR"}}},
                                    clock_));
    session_ = database_->open_session();
  }

  Database& database() { return *database_; }
  EngineSession& session() { return *session_; }
  base::VirtualClock& clock() { return clock_; }
  const std::string& directory() const { return directory_; }

  std::unique_ptr<Work> begin(EngineSession& session, std::string query_id = "q") {
    return must(session.begin_work(
        {.query_id = std::move(query_id), .now = clock_.now(), .lock_timeout = std::chrono::milliseconds{0}}));
  }
  std::unique_ptr<Work> start(EngineSession& session, std::string query_id = "q") {
    auto work = begin(session, std::move(query_id));
    must(work->start());
    return work;
  }

  catalog::ObjectId create_table(std::string name, bool not_null = false) {
    auto work = start(*session_);
    catalog::TableBody body;
    body.columns = {{.id = {1}, .name = "ID", .type = catalog::LogicalType::number()},
                    {.id = {2}, .name = "V", .type = catalog::LogicalType::text(), .nullable = !not_null}};
    body.next_column = 3;
    body.segments = {{work->new_segment_id(), std::nullopt}};
    const catalog::ObjectId id = work->new_object_id();
    must(work->put({.id = id, .kind = catalog::ObjectKind::Table, .name = std::move(name), .body = body}));
    must(work->commit());
    return id;
  }
  catalog::RecordPtr table(catalog::ObjectId id) { return database_->catalog()->find(id); }

  static RowChanges inserting(const std::string& rows) {
    return {.ended_sql = "", .made_sql = "SELECT NULL::BIGINT, id, v FROM (VALUES " + rows + ") AS x(id, v)"};
  }
  static RowChanges updating(Work& work, const catalog::Record& table, const std::string& where,
                             const std::string& values) {
    const std::string rows = "(SELECT c1 AS id, c2 AS v, _row, _seq FROM " + work.rows(table) + ")";
    return {.ended_sql = "SELECT _seq FROM " + rows + " WHERE " + where,
            .made_sql = values.empty() ? "" : "SELECT _row, " + values + " FROM " + rows + " WHERE " + where};
  }

  /// One autocommit statement, or one of the session's open transaction.
  void insert(catalog::ObjectId id, const std::string& rows) { insert(*session_, id, rows); }
  void insert(EngineSession& session, catalog::ObjectId id, const std::string& rows) {
    auto work = begin(session);
    must(work->lock(id, LockMode::Shared));
    must(work->start());
    must(work->change(*work->catalog().find(id), inserting(rows)));
    must(work->commit());
  }
  /// Updates to `values` ("id, 'x'"), or deletes when there are none.
  void change(catalog::ObjectId id, const std::string& where, const std::string& values = "") {
    change(*session_, id, where, values);
  }
  void change(EngineSession& session, catalog::ObjectId id, const std::string& where, const std::string& values = "") {
    auto work = begin(session);
    must(work->lock(id, LockMode::Write));
    must(work->start());
    const auto record = work->catalog().find(id);
    must(work->change(*record, updating(*work, *record, where, values)));
    must(work->commit());
  }
  void truncate(catalog::ObjectId id) { truncate(*session_, id); }
  void truncate(EngineSession& session, catalog::ObjectId id) {
    auto work = begin(session);
    must(work->lock(id, LockMode::Exclusive));
    must(work->start());
    must(work->clear(*work->catalog().find(id)));
    must(work->commit());
  }

  /// The rows of a SELECT text as "1,a|2,b".
  static std::string show(Work& work, const std::string& from, const std::string& columns = "c1, c2") {
    auto rows = must(work.query("SELECT coalesce(string_agg(t, '|' ORDER BY t), '') FROM (SELECT concat_ws(',', " +
                                    columns + ") AS t FROM " + from + ")",
                                {{"t", catalog::LogicalType::text()}}));
    return std::get<std::string>(rows->value(0, 0));
  }
  std::string read(catalog::ObjectId id) { return read(*session_, id); }
  std::string read(EngineSession& session, catalog::ObjectId id) {
    auto work = start(session);
    return show(*work, work->rows(*work->catalog().find(id)));
  }
  /// "1,a,DELETE,true|..." of the net changes after `from`; insertions as "1,a".
  std::string changes(catalog::ObjectId id, catalog::Version from) {
    auto work = start(*session_);
    return show(*work, must(work->changes(*table(id), from, work->version())), "c1, c2, _action, _update");
  }
  std::string insertions(catalog::ObjectId id, catalog::Version from) {
    auto work = start(*session_);
    return show(*work, must(work->insertions(*table(id), from, work->version())));
  }
  std::string read_at(catalog::ObjectId id, catalog::Version at) {
    auto work = start(*session_);
    return show(*work, must(work->rows_at(*table(id), at)));
  }

 private:
  const std::uint64_t row_group_rows_;
  std::string directory_;
  base::VirtualClock clock_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<EngineSession> session_;
};

}  // namespace engine
