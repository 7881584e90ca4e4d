#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/record/avro_schema.h"
#include "flow/record/convert.h"
#include "flow/record/writer.h"

namespace flow::record {

/// Records as Avro's binary encoding of one schema. Values are converted to what the schema says.
class AvroEncoder {
 public:
  /// `schema`: the record schema of `avro`.
  AvroEncoder(std::shared_ptr<const AvroSchema> avro, SchemaPtr schema);
  /// Appends. Errors: InvalidValue names the field.
  base::Status encode(const Row& row, std::string& out);

 private:
  base::Status record(const Row& row, const AvroType& type, const Schema& schema, std::string& out);
  base::Status value(const Value& given, const AvroType& type, const DataType& data, std::string_view field,
                     std::string& out);
  base::Status choice(const Value& given, const AvroType& type, std::string_view field, std::string& out);

  const std::shared_ptr<const AvroSchema> avro_;
  const SchemaPtr schema_;
  const Converter converter_{Formats{}};
  std::map<const Schema*, std::unique_ptr<FieldFinder>> finders_;
  std::map<const AvroType*, DataType> options_;  // of unions
  Arena arena_;
};

/// The reverse: records of the schema that `avro` is.
class AvroDecoder {
 public:
  AvroDecoder(std::shared_ptr<const AvroSchema> avro, SchemaPtr schema)
      : avro_(std::move(avro)), schema_(std::move(schema)) {}
  /// Takes one record from the front of `bytes`, which its texts point into. Errors: InvalidValue when they end early.
  base::Result<Row> decode(std::string_view& bytes, Arena& arena) const;

 private:
  base::Result<Row> record(std::string_view& bytes, const AvroType& type, const Schema& schema, Arena& arena,
                           int depth) const;
  base::Result<Value> value(std::string_view& bytes, const AvroType& type, const DataType& data, Arena& arena,
                            int depth) const;

  const std::shared_ptr<const AvroSchema> avro_;
  const SchemaPtr schema_;
};

void append_avro_long(std::string& out, std::int64_t value);
base::Result<std::int64_t> take_avro_long(std::string_view& bytes);
base::Result<std::string_view> take_avro_bytes(std::string_view& bytes, std::size_t size);

/// A decimal as Avro and Parquet hold it: big-endian two's complement of the digits at a scale. `size` 0: as short as
/// may be. Nothing: it does not fit.
std::optional<std::string> decimal_bytes(std::string_view plain, int scale, std::size_t size = 0);
std::string decimal_text(std::string_view bytes, int scale);

}  // namespace flow::record
