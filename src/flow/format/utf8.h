#pragma once

#include <string_view>

#include "base/result.h"

namespace flow {

/// Syntax with the line where `text`, which is all of `file`, has a byte that is no UTF-8. Parsers of YAML and XML let
/// such bytes pass, and what is written from them could not be read again.
base::Status check_utf8(std::string_view text, std::string_view file);

}  // namespace flow
