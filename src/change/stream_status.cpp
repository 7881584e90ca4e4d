#include "change/stream_status.h"

#include "change/stream_errors.h"
#include "change/stream_reading.h"

namespace change {
namespace {

using catalog::LogicalType;
using engine::Value;

Value instant(base::Instant at) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = at.ns / kSecond, nanos = at.ns % kSecond;
  if (nanos < 0) nanos += kSecond, --seconds;
  return engine::Timestamp{.seconds = seconds, .nanos = static_cast<std::int32_t>(nanos)};
}

std::string_view mode_name(catalog::StreamMode mode) {
  switch (mode) {
    case catalog::StreamMode::Default: return "DEFAULT";
    case catalog::StreamMode::AppendOnly: return "APPEND_ONLY";
    case catalog::StreamMode::InsertOnly: return "INSERT_ONLY";
  }
  return "";
}

}  // namespace

base::Result<bool> has_data(const catalog::Record& stream, engine::BindContext& context) {
  const auto& body = std::get<catalog::StreamBody>(stream.body);
  TRY(const auto source, source_of(stream, context.work.catalog()));
  const catalog::Version until = context.work.stream_version(), from = std::min(body.offset, until);
  if (!body.initial_rows) {
    bool any = false;
    const std::vector<catalog::ObjectId> tables = body.on_view ? body.base_tables : std::vector{source->id};
    for (const catalog::ObjectId id : tables) {
      const auto table = context.work.catalog().find(id);
      if (!table) continue;
      TRY(const bool touched, context.work.touched(*table, from, until));
      any = any || touched;
    }
    if (!any) return false;
  }
  TRY(const engine::Relation relation, read_stream(stream, context));
  TRY(const auto rows, context.work.query(fmt::format("SELECT true AS _0 FROM {} AS x LIMIT 1", relation.sql),
                                          {{.name = "HAS_DATA", .type = LogicalType::boolean()}}));
  return rows->row_count() > 0;
}

base::Result<std::string> table_timestamp(const catalog::Record& stream, engine::Work& work) {
  const auto& body = std::get<catalog::StreamBody>(stream.body);
  if (body.on_view) return base::fail(unsupported("SYSTEM$STREAM_GET_TABLE_TIMESTAMP on a stream on a view"));
  TRY(const base::Instant at, work.time_of(body.offset));
  return std::to_string(at.ns);
}

std::vector<engine::ResultColumn> status_columns(bool terse) {
  const auto text = [](std::string name) {
    return engine::ResultColumn{.name = std::move(name), .type = LogicalType::text()};
  };
  const auto time = [](std::string name) {
    return engine::ResultColumn{.name = std::move(name), .type = LogicalType::timestamp_ltz(3)};
  };
  if (terse)
    return {time("created_on"),    text("name"),        text("kind"),
            text("database_name"), text("schema_name"), text("tableOn")};
  return {time("created_on"),  text("name"),           text("database_name"),  text("schema_name"),
          text("owner"),       text("comment"),        text("table_name"),     text("source_type"),
          text("base_tables"), text("type"),           text("stale"),          text("mode"),
          time("stale_after"), text("invalid_reason"), text("owner_role_type")};
}

std::vector<Value> status_row(const catalog::Record& stream, const catalog::Snapshot& catalog, base::Instant now,
                              bool terse) {
  const auto& body = std::get<catalog::StreamBody>(stream.body);
  const auto schema = catalog.find(stream.container);
  const auto database = schema ? catalog.find(schema->container) : nullptr;
  const std::string schema_name = schema ? schema->name : "", database_name = database ? database->name : "";
  const auto source = source_of(stream, catalog);
  const std::string table_name = source ? catalog.qualified_name(**source) : body.source_name;
  if (terse)
    return {instant(stream.created), stream.name, std::string("STREAM"), database_name, schema_name, table_name};
  std::string bases;
  for (const catalog::ObjectId id : body.base_tables)
    if (const auto table = catalog.find(id)) bases += (bases.empty() ? "" : ",") + catalog.qualified_name(*table);
  if (!body.on_view) bases = table_name;
  const base::Instant until = stale_after(body, catalog);
  const bool is_stale = !source || now > until;
  return {instant(stream.created),
          stream.name,
          database_name,
          schema_name,
          stream.owner,
          stream.comment,
          table_name,
          std::string(body.on_view ? "View" : "Table"),
          bases,
          std::string("DELTA"),
          std::string(is_stale ? "true" : "false"),
          std::string(mode_name(body.mode)),
          instant(until),
          source ? std::string("N/A") : source.error().message,
          std::string("ROLE")};
}

}  // namespace change
