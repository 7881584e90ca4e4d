#pragma once

#include <vector>

#include "engine/duckdb/scratch.h"

namespace bridge {

/// What RPATH and its kin are made of: they select by a record path in a record that is JSON.
std::vector<engine::duck::TextFunction> record_path_functions();

}  // namespace bridge
