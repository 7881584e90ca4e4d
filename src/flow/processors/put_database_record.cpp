#include "flow/processors/put_database_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/fault/kill_point.h"
#include "flow/processors/database_writes.h"
#include "flow/processors/query_results.h"
#include "flow/processors/record_batches.h"
#include "flow/record/path.h"
#include "flow/record/reader.h"
#include "flow/record/value_text.h"
#include "flow/services/connection_pool.h"

namespace flow {
namespace {

using database::RecordStatement;

constexpr std::string_view kByAttribute = "Use statement.type Attribute", kByPath = "Use Record Path";
constexpr Allowed kStatementTypes[] = {{"UPDATE"}, {"INSERT"},     {"UPSERT"}, {"INSERT_IGNORE"},
                                       {"DELETE"}, {kByAttribute}, {kByPath}};
constexpr Allowed kFieldBehaviors[] = {{"Ignore Unmatched Fields"}, {"Fail on Unmatched Fields"}};
constexpr Allowed kColumnBehaviors[] = {
    {"Ignore Unmatched Columns"}, {"Warn on Unmatched Columns"}, {"Fail on Unmatched Columns"}};
constexpr Allowed kBinaryForms[] = {{"UTF-8"}, {"Hexadecimal"}, {"Base64"}};
constexpr Allowed kTranslations[] = {{"REMOVE_UNDERSCORE", "Remove Underscore"},
                                     {"REMOVE_SPACE", "Remove Space"},
                                     {"REMOVE_UNDERSCORE_AND_SPACE", "Remove Underscores and Spaces"},
                                     {"REMOVE_ALL_SPECIAL_CHAR", "Remove Regular Expression Characters"},
                                     {"PATTERN", "Regular Expression", false}};
constexpr Property kBefore{.name = "Pre-Processing SQL",
                           .help = "Statements that run before the records are written, in the same transaction",
                           .scope = Scope::FlowFile};
constexpr Property kAfter{.name = "Post-Processing SQL", .help = "The same, afterwards", .scope = Scope::FlowFile};
constexpr Property kProperties[] = {
    {.name = "Record Reader",
     .old_name = "put-db-record-record-reader",
     .required = true,
     .service = record::ReaderFactory::kApi},
    {.name = "Database Type", .old_name = "db-type", .fallback = "Generic", .allowed = kDatabaseTypes},
    {.name = "Database Dialect Service", .unsupported = true},
    {.name = "Statement Type",
     .old_name = "put-db-record-statement-type",
     .required = true,
     .allowed = kStatementTypes},
    {.name = "Statement Type Record Path", .help = "Gives INSERT, UPDATE, UPSERT or DELETE for each record"},
    {.name = "Data Record Path", .help = "To the records to write, within those that come"},
    {.name = "Database Connection Pooling Service",
     .old_name = "put-db-record-dcbp-service",
     .required = true,
     .service = ConnectionPool::kApi},
    {.name = "Database Name", .old_name = "put-db-record-catalog-name", .scope = Scope::FlowFile},
    {.name = "Schema Name", .old_name = "put-db-record-schema-name", .scope = Scope::FlowFile},
    {.name = "Table Name", .old_name = "put-db-record-table-name", .required = true, .scope = Scope::FlowFile},
    {.name = "Binary String Format",
     .old_name = "put-db-record-binary-format",
     .help = "What texts are in columns of bytes",
     .fallback = "UTF-8",
     .scope = Scope::FlowFile,
     .allowed = kBinaryForms},
    {.name = "Translate Field Names",
     .old_name = "put-db-record-translate-field-names",
     .help = "Whether names of fields and columns are compared in upper case, without underscores",
     .fallback = "true",
     .kind = Property::Kind::Boolean},
    {.name = "Column Name Translation Strategy",
     .help = "What does not count in that comparison",
     .fallback = "REMOVE_UNDERSCORE",
     .allowed = kTranslations},
    {.name = "Column Name Translation Pattern", .no_effect = true},
    {.name = "Unmatched Field Behavior",
     .old_name = "put-db-record-unmatched-field-behavior",
     .fallback = kFieldBehaviors[0].value,
     .allowed = kFieldBehaviors},
    {.name = "Unmatched Column Behavior",
     .old_name = "put-db-record-unmatched-column-behavior",
     .fallback = kColumnBehaviors[2].value,
     .allowed = kColumnBehaviors},
    kBefore,
    kAfter,
    {.name = "Update Keys",
     .old_name = "put-db-record-update-keys",
     .help = "Columns; without it the primary key",
     .scope = Scope::FlowFile},
    {.name = "Delete Keys", .help = "Fields; without it all", .scope = Scope::FlowFile},
    {.name = "Field Containing SQL", .old_name = "put-db-record-field-containing-sql", .scope = Scope::FlowFile},
    {.name = "Allow Multiple SQL Statements",
     .old_name = "put-db-record-allow-multiple-statements",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Quote Column Identifiers",
     .old_name = "put-db-record-quoted-identifiers",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Quote Table Identifiers",
     .old_name = "put-db-record-quoted-table-identifiers",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Max Wait Time",
     .old_name = "put-db-record-query-timeout",
     .fallback = "0 seconds",
     .required = true,
     .scope = Scope::Environment},
    kRollbackOnFailure,
    {.name = "Table Schema Cache Size",
     .old_name = "table-schema-cache-size",
     .fallback = "100",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Maximum Batch Size",
     .old_name = "put-db-record-max-batch-size",
     .fallback = "1000",
     .scope = Scope::FlowFile},
    {.name = "Database Session AutoCommit",
     .old_name = "database-session-autocommit",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"retry", true}, {"success"}, {"failure", true}};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

std::string normalized(std::string_view name, std::string_view strategy) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool gone = strategy == "REMOVE_SPACE"                  ? c == ' '
                      : strategy == "REMOVE_UNDERSCORE_AND_SPACE" ? c == ' ' || c == '_'
                      : strategy == "REMOVE_ALL_SPECIAL_CHAR"     ? !plain && static_cast<signed char>(c) >= 0
                                                                  : c == '_';
    if (!gone) out += upper(c);
  }
  return out;
}

