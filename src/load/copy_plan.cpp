#include "load/copy.h"

#include "load/stage_source.h"

namespace load {
namespace {

using catalog::Column;

base::Failure<base::Error> unsupported(std::string_view what) {
  return base::fail({base::ErrorKind::Unsupported,
                     2,
                     "0A000",
                     fmt::format("SQL compilation error:\nUnsupported feature '{}'.", what),
                     {}});
}

/// The constant of a default in the engine's SQL. TODO: any constant expression, by the binder.
base::Result<std::string> default_constant(const Column& column, base::Instant now) {
  const std::string& text = *column.default_text;
  std::string word;
  for (const char c : text) word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (word.starts_with("CURRENT_TIMESTAMP") || word.starts_with("SYSDATE") || word.starts_with("GETDATE") ||
      word.starts_with("LOCALTIMESTAMP"))
    return fmt::format("make_timestamp({})", now.ns / 1000);
  if (word.starts_with("CURRENT_DATE")) return fmt::format("make_timestamp({})::DATE", now.ns / 1000);
  if (word == "TRUE" || word == "FALSE" || word == "NULL") return word;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'' && text.find('\\') == std::string::npos)
    return text;
  const bool number = !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string::npos;
  if (number) return text;
  return unsupported(fmt::format("COPY that leaves out column {} with the default {}", column.name, text));
}

base::Status choose_columns(CopyPlan& plan, const catalog::Snapshot& catalog, const sql::CopyIntoTable& statement,
                            base::Instant now) {
  const auto& body = std::get<catalog::TableBody>(plan.table->body);
  plan.column_list = !statement.columns.empty();
  for (const sql::TargetColumn& target : statement.columns) {
    const std::string& name = target.parts.back().name;
    const auto column = std::ranges::find(body.columns, name, &Column::name);
    if (column == body.columns.end())
      return base::fail({base::ErrorKind::NotFound,
                         904,
                         "42000",
                         fmt::format("SQL compilation error:\ninvalid identifier '{}'", name),
                         {}});
    if (std::ranges::find(plan.columns, column->id) != plan.columns.end())
      return base::fail({base::ErrorKind::InvalidValue,
                         2025,
                         "42S21",
                         fmt::format("SQL compilation error:\nduplicate column name '{}'", name),
                         {}});
    plan.columns.push_back(column->id);
  }
  for (const Column& column : body.columns) {
    if (!plan.column_list) {
      plan.columns.push_back(column.id);
      continue;
    }
    if (std::ranges::find(plan.columns, column.id) != plan.columns.end()) continue;
    if (column.identity_sequence) {
      const auto sequence = catalog.find(*column.identity_sequence);
      plan.identities.push_back(
          {column.id, *column.identity_sequence, sequence ? std::get<catalog::SequenceBody>(sequence->body).step : 1});
    } else if (column.default_text) {
      TRY(std::string constant, default_constant(column, now));
      plan.defaults.emplace(column.id, std::move(constant));
    }
  }
  return {};
}

/// SELECT $1: a document is the row.
sql::Query whole_document() {
  sql::Select select;
  select.items.push_back({.value = {.node = sql::PositionalRef{{}, 1}}, .alias = {}});
  select.from.push_back({.node = sql::StageTable{}, .alias = {}, .sample = {}});
  return {.body = std::move(select)};
}

}  // namespace

ConvertSettings convert_settings(const engine::Parameters& parameters) {
  const auto zone = engine::TimeZone::find(parameters.text("TIMEZONE"));
  return {.zone = zone ? *zone : *engine::TimeZone::find("UTC"),
          .date_format = parameters.text("DATE_INPUT_FORMAT"),
          .time_format = parameters.text("TIME_INPUT_FORMAT"),
          .timestamp_format = parameters.text("TIMESTAMP_INPUT_FORMAT"),
          .two_digit_century_start = static_cast<int>(parameters.number("TWO_DIGIT_CENTURY_START"))};
}

base::Result<CopyPlan> plan_copy(const catalog::Snapshot& catalog, const engine::StatementContext& context,
                                 const sql::CopyIntoTable& statement, OnError otherwise) {
  TRY(auto table, catalog::resolve(catalog, context.names, catalog::ObjectKind::Table, name_parts(statement.table)));
  if (table->kind != catalog::ObjectKind::Table) return unsupported("COPY INTO a view");
  TRY_VOID(catalog::require(context.names.access, catalog, *table, {"INSERT"}));
  static const engine::Parameters kDefaults;
  CopyPlan plan{.table = table,
                .location = {},
                .options = {},
                .columns = {},
                .column_list = false,
                .defaults = {},
                .identities = {},
                .settings = convert_settings(context.parameters ? *context.parameters : kDefaults),
                .transformation = {},
                .context = context};
  if (!context.parameters) plan.context.parameters = &kDefaults;
  if (const auto* location = std::get_if<sql::Location>(&statement.from)) {
    TRY(plan.location, locate(catalog, context.names, context.user, *location));
  } else if (const auto* query = std::get_if<sql::Box<sql::Query>>(&statement.from)) {
    plan.transformation = **query;
    TRY_VOID(check_transformation(*plan.transformation));
    TRY(const sql::Location source, source_of(*plan.transformation));
    TRY(plan.location, locate(catalog, context.names, context.user, source));
  } else {
    TRY(plan.location, locate_table_stage(*table, ""));
  }
  TRY(plan.options, CopyOptions::read(statement.options, plan.location.stage.get(), catalog, context.names, otherwise));
  if (!plan.location.stage) plan.location.credentials = plan.options.credentials;
  const FileFormat& format = plan.options.format;
  const bool documents = format.type == FileType::Json || format.type == FileType::Parquet;
  if (format.type != FileType::Csv && !documents)
    return unsupported(fmt::format("file format type {}", name_of(format.type)));
  const bool match = plan.options.match != MatchBy::None;
  if (match && plan.transformation)
    return base::fail({base::ErrorKind::InvalidValue,
                       2019,
                       "0A000",
                       "SQL compilation error:\nmatch_by_column_name is not supported with copy transform.",
                       {}});
  if (match && plan.options.validation != ValidationMode::None)
    return unsupported("VALIDATION_MODE with MATCH_BY_COLUMN_NAME");
  if (match && format.type == FileType::Csv && !format.parse_header)
    return unsupported("MATCH_BY_COLUMN_NAME for CSV without PARSE_HEADER = TRUE");
  if (format.parse_header && !match && !plan.transformation)
    return unsupported("PARSE_HEADER = TRUE without MATCH_BY_COLUMN_NAME");
  TRY_VOID(check_readable(format));
  if (plan.transformation && plan.options.validation != ValidationMode::None)
    return unsupported("VALIDATION_MODE with a COPY transformation");
  TRY_VOID(choose_columns(plan, catalog, statement, context.now));
  if (documents && !plan.transformation && !match) {
    const auto& columns = std::get<catalog::TableBody>(table->body).columns;
    if (plan.columns.size() != 1 ||
        !std::ranges::find(columns, plan.columns[0], &Column::id)->type.is_semi_structured())
      return base::fail(
          {base::ErrorKind::Unsupported,
           2019,
           "0A000",
           fmt::format("SQL compilation error:\n{} file format can produce one and only one column of type variant, "
                       "object, or array. Load data into "
                       "separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.",
                       name_of(format.type)),
           {}});
    if (plan.options.validation != ValidationMode::None)
      return unsupported(fmt::format("VALIDATION_MODE for files of type {}", name_of(format.type)));
    plan.transformation = whole_document();
  }
  return plan;
}

}  // namespace load
