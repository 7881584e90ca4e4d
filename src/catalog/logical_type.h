#pragma once

#include <cstdint>
#include <string>

namespace catalog {

enum class TypeKind : std::uint8_t {
  Null,  // the type of an untyped NULL: takes the type of what it meets
  Number,
  Float,
  Text,
  Binary,
  Boolean,
  Date,
  Time,
  TimestampNtz,
  TimestampLtz,
  TimestampTz,
  Variant,
  Object,
  Array,
};

/// A column or expression type as the client sees it. What carries it in the analytical engine is engine/'s business.
/// Number uses precision (1 to 38) and scale (0 to 37); Text and Binary use length (characters, bytes); Time and the
/// timestamps use scale as fractional digits (0 to 9).
struct LogicalType {
  static constexpr std::int64_t kMaxTextLength = 16'777'216;
  static constexpr std::int64_t kMaxBinaryLength = 8'388'608;

  TypeKind kind = TypeKind::Null;
  int precision = 0;
  int scale = 0;
  std::int64_t length = 0;

  static LogicalType null() { return {}; }
  static LogicalType number(int precision = 38, int scale = 0) { return {TypeKind::Number, precision, scale, 0}; }
  static LogicalType real() { return {TypeKind::Float, 0, 0, 0}; }
  static LogicalType text(std::int64_t length = kMaxTextLength) { return {TypeKind::Text, 0, 0, length}; }
  static LogicalType binary(std::int64_t length = kMaxBinaryLength) { return {TypeKind::Binary, 0, 0, length}; }
  static LogicalType boolean() { return {TypeKind::Boolean, 0, 0, 0}; }
  static LogicalType date() { return {TypeKind::Date, 0, 0, 0}; }
  static LogicalType time(int scale = 9) { return {TypeKind::Time, 0, scale, 0}; }
  static LogicalType timestamp_ntz(int scale = 9) { return {TypeKind::TimestampNtz, 0, scale, 0}; }
  static LogicalType timestamp_ltz(int scale = 9) { return {TypeKind::TimestampLtz, 0, scale, 0}; }
  static LogicalType timestamp_tz(int scale = 9) { return {TypeKind::TimestampTz, 0, scale, 0}; }
  static LogicalType variant() { return {TypeKind::Variant, 0, 0, 0}; }
  static LogicalType object() { return {TypeKind::Object, 0, 0, 0}; }
  static LogicalType array() { return {TypeKind::Array, 0, 0, 0}; }

  bool is_timestamp() const {
    return kind == TypeKind::TimestampNtz || kind == TypeKind::TimestampLtz || kind == TypeKind::TimestampTz;
  }
  bool is_semi_structured() const {
    return kind == TypeKind::Variant || kind == TypeKind::Object || kind == TypeKind::Array;
  }
  bool operator==(const LogicalType&) const = default;
};

/// The text that DESCRIBE shows: NUMBER(38,0), VARCHAR(16777216), TIMESTAMP_NTZ(9).
std::string to_text(const LogicalType& type);

}  // namespace catalog
