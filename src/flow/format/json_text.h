#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "base/result.h"

namespace flow {

/// Errors: Syntax, with file, line and column.
base::Result<boost::json::value> parse_json(std::string_view text, std::string_view file);

}  // namespace flow
