#include "exec/information_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/metadata_scope.h"
#include "exec/rows.h"
#include "exec/running.h"
#include "load/file_format.h"

namespace exec {

using catalog::ObjectKind;
using catalog::Record;
using catalog::RecordPtr;
using catalog::TypeKind;
using engine::Value;

namespace {

using Result = base::Result<std::shared_ptr<const engine::ResultSet>>;

Value text(std::string_view value) { return std::string(value); }
Value yes(bool value) { return std::string(value ? "YES" : "NO"); }
Value text_or_null(const std::string& value) { return value.empty() ? Value() : Value(value); }

Result databases(Running& running, engine::Work& work, std::optional<catalog::ObjectId>) {
  Rows rows(
      "DATABASE_NAME DATABASE_OWNER IS_TRANSIENT COMMENT CREATED:ltz LAST_ALTERED:ltz RETENTION_TIME:number TYPE "
      "REPLICABLE_WITH_FAILOVER_GROUPS OWNER_ROLE_TYPE");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, std::nullopt));
  for (const RecordPtr& record : work.catalog().list(ObjectKind::Database, std::nullopt)) {
    if (!running.sees(*record)) continue;
    rows.add({{"DATABASE_NAME", record->name},
              {"DATABASE_OWNER", record->owner},
              {"IS_TRANSIENT", yes(false)},
              {"COMMENT", text_or_null(record->comment)},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_altered(*record)},
              {"RETENTION_TIME", number(1)},
              {"TYPE", text("STANDARD")},
              {"REPLICABLE_WITH_FAILOVER_GROUPS", yes(false)},
              {"OWNER_ROLE_TYPE", text("ROLE")}});
  }
  return std::move(rows).finish();
}

Result schemata(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "CATALOG_NAME SCHEMA_NAME SCHEMA_OWNER IS_TRANSIENT IS_MANAGED_ACCESS RETENTION_TIME:number "
      "DEFAULT_CHARACTER_SET_CATALOG DEFAULT_CHARACTER_SET_SCHEMA "
      "DEFAULT_CHARACTER_SET_NAME SQL_PATH CREATED:ltz LAST_ALTERED:ltz COMMENT REPLICABLE_WITH_FAILOVER_GROUPS "
      "OWNER_ROLE_TYPE");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const RecordPtr& record : work.catalog().list(ObjectKind::Schema, database)) {
    if (!running.sees(*record)) continue;
    const auto home = work.catalog().find(record->container);
    rows.add({{"CATALOG_NAME", text(home ? home->name : "")},
              {"SCHEMA_NAME", record->name},
              {"SCHEMA_OWNER", record->owner},
              {"IS_TRANSIENT", yes(false)},
              {"IS_MANAGED_ACCESS", yes(false)},
              {"RETENTION_TIME", number(1)},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_altered(*record)},
              {"COMMENT", text_or_null(record->comment)},
              {"REPLICABLE_WITH_FAILOVER_GROUPS", yes(false)},
              {"OWNER_ROLE_TYPE", text("ROLE")}});
  }
  return std::move(rows).finish();
}

