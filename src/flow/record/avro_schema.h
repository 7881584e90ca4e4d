#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/record/schema.h"

namespace flow::record {

struct AvroType;

struct AvroField {
  std::string name;
  const AvroType* type = nullptr;
  std::optional<std::string> fallback = {};  // JSON
  std::vector<std::string> aliases = {};
};

/// A type of an Avro schema, as it is written.
struct AvroType {
  enum class Base { Null, Boolean, Int, Long, Float, Double, Bytes, String, Record, Enum, Array, Map, Union, Fixed };
  Base base = Base::Null;
  std::string name = {};     // of a record, enum or fixed, with its namespace
  std::string logical = {};  // "timestamp-millis"
  int precision = 0, scale = 0;
  std::size_t size = 0;                       // Fixed
  std::vector<AvroField> fields = {};         // Record
  std::vector<const AvroType*> options = {};  // Union
  const AvroType* element = nullptr;          // Array, Map
  std::vector<std::string> symbols = {};      // Enum
};

/// A schema whose types may refer to each other. Immutable.
class AvroSchema {
 public:
  /// Errors: InvalidValue that says what is wrong.
  static base::Result<std::shared_ptr<const AvroSchema>> parse(std::string_view text);
  const AvroType& root() const { return *root_; }
  const std::string& text() const { return text_; }

 private:
  friend class AvroSchemaReader;
  std::deque<AvroType> types_;
  const AvroType* root_ = nullptr;
  std::string text_;
};

DataType data_type_of(const AvroType& type);
/// The record schema that an Avro record is. Errors: InvalidValue.
base::Result<SchemaPtr> schema_of(const AvroSchema& avro);
base::Result<SchemaPtr> parse_avro_schema(std::string_view text);
/// The text that the schema was read from, without blanks, else one with NiFi's names: "nifiRecord", unions that end
/// with null.
std::string avro_schema_text(const Schema& schema);

}  // namespace flow::record
