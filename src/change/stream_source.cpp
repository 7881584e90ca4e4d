#include "change/stream_source.h"

#include "change/stream_reading.h"
#include "engine/binder.h"
#include "engine/dml/target.h"

namespace change {

base::Result<std::optional<engine::Relation>> StreamSource::relation(const sql::TableRef& ref, engine::BindContext& context) {
  const auto* named = std::get_if<sql::NamedTable>(&ref.node);
  if (!named || named->changes || named->at) return std::nullopt;
  const auto parts = engine::dml::parts_of(named->name, context.statement);
  if (!parts) return std::nullopt;  // the binder reports it
  const catalog::Snapshot& catalog = context.work.catalog();
  if (catalog::find(catalog, context.statement.names, catalog::ObjectKind::Table, *parts)) return std::nullopt;
  const auto stream = catalog::find(catalog, context.statement.names, catalog::ObjectKind::Stream, *parts);
  if (!stream) return std::nullopt;
  TRY(engine::Relation made, read_stream(*stream, context));
  if (std::ranges::find(context.streams_read, stream->id) == context.streams_read.end()) context.streams_read.push_back(stream->id);
  return std::optional(std::move(made));
}

}  // namespace change