Result tables(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER TABLE_TYPE IS_TRANSIENT CLUSTERING_KEY ROW_COUNT:number "
      "BYTES:number RETENTION_TIME:number "
      "SELF_REFERENCING_COLUMN_NAME REFERENCE_GENERATION USER_DEFINED_TYPE_CATALOG USER_DEFINED_TYPE_SCHEMA "
      "USER_DEFINED_TYPE_NAME IS_INSERTABLE_INTO IS_TYPED "
      "COMMIT_ACTION CREATED:ltz LAST_ALTERED:ltz LAST_DDL:ltz LAST_DDL_BY AUTO_CLUSTERING_ON COMMENT IS_TEMPORARY "
      "IS_ICEBERG IS_DYNAMIC IS_IMMUTABLE IS_HYBRID");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const ObjectKind kind : {ObjectKind::Table, ObjectKind::View})
    for (const auto& [record, home] : scope.objects(kind)) {
      const auto* table = std::get_if<catalog::TableBody>(&record->body);
      std::vector<std::pair<std::string_view, Value>> row{
          {"TABLE_CATALOG", home.database},
          {"TABLE_SCHEMA", home.schema},
          {"TABLE_NAME", record->name},
          {"TABLE_OWNER", record->owner},
          {"TABLE_TYPE", text(!table                                         ? "VIEW"
                              : table->kind == catalog::TableKind::Temporary ? "LOCAL TEMPORARY"
                                                                             : "BASE TABLE")},
          {"IS_INSERTABLE_INTO", yes(table)},
          {"IS_TYPED", table ? yes(true) : Value()},
          {"CREATED", ltz(record->created)},
          {"LAST_ALTERED", scope.last_altered(*record)},
          {"LAST_DDL", scope.last_ddl(*record)},
          {"COMMENT", text_or_null(record->comment)},
          {"IS_TEMPORARY", yes(table && table->kind == catalog::TableKind::Temporary)},
          {"IS_ICEBERG", yes(false)},
          {"IS_DYNAMIC", yes(false)},
          {"IS_IMMUTABLE", yes(false)},
          {"IS_HYBRID", yes(false)}};
      if (table) {
        TRY(const auto statistics, running.services.database.statistics(*record));
        row.insert(row.end(), {{"IS_TRANSIENT", yes(table->kind == catalog::TableKind::Transient)},
                               {"CLUSTERING_KEY",
                                table->cluster_by.empty() ? Value() : Value("LINEAR(" + table->cluster_by + ")")},
                               {"ROW_COUNT", number(static_cast<std::int64_t>(statistics.live_rows))},
                               {"BYTES", number(static_cast<std::int64_t>(statistics.bytes))},
                               {"RETENTION_TIME", number(table->retention_days)},
                               {"AUTO_CLUSTERING_ON", yes(!table->cluster_by.empty())}});
      }
      rows.add(std::move(row));
    }
  return std::move(rows).finish();
}

Result views(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE INSERTABLE_INTO "
      "IS_SECURE CREATED:ltz LAST_ALTERED:ltz LAST_DDL:ltz "
      "LAST_DDL_BY COMMENT");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::View)) {
    const auto& view = std::get<catalog::ViewBody>(record->body);
    rows.add({{"TABLE_CATALOG", home.database},
              {"TABLE_SCHEMA", home.schema},
              {"TABLE_NAME", record->name},
              {"TABLE_OWNER", record->owner},
              {"VIEW_DEFINITION", view.definition_text},
              {"CHECK_OPTION", text("NONE")},
              {"IS_UPDATABLE", yes(false)},
              {"INSERTABLE_INTO", yes(false)},
              {"IS_SECURE", yes(view.secure)},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_altered(*record)},
              {"LAST_DDL", scope.last_ddl(*record)},
              {"COMMENT", text_or_null(record->comment)}});
  }
  return std::move(rows).finish();
}

/// NUMBER, TEXT, TIMESTAMP_NTZ: the names of DATA_TYPE.
std::string base_name(const catalog::LogicalType& type) {
  if (type.kind == TypeKind::Text) return "TEXT";
  const std::string whole = catalog::to_text(type);
  return whole.substr(0, whole.find('('));
}

using Cells = std::vector<std::pair<std::string_view, Value>>;

/// The columns that say what a type is, alike in COLUMNS, SEQUENCES, PROCEDURES and FUNCTIONS.
void add_type(Cells& row, const catalog::LogicalType& type) {
  row.emplace_back("DATA_TYPE", base_name(type));
  if (type.kind == TypeKind::Text) {
    row.emplace_back("CHARACTER_MAXIMUM_LENGTH", number(type.length));
    row.emplace_back("CHARACTER_OCTET_LENGTH", number(std::min(type.length * 4, catalog::LogicalType::kMaxTextLength)));
  }
  if (type.kind == TypeKind::Number) {
    row.emplace_back("NUMERIC_PRECISION", number(type.precision));
    row.emplace_back("NUMERIC_PRECISION_RADIX", number(10));
    row.emplace_back("NUMERIC_SCALE", number(type.scale));
  }
}

