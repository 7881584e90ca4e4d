#include "flow/processors/execute_sql.h"

#include <fmt/format.h>

#include "flow/database/attribute_parameters.h"
#include "flow/database/statements.h"
#include "flow/processors/query_results.h"
#include "flow/services/connection_pool.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

constexpr Allowed kOutputs[] = {{"EMPTY", "Empty"}, {"ORIGINAL", "Original"}};
constexpr std::array<Property, 5> kStatements{{
    kConnectionPool,
    {.name = "SQL Pre-Query",
     .old_name = "sql-pre-query",
     .help = "Statements to run before, with semicolons between them",
     .scope = Scope::FlowFile},
    {.name = "SQL Query",
     .old_name = "SQL select query",
     .help = "Without it the content is the statement",
     .scope = Scope::FlowFile},
    {.name = "SQL Post-Query",
     .old_name = "sql-post-query",
     .help = "Statements to run afterwards",
     .scope = Scope::FlowFile},
    {.name = "Max Wait Time",
     .help = "Of one statement; 0: no limit",
     .fallback = "0 seconds",
     .required = true,
     .scope = Scope::FlowFile},
}};
constexpr std::array<Property, 3> kAvro{{
    {.name = kNormalizeNames,
     .old_name = "dbf-normalize",
     .help = "Whether what no Avro name may have becomes '_'",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    kUseLogicalTypes,
    {.name = "Compression Format",
     .old_name = "compression-format",
     .fallback = "NONE",
     .required = true,
     .allowed = kAvroCompressions},
}};
constexpr std::array<Property, 3> kWriter{{
    {.name = "Record Writer",
     .old_name = "esqlrecord-record-writer",
     .required = true,
     .service = record::WriterFactory::kApi},
    {.name = kNormalizeNamesOfRecords,
     .old_name = "esqlrecord-normalize",
     .help = "Whether what no Avro name may have becomes '_'",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    kUseLogicalTypes,
}};
constexpr std::array<Property, 7> kOutput{{
    kDefaultPrecision,
    kDefaultScale,
    {.name = "Max Rows Per FlowFile",
     .old_name = "esql-max-rows",
     .fallback = "0",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Output Batch Size",
     .old_name = "esql-output-batch-size",
     .help = "So many flowfiles go on before the whole result was read; 0: all at the end",
     .fallback = "0",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Fetch Size", .old_name = "esql-fetch-size", .fallback = "0", .required = true, .scope = Scope::FlowFile},
    {.name = "Set Auto Commit",
     .old_name = "esql-auto-commit",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Content Output Strategy",
     .help = "What becomes of the content when the statement has no result",
     .fallback = "EMPTY",
     .required = true,
     .allowed = kOutputs},
}};
constexpr auto kProperties = joined(kStatements, kAvro, kOutput);
constexpr auto kRecordProperties = joined(kStatements, kWriter, kOutput);
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class ExecuteSql final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    pool_ = configuration.service<ConnectionPool>(kConnectionPool.name);
    results_.emplace(configuration.service<record::WriterFactory>("Record Writer"),
                     configuration.text_or("Compression Format", "NONE"));
    normalizes_ = normalizes_names(configuration);
    logical_types_ = configuration.flag(kUseLogicalTypes.name);
    auto_commit_ = configuration.flag("Set Auto Commit");
    keeps_content_ = configuration.text("Content Output Strategy") == "ORIGINAL";
    return {};
  }

  bool endless(const Configuration&) const override { return true; }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    auto* file = session.get();
    if (file == nullptr && !session.is_source()) return {};
    Run run{.configuration = configuration, .services = services, .session = session, .file = file};
    const auto outcome = execute(run);
    if (outcome) {
      finish(run);
      return {};
    }
    for (auto* made : run.made) session.remove(*made);
    if (outcome.error().kind == base::ErrorKind::Internal) return outcome;
    session.log_error(fmt::format("{}: {}: {}", configuration.error_prefix(), outcome.error().message, run.sql));
    if (file == nullptr) {
      session.yield();
      return {};
    }
    session.penalize(*file);
    session.put_attribute(*file, "executesql.error.message", outcome.error().message);
    session.transfer(*file, "failure", outcome.error().message);
    return {};
  }

 private:
  struct Run {
    const Configuration& configuration;
    const Services& services;
    Session& session;
    FlowFile* file;  // null: none came
    std::string sql = {};
    std::vector<FlowFile*> made = {};  // not yet on their way
    std::uint64_t fragments = 0;
    std::unique_ptr<Session> batch = {};  // that `made` is of, when flowfiles go on early
    bool has_result = false;
  };
  struct Settings {
    std::uint64_t rows_max = 0, batch = 0;
    database::ResultOptions options;
    database::ExecuteOptions execute;
  };

  base::Result<Settings> settings(const Run& run) const {
    // Without a flowfile expressions see no attributes.
    static const FlowFile kNone;
    const auto& file = run.file != nullptr ? *run.file : kNone;
    const auto number = [&](std::string_view name) -> base::Result<std::uint64_t> {
      TRY(const auto text, run.configuration.evaluate_or(name, run.session, file, "0"));
      return parse_count(run.configuration, name, text);
    };
    Settings settings;
    TRY(settings.rows_max, number("Max Rows Per FlowFile"));
    TRY(settings.batch, number("Output Batch Size"));
    TRY(const auto fetch, number("Fetch Size"));
    TRY(const auto precision, number("Default Decimal Precision"));
    TRY(const auto scale, number("Default Decimal Scale"));
    TRY(const auto wait, run.configuration.evaluate_or("Max Wait Time", run.session, file, "0 seconds"));
    settings.options = {.normalizes_names = normalizes_,
                        .logical_types = logical_types_,
                        .default_precision = static_cast<int>(precision),
                        .default_scale = static_cast<int>(scale)};
    settings.execute.fetch_rows = static_cast<int>(fetch);
    TRY(settings.execute.timeout_s, parse_wait_seconds(run.configuration, "Max Wait Time", wait));
    return settings;
  }

  base::Status execute(Run& run) const {
    static const FlowFile kNone;
    const auto& file = run.file != nullptr ? *run.file : kNone;
    TRY(const auto settings, settings(run));
    TRY(const auto before, run.configuration.evaluate_or("SQL Pre-Query", run.session, file, ""));
    TRY(const auto after, run.configuration.evaluate_or("SQL Post-Query", run.session, file, ""));
    TRY(auto sql, run.configuration.evaluate("SQL Query", run.session, file));
    if (!sql && run.file == nullptr)
      return base::fail(base::ErrorKind::InvalidValue,
                        "either SQL Query must be set, or a flowfile bring the statement");
    if (!sql) {
      TRY(sql, read_all(run.file->content));
    }
    TRY(const auto connection, pool_->get(file.attributes));
    if (connection->auto_commit() != auto_commit_) TRY_VOID(connection->set_auto_commit(auto_commit_));
    TRY_VOID(run_all(run, *connection, before));
    run.sql = *sql;
    record::Arena arena;
    auto attributes = file.attributes;
    for (const auto& dynamic : run.configuration.dynamic())
      if (!attributes.contains(dynamic.name)) {
        TRY(auto value, run.session.evaluate(dynamic.value, file));
        attributes.insert_or_assign(dynamic.name, std::move(value));
      }
    TRY(const auto parameters, database::attribute_parameters(attributes, arena));
    const auto started = run.services.clock.now();
    TRY(auto outcome, connection->execute(run.sql, parameters, settings.execute));
    const auto executed = run.services.clock.now();
    if (outcome.rows != nullptr) TRY_VOID(write(run, settings, *outcome.rows, executed.ns - started.ns));
    outcome.rows.reset();
    TRY_VOID(run_all(run, *connection, after));
    return auto_commit_ ? base::Status{} : connection->commit();
  }

  static base::Status run_all(Run& run, database::Connection& connection, const std::string& statements) {
    for (auto& statement : database::split_statements(statements)) {
      run.sql = std::move(statement);
      TRY_VOID(connection.execute(run.sql, {}, {}));
    }
    return {};
  }

  base::Status write(Run& run, const Settings& settings, database::Rows& rows, std::int64_t execution_ns) const {
    const auto identifier = run.session.new_uuid();
    run.has_result = true;
    if (settings.batch > 0) run.batch = run.session.sibling();
    auto& session = run.batch ? *run.batch : run.session;
    for (std::uint64_t count = settings.rows_max;
         run.fragments == 0 || (settings.rows_max > 0 && count == settings.rows_max);) {
      auto& made = run.file == nullptr ? session.create() : session.create(*run.file);
      run.made.push_back(&made);
      const auto started = run.services.clock.now();
      const auto written = results_->write(session, run.file != nullptr ? *run.file : made, made, rows,
                                           settings.options, settings.rows_max);
      if (!written) {
        if (run.batch) run.made.clear();  // they go with their session
        return base::fail(written.error());
      }
      count = *written;
      if (count == 0 && run.fragments > 0) {
        run.made.pop_back();
        session.remove(made);
        break;
      }
      const auto millis = [](std::int64_t ns) { return std::to_string(ns / 1'000'000); };
      const auto fetch_ns = run.services.clock.now().ns - started.ns;
      session.put_attribute(made, "executesql.row.count", std::to_string(count));
      session.put_attribute(made, "executesql.query.duration", millis(execution_ns + fetch_ns));
      session.put_attribute(made, "executesql.query.executiontime", millis(execution_ns));
      session.put_attribute(made, "executesql.query.fetchtime", millis(fetch_ns));
      session.put_attribute(made, "executesql.resultset.index", "0");
      session.report(run.file == nullptr ? EventType::Receive : EventType::Fetch, made,
                     {.uri = fmt::format("Retrieved {} rows", count),
                      .took = std::chrono::milliseconds{(execution_ns + fetch_ns) / 1'000'000}});
      if (run.file != nullptr) session.put_attribute(made, "input.flowfile.uuid", run.file->attribute("uuid"));
      if (settings.rows_max > 0) {
        session.put_attribute(made, "fragment.identifier", identifier);
        session.put_attribute(made, "fragment.index", std::to_string(run.fragments));
      }
      ++run.fragments;
      if (run.batch && run.made.size() >= settings.batch) TRY_VOID(send(run));
    }
    if (run.batch) return send(run);
    if (settings.rows_max > 0)
      for (auto* made : run.made) session.put_attribute(*made, "fragment.count", std::to_string(run.fragments));
    return {};
  }

  /// A batch on its way: it stays there, whatever follows.
  static base::Status send(Run& run) {
    run.batch->transfer_all(run.made, "success");
    run.made.clear();
    TRY_VOID(run.batch->commit());
    run.session.did_work();
    return {};
  }

  void finish(Run& run) const {
    auto& session = run.session;
    session.transfer_all(run.made, "success");
    if (run.has_result) {
      if (run.file != nullptr) session.remove(*run.file);
      return;
    }
    auto& answer = run.file != nullptr ? *run.file : session.create();
    if (!(run.file != nullptr && keeps_content_)) {
      (void)results_->write_nothing(session, answer);
      session.put_attribute(answer, "executesql.row.count", "0");
    }
    session.transfer(answer, "success");
  }

  std::shared_ptr<ConnectionPool> pool_;
  std::optional<QueryResults> results_;
  bool normalizes_ = false;
  bool logical_types_ = false;
  bool auto_commit_ = true;
  bool keeps_content_ = false;
};

std::unique_ptr<Processor> make() { return std::make_unique<ExecuteSql>(); }

}  // namespace

const Description kExecuteSql{
    .type = "org.apache.nifi.processors.standard.ExecuteSQL",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Runs a statement in a database and writes its rows as Avro.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Allowed,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .make = make,
};
const Description kExecuteSqlRecord{
    .type = "org.apache.nifi.processors.standard.ExecuteSQLRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Runs a statement in a database and writes its rows as records.",
    .properties = kRecordProperties,
    .relationships = kRelationships,
    .input = Input::Allowed,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .make = make,
};

}  // namespace flow
