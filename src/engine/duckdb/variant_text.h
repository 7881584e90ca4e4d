#pragma once

#include <string>
#include <string_view>

namespace engine::duck {

/// The JSON text of a VARIANT cell.
std::string variant_text(std::string_view cell);

}  // namespace engine::duck
