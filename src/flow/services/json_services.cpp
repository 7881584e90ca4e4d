#include "flow/services/json_services.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/content/codec.h"
#include "flow/engine/quantity.h"
#include "flow/engine/session.h"
#include "flow/record/json_reader.h"
#include "flow/record/json_writer.h"
#include "flow/services/properties.h"
#include "flow/services/schema_access.h"

namespace flow {
namespace {

constexpr Allowed kReaderSchemas[] = {kSchemaInferred,      kSchemaByName,        kSchemaByText,
                                      kSchemaReferences[0], kSchemaReferences[1], kSchemaReferences[2],
                                      kSchemaReferences[3]};
constexpr Allowed kStarts[] = {{"ROOT_NODE", "Root Node"}, {"NESTED_FIELD", "Nested Field"}};
constexpr Allowed kApplications[] = {{"SELECTED_PART", "Selected Part"}, {"WHOLE_JSON", "Whole JSON"}};
constexpr Allowed kParsings[] = {{"STANDARD", "Standard"}, {"LENIENT", "Lenient"}};
constexpr Allowed kSuppressions[] = {{"always-suppress", "Always Suppress"},
                                     {"never-suppress", "Never Suppress"},
                                     {"suppress-missing", "Suppress Missing Values"}};
constexpr Allowed kGroupings[] = {{"output-array", "Array"}, {"output-oneline", "One Line Per Object"}};
constexpr Allowed kHandlings[] = {{"ENABLED", "Enabled"}, {"DISABLED", "Disabled"}};
constexpr Allowed kTimestamps[] = {{"AUTO", "Auto"},
                                   {"FORMATTED_STRING", "Formatted String"},
                                   {"EPOCH_MILLISECONDS", "Epoch Milliseconds"},
                                   {"EPOCH_SECONDS", "Epoch Seconds"}};
constexpr Allowed kCompressions[] = {{"none"},   {"gzip"},          {"bzip2"}, {"xz-lzma2"},
                                     {"snappy"}, {"snappy framed"}, {"zstd"}};
constexpr Allowed kLevels[] = {{"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}, {"9"}};
struct Packing {
  std::string_view name;
  Compression compression;
  std::string_view mime_type;
  int level = 0;  // 0: the property says it, or there are none
};
constexpr Packing kPackings[] = {{"gzip", Compression::Gzip, "application/gzip"},
                                 {"bzip2", Compression::Bzip2, "application/x-bzip2"},
                                 {"xz-lzma2", Compression::Xz, "application/x-xz", 6},
                                 {"snappy", Compression::Snappy, "application/x-snappy"},
                                 {"snappy framed", Compression::SnappyFramed, "application/x-snappy-framed"},
                                 {"zstd", Compression::Zstd, "application/zstd", 2}};

constexpr std::array<Property, 7> kReaderOwn{{
    {.name = "Schema Inference Cache", .old_name = "schema-inference-cache", .no_effect = true},
    {.name = "Starting Field Strategy",
     .old_name = "starting-field-strategy",
     .fallback = "ROOT_NODE",
     .required = true,
     .allowed = kStarts},
    {.name = "Starting Field Name", .old_name = "starting-field-name"},
    {.name = "Schema Application Strategy",
     .old_name = "schema-application-strategy",
     .fallback = "SELECTED_PART",
     .allowed = kApplications},
    {.name = "Max String Length", .fallback = "20 MB", .required = true, .kind = Property::Kind::Size},
    {.name = "Allow Comments",
     .help = "Of NiFi 1.x",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Parsing Strategy",
     .help = "Lenient: comments are allowed",
     .fallback = "STANDARD",
     .required = true,
     .allowed = kParsings},
}};
constexpr std::array<Property, 8> kWriterOwn{{
    {.name = "Pretty Print JSON", .fallback = "false", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Suppress Null Values",
     .old_name = "suppress-nulls",
     .fallback = "never-suppress",
     .required = true,
     .allowed = kSuppressions},
    // New services of NiFi 2 have false; a file without the key is an older one.
    {.name = "Allow Scientific Notation", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Output Grouping",
     .old_name = "output-grouping",
     .fallback = "output-array",
     .required = true,
     .allowed = kGroupings},
    {.name = "Compression Format",
     .old_name = "compression-format",
     .fallback = "none",
     .required = true,
     .allowed = kCompressions},
    {.name = "Compression Level",
     .old_name = "compression-level",
     .help = "0 to 9, of gzip",
     .fallback = "1",
     .allowed = kLevels,
     .kind = Property::Kind::Integer},
    {.name = "Serialized JSON Input Handling",
     .help = "Enabled: records that are unchanged keep the order and the fields of their text",
     .fallback = "ENABLED",
     .required = true,
     .allowed = kHandlings},
    {.name = "Timestamp Representation", .fallback = "AUTO", .allowed = kTimestamps},
}};
constexpr auto kReaderProperties = joined(schema_properties(kReaderSchemas), kTimeFormats, kReaderOwn);
constexpr auto kWriterProperties =
    joined(schema_write_properties(kSchemaWrites), schema_properties(kWriterSchemas), kTimeFormats, kWriterOwn);

class JsonReaderService final : public ControllerService, public record::ReaderFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    const bool nested = configuration.text("Starting Field Strategy") == "NESTED_FIELD";
    if (nested) start_ = configuration.text_or("Starting Field Name", "");
    if (nested && start_.empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}, property 'Starting Field Name': is required", configuration.error_prefix()));
    rules_.comments = configuration.flag("Allow Comments") || configuration.text("Parsing Strategy") == "LENIENT";
    rules_.string_bytes_max = configuration.size("Max String Length").value_or(rules_.string_bytes_max);
    return access_.configure(configuration);
  }
  base::Result<std::unique_ptr<record::Reader>> open(const record::ReadRequest& request) const override {
    const bool inferred = access_.is(kSchemaInferred.value);
    const record::JsonReadOptions options{
        .formats = time_formats(*configuration_, request.session),
        .rules = rules_,
        .start = start_,
        .whole_schema = !inferred && configuration_->text("Schema Application Strategy") == "WHOLE_JSON",
        .read = request.options};
    if (inferred) {
      TRY(auto schema, record::infer_json(request.input, options));
      return record::open_json(request.input, std::move(schema), options);
    }
    TRY(auto found, access_.find(request));
    return record::open_json(std::move(found.input), std::move(found.schema), options);
  }

 private:
  const Configuration* configuration_ = nullptr;
  SchemaAccess access_;
  record::JsonRules rules_;
  std::string start_;
};

/// JSON that is compressed on its way out.
class PackedWriter final : public record::Writer {
 public:
  static base::Result<std::unique_ptr<Writer>> open(const record::SchemaPtr& schema,
                                                    const record::JsonWriteOptions& options, const Packing& packing,
                                                    int level, ByteSink& sink) {
    TRY(auto codec, make_compressor(packing.compression, level));
    std::unique_ptr<PackedWriter> writer(new PackedWriter(std::move(codec), packing, sink));
    TRY(writer->json_, record::write_json(schema, options, writer->packed_));
    return std::unique_ptr<Writer>(std::move(writer));
  }
  base::Status finish() override {
    TRY_VOID(json_->finish());
    return packed_.codec->finish(packed_.sink);
  }
  std::string_view mime_type() const override { return packing_.mime_type; }

