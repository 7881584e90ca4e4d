#include "flow/services/schema_access.h"

#include <fmt/format.h>

#include <charconv>

#include "flow/engine/session.h"
#include "flow/record/avro_schema.h"
#include "flow/services/confluent_reference.h"

namespace flow {
namespace {

constexpr std::size_t kKnownMax = 1000;

}  // namespace

base::Status SchemaAccess::configure(const Configuration& configuration) {
  configuration_ = &configuration;
  strategy_ = configuration.text_or("Schema Access Strategy", "");
  write_strategy_ = configuration.text_or("Schema Write Strategy", "");
  registry_ = configuration.service<SchemaRegistry>("Schema Registry");
  reference_reader_ = configuration.service<SchemaReferenceReader>("Schema Reference Reader");
  reference_writer_ = configuration.service<SchemaReferenceWriter>("Schema Reference Writer");
  const auto missing = [&](std::string_view property, std::string_view wanted_for) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': is required for {}",
                                                                 configuration.error_prefix(), property, wanted_for));
  };
  const bool by_reference = is("schema-reference-reader") || is("confluent-encoded");
  if (is("schema-name") && registry_ == nullptr) return missing("Schema Registry", "a schema by name");
  if (by_reference && registry_ == nullptr) return missing("Schema Registry", "a schema by reference");
  if (is("schema-reference-reader") && reference_reader_ == nullptr)
    return missing("Schema Reference Reader", "this access strategy");
  if (write_strategy_ == "schema-reference-writer" && reference_writer_ == nullptr)
    return missing("Schema Reference Writer", "this write strategy");
  return {};
}

base::Result<record::SchemaPtr> SchemaAccess::find(const Session& session, const FlowFile& file) const {
  if (is("schema-name")) {
    TRY(const auto name, configuration_->evaluate("Schema Name", session, file));
    if (name.value_or("").empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: 'Schema Name' is empty for this flowfile", configuration_->error_prefix()));
    TRY(const auto version, configuration_->evaluate_or("Schema Version", session, file, ""));
    SchemaReference reference{.name = *name};
    if (!version.empty()) {
      int number = 0;
      const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
      if (error != std::errc{} || end != version.data() + version.size())
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: 'Schema Version' is '{}', no number",
                                                                     configuration_->error_prefix(), version));
      reference.version = number;
    }
    return registry_->find(reference);
  }
  TRY(const auto text, configuration_->evaluate("Schema Text", session, file));
  if (text.value_or("").empty())
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{}: 'Schema Text' is empty for this flowfile", configuration_->error_prefix()));
  auto schema = parsed(*text);
  if (!schema)
    return base::fail(
        base::ErrorKind::InvalidValue,
        fmt::format("{}, property 'Schema Text': {}", configuration_->error_prefix(), schema.error().message));
  return schema;
}

base::Result<SchemaAccess::Found> SchemaAccess::find(const record::ReadRequest& request) const {
  if (!is("schema-reference-reader") && !is("confluent-encoded")) {
    TRY(auto schema, find(request.session, request.file));
    return Found{std::move(schema), request.input};
  }
  TRY(const auto found, is("confluent-encoded") ? read_confluent_reference(*request.input)
                                                : reference_reader_->read(*request.input, request.file.attributes));
  TRY(auto schema, registry_->find(found.reference));
  return Found{std::move(schema), record::input_after(request.input, found.bytes)};
}

base::Status SchemaAccess::write_header(const record::Schema& schema, ByteSink& sink) const {
  if (write_strategy_ != "schema-reference-writer" && write_strategy_ != "confluent-encoded") return {};
  TRY(const auto header,
      write_strategy_ == "confluent-encoded" ? confluent_reference(schema) : reference_writer_->header(schema));
  return sink.append(header);
}

base::Result<record::SchemaPtr> SchemaAccess::find(const Session& session, const FlowFile& file,
                                                   const record::SchemaPtr& read) const {
  if (is(kSchemaInherited.value)) return read;
  return find(session, file);
}

base::Result<record::SchemaPtr> SchemaAccess::parsed(const std::string& text) const {
  const std::lock_guard lock(schemas_mutex_);
  if (const auto known = schemas_.find(text); known != schemas_.end()) return known->second;
  TRY(auto schema, record::parse_avro_schema(text));
  if (schemas_.size() >= kKnownMax) schemas_.clear();
  schemas_.emplace(text, schema);
  return schema;
}

