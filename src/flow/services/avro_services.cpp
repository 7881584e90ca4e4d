#include "flow/services/avro_services.h"

#include "flow/record/avro_file.h"
#include "flow/services/properties.h"
#include "flow/services/schema_access.h"

namespace flow {
namespace {

constexpr Allowed kReaderSchemas[] = {{"embedded-avro-schema", "Use Embedded Avro Schema"},
                                      kSchemaByName,
                                      kSchemaByText,
                                      kSchemaReferences[0],
                                      kSchemaReferences[1],
                                      kSchemaReferences[2],
                                      kSchemaReferences[3]};
constexpr Allowed kWrites[] = {{"avro-embedded", "Embed Avro Schema"},
                               kSchemaWrites[0],
                               kSchemaWrites[1],
                               kSchemaWrites[2],
                               kSchemaWrites[3],
                               kSchemaWrites[4],
                               kSchemaWrites[5],
                               kSchemaWrites[6]};
// LZO was never more than a name: Avro has no such codec, and NiFi writes xz for it.
constexpr Allowed kCompressions[] = {{"NONE"}, {"BZIP2"}, {"DEFLATE"}, {"SNAPPY"}, {"LZO", {}, false}};

constexpr std::array<Property, 2> kReaderOwn{{
    {.name = "Cache Size", .old_name = "cache-size", .fallback = "1000", .required = true, .no_effect = true},
    {.name = "Fast Reader Enabled",
     .old_name = "fast-reader-enabled",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
}};
constexpr std::array<Property, 3> kWriterOwn{{
    {.name = "Compression Format",
     .old_name = "compression-format",
     .fallback = "NONE",
     .required = true,
     .allowed = kCompressions},
    {.name = "Cache Size", .old_name = "cache-size", .fallback = "1000", .required = true, .no_effect = true},
    {.name = "Encoder Pool Size",
     .old_name = "encoder-pool-size",
     .fallback = "32",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
}};
constexpr auto kReaderProperties = joined(schema_properties(kReaderSchemas), kReaderOwn);
constexpr auto kWriterProperties =
    joined(schema_write_properties(kWrites), schema_properties(kWriterSchemas), kWriterOwn);

class AvroReaderService final : public ControllerService, public record::ReaderFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    return access_.configure(configuration);
  }
  base::Result<std::unique_ptr<record::Reader>> open(const record::ReadRequest& request) const override {
    if (access_.is(kReaderSchemas[0].value)) return record::open_avro(request.input);
    // With a schema from elsewhere too, a file that has one is read as it says.
    TRY(const bool has_schema, is_avro_file(*request.input));
    if (has_schema) return record::open_avro(request.input);
    TRY(const auto found, access_.find(request));
    return record::open_raw_avro(found.input, found.schema);
  }

 private:
  static base::Result<bool> is_avro_file(const record::Input& input) {
    char magic[4] = {};
    TRY(const auto bytes, input.read(0, magic));
    return std::string_view(magic, bytes) == std::string_view("Obj\1", 4);
  }

  SchemaAccess access_;
};

class AvroWriterService final : public ControllerService, public record::WriterFactory {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    const auto compression = configuration.text_or("Compression Format", "NONE");
    options_ = {.compression = compression == "BZIP2"     ? record::AvroCompression::Bzip2
                               : compression == "DEFLATE" ? record::AvroCompression::Deflate
                               : compression == "SNAPPY"  ? record::AvroCompression::Snappy
                                                          : record::AvroCompression::None,
                .container = configuration.text("Schema Write Strategy") == kWrites[0].value};
    return access_.configure(configuration);
  }
  base::Result<record::SchemaPtr> schema(const Session& session, const FlowFile& file,
                                         const record::SchemaPtr& read) const override {
    return access_.find(session, file, read);
  }
  base::Result<std::unique_ptr<record::Writer>> open(const Session&, const FlowFile&, const record::SchemaPtr& schema,
                                                     ByteSink& sink) const override {
    TRY_VOID(access_.write_header(*schema, sink));
    return record::write_avro(schema, options_, sink);
  }
  Attributes attributes(const record::Schema& schema) const override { return access_.attributes(schema); }

 private:
  SchemaAccess access_;
  record::AvroWriteOptions options_;
};

constexpr std::string_view kReaderApis[] = {record::ReaderFactory::kApi};
constexpr std::string_view kWriterApis[] = {record::WriterFactory::kApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-record-serialization-services-nar";

}  // namespace

const Description kAvroReaderService{
    .type = "org.apache.nifi.avro.AvroReader",
    .bundle = kBundle,
    .help = "Reads Avro files, and Avro records without their schema.",
    .properties = kReaderProperties,
    .apis = kReaderApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new AvroReaderService); },
};
const Description kAvroWriterService{
    .type = "org.apache.nifi.avro.AvroRecordSetWriter",
    .bundle = kBundle,
    .help = "Writes records as an Avro file, or without their schema.",
    .properties = kWriterProperties,
    .apis = kWriterApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new AvroWriterService); },
};

}  // namespace flow
