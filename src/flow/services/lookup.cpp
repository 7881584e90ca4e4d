#include "flow/services/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/disk.h"
#include "flow/el/value.h"
#include "flow/engine/processor.h"
#include "flow/record/csv_reader.h"
#include "flow/record/value_text.h"
#include "flow/services/csv_format.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

using record::Value;

constexpr std::string_view kKey = "key";

/// The coordinate "key" as a text; nothing: there is none.
std::optional<std::string> key_of(const LookupService::Request& request) {
  const auto key = request.coordinates.find(std::string(kKey));
  if (key == request.coordinates.end()) return std::nullopt;
  return record::plain_text(key->second);
}

class KeyValueLookup final : public ControllerService, public LookupService {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(auto value, dynamic.value.evaluate({.find = [](std::string_view) { return std::nullopt; }}));
      values_.emplace(dynamic.name, std::move(value));
    }
    return {};
  }
  std::string_view required_key() const override { return kKey; }
  base::Result<Found> find(const Request& request) override {
    const auto key = key_of(request);
    const auto found = key ? values_.find(*key) : values_.end();
    if (found == values_.end()) return Found{};
    return Found{Value::of(record::Kind::String, std::string_view(found->second))};
  }

 private:
  std::map<std::string, std::string> values_;
};

// Of NiFi 1.28 and later, then what older releases called them.
constexpr Allowed kFormats[] = {{"default", "Default Format"},
                                kCsvFormats[0],
                                kCsvFormats[1],
                                kCsvFormats[2],
                                kCsvFormats[3],
                                kCsvFormats[4],
                                kCsvFormats[5],
                                kCsvFormats[6],
                                {"RFC4180"},
                                {"Default", "Default"},
                                {"Excel", "Excel"},
                                {"TDF"},
                                {"MySQL"}};