constexpr std::string_view kColumns =
    "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION:number COLUMN_DEFAULT IS_NULLABLE DATA_TYPE "
    "CHARACTER_MAXIMUM_LENGTH:number "
    "CHARACTER_OCTET_LENGTH:number NUMERIC_PRECISION:number NUMERIC_PRECISION_RADIX:number NUMERIC_SCALE:number "
    "DATETIME_PRECISION:number INTERVAL_TYPE "
    "INTERVAL_PRECISION:number CHARACTER_SET_CATALOG CHARACTER_SET_SCHEMA CHARACTER_SET_NAME COLLATION_CATALOG "
    "COLLATION_SCHEMA COLLATION_NAME DOMAIN_CATALOG DOMAIN_SCHEMA "
    "DOMAIN_NAME UDT_CATALOG UDT_SCHEMA UDT_NAME SCOPE_CATALOG SCOPE_SCHEMA SCOPE_NAME MAXIMUM_CARDINALITY:number "
    "DTD_IDENTIFIER IS_SELF_REFERENCING IS_IDENTITY "
    "IDENTITY_GENERATION IDENTITY_START:number IDENTITY_INCREMENT:number IDENTITY_MAXIMUM IDENTITY_MINIMUM "
    "IDENTITY_CYCLE IDENTITY_ORDERED COMMENT";

Cells column_cells(const Record& record, const MetadataScope::Home& home, const std::string& name, std::size_t position,
                   const catalog::LogicalType& type, bool nullable) {
  Cells row{{"TABLE_CATALOG", home.database},
            {"TABLE_SCHEMA", home.schema},
            {"TABLE_NAME", record.name},
            {"COLUMN_NAME", name},
            {"ORDINAL_POSITION", number(static_cast<std::int64_t>(position))},
            {"IS_NULLABLE", yes(nullable)},
            {"IS_SELF_REFERENCING", yes(false)}};
  add_type(row, type);
  if (type.kind == TypeKind::Time || type.is_timestamp()) row.emplace_back("DATETIME_PRECISION", number(type.scale));
  if (type.kind == TypeKind::Date) row.emplace_back("DATETIME_PRECISION", Value());
  return row;
}

Result columns(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(kColumns);
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::Table)) {
    std::size_t position = 0;
    for (const catalog::Column& column : std::get<catalog::TableBody>(record->body).columns) {
      Cells row = column_cells(*record, home, column.name, ++position, column.type, column.nullable);
      row.emplace_back("COLUMN_DEFAULT", column.default_text ? Value(*column.default_text) : Value());
      row.emplace_back("COMMENT", text_or_null(column.comment));
      row.emplace_back("IS_IDENTITY", yes(column.identity_start.has_value()));
      if (column.identity_start) {
        row.emplace_back("IDENTITY_GENERATION", text("BY DEFAULT"));
        row.emplace_back("IDENTITY_START", number(*column.identity_start));
        row.emplace_back("IDENTITY_INCREMENT", number(column.identity_step.value_or(1)));
        row.emplace_back("IDENTITY_CYCLE", yes(false));
        row.emplace_back("IDENTITY_ORDERED", yes(false));
      }
      rows.add(std::move(row));
    }
  }
  for (const auto& [record, home] : scope.objects(ObjectKind::View)) {
    auto context = running.bind_context(work);
    const sql::ObjectName name{.parts = {{.name = home.database, .quoted = true},
                                         {.name = home.schema, .quoted = true},
                                         {.name = record->name, .quoted = true}}};
    const sql::Query query{
        .body = sql::Select{
            .items = {{.value = {.node = sql::Star{}}, .alias = {}}},
            .from = {{.node = sql::NamedTable{.name = name, .changes = {}, .at = {}}, .alias = {}, .sample = {}}}}};
    const auto bound = engine::bind_query(query, context);
    if (!bound) continue;  // what it reads is gone: its columns are not known
    for (std::size_t i = 0; i < bound->columns.size(); ++i) {
      const engine::BoundColumn& column = bound->columns[i];
      Cells row = column_cells(*record, home, column.name, i + 1,
                               column.type.kind == TypeKind::Null ? catalog::LogicalType::text() : column.type,
                               column.nullable);
      row.emplace_back("IS_IDENTITY", yes(false));
      rows.add(std::move(row));
    }
  }
  return std::move(rows).finish();
}

