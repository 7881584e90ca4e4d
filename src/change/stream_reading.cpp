#include "change/stream_reading.h"

#include "change/stream_errors.h"
#include "change/view_changes.h"
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
  relation.columns.push_back({.name = std::string(kAction),
                              .type = LogicalType::text(6),
                              .carrier = Carrier::Text,
                              .physical = "_action",
                              .nullable = false});
  relation.columns.push_back({.name = std::string(kIsUpdate),
                              .type = LogicalType::boolean(),
                              .carrier = Carrier::Boolean,
                              .physical = "_update",
                              .nullable = false});
  relation.columns.push_back({.name = std::string(kRowId),
                              .type = LogicalType::text(40),
                              .carrier = Carrier::Text,
                              .physical = "_row_id",
                              .nullable = false});
}

base::Result<std::string> table_delta(const catalog::Record& table, const Reading& reading, engine::Work& work) {
  if (reading.initial) {
    TRY(const std::string rows, work.rows_at(table, reading.from));
    return fmt::format("(SELECT *, 'INSERT' AS _action, false AS _update FROM {} AS x)", rows);
  }
  return reading.append_only ? work.insertions(table, reading.from, reading.until)
                             : work.changes(table, reading.from, reading.until);
}

base::Result<engine::Relation> read_table(const catalog::Record& source, const Reading& reading,
                                          engine::BindContext& context) {
  const auto& table = std::get<catalog::TableBody>(source.body);
  TRY(const std::string delta, table_delta(source, reading, context.work));
  engine::Relation relation;
  relation.sql =
      fmt::format("(SELECT *, {} AS _row_id FROM {} AS x)", engine::row_id_sql(table.row_space, "_row"), delta);
  for (const catalog::Column& column : table.columns)
    relation.columns.push_back({.name = column.name,
                                .type = column.type,
                                .carrier = engine::carrier_of(column),
                                .physical = fmt::format("c{}", column.id.value),
                                .nullable = true});
  return relation;
}

base::Result<engine::Relation> read_view(const catalog::Record& view, const Reading& reading,
                                         engine::BindContext& context) {
  if (reading.initial) return view_rows_at(view, reading.from, context);
  return reading.append_only ? view_insertions(view, reading.from, reading.until, context)
                             : view_changes(view, reading.from, reading.until, context);
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

base::Result<engine::Relation> read_changes(const catalog::Record& source, const Reading& reading,
                                            engine::BindContext& context) {
  TRY(engine::Relation relation, source.kind == catalog::ObjectKind::View ? read_view(source, reading, context)
                                                                          : read_table(source, reading, context));
  add_metadata(relation);
  relation.qualified = {source.name};
  const catalog::Snapshot& catalog = context.work.catalog();
  if (const auto schema = catalog.find(source.container))
    if (const auto database = catalog.find(schema->container))
      relation.qualified = {database->name, schema->name, source.name};
  return relation;
}

base::Result<engine::Relation> read_stream(const catalog::Record& stream, engine::BindContext& context) {
  const auto& body = std::get<catalog::StreamBody>(stream.body);
  const catalog::Snapshot& catalog = context.work.catalog();
  TRY(const auto source, source_of(stream, catalog));
  if (context.statement.now > stale_after(body, catalog)) return base::fail(stale(stream.name));
  if (body.on_view) {
    // A view inside of it may have been replaced by one that reads other tables.
    TRY(const ViewPlan plan, plan_view(*source, context));
    for (const catalog::RecordPtr& table : plan.tables())
      if (std::ranges::find(body.base_tables, table->id) == body.base_tables.end())
        return base::fail(source_dropped(body, stream.name));
  }
  // Another transaction may have consumed the stream after this one began: nothing is left for it then.
  const catalog::Version until = context.work.stream_version();
  const Reading reading{.from = body.initial_rows ? body.offset : std::min(body.offset, until),
                        .until = until,
                        .append_only = body.mode != catalog::StreamMode::Default,
                        .initial = body.initial_rows};
  auto relation = read_changes(*source, reading, context);
  if (!relation) {
    if (relation.error().number == 707) return base::fail(stale(stream.name));  // the versions before it are gone
    return base::fail(std::move(relation).error());
  }
  relation->qualified.back() = stream.name;
  if (const auto schema = catalog.find(stream.container))
    if (const auto database = catalog.find(schema->container))
      relation->qualified = {database->name, schema->name, stream.name};
  return relation;
}

}  // namespace change