 protected:
  base::Status put(const record::Row& row) override { return json_->write(row); }

 private:
  struct Packed final : ByteSink {
    Packed(std::unique_ptr<Codec> made, ByteSink& into) : codec(std::move(made)), sink(into) {}
    base::Status append(std::string_view bytes) override { return codec->feed(bytes, sink); }
    std::unique_ptr<Codec> codec;
    ByteSink& sink;
  };
  PackedWriter(std::unique_ptr<Codec> codec, const Packing& packing, ByteSink& sink)
      : packed_(std::move(codec), sink), packing_(packing) {}

  Packed packed_;
  const Packing& packing_;
  std::unique_ptr<Writer> json_;
};

class JsonWriterService final : public ControllerService, public record::WriterFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    const auto suppress = configuration.text_or("Suppress Null Values", "");
    const auto timestamps = configuration.text_or("Timestamp Representation", "");
    options_ = {.pretty = configuration.flag("Pretty Print JSON"),
                .suppress = suppress == "always-suppress"    ? record::NullSuppression::Always
                            : suppress == "suppress-missing" ? record::NullSuppression::Missing
                                                             : record::NullSuppression::Never,
                .one_per_line = configuration.text("Output Grouping") == "output-oneline",
                .scientific = configuration.flag("Allow Scientific Notation"),
                .keep_original = configuration.text("Serialized JSON Input Handling") != "DISABLED",
                .timestamps = timestamps == "FORMATTED_STRING"     ? record::TimestampForm::Text
                              : timestamps == "EPOCH_MILLISECONDS" ? record::TimestampForm::Milliseconds
                              : timestamps == "EPOCH_SECONDS"      ? record::TimestampForm::Seconds
                                                                   : record::TimestampForm::Auto};
    if (options_.pretty && options_.one_per_line)
      return base::fail(base::ErrorKind::InvalidValue,
                        configuration.error_prefix() +
                            ": Pretty Print JSON must be false when Output Grouping is 'One Line Per Object'");
    const auto* packing =
        std::ranges::find(kPackings, configuration.text_or("Compression Format", "none"), &Packing::name);
    packing_ = packing == std::end(kPackings) ? nullptr : packing;
    level_ = static_cast<int>(std::min<std::uint64_t>(configuration.integer_or("Compression Level", 1), 9));
    if (packing_ != nullptr && packing_->level != 0) level_ = packing_->level;
    return access_.configure(configuration);
  }
  base::Result<record::SchemaPtr> schema(const Session& session, const FlowFile& file,
                                         const record::SchemaPtr& read) const override {
    return access_.find(session, file, read);
  }
  base::Result<std::unique_ptr<record::Writer>> open(const Session& session, const FlowFile&,
                                                     const record::SchemaPtr& schema, ByteSink& sink) const override {
    return open(session, schema, options_, sink);
  }
  base::Result<std::unique_ptr<record::Writer>> open_alone(const Session& session, const FlowFile&,
                                                           const record::SchemaPtr& schema,
                                                           ByteSink& sink) const override {
    auto options = options_;
    options.one_per_line = true;
    return open(session, schema, std::move(options), sink);
  }
  Attributes attributes(const record::Schema& schema) const override { return access_.attributes(schema); }

