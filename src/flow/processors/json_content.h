#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "flow/engine/session.h"

namespace flow {

/// The content as one JSON document. Errors: InvalidValue when it is none, or has a text of more characters.
base::Result<boost::json::value> read_json(Session& session, const FlowFile& file, std::uint64_t text_max);

/// As NiFi writes what a path gave: a text without quotes, null as is said, numbers and truth as Java, the rest as
/// JSON.
std::string json_result_text(const boost::json::value& value, const std::string& null_text);

/// Of the property 'Null Value Representation'.
std::string null_text_of(std::string_view representation);

}  // namespace flow