Result table_constraints(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME CONSTRAINT_TYPE "
      "IS_DEFERRABLE INITIALLY_DEFERRED ENFORCED COMMENT "
      "CREATED:ltz LAST_ALTERED:ltz RELY");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::Table)) {
    std::size_t count = 0;
    for (const catalog::Constraint& constraint : std::get<catalog::TableBody>(record->body).constraints) {
      ++count;
      rows.add(
          {{"CONSTRAINT_CATALOG", home.database},
           {"CONSTRAINT_SCHEMA", home.schema},
           {"CONSTRAINT_NAME",
            constraint.name.empty() ? fmt::format("SYS_CONSTRAINT_{}_{}", record->id.value, count) : constraint.name},
           {"TABLE_CATALOG", home.database},
           {"TABLE_SCHEMA", home.schema},
           {"TABLE_NAME", record->name},
           {"CONSTRAINT_TYPE", constraint.kind},
           {"IS_DEFERRABLE", yes(false)},
           {"INITIALLY_DEFERRED", yes(false)},
           {"ENFORCED", yes(false)},
           {"CREATED", ltz(record->created)},
           {"LAST_ALTERED", scope.last_ddl(*record)},
           {"RELY", yes(false)}});
    }
  }
  return std::move(rows).finish();
}

Result sequences(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "SEQUENCE_CATALOG SEQUENCE_SCHEMA SEQUENCE_NAME SEQUENCE_OWNER DATA_TYPE NUMERIC_PRECISION:number "
      "NUMERIC_PRECISION_RADIX:number NUMERIC_SCALE:number START_VALUE "
      "MINIMUM_VALUE MAXIMUM_VALUE NEXT_VALUE INCREMENT CYCLE_OPTION CREATED:ltz LAST_ALTERED:ltz COMMENT ORDERED");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::Sequence)) {
    const auto& sequence = std::get<catalog::SequenceBody>(record->body);
    Cells row{{"SEQUENCE_CATALOG", home.database},
              {"SEQUENCE_SCHEMA", home.schema},
              {"SEQUENCE_NAME", record->name},
              {"SEQUENCE_OWNER", record->owner},
              {"START_VALUE", fmt::format("{}", sequence.start)},
              {"MINIMUM_VALUE", fmt::format("{}", INT64_MIN)},
              {"MAXIMUM_VALUE", fmt::format("{}", INT64_MAX)},
              {"NEXT_VALUE", fmt::format("{}", sequence.next)},
              {"INCREMENT", fmt::format("{}", sequence.step)},
              {"CYCLE_OPTION", yes(false)},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_ddl(*record)},
              {"COMMENT", text_or_null(record->comment)},
              {"ORDERED", yes(sequence.ordered)}};
    add_type(row, catalog::LogicalType::number());
    rows.add(std::move(row));
  }
  return std::move(rows).finish();
}

Result stages(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "STAGE_CATALOG STAGE_SCHEMA STAGE_NAME STAGE_URL STAGE_REGION STAGE_TYPE STAGE_OWNER COMMENT CREATED:ltz "
      "LAST_ALTERED:ltz ENDPOINT DIRECTORY_ENABLED");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::Stage)) {
    const auto& stage = std::get<catalog::StageBody>(record->body);
    rows.add({{"STAGE_CATALOG", home.database},
              {"STAGE_SCHEMA", home.schema},
              {"STAGE_NAME", record->name},
              {"STAGE_URL", text_or_null(stage.url)},
              {"STAGE_TYPE", text(stage.url.empty() ? "Internal Named" : "External Named")},
              {"STAGE_OWNER", record->owner},
              {"COMMENT", text_or_null(record->comment)},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_ddl(*record)},
              {"DIRECTORY_ENABLED", yes(stage.directory)}});
  }
  return std::move(rows).finish();
}

