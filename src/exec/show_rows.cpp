#include "exec/show_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/metadata_scope.h"
#include "load/file_format.h"

namespace exec {

using catalog::ObjectKind;
using catalog::Record;
using engine::Value;

namespace {

struct Home {
  std::string database, schema;
};
Home home_of(Running& running, const Record& record) {
  const auto catalog = running.catalog();
  const auto schema = catalog->find(record.container);
  const auto database = schema ? catalog->find(schema->container) : nullptr;
  return {database ? database->name : "", schema ? schema->name : ""};
}

base::Status add_terse(const Record& record, const Home& home, Rows& rows, Value kind) {
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"kind", std::move(kind)},
            {"database_name", home.database},
            {"schema_name", home.schema}});
  return {};
}

std::string table_kind(const catalog::TableBody& table) {
  switch (table.kind) {
    case catalog::TableKind::Permanent: return "TABLE";
    case catalog::TableKind::Transient: return "TRANSIENT";
    case catalog::TableKind::Temporary: return "TEMPORARY";
  }
  return "TABLE";
}

base::Status add_table(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  const auto& table = std::get<catalog::TableBody>(record.body);
  if (terse) return add_terse(record, home, rows, table_kind(table));
  TRY(const auto statistics, running.services.database.statistics(record));
  const std::string off = "N";
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"kind", table_kind(table)},
            {"comment", record.comment},
            {"cluster_by", table.cluster_by.empty() ? std::string() : "LINEAR(" + table.cluster_by + ")"},
            {"rows", number(static_cast<std::int64_t>(statistics.live_rows))},
            {"bytes", number(static_cast<std::int64_t>(statistics.bytes))},
            {"owner", record.owner},
            {"retention_time", fmt::format("{}", table.retention_days)},
            {"automatic_clustering", std::string(table.cluster_by.empty() ? "OFF" : "ON")},
            {"change_tracking", std::string(table.tracked_since ? "ON" : "OFF")},
            {"search_optimization", std::string("OFF")},
            {"is_external", off},
            {"enable_schema_evolution", off},
            {"owner_role_type", std::string("ROLE")},
            {"is_event", off},
            {"is_hybrid", off},
            {"is_iceberg", off},
            {"is_dynamic", off},
            {"is_immutable", off},
            {"is_interactive", off}});
  return {};
}

base::Status add_view(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  if (terse) return add_terse(record, home, rows, std::string("VIEW"));
  const auto& view = std::get<catalog::ViewBody>(record.body);
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"reserved", std::string()},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"owner", record.owner},
            {"comment", record.comment},
            {"text", view.definition_text},
            {"is_secure", true_false(view.secure)},
            {"is_materialized", std::string("false")},
            {"owner_role_type", std::string("ROLE")},
            {"change_tracking", std::string("OFF")}});
  return {};
}

base::Status add_object(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  const auto* table = std::get_if<catalog::TableBody>(&record.body);
  const std::string kind = table ? table_kind(*table) : "VIEW";
  if (terse) return add_terse(record, home, rows, kind);
  engine::Database::Statistics statistics;
  if (table) {
    TRY(statistics, running.services.database.statistics(record));
  }
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"kind", kind},
            {"comment", record.comment},
            {"cluster_by", std::string()},
            {"rows", table ? number(static_cast<std::int64_t>(statistics.live_rows)) : Value()},
            {"bytes", table ? number(static_cast<std::int64_t>(statistics.bytes)) : Value()},
            {"owner", record.owner},
            {"retention_time", table ? Value(fmt::format("{}", table->retention_days)) : Value()},
            {"owner_role_type", std::string("ROLE")}});
  return {};
}

base::Status add_columns(Running& running, const Record& record, Rows& rows, bool) {
  const auto* table = std::get_if<catalog::TableBody>(&record.body);
  if (!table) return {};
  const Home home = home_of(running, record);
  for (const catalog::Column& column : table->columns)
    rows.add(
        {{"table_name", record.name},
         {"schema_name", home.schema},
         {"column_name", column.name},
         {"data_type", data_type_json(column.type, column.nullable)},
         {"null?", std::string(column.nullable ? "true" : "NOT_NULL")},
         {"default", column.default_text.value_or("")},
         {"kind", std::string("COLUMN")},
         {"expression", std::string()},
         {"comment", column.comment},
         {"database_name", home.database},
         {"autoincrement", column.identity_start ? fmt::format("IDENTITY START {} INCREMENT {} NOORDER",
                                                               *column.identity_start, column.identity_step.value_or(1))
                                                 : std::string()}});
  return {};
}

