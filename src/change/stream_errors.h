#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/record.h"

namespace change {

/// "SQL compilation error:\n" and the text.
base::Error compile_error(int number, std::string_view sqlstate, std::string_view text);
base::Error unsupported(std::string_view what);
/// 091901: the source was dropped or replaced.
base::Error source_dropped(const catalog::StreamBody& stream, std::string_view name);
/// 091901: changes since the offset are no longer kept.
base::Error stale(std::string_view name);
/// 091930 unless changes of the table have been kept since that version. `shown`: the table in the message.
base::Status tracked_at(const catalog::Record& table, catalog::Version version, std::string_view shown);

}  // namespace change
