#include "load/pipe_state.h"
#include "load/stage_source.h"
#include "sql/parser.h"

namespace load {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

base::Failure<base::Error> refused(std::string_view what) {
  return base::fail({base::ErrorKind::Unsupported,
                     2,
                     "0A000",
                     fmt::format("SQL compilation error:\nUnsupported feature '{}'.", what),
                     {}});
}

base::Result<sql::CopyIntoTable> parse_copy(std::string_view text) {
  TRY(auto statement, sql::parse_statement(text));
  auto* copy = std::get_if<sql::CopyIntoTable>(&statement.node);
  if (!copy) return base::fail(base::ErrorKind::Internal, "the definition of a pipe is no COPY INTO table");
  return std::move(*copy);
}

engine::StatementContext context_of(const catalog::Snapshot& catalog, const catalog::Record& pipe, base::Instant now) {
  engine::StatementContext context;
  context.user = pipe.owner;
  context.role = pipe.owner;
  context.names.schema = pipe.container;
  if (const auto schema = catalog.find(pipe.container)) context.names.database = schema->container;
  context.now = now;
  return context;
}

base::Status check_options(const CopyOptions& options) {
  static constexpr std::string_view kRefused[] = {"FILES", "SIZE_LIMIT",         "PURGE",
                                                  "FORCE", "RETURN_FAILED_ONLY", "VALIDATION_MODE"};
  for (const std::string& name : options.written)
    if (std::ranges::find(kRefused, name) != std::end(kRefused)) return base::fail(invalid_parameter(name));
  if (options.on_error.mode == OnError::Mode::Abort) return base::fail(invalid_value("ABORT_STATEMENT", "ON_ERROR"));
  return {};
}

}  // namespace

base::Result<catalog::PipeBody> define_pipe(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                                            const sql::CreatePipe& statement) {
  catalog::PipeBody body;
  for (const sql::Option& option : statement.options) {
    const std::string name = upper(option.name.name);
    if (name == "AUTO_INGEST") {
      TRY(body.auto_ingest, read_flag(option.value, name));
    } else if (name != "ERROR_INTEGRATION" && name != "AWS_SNS_TOPIC" && name != "INTEGRATION" && name != "COMMENT") {
      return base::fail(invalid_parameter(name));
    }
  }
  const auto* copy = std::get_if<sql::CopyIntoTable>(&statement.copy->node);
  if (!copy) return refused("a pipe that is no COPY INTO table");
  constexpr OnError kDefault{OnError::Mode::SkipFile};
  TRY(const CopyPlan plan, plan_copy(catalog, context, *copy, kDefault));
  TRY_VOID(check_options(plan.options));
  if (plan.location.kind == StageLocation::Kind::User) return refused("a pipe on the user stage");
  if (body.auto_ingest && !plan.location.stage) return refused("AUTO_INGEST without a named stage");
  body.definition_text = statement.copy_text.text;
  body.table = plan.table->id;
  body.table_name = catalog.qualified_name(*plan.table);
  if (plan.location.stage) body.stage = plan.location.stage->id;
  body.format = plan.options.format_id;
  body.pattern = plan.options.pattern.value_or("");
  return body;
}

base::Result<CopyPlan> plan_pipe(const catalog::Snapshot& catalog, const catalog::Record& pipe, base::Instant now,
                                 bool restricted) {
  const auto& body = std::get<catalog::PipeBody>(pipe.body);
  TRY(const sql::CopyIntoTable copy, parse_copy(body.definition_text));
  engine::StatementContext context = context_of(catalog, pipe, now);
  if (restricted) context.names.access = catalog::Access::of(catalog, pipe.owner);
  return plan_copy(catalog, context, copy, {OnError::Mode::SkipFile});
}

base::Result<StageLocation> pipe_location(const catalog::Snapshot& catalog, const catalog::Record& pipe) {
  const auto& body = std::get<catalog::PipeBody>(pipe.body);
  TRY(const sql::CopyIntoTable copy, parse_copy(body.definition_text));
  const engine::StatementContext context = context_of(catalog, pipe, {});
  if (const auto* location = std::get_if<sql::Location>(&copy.from))
    return locate(catalog, context.names, context.user, *location);
  if (const auto* query = std::get_if<sql::Box<sql::Query>>(&copy.from)) {
    TRY(const sql::Location source, source_of(**query));
    return locate(catalog, context.names, context.user, source);
  }
  TRY(const auto table, catalog::resolve(catalog, context.names, catalog::ObjectKind::Table, name_parts(copy.table)));
  return locate_table_stage(*table, "");
}

std::string execution_state(const catalog::Snapshot& catalog, const catalog::Record& pipe) {
  const auto& body = std::get<catalog::PipeBody>(pipe.body);
  const auto is_gone = [&](const std::optional<catalog::ObjectId>& id) {
    if (!id) return false;
    const auto record = catalog.find(*id);
    return !record || record->dropped.has_value();
  };
  if (!body.stop_reason.empty()) return body.stop_reason;
  if (is_gone(body.stage)) return "STOPPED_STAGE_DROPPED";
  if (is_gone(body.format)) return "STOPPED_FILE_FORMAT_DROPPED";
  const catalog::NameScope nowhere;
  if (!body.table_name.empty() &&
      !catalog::find(catalog, nowhere, catalog::ObjectKind::Table, name_parts(body.table_name)))
    return "STOPPED_MISSING_TABLE";
  return body.paused ? "PAUSED" : "RUNNING";
}

}  // namespace load
