#include <fmt/format.h>

#include "change/stream_definition.h"
#include "change/stream_status.h"
#include "exec/create_object.h"
#include "exec/running.h"

namespace exec {

using catalog::ObjectKind;

base::Result<Outcome> create_stream(Running& running, const sql::CreateStream& node) {
  TRY(auto creation, Creation::plan(running, ObjectKind::Stream, node.mode, node.name, "CREATE STREAM"));
  if (creation.done) return *creation.done;
  TRY(const auto source, running.parts(node.clone ? node.clone->name : node.source));
  TRY(auto work, creation.begin(running));
  auto context = running.bind_context(*work);
  TRY(auto definition, change::define_stream(node, context, source));
  for (catalog::Record& table : definition.tracked) TRY_VOID(work->put(std::move(table)));
  return creation.finish(running, *work,
                         creation.record(running, *work, std::move(definition.body), std::move(definition.comment)));
}

void add_stream_functions(SystemFunctionTable& table) {
  const auto stream_named = [](Running& running,
                               const std::vector<engine::Value>& arguments) -> base::Result<catalog::RecordPtr> {
    const auto* name = arguments.empty() ? nullptr : std::get_if<std::string>(&arguments[0]);
    if (!name)
      return base::fail(compilation_error(938, "22023", "not enough arguments for function, expected 1, got 0"));
    TRY(const auto parts, parts_of_text(*name));
    return catalog::resolve(*running.catalog(), running.context.names, ObjectKind::Stream, parts);
  };
  table["SYSTEM$STREAM_HAS_DATA"] =
      [stream_named](Running& running, engine::Work& work,
                     const std::vector<engine::Value>& arguments) -> base::Result<engine::SystemFunctions::Answer> {
    TRY(auto stream, stream_named(running, arguments));
    auto context = running.bind_context(work);
    TRY(const bool has, change::has_data(*stream, context));
    return engine::SystemFunctions::Answer{.value = has, .type = catalog::LogicalType::boolean()};
  };
  table["SYSTEM$STREAM_GET_TABLE_TIMESTAMP"] =
      [stream_named](Running& running, engine::Work& work,
                     const std::vector<engine::Value>& arguments) -> base::Result<engine::SystemFunctions::Answer> {
    TRY(auto stream, stream_named(running, arguments));
    TRY(auto text, change::table_timestamp(*stream, work));
    return engine::SystemFunctions::Answer{.value = std::move(text), .type = catalog::LogicalType::text()};
  };
}

}  // namespace exec
