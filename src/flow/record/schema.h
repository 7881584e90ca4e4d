#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flow::record {

class Schema;
using SchemaPtr = std::shared_ptr<const Schema>;

/// NiFi's field types, in its order: of several types that a text fits, the first counts.
enum class Type : std::uint8_t {
  Boolean,
  Byte,
  Short,
  Int,
  Long,
  BigInt,
  Float,
  Double,
  Decimal,
  Timestamp,
  Date,
  Time,
  Uuid,
  Char,
  Enum,
  String,
  Record,
  Choice,
  Array,
  Map
};
std::string_view name_of(Type type);  // "INT"

struct DataType {
  Type type = Type::String;
  int precision = 0;  // Decimal
  int scale = 0;
  SchemaPtr record = nullptr;                         // Record; null: of anything
  std::shared_ptr<const DataType> element = nullptr;  // Array, Map; null: of an array that was always empty
  std::vector<DataType> options = {};                 // Choice
  std::vector<std::string> symbols = {};              // Enum

  bool operator==(const DataType& other) const;
  std::string text() const;  // "ARRAY[INT]", for messages
};

DataType array_of(DataType element);
DataType map_of(DataType value);
DataType record_of(SchemaPtr schema);
DataType choice_of(std::vector<DataType> options);
DataType decimal_of(int precision, int scale);

struct Field {
  std::string name;
  DataType type = {};
  std::optional<std::string> fallback = {};  // JSON
  std::vector<std::string> aliases = {};
  bool nullable = true;

  bool operator==(const Field&) const = default;
};

/// What a registry calls a schema.
struct SchemaIdentity {
  std::optional<std::int64_t> id = {};
  std::optional<int> version = {};
};

/// The fields of a record, in their order. Immutable. Schemas with equal fields are equal, whatever their names.
class Schema {
 public:
  /// `avro`: the text that it was read from; empty: none.
  explicit Schema(std::vector<Field> fields, std::string name = {}, std::string avro = {},
                  SchemaIdentity identity = {});

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  const Field& operator[](std::size_t index) const { return fields_[index]; }
  /// By name, then by alias.
  std::optional<std::size_t> find(std::string_view name) const;
  const std::string& name() const { return name_; }
  const std::string& avro() const { return avro_; }
  const SchemaIdentity& identity() const { return identity_; }

  bool operator==(const Schema& other) const { return this == &other || fields_ == other.fields_; }

 private:
  const std::vector<Field> fields_;
  const std::string name_;
  const std::string avro_;
  const SchemaIdentity identity_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

SchemaPtr make_schema(std::vector<Field> fields);

/// The type that holds what either holds, where NiFi calls one wider than the other; else nothing.
std::optional<DataType> wider(const DataType& left, const DataType& right);
/// The wider one, else a record of the fields of both, else a choice.
DataType merged(const DataType& left, const DataType& right);
SchemaPtr merged(const Schema& left, const Schema& right);
/// What inference calls wider: an INT holds a SHORT, a DOUBLE a FLOAT; whole numbers and others are never compared.
bool is_wider(Type wide, Type narrow);

}  // namespace flow::record