 private:
  base::Result<std::unique_ptr<record::Writer>> open(const Session& session, const record::SchemaPtr& schema,
                                                     record::JsonWriteOptions options, ByteSink& sink) const {
    options.formats = time_formats(*configuration_, session);
    TRY_VOID(access_.write_header(*schema, sink));
    if (packing_ == nullptr) return record::write_json(schema, options, sink);
    return PackedWriter::open(schema, options, *packing_, level_, sink);
  }

  const Configuration* configuration_ = nullptr;
  SchemaAccess access_;
  record::JsonWriteOptions options_;
  const Packing* packing_ = nullptr;
  int level_ = 1;
};

constexpr std::string_view kReaderApis[] = {record::ReaderFactory::kApi};
constexpr std::string_view kWriterApis[] = {record::WriterFactory::kApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-record-serialization-services-nar";

}  // namespace

const Description kJsonTreeReaderService{
    .type = "org.apache.nifi.json.JsonTreeReader",
    .bundle = kBundle,
    .help = "Reads each JSON object as a record, whether they stand in an array or one after the other.",
    .properties = kReaderProperties,
    .apis = kReaderApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new JsonReaderService); },
};
const Description kJsonWriterService{
    .type = "org.apache.nifi.json.JsonRecordSetWriter",
    .bundle = kBundle,
    .help = "Writes records as JSON objects, in an array or one per line.",
    .properties = kWriterProperties,
    .apis = kWriterApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new JsonWriterService); },
};

}  // namespace flow
