#include "flow/processors/query_database_table.h"

#include <fmt/format.h>

#include "flow/processors/elapsed.h"
#include "flow/processors/max_values.h"
#include "flow/processors/query_results.h"
#include "flow/services/connection_pool.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

constexpr std::string_view kInitialPrefix = "initial.maxvalue.";
constexpr Allowed kLoads[] = {{"Start at Beginning"}, {"Start at Current Maximum Values"}};
constexpr Allowed kIsolations[] = {{"0", "TRANSACTION_NONE"},
                                   {"2", "TRANSACTION_READ_COMMITTED"},
                                   {"1", "TRANSACTION_READ_UNCOMMITTED"},
                                   {"4", "TRANSACTION_REPEATABLE_READ"},
                                   {"8", "TRANSACTION_SERIALIZABLE"}};
constexpr std::array<Property, 7> kTable{{
    kConnectionPool,
    {.name = "Database Type",
     .old_name = "db-fetch-db-type",
     .fallback = "Generic",
     .required = true,
     .allowed = kDatabaseTypes},
    {.name = "Database Dialect Service", .unsupported = true},
    {.name = "Table Name", .required = true, .scope = Scope::Environment},
    {.name = "Columns to Return", .help = "Without it all", .scope = Scope::Environment},
    {.name = "Additional WHERE Clause", .old_name = "db-fetch-where-clause", .scope = Scope::Environment},
    {.name = "Custom Query",
     .old_name = "db-fetch-sql-query",
     .help = "In place of the table; the state is kept under the table's name",
     .scope = Scope::Environment},
}};
constexpr std::array<Property, 9> kFetch{{
    {.name = "Maximum-value Columns",
     .help = "Only rows with greater values than those seen so far are read; without it all rows, each time",
     .scope = Scope::Environment},
    {.name = "Initial Load Strategy",
     .old_name = "initial-load-strategy",
     .fallback = "Start at Beginning",
     .required = true,
     .allowed = kLoads},
    {.name = "Max Wait Time", .fallback = "0 seconds", .required = true, .scope = Scope::Environment},
    {.name = "Fetch Size", .fallback = "0", .required = true, .scope = Scope::Environment},
    {.name = "Set Auto Commit", .scope = Scope::Environment, .kind = Property::Kind::Boolean},
    {.name = "Max Rows Per FlowFile",
     .old_name = "qdbt-max-rows",
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Output Batch Size",
     .old_name = "qdbt-output-batch-size",
     .help = "So many flowfiles go on before the whole result was read; 0: all at the end",
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Maximum Number of Fragments",
     .old_name = "qdbt-max-frags",
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Transaction Isolation Level",
     .old_name = "transaction-isolation-level",
     .allowed = kIsolations,
     .no_effect = true},
}};
constexpr std::array<Property, 2> kAvro{{
    {.name = kNormalizeNames,
     .old_name = "dbf-normalize",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    kUseLogicalTypes,
}};
constexpr std::array<Property, 3> kWriter{{
    {.name = "Record Writer",
     .old_name = "qdbtr-record-writer",
     .required = true,
     .service = record::WriterFactory::kApi},
    {.name = kNormalizeNamesOfRecords,
     .old_name = "qdbtr-normalize",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    kUseLogicalTypes,
}};
constexpr std::array<Property, 2> kDecimals{{without_flowfile(kDefaultPrecision), without_flowfile(kDefaultScale)}};
constexpr auto kProperties = joined(kTable, kFetch, kAvro, kDecimals);
constexpr auto kRecordProperties = joined(kTable, kFetch, kWriter, kDecimals);
constexpr Relationship kRelationships[] = {{"success"}};

class QueryDatabaseTable final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    pool_ = configuration.service<ConnectionPool>(kConnectionPool.name);
    results_.emplace(configuration.service<record::WriterFactory>("Record Writer"), "NONE");
    dialect_ = database::dialect_named(configuration.text_or("Database Type", "Generic"));
    select_ = {.table = configuration.text_or("Table Name", ""),
               .columns = configuration.text_or("Columns to Return", ""),
               .query = configuration.text_or("Custom Query", "")};
    where_ = configuration.text_or("Additional WHERE Clause", "");
    maximum_columns_ = database::split_names(configuration.text_or("Maximum-value Columns", ""));
    begins_at_end_ = configuration.text("Initial Load Strategy") == kLoads[1].value;
    if (begins_at_end_ && maximum_columns_.empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}, property 'Initial Load Strategy': '{}' needs Maximum-value Columns",
                                    configuration.error_prefix(), kLoads[1].value));
    const auto count = [&](std::string_view name, std::uint64_t& into) -> base::Status {
      TRY(into, parse_count(configuration, name, configuration.text_or(name, "0")));
      return {};
    };
    std::uint64_t fetch = 0, precision = 0, scale = 0;
    TRY_VOID(count("Max Rows Per FlowFile", rows_max_));
    TRY_VOID(count("Output Batch Size", batch_));
    TRY_VOID(count("Maximum Number of Fragments", fragments_max_));
    TRY_VOID(count("Fetch Size", fetch));
    TRY_VOID(count("Default Decimal Precision", precision));
    TRY_VOID(count("Default Decimal Scale", scale));
    execute_.fetch_rows = static_cast<int>(fetch);
    TRY(execute_.timeout_s,
        parse_wait_seconds(configuration, "Max Wait Time", configuration.text_or("Max Wait Time", "0 seconds")));
    options_ = {.normalizes_names = normalizes_names(configuration),
                .logical_types = configuration.flag(kUseLogicalTypes.name),
                .default_precision = static_cast<int>(precision),
                .default_scale = static_cast<int>(scale),
                .record_name = database::unquoted(select_.table)};
    if (const auto on = configuration.text("Set Auto Commit"); on && !on->empty()) auto_commit_ = on == "true";
    return {};
  }

  bool endless(const Configuration&) const override { return maximum_columns_.empty(); }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    Run run{.session = session,
            .clock = services.clock,
            .started = services.clock.now(),
            .values = {session.state(), select_.table, maximum_columns_}};
    const auto outcome = query(configuration, run);
    if (outcome) return {};
    for (auto* made : run.made) session.remove(*made);
    if (outcome.error().kind == base::ErrorKind::Internal) return outcome;
    session.log_error(fmt::format("{}: {}{}{}", configuration.error_prefix(), outcome.error().message,
                                  run.sql.empty() ? "" : ": ", run.sql));
    session.yield();
    return {};
  }

 private:
  struct Run {
    Session& session;
    const base::Clock& clock;
    base::Instant started;
    MaxValues values;
    std::string url = {};
    std::string sql = {};
    std::vector<FlowFile*> made = {};  // not yet on their way
    std::unique_ptr<Session> batch = {};
  };

  base::Status query(const Configuration& configuration, Run& run) const {
    TRY(const auto connection, pool_->get({}));
    run.url = connection.url();
    if (auto_commit_ && connection->auto_commit() != *auto_commit_)
      TRY_VOID(connection->set_auto_commit(*auto_commit_));
    TRY_VOID(run.values.find_types(*connection, select_.query, dialect_));
    TRY_VOID(begin(configuration, run, *connection));
    auto select = select_;
    auto conditions = run.values.conditions(dialect_);
    if (!where_.empty()) conditions.push_back("(" + where_ + ")");
    select.where = fmt::format("{}", fmt::join(conditions, " AND "));
    run.sql = database::select_statement(select, dialect_);
    TRY(auto outcome, connection->execute(run.sql, {}, execute_));
    if (outcome.rows == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the statement has no result");
    return write(run, *outcome.rows);
  }

  /// What counts as seen before the first rows.
  base::Status begin(const Configuration& configuration, Run& run, database::Connection& connection) const {
    static const FlowFile kNone;
    for (const auto& dynamic : configuration.dynamic()) {
      const std::string_view name = dynamic.name;
      if (!name.starts_with(kInitialPrefix)) continue;
      TRY(auto value, run.session.evaluate(dynamic.value, kNone));
      run.values.begin_with(name.substr(kInitialPrefix.size()), std::move(value));
    }
    if (!begins_at_end_ || !run.values.state().empty()) return {};
    std::string columns;
    for (const auto& column : maximum_columns_)
      columns += fmt::format("{}MAX({}) {}", columns.empty() ? "" : ", ", column, column);
    run.sql =
        database::select_statement({.table = select_.table, .columns = columns, .query = select_.query}, dialect_);
    TRY(auto outcome, connection.execute(run.sql, {}, execute_));
    if (outcome.rows == nullptr) return {};
    std::vector<record::Value> row(outcome.rows->columns().size());
    TRY(const bool any, outcome.rows->next(row));
    run.values.watch(outcome.rows->columns());
    if (any) run.values.see(row);
    return {};
  }

  base::Status write(Run& run, database::Rows& rows) const {
    const auto identifier = run.session.new_uuid();
    run.values.watch(rows.columns());
    if (batch_ > 0) run.batch = run.session.sibling();
    auto& session = run.batch ? *run.batch : run.session;
    std::uint64_t fragments = 0;
    for (;;) {
      auto& made = session.create();
      if (!run.batch) run.made.push_back(&made);
      TRY(const auto count,
          results_->write(session, made, made, rows, options_, rows_max_, [&](auto row) { run.values.see(row); }));
      if (count == 0) {
        if (!run.batch) run.made.pop_back();
        session.remove(made);
        if (fragments == 0) run.session.yield();
        break;
      }
      if (run.batch) run.made.push_back(&made);
      session.report(EventType::Receive, made, {.uri = run.url, .took = millis_since(run.clock, run.started)});
      session.put_attribute(made, "querydbtable.row.count", std::to_string(count));
      session.put_attribute(made, "tablename", select_.table);
      if (rows_max_ > 0) {
        session.put_attribute(made, "fragment.identifier", identifier);
        session.put_attribute(made, "fragment.index", std::to_string(fragments));
      }
      ++fragments;
      if (run.batch && run.made.size() >= batch_) TRY_VOID(send(run));
      if (fragments_max_ > 0 && fragments >= fragments_max_) break;
      if (rows_max_ == 0 || count < rows_max_) break;
    }
    run.session.set_state(run.values.state());
    if (run.batch) return send(run);
    for (auto* made : run.made) {
      for (const auto& [column, value] : run.values.by_column())
        run.session.put_attribute(*made, "maxvalue." + column, value);
      if (rows_max_ > 0) run.session.put_attribute(*made, "fragment.count", std::to_string(fragments));
    }
    run.session.transfer_all(run.made, "success");
    run.made.clear();
    return {};
  }

  /// A batch on its way: it stays there, whatever follows.
  static base::Status send(Run& run) {
    if (run.made.empty()) return {};
    run.batch->transfer_all(std::exchange(run.made, {}), "success");
    TRY_VOID(run.batch->commit());
    run.session.did_work();
    return {};
  }

  std::shared_ptr<ConnectionPool> pool_;
  std::optional<QueryResults> results_;
  database::Dialect dialect_ = database::Dialect::Generic;
  database::Select select_;
  std::string where_;
  std::vector<std::string> maximum_columns_;
  bool begins_at_end_ = false;
  std::uint64_t rows_max_ = 0;
  std::uint64_t batch_ = 0;
  std::uint64_t fragments_max_ = 0;
  std::optional<bool> auto_commit_;
  database::ResultOptions options_;
  database::ExecuteOptions execute_;
};

std::unique_ptr<Processor> make() { return std::make_unique<QueryDatabaseTable>(); }

}  // namespace

const Description kQueryDatabaseTable{
    .type = "org.apache.nifi.processors.standard.QueryDatabaseTable",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Reads the rows of a table as Avro, each time those that are new.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .default_period = "1 min",
    .make = make,
};
const Description kQueryDatabaseTableRecord{
    .type = "org.apache.nifi.processors.standard.QueryDatabaseTableRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Reads the rows of a table as records, each time those that are new.",
    .properties = kRecordProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .default_period = "1 min",
    .make = make,
};

}  // namespace flow
