#include "engine/carrier.h"

#include <fmt/format.h>

namespace engine {

using catalog::TypeKind;

Carrier carrier_of(const catalog::LogicalType& type, bool wide) {
  switch (type.kind) {
    case TypeKind::Number:
      if (type.scale == 0) return wide ? Carrier::Int128 : Carrier::Int64;
      // 18 digits hold at most 18 behind the point.
      return wide || type.scale > 18 ? Carrier::Decimal128 : Carrier::Decimal64;
    case TypeKind::Float: return Carrier::Float64;
    case TypeKind::Null:
    case TypeKind::Text: return Carrier::Text;
    case TypeKind::Boolean: return Carrier::Boolean;
    case TypeKind::Date: return Carrier::Date32;
    case TypeKind::Time: return Carrier::TimeNs;
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz: return wide ? Carrier::TimestampNs : Carrier::TimestampUs;
    case TypeKind::TimestampTz: return Carrier::TimestampTz;
    case TypeKind::Binary:
    case TypeKind::Variant:
    case TypeKind::Object:
    case TypeKind::Array: return Carrier::Blob;
  }
  return Carrier::Text;
}

std::string physical_type(Carrier carrier, int scale) {
  switch (carrier) {
    case Carrier::Boolean: return "BOOLEAN";
    case Carrier::Int64: return "BIGINT";
    case Carrier::Int128: return "HUGEINT";
    case Carrier::Decimal64: return fmt::format("DECIMAL(18,{})", scale);
    case Carrier::Decimal128: return fmt::format("DECIMAL(38,{})", scale);
    case Carrier::Float64: return "DOUBLE";
    case Carrier::Date32: return "DATE";
    case Carrier::TimeNs: return "TIME_NS";
    case Carrier::TimestampUs: return "TIMESTAMP";
    case Carrier::TimestampNs: return "HUGEINT";
    case Carrier::TimestampTz: return R"(STRUCT("instant" TIMESTAMP, "offset" SMALLINT))";
    case Carrier::Text: return "VARCHAR";
    case Carrier::Blob: return "BLOB";
  }
  return "VARCHAR";
}

}  // namespace engine
