#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/el/value.h"

namespace flow::el {

/// Java date patterns (letters y u M d D E a H h K k m s S z Z X, quotes), locale US. `zone` is an id such as
/// "UTC", "GMT+2" or "Europe/Paris"; empty: the system's. "SSS" are milliseconds.
/// Errors: InvalidValue for letters that mean nothing, unknown zones, and texts that do not fit the pattern.
base::Result<std::string> format_date(Date date, std::string_view pattern, std::string_view zone);
base::Result<Date> parse_date(std::string_view text, std::string_view pattern, std::string_view zone);

}  // namespace flow::el
