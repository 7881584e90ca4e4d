#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>

#include "flow/format/problems.h"

namespace flow {

/// The JSON of an instance (flow.json) from a configuration of MiNiFi C++, whose words it has whether it is YAML or
/// JSON. `lines`: of the parts of the document, if it was YAML. What cannot be read is a problem.
boost::json::object convert_minifi(const boost::json::object& document, const std::map<std::string, std::size_t>& lines,
                                   Places& places, Problems& problems);

}  // namespace flow