Result file_formats(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "FILE_FORMAT_CATALOG FILE_FORMAT_SCHEMA FILE_FORMAT_NAME FILE_FORMAT_OWNER FILE_FORMAT_TYPE RECORD_DELIMITER "
      "FIELD_DELIMITER SKIP_HEADER:number DATE_FORMAT "
      "TIME_FORMAT TIMESTAMP_FORMAT BINARY_FORMAT ESCAPE ESCAPE_UNENCLOSED_FIELD TRIM_SPACE "
      "FIELD_OPTIONALLY_ENCLOSED_BY NULL_IF COMPRESSION "
      "ERROR_ON_COLUMN_COUNT_MISMATCH CREATED:ltz LAST_ALTERED:ltz COMMENT");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::FileFormat)) {
    const auto& body = std::get<catalog::FileFormatBody>(record->body);
    TRY(const auto format, load::FileFormat::read(body));
    Cells row{{"FILE_FORMAT_CATALOG", home.database},    {"FILE_FORMAT_SCHEMA", home.schema},
              {"FILE_FORMAT_NAME", record->name},        {"FILE_FORMAT_OWNER", record->owner},
              {"FILE_FORMAT_TYPE", body.type},           {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_ddl(*record)}, {"COMMENT", text_or_null(record->comment)}};
    // The options of its type as DESC FILE FORMAT shows them; those of other types are NULL.
    const auto properties = load::describe(format);
    for (const load::FormatProperty& property : properties) {
      if (!rows.has(property.name)) continue;
      if (property.name == "SKIP_HEADER")
        row.emplace_back("SKIP_HEADER", number(format.skip_header));
      else
        row.emplace_back(property.name, property.value);
    }
    rows.add(std::move(row));
  }
  return std::move(rows).finish();
}

Result pipes(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "PIPE_CATALOG PIPE_SCHEMA PIPE_NAME PIPE_OWNER DEFINITION IS_AUTOINGEST_ENABLED NOTIFICATION_CHANNEL_NAME "
      "CREATED:ltz LAST_ALTERED:ltz COMMENT PATTERN");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::Pipe)) {
    const auto& pipe = std::get<catalog::PipeBody>(record->body);
    rows.add({{"PIPE_CATALOG", home.database},
              {"PIPE_SCHEMA", home.schema},
              {"PIPE_NAME", record->name},
              {"PIPE_OWNER", record->owner},
              {"DEFINITION", pipe.definition_text},
              {"IS_AUTOINGEST_ENABLED", yes(pipe.auto_ingest)},
              {"NOTIFICATION_CHANNEL_NAME", pipe.auto_ingest ? text(kNotificationChannel) : Value()},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_ddl(*record)},
              {"COMMENT", text_or_null(record->comment)},
              {"PATTERN", text_or_null(pipe.pattern)}});
  }
  return std::move(rows).finish();
}

/// "(A NUMBER, B VARCHAR)"
std::string argument_signature(const catalog::ProcedureBody& body) {
  std::string list;
  for (const catalog::Argument& argument : body.arguments)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", argument.name,
                        base_name(argument.type) == "TEXT" ? "VARCHAR" : base_name(argument.type));
  return "(" + list + ")";
}

