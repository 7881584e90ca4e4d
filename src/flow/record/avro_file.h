#pragma once

#include "flow/record/avro_codec.h"
#include "flow/record/reader.h"
#include "flow/record/writer.h"

namespace flow::record {

enum class AvroCompression { None, Deflate, Snappy, Bzip2, Zstandard };

/// An Avro object container file, whose schema is in it.
base::Result<std::unique_ptr<Reader>> open_avro(std::shared_ptr<const Input> input);
/// Records one after the other without a container. Errors: those of a schema that is no Avro schema.
base::Result<std::unique_ptr<Reader>> open_raw_avro(std::shared_ptr<const Input> input, const SchemaPtr& schema);

struct AvroWriteOptions {
  AvroCompression compression = AvroCompression::None;
  bool container = true;  // with the schema; false: records only
};
base::Result<std::unique_ptr<Writer>> write_avro(const SchemaPtr& schema, const AvroWriteOptions& options,
                                                 ByteSink& sink);

}  // namespace flow::record
