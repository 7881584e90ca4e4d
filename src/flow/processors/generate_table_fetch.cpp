#include "flow/processors/generate_table_fetch.h"

#include <fmt/format.h>

#include "flow/processors/max_values.h"
#include "flow/processors/query_results.h"
#include "flow/record/convert.h"
#include "flow/services/connection_pool.h"

namespace flow {
namespace {

constexpr std::string_view kInitialPrefix = "initial.maxvalue.";
constexpr Property kProperties[] = {
    kConnectionPool,
    {.name = "Database Type",
     .old_name = "db-fetch-db-type",
     .fallback = "Generic",
     .required = true,
     .allowed = kDatabaseTypes},
    {.name = "Database Dialect Service", .unsupported = true},
    {.name = "Table Name", .required = true, .scope = Scope::FlowFile},
    {.name = "Columns to Return", .scope = Scope::FlowFile},
    {.name = "Maximum-value Columns",
     .help = "Only rows with greater values than those seen so far are asked for",
     .scope = Scope::FlowFile},
    {.name = "Max Wait Time", .fallback = "0 seconds", .required = true, .scope = Scope::FlowFile},
    {.name = "Partition Size",
     .old_name = "gen-table-fetch-partition-size",
     .help = "Rows of one statement; 0: all",
     .fallback = "10000",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Column for Value Partitioning",
     .old_name = "gen-table-column-for-val-partitioning",
     .help = "Statements are for ranges of its values, not for numbers of rows",
     .scope = Scope::FlowFile},
    {.name = "Additional WHERE Clause", .old_name = "db-fetch-where-clause", .scope = Scope::FlowFile},
    {.name = "Custom ORDER BY Column", .old_name = "gen-table-custom-orderby-column", .scope = Scope::FlowFile},
    {.name = "Output Empty FlowFile on Zero Results",
     .old_name = "gen-table-output-flowfile-on-zero-results",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class GenerateTableFetch final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    pool_ = configuration.service<ConnectionPool>(kConnectionPool.name);
    dialect_ = database::dialect_named(configuration.text_or("Database Type", "Generic"));
    tells_of_nothing_ = configuration.flag("Output Empty FlowFile on Zero Results");
    knows_ends_ = configuration.is_set("Maximum-value Columns");
    return {};
  }
  bool endless(const Configuration&) const override { return !knows_ends_ || tells_of_nothing_; }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr && !session.is_source()) return {};
    std::vector<FlowFile*> made;
    const auto outcome = generate(configuration, session, file, made);
    if (outcome) {
      session.transfer_all(made, "success");
      if (file != nullptr) session.remove(*file);
      if (file == nullptr && made.empty()) session.yield();
      return {};
    }
    for (auto* each : made) session.remove(*each);
    if (outcome.error().kind == base::ErrorKind::Internal) return outcome;
    session.log_error(fmt::format("{}: {}", configuration.error_prefix(), outcome.error().message));
    if (file == nullptr) {
      session.yield();
      return {};
    }
    session.put_attribute(*file, "generatetablefetch.sql.error", outcome.error().message);
    session.transfer(*file, "failure", outcome.error().message);
    return {};
  }

 private:
  struct Range {
    std::int64_t rows = 0;
    std::optional<std::int64_t> least, greatest;  // of the column for partitioning
  };

  base::Status generate(const Configuration& configuration, Session& session, FlowFile* file,
                        std::vector<FlowFile*>& made) const {
    static const FlowFile kNone;
    const auto& given = file != nullptr ? *file : kNone;
    const auto text = [&](std::string_view name) { return configuration.evaluate_or(name, session, given, ""); };
    database::Select select;
    TRY(select.table, text("Table Name"));
    TRY(select.columns, text("Columns to Return"));
    TRY(select.partition_column, text("Column for Value Partitioning"));
    TRY(const auto maximum_columns, text("Maximum-value Columns"));
    TRY(const auto where, text("Additional WHERE Clause"));
    TRY(const auto order, text("Custom ORDER BY Column"));
    TRY(const auto size_text, text("Partition Size"));
    TRY(const auto size, parse_count(configuration, "Partition Size", size_text));
    TRY(const auto wait, text("Max Wait Time"));
    TRY(const auto timeout, parse_wait_seconds(configuration, "Max Wait Time", wait));
    if (select.table.empty()) return base::fail(base::ErrorKind::InvalidValue, "Table Name is empty");

    MaxValues values(session.state(), select.table, database::split_names(maximum_columns));
    for (const auto& dynamic : configuration.dynamic()) {
      const std::string_view name = dynamic.name;
      if (!name.starts_with(kInitialPrefix)) continue;
      TRY(auto value, session.evaluate(dynamic.value, given));
      values.begin_with(name.substr(kInitialPrefix.size()), std::move(value));
    }
    TRY(const auto connection, pool_->get(given.attributes));
    TRY_VOID(values.find_types(*connection, "", dialect_));
    auto conditions = values.conditions(dialect_);
    if (!where.empty()) conditions.push_back("(" + where + ")");
    TRY(const auto range, measure(*connection, select, conditions, size, values, timeout));
    for (auto& bound : values.upper_bounds(dialect_)) conditions.push_back(std::move(bound));
    select.order_by = size == 0                  ? ""
                      : values.columns().empty() ? order
                                                 : fmt::format("{}", fmt::join(values.columns(), ", "));
    const bool has_bound = !values.columns().empty() && where.empty();
    TRY_VOID(write(session, file, select, conditions, range, size, has_bound, values, made));
    session.set_state(values.state());
    return {};
  }

