#include <fmt/format.h>

#include "engine/carrier.h"
#include "engine/stream_offset.h"
#include "engine/tables.h"
#include "engine/work_impl.h"

namespace engine {

using catalog::ColumnId;
using catalog::ObjectId;
using catalog::RecordPtr;
using catalog::TableBody;

namespace {

const catalog::Segment* find_segment(const TableBody& table, catalog::SegmentId id) {
  const auto found = std::ranges::find(table.segments, id, &catalog::Segment::id);
  return found == table.segments.end() ? nullptr : &*found;
}

const catalog::Column* find_column(const TableBody& table, ColumnId id) {
  const auto found = std::ranges::find(table.columns, id, &catalog::Column::id);
  return found == table.columns.end() ? nullptr : &*found;
}

/// How a narrow value becomes the same value of the wide carrier.
std::string widened(const catalog::Column& column) {
  const std::string name = tables::column(column.id);
  if (column.type.is_timestamp()) return fmt::format("CAST(epoch_us({}) AS HUGEINT) * 1000", name);
  return fmt::format("CAST({} AS {})", name, physical_type(carrier_of(column.type, true), column.type.scale));
}

}  // namespace

catalog::ObjectId WorkImpl::new_object_id() { return {database().new_id()}; }
catalog::SegmentId WorkImpl::new_segment_id() { return {database().new_id()}; }

void WorkImpl::record(RecordPtr changed) {
  catalog_ = catalog_->with({{changed}, {}});
  records_[changed->id] = std::move(changed);
}

base::Status WorkImpl::put(catalog::Record changed, const ColumnTexts& fill) {
  if (!started_) return base::fail(base::ErrorKind::Internal, "the statement has not been started");
  if (std::holds_alternative<TableBody>(changed.body)) {
    const RecordPtr before = catalog_->find(changed.id);
    static const catalog::Record kNothing{.body = TableBody{}};
    TRY_VOID(change_tables(before ? *before : kNothing, changed, fill));
  }
  record(std::make_shared<const catalog::Record>(std::move(changed)));
  return {};
}

base::Status WorkImpl::change_tables(const catalog::Record& before, const catalog::Record& after,
                                     const ColumnTexts& fill) {
  const TableBody& old = tables::body(before);
  const TableBody& now = tables::body(after);
  std::string sql;
  for (const catalog::Segment& segment : now.segments) {
    if (!find_segment(old, segment.id)) {
      sql += tables::create_segment(now, segment.id);
      continue;
    }
    for (const catalog::Column& column : now.columns) {
      if (find_column(old, column.id)) continue;
      const auto value = fill.find(column.id);
      const std::string type = physical_type(column);
      for (const std::string& table : {tables::live(segment.id), tables::past(segment.id)}) {
        sql += fmt::format("ALTER TABLE {} ADD COLUMN {} {};", table, tables::column(column.id), type);
        // A DEFAULT that is no literal becomes an UPDATE there: ten times slower than this, and no second column can be
        // added in the transaction.
        if (value != fill.end())
          sql += fmt::format("ALTER TABLE {0} ALTER {1} TYPE {2} USING CAST({3} AS {2});", table,
                             tables::column(column.id), type, value->second);
      }
    }
  }
  for (const catalog::Segment& segment : old.segments)
    if (!find_segment(now, segment.id)) sql += tables::drop_segment(segment.id);
  if (sql.empty()) return {};
  if (client_)
    return base::fail(base::ErrorKind::Internal,
                      "a table cannot change its shape inside an open transaction: commit first");
  TRY_VOID(run(sql));
  return {};
}

base::Status WorkImpl::erase(ObjectId id) {
  if (!started_) return base::fail(base::ErrorKind::Internal, "the statement has not been started");
  const RecordPtr record = catalog_->find(id);
  if (!record) return {};
  if (const auto* table = std::get_if<TableBody>(&record->body)) {
    if (client_)
      return base::fail(base::ErrorKind::Internal,
                        "a table cannot be dropped inside an open transaction: commit first");
    for (const catalog::Segment& segment : table->segments) TRY_VOID(run(tables::drop_segment(segment.id)));
  }
  catalog_ = catalog_->with({{}, {id}});
  records_[id] = nullptr;
  return {};
}

void WorkImpl::consume(ObjectId stream) { consumed_.insert(stream); }

bool WorkImpl::has_changes(const catalog::StreamBody& stream, catalog::Version until) const {
  const auto touched = [&](ObjectId table) { return session_.database().log().touched(table, stream.offset, until); };
  return stream.on_view ? std::ranges::any_of(stream.base_tables, touched) : touched(stream.source);
}

base::Status WorkImpl::write_consumed(const std::set<ObjectId>& streams, catalog::Version offset) {
  for (const ObjectId id : streams) {
    const RecordPtr found = catalog_->find(id);
    if (!found || !std::holds_alternative<catalog::StreamBody>(found->body)) continue;  // dropped meanwhile
    catalog::Record changed = *found;
    auto& stream = std::get<catalog::StreamBody>(changed.body);
    if (offset_may_stay(stream, options_.now) && !has_changes(stream, offset)) continue;
    // The rows of SHOW_INITIAL_ROWS are no changes: these begin at the start point. And another transaction may have
    // consumed more meanwhile.
    if (!stream.initial_rows) stream.offset = std::max(stream.offset, offset);
    stream.initial_rows = false;
    stream.consumed_at = options_.now;
    record(std::make_shared<const catalog::Record>(std::move(changed)));
  }
  return {};
}

base::Result<std::int64_t> WorkImpl::reserve_sequence(ObjectId sequence, std::int64_t count) {
  return database().reserve_sequence(sequence, count);
}

base::Status WorkImpl::widen(const catalog::Record& table, const std::vector<ColumnId>& columns) {
  if (started_) return base::fail(base::ErrorKind::Internal, "columns are widened before the statement starts");
  TRY_VOID(lock(table.id, LockMode::Exclusive));
  TRY(auto begun, database().begin(connection_));
  const auto widen_all = [&]() -> base::Status {
    const RecordPtr newest = begun.catalog->find(table.id);
    if (!newest)
      return base::fail(base::ErrorKind::NotFound, fmt::format("table {} was dropped meanwhile", table.name));
    catalog::Record changed = *newest;
    auto& body = std::get<TableBody>(changed.body);
    std::string sql;
    for (catalog::Column& column : body.columns) {
      if (column.wide || std::ranges::find(columns, column.id) == columns.end()) continue;
      const Carrier wide = carrier_of(column.type, true);
      if (wide == carrier_of(column)) continue;
      std::vector<std::string> stored;
      for (const catalog::Segment& segment : body.segments)
        stored.insert(stored.end(), {tables::live(segment.id), tables::past(segment.id)});
      if (client_)
        if (const auto pending = client_->pending.find(table.id); pending != client_->pending.end())
          stored.insert(stored.end(), {pending->second.made(), pending->second.over()});
      for (const std::string& each : stored)
        sql += fmt::format("ALTER TABLE {} ALTER {} SET DATA TYPE {} USING {};", each, tables::column(column.id),
                           physical_type(wide, column.type.scale), widened(column));
      column.wide = true;
    }
    if (sql.empty()) return connection_.run("COMMIT");
    TRY_VOID(connection_.run(sql));
    // A version of its own: the statement that needs it may still fail.
    const auto id = database().new_transaction();
    auto version = database().commit(connection_,
                                     {id, "", {}, {{std::make_shared<const catalog::Record>(std::move(changed))}, {}}});
    database().end_transaction(id);
    if (!version) return base::fail(version.error());
    return {};
  };
  auto status = widen_all();
  if (!status) (void)connection_.run("ROLLBACK");
  catalog_ = database().catalog();
  return status;
}

}  // namespace engine
