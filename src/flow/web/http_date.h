#pragma once

#include <string>

#include "base/clock.h"

namespace flow::web {

/// "Wed, 21 Oct 2026 07:28:00 GMT".
std::string http_date(base::Instant instant);

}  // namespace flow::web
