#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "engine/database.h"
#include "engine/statement_context.h"
#include "load/copy.h"
#include "sql/parser.h"
#include "store/buckets.h"

namespace load {

/// For tests: a database D with schema S, table T (A NUMBER, B VARCHAR), internal stage ST, external stage EXT on
/// s3://b/load/. What must not fail throws.
class TestWarehouse {
 public:
  TestWarehouse() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet_load_XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    open();
    auto work = must(session_->begin_work({.query_id = "setup", .now = clock_.now()}));
    must(work->start());
    database_id = put(*work, catalog::ObjectKind::Database, {0}, "D", catalog::PlainBody{});
    schema_id = put(*work, catalog::ObjectKind::Schema, database_id, "S", catalog::PlainBody{});
    table_id = put(*work, catalog::ObjectKind::Table, schema_id, "T",
                   table_body(*work, {{"A", catalog::LogicalType::number()}, {"B", catalog::LogicalType::text()}}));
    put(*work, catalog::ObjectKind::Stage, schema_id, "ST", catalog::StageBody{});
    stage_id = put(*work, catalog::ObjectKind::Stage, schema_id, "EXT", catalog::StageBody{.url = "s3://bucket/load/"});
    must(work->commit());
  }
  ~TestWarehouse() {
    close();
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
    buckets_.reset();
    store_.reset();
  }
  void open() {
    database_ = must(engine::Database::open({.file = directory_ + "/warehouse.duckdb",
                                             .spill_directory = directory_ + "/tmp",
                                             .meta_tables = load_meta_tables()},
                                            clock_));
    session_ = database_->open_session();
    store_ = must(store::ObjectStore::open({.directory = directory_ + "/objects"}, disk_, clock_));
    buckets_ = std::make_unique<store::LocalBuckets>(*store_);
  }

  static catalog::TableBody table_body(engine::Work& work,
                                       std::vector<std::pair<std::string, catalog::LogicalType>> columns) {
    catalog::TableBody body;
    for (auto& [name, type] : columns) {
      catalog::Column column;
      column.id = {body.next_column++};
      column.name = std::move(name);
      column.type = type;
      body.columns.push_back(std::move(column));
    }
    body.segments = {{work.new_segment_id(), std::nullopt}};
    return body;
  }
  static catalog::ObjectId put(engine::Work& work, catalog::ObjectKind kind, catalog::ObjectId container,
                               std::string name, catalog::Body body) {
    catalog::Record record;
    record.id = work.new_object_id();
    record.kind = kind;
    record.container = container;
    record.name = std::move(name);
    record.body = std::move(body);
    must(work.put(record));
    return record.id;
  }
  catalog::ObjectId create_table(std::string name, std::vector<std::pair<std::string, catalog::LogicalType>> columns) {
    auto work = must(session_->begin_work({.query_id = "create", .now = clock_.now()}));
    must(work->start());
    const auto id =
        put(*work, catalog::ObjectKind::Table, schema_id, std::move(name), table_body(*work, std::move(columns)));
    must(work->commit());
    return id;
  }

  void stage(const std::string& name, std::string_view bytes) {
    must(store_->ensure_bucket(std::string(kStageBucket)));
    const auto record = database_->catalog()->find(catalog::ObjectKind::Stage, schema_id, "ST");
    must(store_->put(std::string(kStageBucket), fmt::format("stage/{}/{}", record->id.value, name), bytes));
  }
  void upload(const std::string& key, std::string_view bytes) {
    must(store_->ensure_bucket("bucket"));
    must(store_->put("bucket", key, bytes));
  }

  engine::StatementContext context() { return context_of(fmt::format("q{}", ++queries_)); }
  engine::StatementContext context_of(std::string query_id) {
    engine::StatementContext made;
    made.user = "TESTER";
    made.query_id = std::move(query_id);
    made.names = {.database = database_id, .schema = schema_id};
    made.now = clock_.now();
    return made;
  }
  sql::CopyIntoTable parse(std::string_view text) {
    return std::get<sql::CopyIntoTable>(must(sql::parse_statement(text)).node);
  }
  /// Rows as "a|b;c|d;", or the error as clients print it.
  std::string copy(std::string_view text) {
    CopyCommand command(*database_, *buckets_, claims);
    const auto made = context();
    return show(command.run(*session_, made, parse(text)));
  }
  static std::string show(const base::Result<std::shared_ptr<const engine::ResultSet>>& result) {
    if (!result) return base::to_text(result.error());
    std::string text;
    for (std::uint64_t row = 0; row < (*result)->row_count(); ++row) {
      for (std::size_t column = 0; column < (*result)->columns().size(); ++column) {
        const engine::Value value = (*result)->value(row, column);
        if (column != 0) text += "|";
        if (const auto* string = std::get_if<std::string>(&value))
          text += *string;
        else if (const auto* decimal = std::get_if<engine::Decimal>(&value))
          text += base::to_string(decimal->digits);
        else
          text += engine::is_null(value) ? "NULL" : "?";
      }
      text += ";";
    }
    return text;
  }
  /// Columns A and B of T, sorted: "1,x|3,z".
  std::string rows() { return query(fmt::format("(SELECT concat_ws(',', c1, c2) AS t FROM {{}})"), table_id); }
  std::string query(std::string_view shape, catalog::ObjectId table) {
    auto work = must(session_->begin_work({.query_id = "read", .now = clock_.now()}));
    must(work->start());
    const std::string from = fmt::format(fmt::runtime(shape), work->rows(*work->catalog().find(table)));
    const auto result = must(work->query("SELECT coalesce(string_agg(t, '|' ORDER BY t), '') FROM " + from,
                                         {{"t", catalog::LogicalType::text()}}));
    return std::get<std::string>(result->value(0, 0));
  }
  /// One text of a query over the program's own tables.
  std::string meta(const std::string& sql) {
    auto work = must(session_->begin_work({.query_id = "read", .now = clock_.now()}));
    must(work->start());
    return std::get<std::string>(must(work->query(sql, {{"t", catalog::LogicalType::text()}}))->value(0, 0));
  }
  void truncate() {
    auto work = must(session_->begin_work({.query_id = "truncate", .now = clock_.now()}));
    must(work->lock(table_id, engine::LockMode::Exclusive));
    must(work->start());
    must(work->clear(*work->catalog().find(table_id)));
    must(work->commit());
  }

  /// For a file of the test's own, removed with the warehouse.
  std::string new_path(std::string_view name) const { return fmt::format("{}/{}", directory_, name); }
  engine::Database& database() { return *database_; }
  engine::EngineSession& session() { return *session_; }
  store::ObjectStore& store() { return *store_; }
  store::Buckets& buckets() { return *buckets_; }
  base::VirtualClock& clock() { return clock_; }

  FileClaims claims;
  catalog::ObjectId database_id{}, schema_id{}, table_id{}, stage_id{};

 private:
  std::string directory_;
  base::VirtualClock clock_;
  base::PosixDisk disk_;
  std::unique_ptr<engine::Database> database_;
  std::unique_ptr<engine::EngineSession> session_;
  std::unique_ptr<store::ObjectStore> store_;
  std::unique_ptr<store::Buckets> buckets_;
  int queries_ = 0;
};

}  // namespace load
