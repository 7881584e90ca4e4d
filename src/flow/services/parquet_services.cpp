#include "flow/services/parquet_services.h"

#include <fmt/format.h>

#include "flow/engine/quantity.h"
#include "flow/record/parquet.h"
#include "flow/services/properties.h"
#include "flow/services/schema_access.h"

namespace flow {
namespace {

constexpr Allowed kCompressions[] = {{"UNCOMPRESSED"},   {"SNAPPY"},
                                     {"GZIP"},           {"ZSTD"},
                                     {"LZO", {}, false}, {"BROTLI", {}, false},
                                     {"LZ4", {}, false}, {"LZ4_RAW", {}, false}};
constexpr Allowed kVersions[] = {{"PARQUET_1_0"}, {"PARQUET_2_0"}};

constexpr Property kListElements{.name = "Avro Add List Element Records",
                                 .old_name = "avro-add-list-element-records",
                                 .fallback = "true",
                                 .required = true,
                                 .kind = Property::Kind::Boolean,
                                 .no_effect = true};
constexpr Property kReaderProperties[] = {{.name = "Avro Read Compatibility",
                                           .old_name = "avro-read-compatibility",
                                           .help = "Lists of two and of three levels are told apart by themselves",
                                           .fallback = "true",
                                           .required = true,
                                           .kind = Property::Kind::Boolean,
                                           .no_effect = true},
                                          kListElements};
constexpr std::array<Property, 12> kWriterOwn{{
    {.name = "Cache Size", .old_name = "cache-size", .fallback = "1000", .required = true, .no_effect = true},
    {.name = "Compression Type",
     .old_name = "compression-type",
     .fallback = "UNCOMPRESSED",
     .required = true,
     .allowed = kCompressions},
    {.name = "Row Group Size",
     .old_name = "row-group-size",
     .help = "In memory until it is full; 128 MB unless set",
     .scope = Scope::FlowFile},
    {.name = "Page Size", .old_name = "page-size", .help = "1 MB unless set", .scope = Scope::FlowFile},
    {.name = "Dictionary Page Size",
     .old_name = "dictionary-page-size",
     .help = "Columns with more than that of different values are written plainly; 1 MB unless set",
     .scope = Scope::FlowFile},
    {.name = "Max Padding Size", .old_name = "max-padding-size", .scope = Scope::FlowFile, .no_effect = true},
    {.name = "Enable Dictionary Encoding", .old_name = "enable-dictionary-encoding", .kind = Property::Kind::Boolean},
    {.name = "Enable Validation", .old_name = "enable-validation", .kind = Property::Kind::Boolean, .no_effect = true},
    {.name = "Writer Version",
     .old_name = "writer-version",
     .help = "The first version is written, which readers of either take",
     .allowed = kVersions},
    {.name = "Avro Write Old List Structure",
     .old_name = "avro-write-old-list-structure",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    kListElements,
    {.name = "INT96 Fields", .old_name = "int96-fields", .unsupported = true},
}};
constexpr auto kWriterProperties =
    joined(schema_write_properties(kSchemaWrites), schema_properties(kWriterSchemas), kWriterOwn);

class ParquetReaderService final : public ControllerService, public record::ReaderFactory {
 public:
  base::Result<std::unique_ptr<record::Reader>> open(const record::ReadRequest& request) const override {
    return record::open_parquet(request.input);
  }
};

class ParquetWriterService final : public ControllerService, public record::WriterFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    configuration_ = &configuration;
    const auto compression = configuration.text_or("Compression Type", "");
    options_ = {.compression = compression == "SNAPPY" ? record::ParquetCompression::Snappy
                               : compression == "GZIP" ? record::ParquetCompression::Gzip
                               : compression == "ZSTD" ? record::ParquetCompression::Zstandard
                                                       : record::ParquetCompression::None,
                .dictionary = configuration.text_or("Enable Dictionary Encoding", "true") == "true",
                .old_lists = configuration.flag("Avro Write Old List Structure")};
    return access_.configure(configuration);
  }
  base::Result<record::SchemaPtr> schema(const Session& session, const FlowFile& file,
                                         const record::SchemaPtr& read) const override {
    return access_.find(session, file, read);
  }
  base::Result<std::unique_ptr<record::Writer>> open(const Session& session, const FlowFile& file,
                                                     const record::SchemaPtr& schema, ByteSink& sink) const override {
    auto options = options_;
    TRY_VOID(size("Row Group Size", session, file, options.row_group_bytes));
    TRY_VOID(size("Page Size", session, file, options.page_bytes));
    TRY_VOID(size("Dictionary Page Size", session, file, options.dictionary_bytes));
    return record::write_parquet(schema, options, sink);
  }
  Attributes attributes(const record::Schema& schema) const override { return access_.attributes(schema); }

 private:
  base::Status size(std::string_view property, const Session& session, const FlowFile& file,
                    std::uint64_t& into) const {
    TRY(const auto text, configuration_->evaluate(property, session, file));
    if (text.value_or("").empty()) return {};
    const auto parsed = parse_data_size(*text);
    if (!parsed)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': '{}' is not a data size",
                                                                   configuration_->error_prefix(), property, *text));
    into = *parsed;
    return {};
  }

  const Configuration* configuration_ = nullptr;
  SchemaAccess access_;
  record::ParquetWriteOptions options_;
};

constexpr std::string_view kReaderApis[] = {record::ReaderFactory::kApi};
constexpr std::string_view kWriterApis[] = {record::WriterFactory::kApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-parquet-nar";

}  // namespace

const Description kParquetReaderService{
    .type = "org.apache.nifi.parquet.ParquetReader",
    .bundle = kBundle,
    .help = "Reads records from Parquet files.",
    .properties = kReaderProperties,
    .apis = kReaderApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new ParquetReaderService); },
};
const Description kParquetWriterService{
    .type = "org.apache.nifi.parquet.ParquetRecordSetWriter",
    .bundle = kBundle,
    .help = "Writes records as Parquet files.",
    .properties = kWriterProperties,
    .apis = kWriterApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new ParquetWriterService); },
};

}  // namespace flow