// The file is read when the service is enabled: there is no flowfile to see.
constexpr std::array<Property, 11> kCsvProperties{{
    {.name = "CSV File",
     .old_name = "csv-file",
     .help = "Read when the service is enabled, and again within 30 seconds when it has changed",
     .required = true,
     .scope = Scope::Environment},
    {.name = "CSV Format", .old_name = "csv-format", .fallback = "default", .required = true, .allowed = kFormats},
    {.name = "Character Set", .fallback = "UTF-8", .required = true, .scope = Scope::Environment},
    {.name = "Lookup Key Column", .old_name = "lookup-key-column", .required = true, .scope = Scope::Environment},
    {.name = "Ignore Duplicates",
     .old_name = "ignore-duplicates",
     .help = "Whether a key may come twice; the last record counts",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    without_flowfile(kCsvSeparator),
    without_flowfile(kCsvQuote),
    kCsvQuoteMode,
    without_flowfile(kCsvComment),
    without_flowfile(kCsvEscape),
    kCsvTrim,
}};
constexpr std::array<Property, 1> kValueColumn{{{.name = "Lookup Value Column",
                                                 .old_name = "lookup-value-column",
                                                 .required = true,
                                                 .scope = Scope::Environment}}};
constexpr auto kSimpleCsvProperties = joined(kCsvProperties, kValueColumn);

base::Result<record::CsvFormat> format_of(const Configuration& configuration) {
  auto name = configuration.text_or("CSV Format", "");
  std::ranges::transform(name, name.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  if (name == "custom")
    return custom_csv_format(configuration, [&](std::string_view property) -> base::Result<std::optional<std::string>> {
      return configuration.text(property);
    });
  if (name == "rfc4180") name = "rfc-4180";
  return record::named_csv_format(name).value_or(record::CsvFormat{});
}

/// What a CSV file held when it was read.
struct CsvTable {
  record::SchemaPtr schema, value_schema;
  record::Arena arena;
  std::map<std::string, Value, std::less<>> values;
};

/// The records of a CSV file by one of their fields: whole, or another field of them. A file that has changed is read
/// again.
class CsvLookup final : public ControllerService, public LookupService {
 public:
  explicit CsvLookup(bool whole) : whole_(whole) {}

  base::Status enable(const Configuration& configuration, const Services& services) override {
    configuration_ = &configuration;
    clock_ = &services.wall_clock;
    path_ = configuration.text_or("CSV File", "");
    TRY(table_, read());
    return {};
  }
  std::string_view required_key() const override { return kKey; }
  base::Result<Found> find(const Request& request) override {
    TRY(auto table, table_now());
    const auto key = key_of(request);
    const auto found = key ? table->values.find(*key) : table->values.end();
    if (found == table->values.end() || found->second.is_null()) return Found{};
    return Found{found->second, std::move(table)};
  }

 private:
  using TablePtr = std::shared_ptr<const CsvTable>;

  /// The file is looked at every 30 seconds at most, as NiFi does. One that cannot be read when it has changed fails
  /// the lookup that found out; those after it see what was there before.
  base::Result<TablePtr> table_now() {
    const std::lock_guard lock(table_mutex_);
    const auto now = clock_->now();
    if (now - looked_at_ < kLooksEvery) return table_;
    looked_at_ = now;
    std::error_code error;
    const auto written = std::filesystem::last_write_time(path_, error);
    if (error || written == written_at_) return table_;
    written_at_ = written;
    TRY(table_, read());
    return table_;
  }

  base::Result<TablePtr> read() {
    const auto wrong = [&](std::string_view what) {  // the file, which may be another later
      return base::fail(base::ErrorKind::Unavailable, fmt::format("{}: {}", configuration_->error_prefix(), what));
    };
    looked_at_ = clock_->now();
    std::error_code error;
    written_at_ = std::filesystem::last_write_time(path_, error);  // before: a change while it is read is seen later
    base::PosixDisk disk;
    auto text = disk.read_all(path_);
    if (!text) return wrong(text.error().message);
    const auto input = record::input_of(std::move(*text));
    TRY(auto format, format_of(*configuration_));
    const record::CsvReadOptions options{.format = std::move(format),
                                         .charset = configuration_->text_or("Character Set", "UTF-8"),
                                         .has_header = true,
                                         .plain_texts = true};
    auto schema = record::csv_header_schema(input, options);
    if (!schema) return wrong(schema.error().message);
    const auto table = std::make_shared<CsvTable>();
    table->schema = std::move(*schema);
    const auto column = [&](std::string_view property) -> base::Result<std::size_t> {
      const auto name = configuration_->text_or(property, "");
      const auto found = table->schema->find(name);
      if (!found) return wrong(fmt::format("the file has no column '{}'", name));
      return *found;
    };
    TRY(const auto key, column("Lookup Key Column"));
    std::size_t value = 0;
    if (!whole_) {
      TRY(value, column("Lookup Value Column"));
    }
    auto reader = record::open_csv(input, table->schema, options);
    if (!reader) return wrong(reader.error().message);
    std::vector<record::Field> others;
    for (std::size_t i = 0; i < table->schema->size(); ++i)
      if (i != key) others.push_back((*table->schema)[i]);
    table->value_schema = record::make_schema(std::move(others));
    const bool once = !configuration_->flag("Ignore Duplicates");
    const auto read = record::for_each_row(**reader, [&](const record::Row& row) -> base::Status {
      const auto name = record::plain_text(row.fields[key]);
      if (el::trimmed(name).empty()) return base::fail(base::ErrorKind::InvalidValue, "the key of a line is empty");
      if (!whole_ && row.fields[value].kind == record::Kind::Missing)
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("the line of the key '{}' has no value", name));
      if (once && table->values.contains(name))
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("the key '{}' comes twice", name));
      table->values.insert_or_assign(
          name, whole_ ? without(key, row, *table) : record::deep_copy(row.fields[value], table->arena));
      return {};
    });
    if (!read) return wrong(read.error().message);
    return table;
  }

  /// What is found: the record without its key.
  static Value without(std::size_t key, const record::Row& row, CsvTable& table) {
    auto fields = table.arena.array<Value>(table.value_schema->size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < table.schema->size(); ++i) {
      if (i == key) continue;
      fields[next++] = record::deep_copy(row.fields[i], table.arena);
    }
    return Value::of(table.arena.make(record::Row{.schema = table.value_schema.get(), .fields = fields.data()}));
  }

  static constexpr std::chrono::seconds kLooksEvery{30};
  const bool whole_;
  const Configuration* configuration_ = nullptr;
  const base::WallClock* clock_ = nullptr;
  std::string path_;
  std::mutex table_mutex_;
  TablePtr table_;
  base::Instant looked_at_;
  std::filesystem::file_time_type written_at_;
};

constexpr std::string_view kApis[] = {LookupService::kApi, "org.apache.nifi.lookup.StringLookupService"};
constexpr std::string_view kRecordApis[] = {LookupService::kApi, "org.apache.nifi.lookup.RecordLookupService"};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-lookup-services-nar";

}  // namespace

const Description kSimpleKeyValueLookupService{
    .type = "org.apache.nifi.lookup.SimpleKeyValueLookupService",
    .bundle = kBundle,
    .help = "Texts by the coordinate 'key': each dynamic property is one.",
    .properties = {},
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new KeyValueLookup); },
};
const Description kSimpleCsvLookupService{
    .type = "org.apache.nifi.lookup.SimpleCsvFileLookupService",
    .bundle = kBundle,
    .help = "A column of a CSV file by another, which is the coordinate 'key'.",
    .properties = kSimpleCsvProperties,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new CsvLookup(false)); },
};
const Description kCsvRecordLookupService{
    .type = "org.apache.nifi.lookup.CSVRecordLookupService",
    .bundle = kBundle,
    .help = "The records of a CSV file by one of their columns, which is the coordinate 'key'.",
    .properties = kCsvProperties,
    .apis = kRecordApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new CsvLookup(true)); },
};

}  // namespace flow
