#include "flow/services/confluent_reference.h"

#include <array>

#include "flow/engine/processor.h"

namespace flow {
namespace {

constexpr std::size_t kHeader = 5;

class ReferenceReader final : public ControllerService, public SchemaReferenceReader {
 public:
  base::Result<Found> read(const record::Input& content, const Attributes&) const override {
    return read_confluent_reference(content);
  }
};

class ReferenceWriter final : public ControllerService, public SchemaReferenceWriter {
 public:
  base::Result<std::string> header(const record::Schema& schema) const override { return confluent_reference(schema); }
};

constexpr std::string_view kReaderApis[] = {SchemaReferenceReader::kApi};
constexpr std::string_view kWriterApis[] = {SchemaReferenceWriter::kApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-confluent-platform-nar";

}  // namespace

base::Result<SchemaReferenceReader::Found> read_confluent_reference(const record::Input& content) {
  std::array<char, kHeader> header{};
  TRY(const auto size, content.read(0, header));
  if (size < kHeader || header[0] != 0)
    return base::fail(base::ErrorKind::InvalidValue, "the content does not begin with Confluent's schema reference");
  std::uint32_t id = 0;
  for (std::size_t i = 1; i < kHeader; ++i) id = id << 8 | static_cast<unsigned char>(header[i]);
  return SchemaReferenceReader::Found{{.id = id}, kHeader};
}

base::Result<std::string> confluent_reference(const record::Schema& schema) {
  const auto& id = schema.identity().id;
  if (!id)
    return base::fail(base::ErrorKind::InvalidValue,
                      "a Confluent schema reference needs a schema of a registry that numbers its schemas");
  std::string header(kHeader, '\0');
  for (std::size_t i = 1; i < kHeader; ++i) header[i] = static_cast<char>(*id >> (8 * (kHeader - 1 - i)));
  return header;
}

const Description kConfluentReferenceReader{
    .type = "org.apache.nifi.confluent.schemaregistry.ConfluentEncodedSchemaReferenceReader",
    .bundle = kBundle,
    .help = "Finds the number of a schema in the first bytes of a content, as Confluent's serializers put it there.",
    .properties = {},
    .apis = kReaderApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new ReferenceReader); },
};
const Description kConfluentReferenceWriter{
    .type = "org.apache.nifi.confluent.schemaregistry.ConfluentEncodedSchemaReferenceWriter",
    .bundle = kBundle,
    .help = "Puts the number of the schema before the records, as Confluent's serializers do.",
    .properties = {},
    .apis = kWriterApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new ReferenceWriter); },
};

}  // namespace flow
