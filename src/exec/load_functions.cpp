// What has been loaded: COPY_HISTORY, LOAD_HISTORY, VALIDATE, VALIDATE_PIPE_LOAD. Source: loading.md 4.12, 4.14.
#include "exec/function_arguments.h"
#include "exec/running.h"
#include "load/history_tables.h"

namespace exec {

using catalog::ObjectKind;

namespace {

using Result = base::Result<std::shared_ptr<const engine::ResultSet>>;

base::Instant oldest(const Running& running) {
  return running.context.now - std::chrono::hours(24 * load::kHistoryDays);
}

base::Status is_table(const catalog::Record& record) {
  if (record.kind == ObjectKind::Table) return {};
  return base::fail(catalog::not_found(ObjectKind::Table, record.name));
}

Result copy_history(Running& running, engine::Work& work, const FunctionArguments& arguments) {
  const ArgumentReader reader("COPY_HISTORY", running, arguments);
  TRY_VOID(reader.only({"TABLE_NAME", "START_TIME", "END_TIME", "PIPE_NAME"}));
  TRY(const auto table, reader.object("TABLE_NAME", ObjectKind::Table));
  TRY_VOID(is_table(*table));
  TRY(const auto from, reader.instant("START_TIME"));
  TRY(const auto until, reader.instant("END_TIME"));
  if (!from) return base::fail(compilation_error(938, "22023", "COPY_HISTORY needs the argument START_TIME"));
  load::CopyHistoryQuery query{.table = table.get(),
                               .pipe = {},
                               .from = std::max(*from, oldest(running)),
                               .until = until.value_or(running.context.now)};
  if (arguments.contains("PIPE_NAME")) {
    TRY(const auto pipe, reader.object("PIPE_NAME", ObjectKind::Pipe));
    query.pipe = pipe->id;
  }
  return load::copy_history(work, query);
}

Result validate(Running& running, engine::Work& work, const FunctionArguments& arguments) {
  const ArgumentReader reader("VALIDATE", running, arguments);
  TRY_VOID(reader.only({"1", "JOB_ID"}));
  TRY(const auto table, reader.object("1", ObjectKind::Table));
  TRY_VOID(is_table(*table));
  auto id = reader.text("JOB_ID");
  if (!id) return base::fail(compilation_error(938, "22023", "VALIDATE needs the argument JOB_ID"));
  if (*id == "_last") {
    std::vector<std::string> earlier;
    for (const Session::Past& past : running.session.past()) earlier.push_back(past.query_id);
    TRY(id, load::newest_copy(work, *table, earlier));
  }
  return load::rejects_of_copy(work, *table, *id);
}

Result validate_pipe_load(Running& running, engine::Work& work, const FunctionArguments& arguments) {
  const ArgumentReader reader("VALIDATE_PIPE_LOAD", running, arguments);
  TRY_VOID(reader.only({"PIPE_NAME", "START_TIME", "END_TIME"}));
  TRY(const auto pipe, reader.object("PIPE_NAME", ObjectKind::Pipe));
  TRY(const auto from, reader.instant("START_TIME"));
  TRY(const auto until, reader.instant("END_TIME"));
  if (!from) return base::fail(compilation_error(938, "22023", "VALIDATE_PIPE_LOAD needs the argument START_TIME"));
  return load::rejects_of_pipe(work, pipe->id, std::max(*from, oldest(running)), until.value_or(running.context.now));
}

}  // namespace

void add_load_functions(TableFunctions& table) {
  table.functions["COPY_HISTORY"] = copy_history;
  table.functions["VALIDATE"] = validate;
  table.functions["VALIDATE_PIPE_LOAD"] = validate_pipe_load;
  const MetadataView history = [](Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
    return load::load_history(work, database, running.context.now, database ? running.context.names.access : nullptr);
  };
  table.views["LOAD_HISTORY"] = history;
  table.account_views["LOAD_HISTORY"] = history;
  table.account_views["COPY_HISTORY"] = [](Running& running, engine::Work& work, auto) {
    return load::copy_history(work, {.table = nullptr, .pipe = {}, .from = {}, .until = running.context.now});
  };
}

}  // namespace exec
