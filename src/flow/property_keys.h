#pragma once

#include <string_view>
#include <vector>

#include "flow/description.h"

namespace flow {

/// The keys under which flows of all releases have a property, the newest first: its name, its old name, and what some
/// releases between wrote.
std::vector<std::string_view> keys_of(const Property& property);

bool has_key(const Property& property, std::string_view key);

}  // namespace flow
