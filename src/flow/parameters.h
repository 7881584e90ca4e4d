#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/model.h"

namespace flow {

/// The parameters that a context has by itself and by inheritance: its own win, then those of the contexts that it
/// names, in their order, each with what it inherits.
std::map<std::string, const ParameterDefinition*> effective_parameters(const FlowDefinition& flow,
                                                                       const std::string& context);

/// Nothing: the context has no such parameter. One without a value is an empty text.
std::optional<std::string> find_parameter_value(const FlowDefinition& flow, const std::string& context,
                                                std::string_view name);

/// Names of the parameters that a text refers to: "#{a}" does, "##{a}" does not.
std::vector<std::string> referred_parameters(std::string_view text);

/// What NiFi would refuse or miss: sensitive parameters without a value (but those of `given`), contexts that are
/// missing or inherit from each other in a circle, sensitive parameters that others of the same name hide, sensitive
/// values that are used in the open.
std::vector<Finding> check_parameters(const FlowDefinition& flow, const std::set<std::string>& given);

}  // namespace flow
