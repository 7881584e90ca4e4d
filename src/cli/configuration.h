#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/s3/environment.h"
#include "store/s3/remote.h"

namespace cli {

/// What the flow engine keeps and takes; what is not said has the defaults of flow::Flow::Options.
struct FlowLimits {
  std::optional<bool> provenance;
  std::optional<std::uint64_t> provenance_bytes;
  std::optional<std::chrono::hours> provenance_age;
  std::optional<std::uint64_t> archive_bytes;
  std::optional<std::uint64_t> queue_memory;
};

/// What a freshet.toml says: docs/configuration.md.
struct Configuration {
  std::vector<store::s3::Remote> remotes;
  FlowLimits flow;
};

/// `path` is what messages name; relative paths in the text are beside it. Errors: InvalidValue "freshet.toml:3:1: .."
/// for text that is no TOML, keys that nothing knows, values of another type or sense, and variables of the
/// environment that are named and not set. Values of secrets are in no message.
base::Result<Configuration> parse_configuration(std::string_view text, const std::string& path,
                                                const store::s3::Environment& environment);
/// An empty path: nothing is configured. Errors: NotFound.
base::Result<Configuration> read_configuration(const std::string& path, const store::s3::Environment& environment);

}  // namespace cli
