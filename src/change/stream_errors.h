#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "catalog/record.h"

namespace change {

/// "SQL compilation error:\n" and the text.
base::Error compile_error(int number, std::string_view sqlstate, std::string_view text);
base::Error unsupported(std::string_view what);
/// 091901: the source was dropped or replaced.
base::Error source_dropped(const catalog::StreamBody& stream, std::string_view name);
/// 091901: changes since the offset are no longer kept.
base::Error stale(std::string_view name);

}  // namespace change
