#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flow {

/// Errors: Syntax, with file, line and column.
base::Result<boost::json::value> parse_json(std::string_view text, std::string_view file);

/// A value that holds no others, as JSON; 10.0 is "10.0", where Boost writes 1E1.
std::string number_text(const boost::json::value& value);

}  // namespace flow
