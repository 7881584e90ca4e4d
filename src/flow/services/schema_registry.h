#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flow/engine/attributes.h"
#include "flow/record/input.h"
#include "flow/record/schema.h"

namespace flow {

/// What names a schema: its number, or a name and perhaps a version (otherwise the newest).
struct SchemaReference {
  std::optional<std::int64_t> id = {};
  std::string name = {};
  std::optional<int> version = {};
};

/// Schemas by what refers to them.
class SchemaRegistry {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.schemaregistry.services.SchemaRegistry";
  virtual ~SchemaRegistry() = default;
  /// Errors: NotFound; Unavailable when it cannot be asked now.
  virtual base::Result<record::SchemaPtr> find(const SchemaReference& reference) const = 0;
};

/// Finds in contents what their schemas are.
class SchemaReferenceReader {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.schemaregistry.services.SchemaReferenceReader";
  struct Found {
    SchemaReference reference;
    std::uint64_t bytes = 0;  // of the content, before the records
  };
  virtual ~SchemaReferenceReader() = default;
  /// Errors: InvalidValue when there is no reference.
  virtual base::Result<Found> read(const record::Input& content, const Attributes& attributes) const = 0;
};

/// The reverse.
class SchemaReferenceWriter {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.schemaregistry.services.SchemaReferenceWriter";
  virtual ~SchemaReferenceWriter() = default;
  /// What stands before the records. Errors: InvalidValue for a schema that no registry numbered.
  virtual base::Result<std::string> header(const record::Schema& schema) const = 0;
};

}  // namespace flow
