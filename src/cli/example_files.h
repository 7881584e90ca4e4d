#pragma once

#include <string_view>

namespace cli {

/// A file of examples/customer_pipeline, built into the program so that the demo runs anywhere.
std::string_view example_file(std::string_view name);

}  // namespace cli