/// PROCEDURES and FUNCTIONS: the same columns behind another first word.
Result routines(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database, bool functions) {
  const std::string word = functions ? "FUNCTION" : "PROCEDURE";
  Rows rows(
      fmt::format("{0}_CATALOG {0}_SCHEMA {0}_NAME {0}_OWNER ARGUMENT_SIGNATURE DATA_TYPE "
                  "CHARACTER_MAXIMUM_LENGTH:number CHARACTER_OCTET_LENGTH:number "
                  "NUMERIC_PRECISION:number NUMERIC_PRECISION_RADIX:number NUMERIC_SCALE:number {0}_LANGUAGE "
                  "{0}_DEFINITION {1}CREATED:ltz LAST_ALTERED:ltz COMMENT",
                  word, functions ? "VOLATILITY IS_NULL_CALL IS_SECURE " : ""));
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(functions ? ObjectKind::Function : ObjectKind::Procedure)) {
    const auto& body = std::get<catalog::ProcedureBody>(record->body);
    const std::string catalog_column = word + "_CATALOG", schema = word + "_SCHEMA", name = word + "_NAME",
                      owner = word + "_OWNER", language = word + "_LANGUAGE", definition = word + "_DEFINITION";
    Cells row{{catalog_column, home.database},
              {schema, home.schema},
              {name, record->name.substr(0, record->name.find('('))},
              {owner, record->owner},
              {"ARGUMENT_SIGNATURE", argument_signature(body)},
              {language, body.language},
              {definition, body.body},
              {"CREATED", ltz(record->created)},
              {"LAST_ALTERED", scope.last_ddl(*record)},
              {"COMMENT", text_or_null(record->comment)}};
    if (functions) row.insert(row.end(), {{"IS_NULL_CALL", yes(!body.strict)}, {"IS_SECURE", yes(false)}});
    add_type(row, body.returns);
    rows.add(std::move(row));
  }
  return std::move(rows).finish();
}

Result storage_metrics(Running& running, engine::Work& work, std::optional<catalog::ObjectId> database) {
  Rows rows(
      "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME ID:number CLONE_GROUP_ID:number IS_TRANSIENT ACTIVE_BYTES:number "
      "TIME_TRAVEL_BYTES:number FAILSAFE_BYTES:number "
      "RETAINED_FOR_CLONE_BYTES:number TABLE_CREATED:ltz TABLE_DROPPED:ltz TABLE_ENTERED_FAILSAFE:ltz "
      "SCHEMA_CREATED:ltz SCHEMA_DROPPED:ltz CATALOG_CREATED:ltz "
      "CATALOG_DROPPED:ltz COMMENT");
  TRY(const MetadataScope scope, MetadataScope::of(running, work, database));
  for (const auto& [record, home] : scope.objects(ObjectKind::Table)) {
    const auto& table = std::get<catalog::TableBody>(record->body);
    TRY(const auto statistics, running.services.database.statistics(*record));
    const auto all_rows = statistics.live_rows + statistics.past_rows;
    const auto active = all_rows == 0 ? 0 : statistics.bytes / all_rows * statistics.live_rows;
    const auto id = number(static_cast<std::int64_t>(record->id.value));
    rows.add({{"TABLE_CATALOG", home.database},
              {"TABLE_SCHEMA", home.schema},
              {"TABLE_NAME", record->name},
              {"ID", id},
              {"CLONE_GROUP_ID", id},
              {"IS_TRANSIENT", yes(table.kind == catalog::TableKind::Transient)},
              {"ACTIVE_BYTES", number(static_cast<std::int64_t>(active))},
              {"TIME_TRAVEL_BYTES", number(static_cast<std::int64_t>(statistics.bytes - active))},
              {"FAILSAFE_BYTES", number(0)},
              {"RETAINED_FOR_CLONE_BYTES", number(0)},
              {"TABLE_CREATED", ltz(record->created)},
              {"COMMENT", text_or_null(record->comment)}});
  }
  return std::move(rows).finish();
}

Result external_tables(Running&, engine::Work&, std::optional<catalog::ObjectId>) {
  return Rows(
             "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER CREATED:ltz LAST_ALTERED:ltz COMMENT LOCATION "
             "FILE_FORMAT_NAME FILE_FORMAT_TYPE")
      .finish();
}

