#pragma once

#include <string>
#include <string_view>

namespace flow {

/// What to say of a type of processor or service that is not implemented: what it is, what it needs and what does the
/// same here, where that is known. `bundle`: as saved.
std::string not_implemented(std::string_view type, std::string_view bundle);

}  // namespace flow
