#pragma once

#include "flow/description.h"
#include "flow/services/schema_registry.h"

namespace flow {

/// Confluent's reference to a schema: a zero byte and the number in four, the highest first.
base::Result<SchemaReferenceReader::Found> read_confluent_reference(const record::Input& content);
base::Result<std::string> confluent_reference(const record::Schema& schema);

extern const Description kConfluentReferenceReader;
extern const Description kConfluentReferenceWriter;

}  // namespace flow