Result account_objects(Running& running, engine::Work& work, ObjectKind kind, std::string_view columns) {
  Rows rows(columns);
  TRY(const MetadataScope scope, MetadataScope::of(running, work, std::nullopt));
  for (const RecordPtr& record : work.catalog().list(kind, std::nullopt)) {
    Cells row{{"NAME", record->name},
              {"CREATED_ON", ltz(record->created)},
              {"COMMENT", text_or_null(record->comment)},
              {"OWNER", text_or_null(record->owner)}};
    if (kind == ObjectKind::User)
      row.insert(row.end(),
                 {{"LOGIN_NAME", record->name}, {"DISPLAY_NAME", record->name}, {"DISABLED", text("false")}});
    rows.add(std::move(row));
  }
  return std::move(rows).finish();
}

// Names that Snowflake has and this program does not: refused by name.
constexpr std::string_view kViewsElsewhere[] = {"APPLICABLE_ROLES",
                                                "CLASS_INSTANCES",
                                                "CLASSES",
                                                "CORTEX_SEARCH_SERVICES",
                                                "CURRENT_PACKAGES_POLICY",
                                                "DYNAMIC_TABLES",
                                                "ELEMENT_TYPES",
                                                "ENABLED_ROLES",
                                                "EVENT_TABLES",
                                                "FIELDS",
                                                "HYBRID_TABLES",
                                                "INDEXES",
                                                "INDEX_COLUMNS",
                                                "INFORMATION_SCHEMA_CATALOG_NAME",
                                                "KEY_COLUMN_USAGE",
                                                "MATERIALIZED_VIEWS",
                                                "MODEL_VERSIONS",
                                                "OBJECT_PRIVILEGES",
                                                "PACKAGES",
                                                "REFERENTIAL_CONSTRAINTS",
                                                "REPLICATION_DATABASES",
                                                "REPLICATION_GROUPS",
                                                "SERVICES",
                                                "SHARES",
                                                "STREAMLITS",
                                                "TABLE_PRIVILEGES",
                                                "USAGE_PRIVILEGES",
                                                "ACCESS_HISTORY",
                                                "AUTOMATIC_CLUSTERING_HISTORY",
                                                "COMPLETE_TASK_GRAPHS",
                                                "DATA_TRANSFER_HISTORY",
                                                "DATABASE_STORAGE_USAGE_HISTORY",
                                                "GRANTS_TO_ROLES",
                                                "GRANTS_TO_USERS",
                                                "LOGIN_HISTORY",
                                                "METERING_DAILY_HISTORY",
                                                "METERING_HISTORY",
                                                "OBJECT_DEPENDENCIES",
                                                "PIPE_USAGE_HISTORY",
                                                "POLICY_REFERENCES",
                                                "QUERY_ACCELERATION_ELIGIBLE",
                                                "SERVERLESS_TASK_HISTORY",
                                                "SESSIONS",
                                                "STAGE_STORAGE_USAGE_HISTORY",
                                                "STORAGE_USAGE",
                                                "TAG_REFERENCES",
                                                "TAGS",
                                                "TASK_VERSIONS",
                                                "WAREHOUSE_EVENTS_HISTORY",
                                                "WAREHOUSE_LOAD_HISTORY",
                                                "WAREHOUSE_METERING_HISTORY"};
