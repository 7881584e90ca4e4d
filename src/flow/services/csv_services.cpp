#include "flow/services/csv_services.h"

#include "flow/engine/session.h"
#include "flow/record/csv_reader.h"
#include "flow/record/csv_writer.h"
#include "flow/services/csv_format.h"
#include "flow/services/properties.h"
#include "flow/services/schema_access.h"

namespace flow {
namespace {

constexpr Allowed kParsers[] = {
    {"commons-csv", "Apache Commons CSV"}, {"jackson-csv", "Jackson CSV"}, {"fast-csv", "FastCSV"}};
constexpr Allowed kWriters[] = {{"commons-csv", "Apache Commons CSV"}, {"fast-csv", "FastCSV"}};
constexpr Allowed kReaderSchemas[] = {kSchemaInferred,      kSchemaByName,
                                      kSchemaByText,        {"csv-header-derived", "Use String Fields From Header"},
                                      kSchemaReferences[0], kSchemaReferences[1],
                                      kSchemaReferences[2], kSchemaReferences[3]};
/// What readers and writers have in common.
constexpr std::array<Property, 9> kFormatProperties{{
    {.name = "CSV Format", .fallback = "custom", .required = true, .allowed = kCsvFormats},
    kCsvSeparator,
    {.name = "Record Separator", .help = "When writing; any line end is read", .fallback = "\\n", .required = true},
    kCsvQuote,
    kCsvEscape,
    kCsvComment,
    {.name = "Null String"},
    kCsvTrim,
    {.name = "Character Set", .old_name = "csvutils-character-set", .fallback = "UTF-8", .required = true},
}};
constexpr std::array<Property, 5> kReaderOwn{{
    {.name = "CSV Parser",
     .old_name = "csv-reader-csv-parser",
     .help = "All read by the rules of Apache Commons CSV",
     .fallback = "commons-csv",
     .required = true,
     .allowed = kParsers},
    {.name = "Treat First Line as Header",
     .old_name = "Skip Header Line",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Ignore CSV Header Column Names",
     .old_name = "ignore-csv-header",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Allow Duplicate Header Names",
     .old_name = "csvutils-allow-duplicate-header-names",
     .fallback = "true",
     .kind = Property::Kind::Boolean},
    {.name = "Trim Double Quote",
     .old_name = "Trim double quote",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
}};
constexpr std::array<Property, 4> kWriterOwn{{
    {.name = "CSV Writer", .old_name = "csv-writer", .fallback = "commons-csv", .required = true, .allowed = kWriters},
    {.name = "Include Header Line", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    kCsvQuoteMode,
    {.name = "Include Trailing Delimiter", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
}};
constexpr auto kReaderProperties =
    joined(schema_properties(kReaderSchemas), kTimeFormats, kFormatProperties, kReaderOwn);
constexpr auto kWriterProperties = joined(schema_write_properties(kSchemaWrites), schema_properties(kWriterSchemas),
                                          kTimeFormats, kFormatProperties, kWriterOwn);

base::Result<record::CsvFormat> format_of(const Configuration& configuration, const Session& session,
                                          const FlowFile& file) {
  if (auto named = record::named_csv_format(configuration.text_or("CSV Format", ""))) return std::move(*named);
  TRY(auto format, custom_csv_format(configuration, [&](std::string_view name) {
        return configuration.evaluate(name, session, file);
      }));
  if (const auto text = configuration.text("Null String")) format.null_text = unescape_java(*text);
  format.record_separator = unescape_java(configuration.text_or("Record Separator", "\\n"));
  format.trailing_delimiter = configuration.flag("Include Trailing Delimiter");
  format.allow_duplicate_names = configuration.text_or("Allow Duplicate Header Names", "true") == "true";
  return format;
}

class CsvReaderService final : public ControllerService, public record::ReaderFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    return access_.configure(configuration);
  }
  base::Result<std::unique_ptr<record::Reader>> open(const record::ReadRequest& request) const override {
    const auto& configuration = *configuration_;
    TRY(auto format, format_of(configuration, request.session, request.file));
    record::CsvReadOptions options{.format = std::move(format),
                                   .formats = time_formats(configuration, request.session),
                                   .charset = configuration.text_or("Character Set", "UTF-8"),
                                   .has_header = configuration.flag("Treat First Line as Header"),
                                   .ignore_header = configuration.flag("Ignore CSV Header Column Names"),
                                   .trim_double_quote = configuration.flag("Trim Double Quote"),
                                   .read = request.options};
    const bool inferred = access_.is(kSchemaInferred.value);
    if (inferred || access_.is("csv-header-derived")) {
      options.has_header = true;
      TRY(auto schema,
          inferred ? record::infer_csv(request.input, options) : record::csv_header_schema(request.input, options));
      return record::open_csv(request.input, std::move(schema), options);
    }
    TRY(auto found, access_.find(request));
    return record::open_csv(std::move(found.input), std::move(found.schema), options);
  }

 private:
  const Configuration* configuration_ = nullptr;
  SchemaAccess access_;
};

class CsvWriterService final : public ControllerService, public record::WriterFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    if (configuration.text("Quote Mode") == "NONE" && configuration.text_or("Escape Character", "").empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        configuration.error_prefix() + ": without quotes an Escape Character is required");
    return access_.configure(configuration);
  }
  base::Result<record::SchemaPtr> schema(const Session& session, const FlowFile& file,
                                         const record::SchemaPtr& read) const override {
    return access_.find(session, file, read);
  }
  base::Result<std::unique_ptr<record::Writer>> open(const Session& session, const FlowFile& file,
                                                     const record::SchemaPtr& schema, ByteSink& sink) const override {
    TRY(auto format, format_of(*configuration_, session, file));
    TRY_VOID(access_.write_header(*schema, sink));
    return record::write_csv(schema,
                             {.format = std::move(format),
                              .formats = time_formats(*configuration_, session),
                              .charset = configuration_->text_or("Character Set", "UTF-8"),
                              .header = configuration_->flag("Include Header Line")},
                             sink);
  }
  Attributes attributes(const record::Schema& schema) const override { return access_.attributes(schema); }

 private:
  const Configuration* configuration_ = nullptr;
  SchemaAccess access_;
};

constexpr std::string_view kReaderApis[] = {record::ReaderFactory::kApi};
constexpr std::string_view kWriterApis[] = {record::WriterFactory::kApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-record-serialization-services-nar";

}  // namespace

const Description kCsvReaderService{
    .type = "org.apache.nifi.csv.CSVReader",
    .bundle = kBundle,
    .help = "Reads records from delimited text.",
    .properties = kReaderProperties,
    .apis = kReaderApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new CsvReaderService); },
};
const Description kCsvWriterService{
    .type = "org.apache.nifi.csv.CSVRecordSetWriter",
    .bundle = kBundle,
    .help = "Writes records as delimited text.",
    .properties = kWriterProperties,
    .apis = kWriterApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new CsvWriterService); },
};

}  // namespace flow
