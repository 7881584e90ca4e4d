#pragma once

#include "flow/processors/kafka_output.h"

namespace flow {

/// Records with what their messages say beside their values, in the shape that is asked for.
class KafkaWrapper {
 public:
  explicit KafkaWrapper(const KafkaOutputOptions& options) : options_(options) {}

  /// A record of a message: what the batch and the arena hold must outlive it. `key`: from read_key().
  struct Wrapped {
    record::SchemaPtr schema;
    record::Row row;
  };
  struct Key {
    record::DataType type;
    record::Value value;
    std::unique_ptr<record::Reader> reader = {};  // whose schema and texts the value points at
    std::unique_ptr<record::Batch> batch = {};
  };
  /// Errors: those of the reader of keys.
  base::Result<Key> read_key(const Session& session, const FlowFile& attributes, const kafka::Message& message,
                             record::Arena& arena) const;
  /// `row` null: the message has no value.
  base::Result<Wrapped> wrap(const kafka::Message& message, const Key& key, const record::Row* row,
                             const record::SchemaPtr& schema, record::Arena& arena);

 private:
  base::Result<record::Value> headers_of(const kafka::Message& message, record::Arena& arena) const;
  record::SchemaPtr schema_for(const record::DataType& key, const record::SchemaPtr& value);
  record::SchemaPtr metadata_schema(const record::DataType& key) const;

  const KafkaOutputOptions& options_;
  // The last one made: messages that follow each other are mostly alike.
  record::SchemaPtr value_, made_, metadata_;
  record::DataType key_;
};

}  // namespace flow