Attributes SchemaAccess::attributes(const record::Schema& schema) const {
  if (write_strategy_ == "schema-name" && !schema.name().empty()) return {{"schema.name", schema.name()}};
  if (write_strategy_ == "full-schema-attribute") return {{"avro.schema", record::avro_schema_text(schema)}};
  return {};
}

record::Formats time_formats(const Configuration& configuration, const Session& session) {
  return {configuration.text_or("Date Format", ""), configuration.text_or("Time Format", ""),
          configuration.text_or("Timestamp Format", ""), session.time_zone()};
}

std::string unescape_java(std::string_view text) {
  if (text.size() < 2) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    switch (c) {
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'u': {
        unsigned code = 0;
        const auto digits = text.substr(i + 1, 4);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (error != std::errc{} || digits.size() != 4 || end != digits.data() + 4) {
          out += "\\u";
          break;
        }
        i += 4;
        if (code < 0x80) {
          out += static_cast<char>(code);
        } else if (code < 0x800) {
          out += {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
        } else {
          out += {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
                  static_cast<char>(0x80 | (code & 0x3F))};
        }
        break;
      }
      default: out += c;
    }
  }
  return out;
}

namespace {

constexpr Allowed kValidations[] = {{"VALIDATE", "Validate"}, {"NONE", "None"}, {"true"}, {"false"}};
constexpr Property kRegistryProperties[] = {{.name = "Validation Strategy",
                                             .old_name = "avro-reg-validated-field-names",
                                             .help = "Whether names must be those that Avro allows",
                                             .fallback = "VALIDATE",
                                             .required = true,
                                             .allowed = kValidations,
                                             .no_effect = true}};

class AvroSchemaRegistry final : public ControllerService, public SchemaRegistry {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(const auto text, dynamic.value.evaluate({.find = [](std::string_view) { return std::nullopt; }}));
      auto schema = record::parse_avro_schema(text);
      if (!schema)
        return base::fail(
            base::ErrorKind::InvalidValue,
            fmt::format("{}, property '{}': {}", configuration.error_prefix(), dynamic.name, schema.error().message));
      schemas_.emplace(dynamic.name,
                       std::make_shared<const record::Schema>((*schema)->fields(), dynamic.name, (*schema)->avro()));
    }
    prefix_ = configuration.error_prefix();
    return {};
  }
  base::Result<record::SchemaPtr> find(const SchemaReference& reference) const override {
    if (reference.id)
      return base::fail(
          base::ErrorKind::NotFound,
          fmt::format("{} has schemas by their names only, none with the number {}", prefix_, *reference.id));
    const auto found = schemas_.find(reference.name);
    if (found == schemas_.end())
      return base::fail(base::ErrorKind::NotFound, fmt::format("{} has no schema '{}'", prefix_, reference.name));
    return found->second;
  }

 private:
  std::string prefix_;
  std::map<std::string, record::SchemaPtr> schemas_;
};

/// What is inferred is inferred anew for each content: nothing else would be right for all.
class SchemaCacheService final : public ControllerService {};

constexpr std::string_view kRegistryApis[] = {SchemaRegistry::kApi};
constexpr std::string_view kCacheApis[] = {"org.apache.nifi.serialization.RecordSchemaCacheService"};
constexpr Property kCacheProperties[] = {{.name = "Maximum Cache Size",
                                          .old_name = "max-cache-size",
                                          .fallback = "100",
                                          .required = true,
                                          .scope = Scope::Environment,
                                          .no_effect = true}};

}  // namespace

const Description kAvroSchemaRegistry{
    .type = "org.apache.nifi.schemaregistry.services.AvroSchemaRegistry",
    .bundle = "org.apache.nifi:nifi-registry-nar",
    .help = "Schemas by name: each dynamic property is one, as Avro JSON.",
    .properties = kRegistryProperties,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .apis = kRegistryApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new AvroSchemaRegistry); },
};
const Description kSchemaCacheService{
    .type = "org.apache.nifi.schema.inference.VolatileSchemaCache",
    .bundle = "org.apache.nifi:nifi-record-serialization-services-nar",
    .help = "Accepted; schemas are inferred for each content.",
    .properties = kCacheProperties,
    .apis = kCacheApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new SchemaCacheService); },
};

}  // namespace flow