  /// How much there is to read, and up to which values.
  base::Result<Range> measure(database::Connection& connection, const database::Select& select,
                              const std::vector<std::string>& conditions, std::uint64_t size, MaxValues& values,
                              int timeout) const {
    const auto& by = select.partition_column;
    std::string columns = !by.empty() || size == 0 ? "-1" : "COUNT(*)";
    for (const auto& column : values.columns()) columns += fmt::format(", MAX({}) {}", column, column);
    if (!by.empty()) columns += fmt::format(", MAX({}) {}, MIN({}) MIN_{}", by, by, by, by);
    const auto sql = database::select_statement(
        {.table = select.table, .columns = columns, .where = fmt::format("{}", fmt::join(conditions, " AND "))},
        dialect_);
    TRY(auto outcome, connection.execute(sql, {}, {.timeout_s = timeout}));
    if (outcome.rows == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the query has no result");
    const auto& all = outcome.rows->columns();
    std::vector<record::Value> row(all.size());
    TRY(const bool any, outcome.rows->next(row));
    if (!any) return base::fail(base::ErrorKind::InvalidValue, "the query has no rows");
    values.watch(std::span(all).first(values.columns().size() + 1));
    values.see(row);
    Range range{.rows = row[0].is_number() ? record::whole_of(row[0]) : 0, .least = {}, .greatest = {}};
    if (!by.empty() && row[all.size() - 1].is_number() && row[all.size() - 2].is_number()) {
      range.greatest = record::whole_of(row[all.size() - 2]);
      range.least = record::whole_of(row[all.size() - 1]);
    }
    return range;
  }

  base::Status write(Session& session, FlowFile* file, database::Select select, std::vector<std::string> conditions,
                     const Range& range, std::uint64_t size, bool has_bound, const MaxValues& values,
                     std::vector<FlowFile*>& made) const {
    const bool by_value = !select.partition_column.empty();
    const auto wanted = by_value ? (range.greatest ? *range.greatest - *range.least + 1 : 0) : range.rows;
    const auto step = static_cast<std::int64_t>(size);
    const auto count = size == 0 ? 1 : wanted / step + (wanted % step == 0 ? 0 : 1);
    const auto identifier = session.new_uuid();
    const auto add = [&](std::int64_t index, const std::string& where) -> FlowFile& {
      auto& piece = file != nullptr ? session.create(*file) : session.create();
      made.push_back(&piece);
      session.put_attribute(piece, "generatetablefetch.tableName", select.table);
      if (!select.columns.empty()) session.put_attribute(piece, "generatetablefetch.columnNames", select.columns);
      if (!values.columns().empty())
        session.put_attribute(piece, "generatetablefetch.maxColumnNames",
                              fmt::format("{}", fmt::join(values.columns(), ", ")));
      session.put_attribute(piece, "generatetablefetch.whereClause", where);
      session.put_attribute(piece, "fragment.identifier", identifier);
      session.put_attribute(piece, "fragment.index", std::to_string(index));
      session.put_attribute(piece, "fragment.count", std::to_string(count));
      return piece;
    };
    const auto joined = [&] {
      return conditions.empty() ? std::string("1=1") : fmt::format("{}", fmt::join(conditions, " AND "));
    };
    if (count == 0 && tells_of_nothing_) add(0, joined());
    for (std::int64_t i = 0; i < count; ++i) {
      if (size > 0) {
        select.limit = size;
        select.offset = static_cast<std::uint64_t>(i * step + (by_value ? range.least.value_or(0) : 0));
      }
      // The last range ends with what was the greatest value.
      if (by_value && i == count - 1 && !has_bound && range.greatest) {
        conditions.push_back(fmt::format("{} <= {}", select.partition_column, *range.greatest));
        select.limit.reset();
      }
      select.where = joined();
      auto& piece = add(i, select.where);
      if (select.limit) session.put_attribute(piece, "generatetablefetch.limit", std::to_string(*select.limit));
      if (select.offset) session.put_attribute(piece, "generatetablefetch.offset", std::to_string(*select.offset));
      TRY(auto content, session.begin_write());
      TRY_VOID(content.append(database::select_statement(select, dialect_)));
      session.set_content(piece, content.finish());
    }
    return {};
  }

  std::shared_ptr<ConnectionPool> pool_;
  database::Dialect dialect_ = database::Dialect::Generic;
  bool tells_of_nothing_ = false;
  bool knows_ends_ = false;
};

}  // namespace

const Description kGenerateTableFetch{
    .type = "org.apache.nifi.processors.standard.GenerateTableFetch",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Writes statements that read a table in parts, each time what is new.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Allowed,
    .serial = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new GenerateTableFetch); },
};

}  // namespace flow
