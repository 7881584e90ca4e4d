#include "catalog/logical_type.h"

#include <fmt/format.h>

namespace catalog {

std::string to_text(const LogicalType& type) {
  switch (type.kind) {
    case TypeKind::Null: return "NULL";
    case TypeKind::Number: return fmt::format("NUMBER({},{})", type.precision, type.scale);
    case TypeKind::Float: return "FLOAT";
    case TypeKind::Text: return fmt::format("VARCHAR({})", type.length);
    case TypeKind::Binary: return fmt::format("BINARY({})", type.length);
    case TypeKind::Boolean: return "BOOLEAN";
    case TypeKind::Date: return "DATE";
    case TypeKind::Time: return fmt::format("TIME({})", type.scale);
    case TypeKind::TimestampNtz: return fmt::format("TIMESTAMP_NTZ({})", type.scale);
    case TypeKind::TimestampLtz: return fmt::format("TIMESTAMP_LTZ({})", type.scale);
    case TypeKind::TimestampTz: return fmt::format("TIMESTAMP_TZ({})", type.scale);
    case TypeKind::Variant: return "VARIANT";
    case TypeKind::Object: return "OBJECT";
    case TypeKind::Array: return "ARRAY";
  }
  return "?";
}

}  // namespace catalog