base::Status add_stage(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  if (terse) return add_terse(record, home, rows, Value());
  const auto& stage = std::get<catalog::StageBody>(record.body);
  const bool external = !stage.url.empty();
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"url", stage.url},
            {"has_credentials", yes_no(stage.has_credentials)},
            {"has_encryption_key", std::string("N")},
            {"owner", record.owner},
            {"comment", record.comment},
            {"region", Value()},
            {"type", std::string(external ? "EXTERNAL" : "INTERNAL") + (stage.temporary ? " TEMPORARY" : "")},
            {"cloud", external ? Value(std::string("AWS")) : Value()},
            {"notification_channel", Value()},
            {"storage_integration", stage.integration.empty() ? Value() : Value(stage.integration)},
            {"endpoint", stage.endpoint.empty() ? Value() : Value(stage.endpoint)},
            {"owner_role_type", std::string("ROLE")},
            {"directory_enabled", yes_no(stage.directory)}});
  return {};
}

base::Status add_file_format(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  if (terse) return add_terse(record, home, rows, Value());
  const auto& body = std::get<catalog::FileFormatBody>(record.body);
  TRY(const auto format, load::FileFormat::read(body));
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"type", body.type},
            {"owner", record.owner},
            {"comment", record.comment},
            {"format_options", load::format_options_json(format)},
            {"owner_role_type", std::string("ROLE")}});
  return {};
}

base::Status add_pipe(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  if (terse) return add_terse(record, home, rows, Value());
  const auto& pipe = std::get<catalog::PipeBody>(record.body);
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"definition", pipe.definition_text},
            {"owner", record.owner},
            {"notification_channel", pipe.auto_ingest ? Value(std::string(kNotificationChannel)) : Value()},
            {"comment", record.comment},
            {"pattern", pipe.pattern.empty() ? Value() : Value(pipe.pattern)},
            {"owner_role_type", std::string("ROLE")},
            {"invalid_reason", pipe.stop_reason.empty() ? Value() : Value(pipe.stop_reason)},
            {"kind", std::string("STAGE")},
            {"is_snowflake_managed", std::string("false")}});
  return {};
}

base::Status add_sequence(Running& running, const Record& record, Rows& rows, bool terse) {
  const Home home = home_of(running, record);
  if (terse) return add_terse(record, home, rows, Value());
  const auto& sequence = std::get<catalog::SequenceBody>(record.body);
  rows.add({{"name", record.name},
            {"database_name", home.database},
            {"schema_name", home.schema},
            {"next_value", number(sequence.next)},
            {"interval", number(sequence.step)},
            {"created_on", ltz(record.created)},
            {"owner", record.owner},
            {"comment", record.comment},
            {"owner_role_type", std::string("ROLE")},
            {"ordered", yes_no(sequence.ordered)}});
  return {};
}

base::Status add_procedure(Running& running, const Record& record, Rows& rows, bool) {
  const Home home = home_of(running, record);
  const auto& body = std::get<catalog::ProcedureBody>(record.body);
  const std::string returns = catalog::to_text(body.returns);
  rows.add({{"created_on", ltz(record.created)},
            {"name", record.name.substr(0, record.name.find('('))},
            {"schema_name", home.schema},
            {"is_builtin", std::string("N")},
            {"is_aggregate", std::string("N")},
            {"is_ansi", std::string("N")},
            {"min_num_arguments", number(static_cast<std::int64_t>(body.arguments.size()))},
            {"max_num_arguments", number(static_cast<std::int64_t>(body.arguments.size()))},
            {"arguments", fmt::format("{} RETURN {}", record.name, returns.substr(0, returns.find('(')))},
            {"description", record.comment.empty() ? "user-defined procedure" : record.comment},
            {"catalog_name", home.database},
            {"is_table_function", yes_no(body.returns_table)},
            {"valid_for_clustering", std::string("N")},
            {"is_secure", std::string("N")}});
  return {};
}

