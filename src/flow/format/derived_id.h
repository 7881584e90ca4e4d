#pragma once

#include <string>
#include <string_view>

namespace flow {

/// A UUID (version 5) that `text` alone decides: for components whose file gives them none.
std::string derived_id(std::string_view text);

}  // namespace flow
