#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace flow::jolt {

/// What a function of a modifier gives; nothing: it has no answer to these arguments.
using Answer = std::optional<boost::json::value>;
using Arguments = std::vector<boost::json::value>;
using Function = Answer (*)(const Arguments&);

/// Null when there is none of that name.
Function find_function(std::string_view name);
/// What a text says as a number: whole, or a double.
std::optional<boost::json::value> to_number(const boost::json::value& value);

}  // namespace flow::jolt
