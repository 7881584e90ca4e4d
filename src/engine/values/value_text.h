#pragma once

#include <string>

#include "catalog/logical_type.h"
#include "engine/parameters.h"
#include "engine/values/datetime_text.h"
#include "engine/values/value.h"

namespace engine {

/// How values become text for people and for casts to VARCHAR: the session's output formats, read once.
struct FormatSettings {
  DateTimeFormat date, time, timestamp_ntz, timestamp_ltz, timestamp_tz;
  TimeZone zone;
  bool binary_as_base64 = false;
  int json_indent = 2;
};
FormatSettings format_settings(const Parameters& parameters);

/// The text of a value of that type, as a cast to VARCHAR gives it (VARIANT: compact JSON, strings unquoted only by the
/// cast, not here). NULL gives "NULL".
std::string to_text(const Value& value, const catalog::LogicalType& type, const FormatSettings& settings);

/// Shortest text that reads back as the same double: 1, 0.1, 1e+20, NaN, inf.
std::string float_text(double value);
std::string decimal_text(const Decimal& value);

}  // namespace engine