constexpr std::string_view kPipes =
    "created_on:ltz name database_name schema_name definition owner notification_channel comment integration pattern "
    "error_integration owner_role_type invalid_reason kind "
    "is_snowflake_managed";

}  // namespace

std::string data_type_json(const catalog::LogicalType& type, bool nullable) {
  using catalog::TypeKind;
  const char* null = nullable ? "true" : "false";
  const std::string name = catalog::to_text(type);
  switch (type.kind) {
    case TypeKind::Number:
      return fmt::format(R"({{"type":"FIXED","precision":{},"scale":{},"nullable":{}}})", type.precision, type.scale,
                         null);
    case TypeKind::Text:  // up to four bytes a character, and no more than the longest text
      return fmt::format(R"({{"type":"TEXT","length":{},"byteLength":{},"nullable":{},"fixed":false}})", type.length,
                         std::max(type.length, std::min<std::int64_t>(4 * type.length, 16'777'216)), null);
    case TypeKind::Float: return fmt::format(R"({{"type":"REAL","nullable":{}}})", null);
    case TypeKind::Time:
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz:
      return fmt::format(R"({{"type":"{}","precision":0,"scale":{},"nullable":{}}})", name.substr(0, name.find('(')),
                         type.scale, null);
    default: return fmt::format(R"({{"type":"{}","nullable":{}}})", name.substr(0, name.find('(')), null);
  }
}

std::optional<Listing> listing_of(std::string_view plural) {
  if (plural == "TABLES")
    return Listing{{ObjectKind::Table},
                   "created_on:ltz name database_name schema_name kind comment cluster_by rows:number bytes:number "
                   "owner retention_time automatic_clustering change_tracking "
                   "search_optimization search_optimization_progress search_optimization_bytes is_external "
                   "enable_schema_evolution owner_role_type is_event is_hybrid "
                   "is_iceberg is_dynamic is_immutable is_interactive row_timestamp error_logging",
                   layout::kTerse,
                   add_table};
  if (plural == "VIEWS")
    return Listing{{ObjectKind::View},
                   "created_on:ltz name reserved database_name schema_name owner comment text is_secure "
                   "is_materialized owner_role_type change_tracking",
                   layout::kTerse,
                   add_view};
  if (plural == "OBJECTS")
    return Listing{{ObjectKind::Table, ObjectKind::View},
                   "created_on:ltz name database_name schema_name kind comment cluster_by rows:number bytes:number "
                   "owner retention_time owner_role_type is_hybrid is_dynamic "
                   "is_iceberg is_interactive",
                   layout::kTerse,
                   add_object};
  if (plural == "COLUMNS")
    return Listing{{ObjectKind::Table},
                   "table_name schema_name column_name data_type null? default kind expression comment database_name "
                   "autoincrement schema_evolution_record",
                   "",
                   add_columns};
  if (plural == "STAGES")
    return Listing{{ObjectKind::Stage},
                   "created_on:ltz name database_name schema_name url has_credentials has_encryption_key owner comment "
                   "region type cloud notification_channel "
                   "storage_integration endpoint owner_role_type directory_enabled",
                   layout::kTerse,
                   add_stage};
  if (plural == "FILE FORMATS")
    return Listing{{ObjectKind::FileFormat},
                   "created_on:ltz name database_name schema_name type owner comment format_options owner_role_type",
                   layout::kTerse,
                   add_file_format};
  if (plural == "PIPES") return Listing{{ObjectKind::Pipe}, kPipes, layout::kTerse, add_pipe};
  if (plural == "SEQUENCES")
    return Listing{{ObjectKind::Sequence},
                   "name database_name schema_name next_value:number interval:number created_on:ltz owner comment "
                   "owner_role_type ordered",
                   "",
                   add_sequence};
  if (plural == "PROCEDURES")
    return Listing{{ObjectKind::Procedure},
                   "created_on:ltz name schema_name is_builtin is_aggregate is_ansi min_num_arguments:number "
                   "max_num_arguments:number arguments description catalog_name "
                   "is_table_function valid_for_clustering is_secure secrets external_access_integrations",
                   "",
                   add_procedure};
  return std::nullopt;
}

}  // namespace exec
