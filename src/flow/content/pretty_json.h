#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace flow {

/// Over several lines, as Jackson's pretty printer: two blanks for a level, arrays in one line, " : " behind names.
std::string pretty_json_text(const boost::json::value& value);

}  // namespace flow
