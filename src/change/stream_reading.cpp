#include "change/stream_reading.h"

#include "change/stream_errors.h"
#include "engine/bind/row_id.h"

namespace change {
namespace {

using catalog::LogicalType;
using engine::Carrier;

bool live(const catalog::Snapshot& catalog, const catalog::RecordPtr& record) {
  if (!record || record->dropped) return false;
  const auto schema = catalog.find(record->container);
  if (!schema) return record->container == catalog::ObjectId{};
  if (schema->dropped) return false;
  const auto database = catalog.find(schema->container);
  return !database || !database->dropped;
}

void add_metadata(engine::Relation& relation) {
  relation.columns.push_back({.name = std::string(kAction), .type = LogicalType::text(6), .carrier = Carrier::Text, .physical = "_action", .nullable = false});
  relation.columns.push_back({.name = std::string(kIsUpdate), .type = LogicalType::boolean(), .carrier = Carrier::Boolean, .physical = "_update", .nullable = false});
  relation.columns.push_back({.name = std::string(kRowId), .type = LogicalType::text(40), .carrier = Carrier::Text, .physical = "_row_id", .nullable = false});
}

base::Result<std::string> table_delta(const catalog::Record& table, const catalog::StreamBody& stream, engine::Work& work) {
  if (stream.initial_rows) {
    TRY(const std::string rows, work.rows_at(table, stream.offset));
    return fmt::format("(SELECT *, 'INSERT' AS _action, false AS _update FROM {} AS x)", rows);
  }
  // Another transaction may have consumed the stream after this one began: nothing is left for it then.
  const catalog::Version until = work.stream_version(), from = std::min(stream.offset, until);
  if (stream.mode == catalog::StreamMode::Default) return work.changes(table, from, until);
  return work.insertions(table, from, until);
}

}  // namespace

base::Result<catalog::RecordPtr> source_of(const catalog::Record& stream, const catalog::Snapshot& catalog) {
  const auto& body = std::get<catalog::StreamBody>(stream.body);
  auto source = catalog.find(body.source);
  if (!live(catalog, source)) return base::fail(source_dropped(body, stream.name));
  for (const catalog::ObjectId table : body.base_tables)
    if (!live(catalog, catalog.find(table))) return base::fail(source_dropped(body, stream.name));
  return source;
}

base::Instant stale_after(const catalog::StreamBody& stream, const catalog::Snapshot& catalog) {
  std::optional<std::int64_t> days;
  const auto consider = [&](catalog::ObjectId id) {
    const auto record = catalog.find(id);
    const auto* table = record ? std::get_if<catalog::TableBody>(&record->body) : nullptr;
    if (!table) return;
    const std::int64_t kept = std::max(table->retention_days, table->extension_days);
    days = days ? std::min(*days, kept) : kept;
  };
  if (stream.on_view)
    for (const catalog::ObjectId id : stream.base_tables) consider(id);
  else
    consider(stream.source);
  return stream.consumed_at + std::chrono::hours(24 * days.value_or(0));
}

base::Result<engine::Relation> read_stream(const catalog::Record& stream, engine::BindContext& context) {
  const auto& body = std::get<catalog::StreamBody>(stream.body);
  const catalog::Snapshot& catalog = context.work.catalog();
  TRY(const auto source, source_of(stream, catalog));
  if (context.statement.now > stale_after(body, catalog)) return base::fail(stale(stream.name));
  if (body.on_view) return base::fail(unsupported("streams on views"));
  const auto& table = std::get<catalog::TableBody>(source->body);
  auto delta = table_delta(*source, body, context.work);
  if (!delta) {
    if (delta.error().number == 707) return base::fail(stale(stream.name));  // the versions before it are gone
    return base::fail(std::move(delta).error());
  }
  engine::Relation relation;
  relation.sql = fmt::format("(SELECT *, {} AS _row_id FROM {} AS x)", engine::row_id_sql(table.row_space, "_row"), *delta);
  for (const catalog::Column& column : table.columns)
    relation.columns.push_back({.name = column.name, .type = column.type, .carrier = engine::carrier_of(column), .physical = fmt::format("c{}", column.id.value), .nullable = true});
  add_metadata(relation);
  if (const auto schema = catalog.find(stream.container))
    if (const auto database = catalog.find(schema->container)) relation.qualified = {database->name, schema->name, stream.name};
  if (relation.qualified.empty()) relation.qualified = {stream.name};
  return relation;
}

}  // namespace change
