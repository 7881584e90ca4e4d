// Lookups in a table of a database. Source: NiFi's DatabaseRecordLookupService and SimpleDatabaseLookupService.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "flow/database/result_records.h"
#include "flow/database/sql_values.h"
#include "flow/database/statements.h"
#include "flow/el/value.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/record/number_text.h"
#include "flow/record/value_text.h"
#include "flow/services/connection_pool.h"
#include "flow/services/lookup.h"
#include "flow/services/lookup_cache.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

using record::Value;

constexpr std::string_view kKey = "key";
constexpr std::size_t kArenaBlock = 512;  // a row is small, and a cache may hold many

constexpr std::array<Property, 6> kCommon{{
    {.name = "Database Connection Pooling Service",
     .old_name = "dbrecord-lookup-dbcp-service",
     .required = true,
     .service = ConnectionPool::kApi},
    {.name = "Table Name",
     .old_name = "dbrecord-lookup-table-name",
     .help = "Stands in the statement as it is, as the columns do",
     .required = true,
     .scope = Scope::FlowFile},
    {.name = "Lookup Key Column",
     .old_name = "dbrecord-lookup-key-column",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Cache Size",
     .old_name = "dbrecord-lookup-cache-size",
     .help = "How many rows that were found are kept; 0: each lookup asks the database",
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Clear Cache on Enabled",
     .old_name = "dbrecord-lookup-clear-cache-on-enabled",
     .help = "The cache is always empty when the service is enabled",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Cache Expiration",
     .help = "How long a row is kept; without it as long as there is room",
     .scope = Scope::Environment,
     .kind = Property::Kind::Duration},
}};
constexpr std::array<Property, 1> kValueColumn{{{.name = "Lookup Value Column",
                                                 .old_name = "lookup-value-column",
                                                 .required = true,
                                                 .scope = Scope::Environment}}};
constexpr std::array<Property, 3> kRecordOwn{{
    {.name = "Lookup Value Columns",
     .old_name = "dbrecord-lookup-value-columns",
     .help = "With commas between them; without it all columns",
     .scope = Scope::FlowFile},
    kDefaultPrecision,
    kDefaultScale,
}};
constexpr auto kSimpleProperties = joined(kCommon, kValueColumn);
constexpr auto kRecordProperties = joined(kCommon, kRecordOwn);

/// The first row whose key column has the value of the coordinate "key": whole, or one of its columns as a text.
class DatabaseLookup final : public ControllerService, public LookupService {
 public:
  explicit DatabaseLookup(bool whole) : whole_(whole) {}

  base::Status enable(const Configuration& configuration, const Services& services) override {
    configuration_ = &configuration;
    pool_ = configuration.service<ConnectionPool>("Database Connection Pooling Service");
    key_column_ = configuration.text_or("Lookup Key Column", "");
    cache_.emplace(configuration.integer_or("Cache Size", 0), configuration.duration("Cache Expiration"),
                   &services.wall_clock);
    return {};
  }
  std::string_view required_key() const override { return kKey; }
  bool asks_others() const override { return true; }
  base::Result<Found> find(const Request& request) override {
    const auto key = request.coordinates.find(std::string(kKey));
    if (key == request.coordinates.end()) return Found{};
    const auto key_text = record::plain_text(key->second);
    if (el::trimmed(key_text).empty()) return Found{};
    TRY(const auto table, configuration_->evaluate_or("Table Name", request.session, request.file, ""));
    TRY(const auto columns, columns_for(request));
    const auto statement = fmt::format("SELECT {} FROM {} WHERE {} = ?", columns, table, key_column_);
    const auto cached_as = fmt::format("{}\n{}", statement, key_text);
    if (auto cached = cache_->get(cached_as)) return *std::move(cached);
    auto found = select(statement, key->second, request);
    if (!found) {
      auto error = std::move(found).error();
      error.message = fmt::format("{} for the value '{}': {}", statement, key_text, error.message);
      return base::fail(std::move(error));
    }
    if (found->value) cache_->put(cached_as, *found);
    return found;
  }

