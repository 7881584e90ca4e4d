#pragma once

#include <string>

#include "catalog/record.h"
#include "engine/chunk.h"

namespace engine {

/// The carrier of a column: narrow until its values need more (design.md, "Values").
Carrier carrier_of(const catalog::LogicalType& type, bool wide);
inline Carrier carrier_of(const catalog::Column& column) { return carrier_of(column.type, column.wide); }
/// The analytical engine's name of the carrier's type: BIGINT, DECIMAL(18,2), TIMESTAMP ...
std::string physical_type(Carrier carrier, int scale);
inline std::string physical_type(const catalog::Column& column) {
  return physical_type(carrier_of(column), column.type.scale);
}

}  // namespace engine
