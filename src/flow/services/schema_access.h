#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/record/convert.h"
#include "flow/record/reader.h"
#include "flow/record/schema.h"
#include "flow/services/schema_registry.h"

namespace flow {

constexpr Allowed kSchemaByName{"schema-name", "Use 'Schema Name' Property"};
constexpr Allowed kSchemaByText{"schema-text-property", "Use 'Schema Text' Property"};
constexpr Allowed kSchemaInferred{"infer-schema", "Infer Schema"};
constexpr Allowed kSchemaInherited{"inherit-record-schema", "Inherit Record Schema"};
constexpr Allowed kSchemaReferences[] = {
    {"schema-reference-reader", "Schema Reference Reader"},
    {"hwx-schema-ref-attributes", "HWX Schema Reference Attributes", false},
    {"hwx-content-encoded-schema", "HWX Content-Encoded Schema Reference", false},
    {"confluent-encoded", "Confluent Content-Encoded Schema Reference"},
};

/// Where readers and writers have their schema from. The first of `strategies` is the default.
constexpr std::array<Property, 7> schema_properties(std::span<const Allowed> strategies) {
  const auto refers = [](const Allowed& strategy) { return strategy.value == kSchemaReferences[0].value; };
  return {{
      {.name = "Schema Access Strategy",
       .old_name = "schema-access-strategy",
       .fallback = strategies[0].value,
       .required = true,
       .allowed = strategies},
      {.name = "Schema Registry", .old_name = "schema-registry", .service = SchemaRegistry::kApi},
      {.name = "Schema Name", .old_name = "schema-name", .fallback = "${schema.name}", .scope = Scope::FlowFile},
      {.name = "Schema Version", .old_name = "schema-version", .scope = Scope::FlowFile},
      {.name = "Schema Branch", .old_name = "schema-branch", .scope = Scope::FlowFile, .no_effect = true},
      {.name = "Schema Text",
       .old_name = "schema-text",
       .help = "Avro JSON",
       .fallback = "${avro.schema}",
       .scope = Scope::FlowFile},
      {.name = "Schema Reference Reader",
       .old_name = "schema-reference-reader",
       .no_effect = std::ranges::none_of(strategies, refers),  // writers have no content that could refer to one
       .service = SchemaReferenceReader::kApi},
  }};
}
/// The same for writers, and what they say about it. The first of `writes` is the default.
constexpr std::array<Property, 4> schema_write_properties(std::span<const Allowed> writes) {
  return {{
      {.name = "Schema Write Strategy", .fallback = writes[0].value, .required = true, .allowed = writes},
      {.name = "Schema Cache", .old_name = "schema-cache", .no_effect = true},
      {.name = "Schema Reference Writer",
       .old_name = "schema-reference-writer",
       .service = SchemaReferenceWriter::kApi},
      {.name = "Schema Protocol Version",
       .old_name = "schema-protocol-version",
       .help = "Of NiFi 1.x",
       .fallback = "1",
       .scope = Scope::FlowFile,
       .no_effect = true},
  }};
}
constexpr Allowed kSchemaUnwritten{"no-schema", "Do Not Write Schema"};
constexpr Allowed kSchemaWrites[] = {
    kSchemaUnwritten,
    {"schema-name", "Set 'schema.name' Attribute"},
    {"full-schema-attribute", "Set 'avro.schema' Attribute"},
    {"schema-reference-writer", "Schema Reference Writer"},
    {"hwx-schema-ref-attributes", "HWX Schema Reference Attributes", false},
    {"hwx-content-encoded-schema", "HWX Content-Encoded Schema Reference", false},
    {"confluent-encoded", "Confluent Schema Registry Reference"},
};
constexpr Allowed kWriterSchemas[] = {kSchemaInherited, kSchemaByName, kSchemaByText};

/// Finds schemas as those properties say. Thread-safe.
class SchemaAccess {
 public:
  base::Status configure(const Configuration& configuration);
  bool is(std::string_view strategy) const { return strategy_ == strategy; }
  /// By name or text. Errors: InvalidValue names what is missing.
  base::Result<record::SchemaPtr> find(const Session& session, const FlowFile& file) const;
  struct Found {
    record::SchemaPtr schema;
    std::shared_ptr<const record::Input> input;
  };
  /// For a reader: also what the content itself refers to; the rest of it comes with the schema.
  base::Result<Found> find(const record::ReadRequest& request) const;
  /// For a writer: what was read unless another is configured.
  base::Result<record::SchemaPtr> find(const Session& session, const FlowFile& file,
                                       const record::SchemaPtr& read) const;
  /// As the write strategy says.
  Attributes attributes(const record::Schema& schema) const;
  /// What stands before the records, as the write strategy says.
  base::Status write_header(const record::Schema& schema, ByteSink& sink) const;

 private:
  base::Result<record::SchemaPtr> parsed(const std::string& text) const;

  const Configuration* configuration_ = nullptr;
  std::string strategy_;
  std::string write_strategy_;
  std::shared_ptr<SchemaRegistry> registry_;
  std::shared_ptr<SchemaReferenceReader> reference_reader_;
  std::shared_ptr<SchemaReferenceWriter> reference_writer_;
  mutable std::mutex schemas_mutex_;
  mutable std::map<std::string, record::SchemaPtr> schemas_;  // by text
};

/// The formats of times that readers and writers have.
record::Formats time_formats(const Configuration& configuration, const Session& session);
/// "\t", "\u0001" and such as they stand in properties; a single character is itself.
std::string unescape_java(std::string_view text);

extern const Description kAvroSchemaRegistry;
extern const Description kSchemaCacheService;

}  // namespace flow
