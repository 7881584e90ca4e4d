#pragma once

#include <string>
#include <vector>

#include "cli/flow_runner.h"

namespace cli {

/// Where values of parameters may come from on a command line; secrets win over values, those over files, and the last
/// of a kind wins.
struct ParameterSources {
  std::vector<std::string> values, secrets;  // NAME=VALUE
  std::vector<std::string> files;            // of lines NAME=VALUE, or a JSON object
};

/// Those of options and files. Errors: InvalidValue (never with a value), NotFound.
base::Result<FlowRunner::Parameters> read_parameters(const ParameterSources& sources);

/// Adds values from the environment for parameters of the flow that have none yet: FRESHET_PARAM_ and the name in
/// capital letters, each other sign an underscore. The flow need not be readable: whoever imports it says why.
void add_environment(const std::string& text, const std::string& file, FlowRunner::Parameters& parameters);

/// "FRESHET_PARAM_TARGET_OBJECT_SIZE" for "Target Object Size".
std::string environment_name(std::string_view parameter);

}  // namespace cli
