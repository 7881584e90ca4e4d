#include "load/pipe.h"

#include <fmt/format.h>

#include "exec/create_object.h"
#include "exec/loading.h"
#include "exec/running.h"

namespace exec {

using catalog::ObjectKind;

base::Result<Outcome> create_pipe(Running& running, const sql::CreatePipe& node) {
  if (!running.services.loading) return base::fail(unsupported("pipes without an object store"));
  TRY(auto creation, Creation::plan(running, ObjectKind::Pipe, node.mode, node.name, "CREATE PIPE"));
  if (creation.done) return *creation.done;
  // The names of the definition look in the schema of the pipe.
  auto context = running.context;
  context.names.schema = creation.place.schema;
  if (const auto schema = running.catalog()->find(creation.place.schema)) context.names.database = schema->container;
  TRY(auto body, load::define_pipe(*running.catalog(), context, node));
  TRY(auto work, creation.begin(running));
  auto record = creation.record(running, *work, std::move(body), option_text(node.options, "COMMENT").value_or(""));
  TRY_VOID(creation.put(running, *work, record));
  TRY_VOID(running.services.loading->pipes.created(*work, record.id));
  TRY_VOID(work->commit());
  return status(fmt::format("Pipe {} successfully created.", creation.place.name));
}

base::Result<Outcome> alter_pipe(Running& running, const sql::Alter& node) {
  auto found = running.find(ObjectKind::Pipe, node.name);
  if (!found) {
    if (node.if_exists) return status(std::string(kExecuted));
    return base::fail(std::move(found).error());
  }
  TRY_VOID(running.require(**found, {"OPERATE"}));
  if (const auto* refresh = std::get_if<sql::Refresh>(&node.action)) {
    load::PipeRunner::RefreshOptions options{.prefix = option_text(refresh->options, "PREFIX").value_or(""),
                                             .modified_after = {}};
    if (const auto after = option_text(refresh->options, "MODIFIED_AFTER")) {
      const auto parts = engine::read_timestamp(*after, *engine::DateTimeFormat::parse("AUTO"));
      if (!parts)
        return base::fail(compilation_error(
            1008, "22023", fmt::format("invalid value ['{}'] for parameter 'MODIFIED_AFTER'", *after)));
      options.modified_after = base::Instant{parts->days * std::int64_t{86'400'000'000'000} + parts->ns_of_day -
                                             parts->offset_minutes.value_or(0) * std::int64_t{60'000'000'000}};
    }
    TRY(auto result, running.services.loading->pipes.refresh((*found)->id, options));
    return Outcome{.result = std::move(result), .counts = {}, .query_id = {}, .type_id = statement_type::kDdl};
  }
  TRY(auto work, running.begin_ddl({(*found)->id}));
  catalog::Record record = **found;
  auto& body = std::get<catalog::PipeBody>(record.body);
  if (const auto* set = std::get_if<sql::SetOptions>(&node.action)) {
    for (const sql::Option& option : set->options) {
      if (option.name.name == "PIPE_EXECUTION_PAUSED")
        body.paused = option_plain(option.value) == "TRUE";
      else if (option.name.name == "COMMENT")
        record.comment = option_plain(option.value);
      else if (option.name.name != "ERROR_INTEGRATION" && option.name.name != "TAG")
        return base::fail(
            compilation_error(1003, "42000", fmt::format("invalid property '{}' for 'PIPE'", option.name.name)));
    }
  } else if (const auto* unset = std::get_if<sql::UnsetOptions>(&node.action)) {
    for (const sql::Identifier& name : unset->names) {
      if (name.name == "COMMENT") record.comment.clear();
      if (name.name == "PIPE_EXECUTION_PAUSED") body.paused = false;
    }
  } else {
    return base::fail(unsupported("this ALTER PIPE"));
  }
  TRY_VOID(work->put(std::move(record)));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

void add_pipe_functions(SystemFunctionTable& table) {
  table["SYSTEM$PIPE_STATUS"] =
      [](Running& running, engine::Work&,
         const std::vector<engine::Value>& arguments) -> base::Result<engine::SystemFunctions::Answer> {
    const auto* name = arguments.empty() ? nullptr : std::get_if<std::string>(&arguments[0]);
    if (!name)
      return base::fail(
          compilation_error(938, "22023", "not enough arguments for function [SYSTEM$PIPE_STATUS], expected 1, got 0"));
    TRY(const auto parts, parts_of_text(*name));
    TRY(auto pipe, catalog::resolve(*running.catalog(), running.context.names, ObjectKind::Pipe, parts));
    TRY(auto json, running.services.loading->pipes.status_json(pipe->id));
    return engine::SystemFunctions::Answer{.value = std::move(json), .type = catalog::LogicalType::text()};
  };
}

}  // namespace exec