/// As tools for change data capture say it, too.
std::optional<RecordStatement> statement_of(std::string_view text) {
  if (text == "c" || text == "r" || text == "C" || text == "R") return RecordStatement::Insert;
  if (text == "u" || text == "U") return RecordStatement::Update;
  if (text == "d" || text == "D") return RecordStatement::Delete;
  return database::record_statement_named(text);
}

base::Failure<base::Error> wrong(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

class PutDatabaseRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    reader_ = configuration.service<record::ReaderFactory>("Record Reader");
    pool_ = configuration.service<ConnectionPool>("Database Connection Pooling Service");
    statement_type_ = configuration.text_or("Statement Type", "");
    auto_commit_ = configuration.flag("Database Session AutoCommit");
    rolls_back_ = configuration.flag(kRollbackOnFailure.name);
    splits_ = configuration.flag("Allow Multiple SQL Statements");
    quotes_table_ = configuration.flag("Quote Table Identifiers");
    cache_size_ = configuration.integer_or("Table Schema Cache Size", 100);
    options_.dialect = database::dialect_named(configuration.text_or("Database Type", "Generic"));
    options_.quotes_columns = configuration.flag("Quote Column Identifiers");
    options_.fails_for_fields = configuration.text("Unmatched Field Behavior") == kFieldBehaviors[1].value;
    const auto columns = configuration.text_or("Unmatched Column Behavior", "");
    options_.columns = columns == kColumnBehaviors[0].value   ? database::Unmatched::Ignore
                       : columns == kColumnBehaviors[1].value ? database::Unmatched::Warn
                                                              : database::Unmatched::Fail;
    if (configuration.flag("Translate Field Names"))
      options_.normalize = [strategy = configuration.text_or("Column Name Translation Strategy", "")](
                               std::string_view name) { return normalized(name, strategy); };
    TRY(timeout_s_, parse_wait_seconds(configuration, "Max Wait Time", configuration.text_or("Max Wait Time", "0 s")));
    return check(configuration);
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto outcome = put(configuration, session, *file);
    if (outcome) {
      session.count_bytes_in(file->size());
      session.transfer(*file, "success");
      return {};
    }
    const auto& error = outcome.error();
    // Of the flow's own disk, not of the database.
    if (error.kind == base::ErrorKind::Internal) return outcome;
    auto message = fmt::format("{}: {}", configuration.error_prefix(), error.message);
    if (rolls_back_)
      return base::fail(base::Error{base::ErrorKind::Conflict, error.number, error.sqlstate, message, std::nullopt});
    session.log_error(std::move(message));
    session.put_attribute(*file, "putdatabaserecord.error", error.message);
    if (is_transient(error)) session.penalize(*file);
    session.transfer(*file, is_transient(error) ? "retry" : "failure", error.message);
    return {};
  }

 private:
  base::Status check(const Configuration& configuration) {
    const auto prefix = configuration.error_prefix();
    if (auto_commit_ && rolls_back_)
      return wrong(
          fmt::format("{}, property 'Database Session AutoCommit': must be false with Rollback On Failure", prefix));
    if (const auto kind = database::record_statement_named(statement_type_);
        kind && !database::is_supported(*kind, options_.dialect))
      return wrong(fmt::format("{}, property 'Statement Type': {} is not supported for the database type {}", prefix,
                               statement_type_, configuration.text_or("Database Type", "")));
    const auto path = [&](std::string_view name, std::optional<record::RecordPath>& into) -> base::Status {
      const auto text = configuration.text(name);
      if (!text || text->empty()) return {};
      TRY(into, record::RecordPath::compile(*text));
      return {};
    };
    TRY_VOID(path("Statement Type Record Path", statement_path_));
    TRY_VOID(path("Data Record Path", data_path_));
    if (statement_type_ == kByPath && !statement_path_)
      return wrong(fmt::format("{}, property 'Statement Type Record Path': is required", prefix));
    return {};
  }

  base::Status put(const Configuration& configuration, Session& session, const FlowFile& file) {
    auto type = statement_type_;
    if (type == kByAttribute) type = file.attribute("statement.type");
    if (type.empty()) return wrong("the flowfile has no attribute statement.type");
    TRY(const auto connection, pool_->get(file.attributes));
    if (connection->auto_commit() != auto_commit_) TRY_VOID(connection->set_auto_commit(auto_commit_));
    TRY(const bool is_new, claim_write(session, *connection, file));
    if (is_new) {
      TRY_VOID(run_around(kBefore, configuration, session, file, *connection));
      TRY(const auto reader, reader_->open(session, file));
      if (type == "SQL" || type == "sql")
        TRY_VOID(run_statements(configuration, session, file, *reader, *connection));
      else
        TRY_VOID(write_records(configuration, session, file, type, *reader, *connection));
      TRY_VOID(run_around(kAfter, configuration, session, file, *connection));
    }
    base::kill_point("flow.before_database_commit");
    if (!auto_commit_) TRY_VOID(connection->commit());
    base::kill_point("flow.database_committed");
    session.report(EventType::Send, file, {.uri = connection.url()});
    return {};
  }

  base::Status run_around(const Property& property, const Configuration& configuration, Session& session,
                          const FlowFile& file, database::Connection& connection) const {
    TRY(const auto statements, configuration.evaluate_or(property.name, session, file, ""));
    for (const auto& statement : database::split_statements(statements)) {
      auto done = connection.execute(statement, {}, {.timeout_s = timeout_s_});
      if (done) continue;
      auto error = done.error();
      error.message = fmt::format("Failed to execute {} Statement [{}]: {}", property.name, statement, error.message);
      return base::fail(std::move(error));
    }
    return {};
  }

  base::Status run_statements(const Configuration& configuration, Session& session, const FlowFile& file,
                              record::Reader& reader, database::Connection& connection) const {
    TRY(const auto field, configuration.evaluate_or("Field Containing SQL", session, file, ""));
    const auto place = reader.schema()->find(field);
    if (!place) return wrong(fmt::format("Record schema does not contain Field Containing SQL: {}", field));
    return record::for_each_row(reader, [&](const record::Row& row) -> base::Status {
      const auto sql = record::plain_text(row.fields[*place]);
      if (sql.empty()) return wrong(fmt::format("Record had no (or null) value for Field Containing SQL: {}", field));
      for (const auto& statement : splits_ ? database::split_statements(sql) : std::vector{sql})
        TRY_VOID(connection.execute(statement, {}, {.timeout_s = timeout_s_}));
      return {};
    });
  }

  base::Status write_records(const Configuration& configuration, Session& session, const FlowFile& file,
                             const std::string& type, record::Reader& reader, database::Connection& connection) {
    const auto text = [&](std::string_view name) { return configuration.evaluate_or(name, session, file, ""); };
    database::TableName name;
    TRY(name.catalog, text("Database Name"));
    TRY(name.schema, text("Schema Name"));
    TRY(name.table, text("Table Name"));
    TRY(const auto batch, configuration.evaluate_or("Maximum Batch Size", session, file, "1000"));
    TRY(const auto form, text("Binary String Format"));
    TRY(const auto update_keys, text("Update Keys"));
    TRY(const auto delete_keys, text("Delete Keys"));
    auto options = options_;
    options.quote = connection.quote();
    options.update_keys = database::split_names(update_keys);
    options.delete_keys = database::split_names(delete_keys);
    TRY(const auto batch_rows, parse_count(configuration, "Maximum Batch Size", batch));
    TRY(const auto table, describe(connection, name));
    RecordBatches batches(connection, *table, spelled(name, connection.quote()), std::move(options),
                          {.rows_max = batch_rows,
                           .timeout_s = timeout_s_,
                           .form = form == "Hexadecimal" ? database::BinaryText::Hexadecimal
                                   : form == "Base64"    ? database::BinaryText::Base64
                                                         : database::BinaryText::Utf8});
    const auto fixed = database::record_statement_named(type);
    if (type != kByPath && !fixed) return wrong(fmt::format("Statement Type {} is not valid", type));
    auto done = record::for_each_batch(reader, [&](record::Batch& records) -> base::Status {
      for (auto& row : records.rows) {
        auto kind = fixed;
        if (!kind) {
          TRY(kind, kind_of(row, records.arena));
        }
        TRY_VOID(add(batches, *kind, row, records.arena));
      }
      return {};
    });
    if (done) done = batches.flush();
    if (!done) forget(name);
    for (const auto& warning : batches.warnings())
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), warning));
    return done;
  }

  base::Result<RecordStatement> kind_of(record::Row& row, record::Arena& arena) const {
    TRY(const auto selected, statement_path_->select(row, arena));
    if (selected.size() != 1 || selected[0].value.is_null())
      return wrong("Evaluated RecordPath for Statement Type but found no single value");
    const auto text = record::plain_text(selected[0].value);
    const auto kind = statement_of(text);
    if (!kind) return wrong(fmt::format("Statement Type {} is not valid", text));
    if (!database::is_supported(*kind, options_.dialect))
      return wrong(fmt::format("{} is not supported for the database type", text));
    return *kind;
  }

  base::Status add(RecordBatches& batches, RecordStatement kind, record::Row& row, record::Arena& arena) const {
    if (!data_path_) return batches.add(kind, row);
    TRY(const auto selected, data_path_->select(row, arena));
    if (selected.empty()) return wrong("RecordPath for Data Record Path selects nothing in a record");
    for (const auto& each : selected) {
      if (each.value.kind == record::Kind::Record) {
        TRY_VOID(batches.add(kind, *each.value.row));
        continue;
      }
      if (each.value.kind != record::Kind::Array)
        return wrong("RecordPath for Data Record Path selects a field that is no record");
      for (const auto& item : each.value.items()) {
        if (item.kind != record::Kind::Record)
          return wrong("RecordPath for Data Record Path selects an array of what are no records");
        TRY_VOID(batches.add(kind, *item.row));
      }
    }
    return {};
  }

  std::string spelled(const database::TableName& name, std::string_view quote) const {
    std::string text;
    for (const auto* part : {&name.catalog, &name.schema, &name.table}) {
      if (part->empty()) continue;
      text += fmt::format("{0}{1}{2}{1}", text.empty() ? "" : ".", quotes_table_ ? quote : "", *part);
    }
    return text;
  }

  base::Result<std::shared_ptr<const database::Table>> describe(database::Connection& connection,
                                                                const database::TableName& name) {
    const auto key = std::tuple(name.catalog, name.schema, name.table);
    {
      const std::lock_guard lock(tables_mutex_);
      if (const auto found = tables_.find(key); found != tables_.end()) return found->second;
    }
    TRY(auto table, connection.describe(name));
    auto shared = std::make_shared<const database::Table>(std::move(table));
    const std::lock_guard lock(tables_mutex_);
    if (tables_.size() >= cache_size_) tables_.clear();
    tables_.emplace(key, shared);
    return shared;
  }
  /// It may have changed meanwhile.
  void forget(const database::TableName& name) {
    const std::lock_guard lock(tables_mutex_);
    tables_.erase(std::tuple(name.catalog, name.schema, name.table));
  }

  std::shared_ptr<record::ReaderFactory> reader_;
  std::shared_ptr<ConnectionPool> pool_;
  std::string statement_type_;
  std::optional<record::RecordPath> statement_path_;
  std::optional<record::RecordPath> data_path_;
  database::RecordStatementOptions options_;
  bool auto_commit_ = false;
  bool rolls_back_ = false;
  bool splits_ = false;
  bool quotes_table_ = false;
  int timeout_s_ = 0;
  std::size_t cache_size_ = 100;
  std::mutex tables_mutex_;
  std::map<std::tuple<std::string, std::string, std::string>, std::shared_ptr<const database::Table>> tables_;
};

}  // namespace

const Description kPutDatabaseRecord{
    .type = "org.apache.nifi.processors.standard.PutDatabaseRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Writes records into a table; one flowfile is one transaction.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new PutDatabaseRecord); },
};

}  // namespace flow
