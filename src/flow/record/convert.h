#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/record/date_format.h"
#include "flow/record/schema.h"
#include "flow/record/value.h"

namespace flow::record {

/// The formats that a reader or writer was given; what is empty has none: texts are then numbers of milliseconds.
struct Formats {
  std::string date;
  std::string time;
  std::string timestamp;
  std::string zone = {};  // empty: the system's
};

/// What values become when a schema asks for another type, and how they look as texts. Immutable.
/// Source: the rules of NiFi's records (DataTypeUtils and its field converters).
class Converter {
 public:
  explicit Converter(const Formats& formats);

  /// `field` names it in errors. Null where the rules say so (an empty text is no number). Errors: InvalidValue.
  base::Result<Value> convert(const Value& value, const DataType& type, std::string_view field, Arena& arena) const;
  /// convert() would succeed, without its more daring conversions. Strict: records may not have other fields.
  bool fits(const Value& value, const DataType& type, bool strict = false) const;
  /// The option that a value is, or becomes; null: none.
  const DataType* choose(const Value& value, const DataType& choice) const;
  /// Errors: InvalidValue for a format that is no pattern.
  base::Result<std::string> text(const Value& value) const;
  /// The type that a text has for a reader that infers: a timestamp, date or time by the formats.
  std::optional<Type> time_type(std::string_view text) const;
  base::Status check() const;

 private:
  base::Result<Value> convert_time(const Value& value, Type type, std::string_view field) const;
  std::optional<std::int64_t> time_of(std::string_view text, Type type) const;  // microseconds
  const std::optional<DateFormat>& format_of(Type type) const;

  std::optional<DateFormat> date_;
  std::optional<DateFormat> time_;
  std::optional<DateFormat> timestamp_;
};

/// The type that a value has by itself; null values are STRING.
DataType type_of(const Value& value);
double real_of(const Value& number);
/// What a number is without its fraction, as Java narrows it.
std::int64_t whole_of(const Value& number);

}  // namespace flow::record
