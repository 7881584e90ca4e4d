#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "flow/model.h"

/// What a flow file says of a component beside what the model reads.
namespace server::nifi {

boost::json::value at(const flow::SavedObject& saved, std::string_view name, boost::json::value fallback = nullptr);
boost::json::object position_of(const flow::SavedObject& saved);

}  // namespace server::nifi
