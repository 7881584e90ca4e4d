#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/record/convert.h"
#include "flow/record/schema.h"
#include "flow/record/value.h"

namespace flow::record {

/// What the values of one field were so far.
class TypeInference {
 public:
  void add(const DataType& type);
  void add(Type type);  // one without parts
  /// By infer_text().
  void add_text(std::string_view text, const Converter& converter);
  DataType type() const;  // STRING when nothing came

 private:
  std::optional<DataType> single_;
  std::vector<DataType> possible_;
};

/// The type of a field of text, by NiFi's rules: positive decimals that fit are FLOAT, zero and negative ones DOUBLE.
/// Nothing for an empty text. `converter`: the formats of times.
std::optional<DataType> infer_text(std::string_view text, const Converter& converter);

/// The fields of JSON objects (maps), in the order of their first appearance.
class ObjectInference {
 public:
  explicit ObjectInference(const Converter& converter) : converter_(converter) {}
  void add(std::span<const Entry> object);
  /// Arrays that were always empty are of STRING.
  SchemaPtr schema() const;

 private:
  void add(TypeInference& inference, const Value& value);
  SchemaPtr raw_schema() const;

  const Converter& converter_;
  std::vector<std::pair<std::string, TypeInference>> fields_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace flow::record