constexpr std::string_view kFunctionsElsewhere[] = {"ALERT_HISTORY",
                                                    "AUTO_REFRESH_REGISTRATION_HISTORY",
                                                    "AUTOMATIC_CLUSTERING_HISTORY",
                                                    "COMPLETE_TASK_GRAPHS",
                                                    "CURRENT_TASK_GRAPHS",
                                                    "DATA_METRIC_FUNCTION_REFERENCES",
                                                    "DATA_TRANSFER_HISTORY",
                                                    "DATABASE_REFRESH_HISTORY",
                                                    "DATABASE_STORAGE_USAGE_HISTORY",
                                                    "DYNAMIC_TABLE_GRAPH_HISTORY",
                                                    "DYNAMIC_TABLE_REFRESH_HISTORY",
                                                    "DYNAMIC_TABLES",
                                                    "EXTERNAL_FUNCTIONS_HISTORY",
                                                    "EXTERNAL_TABLE_FILES",
                                                    "EXTERNAL_TABLE_FILE_REGISTRATION_HISTORY",
                                                    "GET_OBJECT_REFERENCES",
                                                    "INFER_SCHEMA",
                                                    "LOGIN_HISTORY",
                                                    "LOGIN_HISTORY_BY_USER",
                                                    "MATERIALIZED_VIEW_REFRESH_HISTORY",
                                                    "NOTIFICATION_HISTORY",
                                                    "PIPE_USAGE_HISTORY",
                                                    "POLICY_REFERENCES",
                                                    "QUERY_ACCELERATION_HISTORY",
                                                    "QUERY_HISTORY",
                                                    "QUERY_HISTORY_BY_SESSION",
                                                    "QUERY_HISTORY_BY_USER",
                                                    "QUERY_HISTORY_BY_WAREHOUSE",
                                                    "REPLICATION_USAGE_HISTORY",
                                                    "REST_EVENT_HISTORY",
                                                    "SEARCH_OPTIMIZATION_HISTORY",
                                                    "SERVERLESS_ALERT_HISTORY",
                                                    "SERVERLESS_TASK_HISTORY",
                                                    "STAGE_DIRECTORY_FILE_REGISTRATION_HISTORY",
                                                    "STAGE_STORAGE_USAGE_HISTORY",
                                                    "TAG_REFERENCES",
                                                    "TAG_REFERENCES_ALL_COLUMNS",
                                                    "TASK_DEPENDENTS",
                                                    "WAREHOUSE_LOAD_HISTORY",
                                                    "WAREHOUSE_METERING_HISTORY"};

}  // namespace

base::Error no_such_view(std::string_view schema, std::string_view name) {
  if (std::ranges::find(kViewsElsewhere, name) != std::end(kViewsElsewhere))
    return unsupported(fmt::format("{}.{}", schema, name));
  return catalog::not_found(ObjectKind::View, fmt::format("{}.{}", schema, name));
}

base::Error no_such_function(std::string_view name) {
  if (std::ranges::find(kFunctionsElsewhere, name) != std::end(kFunctionsElsewhere))
    return unsupported(fmt::format("INFORMATION_SCHEMA.{}", name));
  return compilation_error(2141, "42601", fmt::format("Unknown table function INFORMATION_SCHEMA.{}", name));
}

void add_information_schema(TableFunctions& table) {
  const auto both = [&](std::string name, MetadataView view) {
    table.account_views[name] = view;
    table.views[std::move(name)] = std::move(view);
  };
  both("DATABASES", databases);
  both("SCHEMATA", schemata);
  both("TABLES", tables);
  both("VIEWS", views);
  both("COLUMNS", columns);
  both("TABLE_CONSTRAINTS", table_constraints);
  both("SEQUENCES", sequences);
  both("STAGES", stages);
  both("FILE_FORMATS", file_formats);
  both("PIPES", pipes);
  both("TABLE_STORAGE_METRICS", storage_metrics);
  both("PROCEDURES",
       [](Running& running, engine::Work& work, auto database) { return routines(running, work, database, false); });
  both("FUNCTIONS",
       [](Running& running, engine::Work& work, auto database) { return routines(running, work, database, true); });
  table.views["EXTERNAL_TABLES"] = external_tables;
  table.account_views["ROLES"] = [](Running& running, engine::Work& work, auto) {
    return account_objects(running, work, ObjectKind::Role,
                           "CREATED_ON:ltz DELETED_ON:ltz NAME COMMENT OWNER ROLE_TYPE");
  };
  table.account_views["USERS"] = [](Running& running, engine::Work& work, auto) {
    return account_objects(
        running, work, ObjectKind::User,
        "NAME CREATED_ON:ltz DELETED_ON:ltz LOGIN_NAME DISPLAY_NAME FIRST_NAME LAST_NAME EMAIL DISABLED COMMENT OWNER");
  };
}

}  // namespace exec
