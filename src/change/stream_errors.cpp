#include "change/stream_errors.h"

namespace change {

base::Error compile_error(int number, std::string_view sqlstate, std::string_view text) {
  return {base::ErrorKind::InvalidValue, number, std::string(sqlstate), fmt::format("SQL compilation error:\n{}", text),
          std::nullopt};
}

base::Error unsupported(std::string_view what) {
  return {base::ErrorKind::Unsupported, 2, "0A000",
          fmt::format("SQL compilation error:\nUnsupported feature '{}'.", what), std::nullopt};
}

base::Error source_dropped(const catalog::StreamBody& stream, std::string_view name) {
  return {base::ErrorKind::NotFound, 91901, "01000",
          fmt::format("Base {} '{}' dropped, cannot read from stream '{}'", stream.on_view ? "view" : "table",
                      stream.source_name, name),
          std::nullopt};
}

base::Error stale(std::string_view name) {
  return {
      base::ErrorKind::InvalidValue, 91901, "01000",
      fmt::format("Stream '{}' has become stale: changes since its offset are no longer retained. Recreate the stream.",
                  name),
      std::nullopt};
}

base::Status tracked_at(const catalog::Record& table, catalog::Version version, std::string_view shown) {
  const auto& since = std::get<catalog::TableBody>(table.body).tracked_since;
  if (since && version >= *since) return {};
  return base::fail({base::ErrorKind::InvalidValue, 91930, "2F003",
                     fmt::format("SQL compilation error: Change tracking is not enabled or has been missing for the "
                                 "time range requested on table '{}'.",
                                 shown),
                     std::nullopt});
}

}  // namespace change