 private:
  base::Result<std::string> columns_for(const Request& request) const {
    if (!whole_) return configuration_->text_or("Lookup Value Column", "");
    TRY(const auto listed, configuration_->evaluate_or("Lookup Value Columns", request.session, request.file, ""));
    std::vector<std::string> columns;
    for (auto& name : database::split_names(listed))
      if (!name.empty() && std::ranges::find(columns, name) == columns.end()) columns.push_back(std::move(name));
    return columns.empty() ? "*" : fmt::format("{}", fmt::join(columns, ","));
  }

  base::Result<Found> select(const std::string& statement, const Value& key, const Request& request) const {
    TRY(const auto connection, pool_->get(request.file.attributes));
    // Of no type: the database sees what it is compared with.
    const database::Parameter parameter{database::Type::Other, key};
    TRY(auto outcome, connection->execute(statement, {&parameter, 1}));
    if (outcome.rows == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the statement answers no rows");
    const auto& columns = outcome.rows->columns();
    std::vector<Value> row(columns.size());
    TRY(const bool any, outcome.rows->next(row));
    if (!any) return Found{};
    const auto arena = std::make_shared<record::Arena>(kArenaBlock);
    if (!whole_) {
      if (row.at(0).is_null()) return Found{};
      return Found{Value::of(record::Kind::String, arena->text(text_of(row[0]))), arena};
    }
    TRY(const auto schema, schema_of(columns, request));
    arena->keep(schema);
    auto fields = arena->array<Value>(columns.size());
    TRY_VOID(database::convert_row(columns, *schema, row, fields, *arena));
    for (auto& field : fields) field = record::deep_copy(field, *arena);
    return Found{Value::of(arena->make(record::Row{.schema = schema.get(), .fields = fields.data()})), arena};
  }

  static std::string text_of(const Value& value) {
    return value.is_text() ? std::string(value.text()) : database::java_text(value);
  }

  /// Columns may be called what no Avro field may.
  base::Result<record::SchemaPtr> schema_of(const std::vector<database::Column>& columns,
                                            const Request& request) const {
    database::ResultOptions options{.logical_types = true};
    TRY(options.default_precision, number(kDefaultPrecision.name, request, options.default_precision));
    TRY(options.default_scale, number(kDefaultScale.name, request, options.default_scale));
    auto numbered = columns;
    for (std::size_t i = 0; i < numbered.size(); ++i) numbered[i].name = fmt::format("c{}", i);
    TRY(const auto schema, database::result_schema(numbered, options));
    auto fields = schema->fields();
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i].name = columns[i].name;
    return record::make_schema(std::move(fields));
  }

  base::Result<int> number(std::string_view property, const Request& request, int fallback) const {
    TRY(const auto text, configuration_->evaluate(property, request.session, request.file));
    if (!text) return fallback;
    const auto value = record::parse_whole(*text);
    if (!value || *value < 0 || *value > std::numeric_limits<int>::max())
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': '{}' is no number of digits",
                                                                   configuration_->error_prefix(), property, *text));
    return static_cast<int>(*value);
  }

  const bool whole_;
  const Configuration* configuration_ = nullptr;
  std::shared_ptr<ConnectionPool> pool_;
  std::string key_column_;
  std::optional<LookupCache> cache_;
};

constexpr std::string_view kTextApis[] = {LookupService::kApi, "org.apache.nifi.lookup.StringLookupService"};
constexpr std::string_view kRecordApis[] = {LookupService::kApi, "org.apache.nifi.lookup.RecordLookupService"};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-lookup-services-nar";

}  // namespace

const Description kDatabaseRecordLookupService{
    .type = "org.apache.nifi.lookup.db.DatabaseRecordLookupService",
    .bundle = kBundle,
    .help = "The rows of a table by one of its columns, which is the coordinate 'key'.",
    .properties = kRecordProperties,
    .apis = kRecordApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new DatabaseLookup(true)); },
};
const Description kSimpleDatabaseLookupService{
    .type = "org.apache.nifi.lookup.db.SimpleDatabaseLookupService",
    .bundle = kBundle,
    .help = "A column of a table by another, which is the coordinate 'key'.",
    .properties = kSimpleProperties,
    .apis = kTextApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new DatabaseLookup(false)); },
};

}  // namespace flow
