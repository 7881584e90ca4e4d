#include "flow/processors/record_paths.h"

#include <fmt/format.h>

namespace flow {

base::Result<std::vector<std::pair<std::string, record::RecordPath>>> record_paths(const Configuration& configuration,
                                                                                   const Session& session,
                                                                                   const FlowFile& file,
                                                                                   BlankPath blank) {
  std::vector<std::pair<std::string, record::RecordPath>> paths;
  for (const auto& dynamic : configuration.dynamic()) {
    TRY(const auto text, session.evaluate(dynamic.value, file));
    if (text.find_first_not_of(" \t") == std::string::npos) {
      if (blank == BlankPath::LeftOut) continue;
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("property '{}' is empty", dynamic.name));
    }
    auto path = record::RecordPath::compile(text);
    if (!path)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("property '{}': {}", dynamic.name, path.error().message));
    paths.emplace_back(dynamic.name, std::move(*path));
  }
  return paths;
}

}  // namespace flow
