#include "change/stream_source.h"

#include "change/stream_errors.h"
#include "change/stream_reading.h"
#include "change/time_point.h"
#include "change/view_plan.h"
#include "engine/binder.h"
#include "engine/dml/target.h"

namespace change {
namespace {

/// SELECT .. FROM v CHANGES (..) AT (..) [END (..)]
base::Result<std::optional<engine::Relation>> changes_of_view(const catalog::Record& view,
                                                              const sql::ChangesClause& clause,
                                                              engine::BindContext& context) {
  Reading reading{.from = {}, .until = context.work.version(), .append_only = clause.append_only};
  TRY(reading.from, version_of(clause.from, view, context));
  if (clause.until) {
    TRY(reading.until, version_of(*clause.until, view, context));
  }
  TRY(const ViewPlan plan, plan_view(view, context));
  for (const catalog::RecordPtr& table : plan.tables())
    TRY_VOID(tracked_at(*table, reading.from, context.work.catalog().qualified_name(*table)));
  TRY(auto made, read_changes(view, reading, context));
  return made;
}

/// Reading needs SELECT on the stream and on what it is on.
base::Status readable(const catalog::Record& stream, const engine::BindContext& context) {
  const catalog::Snapshot& catalog = context.work.catalog();
  const catalog::AccessPtr& access = context.statement.names.access;
  TRY_VOID(catalog::require(access, catalog, stream, {"SELECT"}));
  const auto source = catalog.find(std::get<catalog::StreamBody>(stream.body).source);
  return source && !source->dropped ? catalog::require(access, catalog, *source, {"SELECT"}) : base::Status();
}

}  // namespace

base::Result<std::optional<engine::Relation>> StreamSource::relation(const sql::TableRef& ref,
                                                                     engine::BindContext& context) {
  const auto* named = std::get_if<sql::NamedTable>(&ref.node);
  if (!named || named->at) return std::nullopt;
  const auto parts = engine::dml::parts_of(named->name, context.statement);
  if (!parts) return std::nullopt;  // the binder reports it
  const catalog::Snapshot& catalog = context.work.catalog();
  if (const auto found = catalog::find(catalog, context.statement.names, catalog::ObjectKind::Table, *parts)) {
    if (!named->changes || found->kind != catalog::ObjectKind::View) return std::nullopt;
    TRY_VOID(catalog::require(context.statement.names.access, catalog, *found, {"SELECT"}));
    return changes_of_view(*found, *named->changes, context);
  }
  if (named->changes) return std::nullopt;
  const auto stream = catalog::find(catalog, context.statement.names, catalog::ObjectKind::Stream, *parts);
  if (!stream) return std::nullopt;
  TRY_VOID(readable(*stream, context));
  TRY(engine::Relation made, read_stream(*stream, context));
  if (std::ranges::find(context.streams_read, stream->id) == context.streams_read.end())
    context.streams_read.push_back(stream->id);
  return std::optional(std::move(made));
}

}  // namespace change
