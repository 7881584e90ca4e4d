#include "change/stream_definition.h"

#include "change/stream_errors.h"
#include "change/time_point.h"
#include "change/view_plan.h"

namespace change {
namespace {

using catalog::ObjectKind;

constexpr std::string_view kInsertOnlySources =
    "Streams of type INSERT_ONLY can only be created on external tables or Iceberg tables with an external catalog "
    "integration.";

struct StreamOptions {
  bool append_only = false, initial_rows = false, insert_only = false;
  std::string comment;
};

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

base::Result<bool> flag(const sql::Option& option) {
  const auto* word = std::get_if<sql::OptionWord>(&option.value.node);
  const auto* text = std::get_if<sql::OptionString>(&option.value.node);
  const std::string value = upper(word ? word->written : text ? text->value : "");
  if (value == "TRUE") return true;
  if (value == "FALSE") return false;
  return base::fail(
      compile_error(1008, "22023", fmt::format("invalid value [{}] for parameter '{}'", value, option.name.name)));
}

base::Result<StreamOptions> read_options(const sql::Options& options) {
  StreamOptions read;
  for (const sql::Option& option : options) {
    const std::string name = upper(option.name.name);
    if (name == "COMMENT") {
      const auto* text = std::get_if<sql::OptionString>(&option.value.node);
      if (!text) return base::fail(compile_error(1008, "22023", "invalid value for parameter 'COMMENT'"));
      read.comment = text->value;
    } else if (name == "APPEND_ONLY") {
      TRY(read.append_only, flag(option));
    } else if (name == "SHOW_INITIAL_ROWS") {
      TRY(read.initial_rows, flag(option));
    } else if (name == "INSERT_ONLY") {
      TRY(read.insert_only, flag(option));
    } else if (name != "TAG") {
      return base::fail(compile_error(1420, "22023", fmt::format("invalid property '{}' for 'STREAM'", name)));
    }
  }
  return read;
}

/// "TABLE" -> "Table", as messages about a missing source begin.
std::string noun_of(std::string_view source_kind) {
  std::string noun(source_kind);
  for (std::size_t i = 1; i < noun.size(); ++i)
    if (noun[i] >= 'A' && noun[i] <= 'Z') noun[i] = static_cast<char>(noun[i] - 'A' + 'a');
  return noun;
}

base::Error missing_source(std::string_view source_kind, std::span<const std::string> parts) {
  return {base::ErrorKind::NotFound, 2003, source_kind == "STAGE" ? "02000" : "42S02",
          fmt::format("SQL compilation error:\n{} '{}' does not exist or not authorized.", noun_of(source_kind),
                      catalog::joined(parts)),
          std::nullopt};
}

base::Error on_stage(const catalog::Record& stage, const sql::CreateStream& statement, const StreamOptions& options) {
  const auto refused = [](std::string_view option) {
    return compile_error(2204, "22023", fmt::format("Streams on directories cannot have {} set to true.", option));
  };
  if (options.append_only) return refused("APPEND_ONLY");
  if (options.initial_rows) return refused("SHOW_INITIAL_ROWS");
  if (options.insert_only) return refused("INSERT_ONLY");
  if (statement.at)
    return {base::ErrorKind::InvalidValue, 2204, "22023",
            "SQL compilation error: Time travel not supported for stream creation on stages.", std::nullopt};
  if (!std::get<catalog::StageBody>(stage.body).directory)
    return compile_error(2204, "22023", fmt::format("DIRECTORY not enabled for the stage {}", stage.name));
  return unsupported("streams on stages");
}

base::Result<Definition> clone(const sql::CreateStream& statement, engine::BindContext& context,
                               const std::vector<std::string>& parts) {
  if (statement.clone->at) return base::fail(unsupported("time travel of streams"));
  TRY(const auto source, catalog::resolve(context.work.catalog(), context.statement.names, ObjectKind::Stream, parts));
  return Definition{std::get<catalog::StreamBody>(source->body), source->comment, {}};
}

/// The table with tracking switched on; nothing when it is on already.
std::optional<catalog::Record> tracked_from(const catalog::Record& table, catalog::Version version) {
  if (std::get<catalog::TableBody>(table.body).tracked_since) return std::nullopt;
  catalog::Record changed = table;
  std::get<catalog::TableBody>(changed.body).tracked_since = version;
  return changed;
}

}  // namespace

base::Result<Definition> define_stream(const sql::CreateStream& statement, engine::BindContext& context,
                                       const std::vector<std::string>& source_parts) {
  if (statement.mode.or_replace && statement.mode.if_not_exists)
    return base::fail(compile_error(1003, "42601", "options OR REPLACE and IF NOT EXISTS are incompatible"));
  if (statement.copy_grants && !statement.mode.or_replace && !statement.clone)
    return base::fail(compile_error(1003, "42601", "COPY GRANTS needs OR REPLACE or CLONE"));
  if (statement.clone) return clone(statement, context, source_parts);
  TRY(const StreamOptions options, read_options(statement.options));
  const catalog::Snapshot& catalog = context.work.catalog();
  catalog::NameScope scope = context.statement.names;
  scope.public_too = false;
  const std::string_view wanted = statement.source_kind;
  if (wanted == "STAGE") {
    const auto stage = catalog::find(catalog, scope, ObjectKind::Stage, source_parts);
    return base::fail(stage ? on_stage(*stage, statement, options) : missing_source(wanted, source_parts));
  }
  const auto source = catalog::find(catalog, scope, ObjectKind::Table, source_parts);
  if (!source) return base::fail(missing_source(wanted, source_parts));
  TRY_VOID(catalog::require(scope.access, catalog, *source, {"SELECT"}));
  const std::string_view found = source->kind == ObjectKind::View ? "VIEW" : "TABLE";
  if (wanted != found) {
    std::string type(wanted);
    std::ranges::replace(type, ' ', '_');
    return base::fail(
        {base::ErrorKind::InvalidValue, 2203, "42601",
         fmt::format("SQL compilation error: Object found is of type '{}', not specified type '{}'.", found, type),
         std::nullopt});
  }
  if (options.insert_only) return base::fail(compile_error(2204, "22023", kInsertOnlySources));

  std::vector<catalog::RecordPtr> tables{source};
  if (source->kind == ObjectKind::View) {
    TRY(const ViewPlan plan, plan_view(*source, context));
    tables = plan.tables();
  }
  Definition made;
  made.comment = options.comment;
  made.body.source = source->id;
  made.body.on_view = source->kind == ObjectKind::View;
  for (const catalog::RecordPtr& table : tables) made.body.base_tables.push_back(table->id);
  made.body.mode = options.append_only ? catalog::StreamMode::AppendOnly : catalog::StreamMode::Default;
  made.body.initial_rows = options.initial_rows;
  made.body.consumed_at = context.statement.now;
  made.body.source_name = catalog.qualified_name(*source);
  made.body.offset = context.work.version();
  if (statement.at) {
    TRY(made.body.offset, version_of(*statement.at, *source, context));
    for (const catalog::RecordPtr& table : tables) TRY_VOID(tracked_at(*table, made.body.offset, table->name));
  }
  for (const catalog::RecordPtr& table : tables) {
    auto changed = tracked_from(*table, made.body.offset);
    if (!changed) continue;
    // Changes are tracked from the first stream on, and only the table's owner may have them tracked.
    TRY_VOID(catalog::require(scope.access, catalog, *table, {"OWNERSHIP"}));
    made.tracked.push_back(*std::move(changed));
  }
  return made;
}

base::Result<std::vector<catalog::Record>> track_view(const catalog::Record& view, engine::BindContext& context) {
  TRY(const ViewPlan plan, plan_view(view, context));
  std::vector<catalog::Record> tracked;
  for (const catalog::RecordPtr& table : plan.tables())
    if (auto changed = tracked_from(*table, context.work.version())) tracked.push_back(*std::move(changed));
  return tracked;
}

}  // namespace change
