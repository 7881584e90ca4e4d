#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

/// Dates as NiFi's calls write and read them.
namespace server::nifi {

std::string timestamp_text(base::Instant at);  // "11/30/2026 02:15:07.250 UTC"
std::string date_time_text(base::Instant at);  // "11/30/2026 02:15:07 UTC"
/// Either of them, also without a zone; zones are UTC, GMT or Z. Errors: InvalidValue.
base::Result<base::Instant> parse_date(std::string_view text);

}  // namespace server::nifi
