#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "flow/description.h"
#include "flow/services/map_cache.h"

namespace flow {

/// What Notify tells Wait by way of a cache, under the signal's identifier.
struct Signal {
  std::map<std::string, std::int64_t> counts;  // notifications by counter; "consumed" is what releases took from all
  std::map<std::string, std::string> attributes;
  std::int64_t releasable = 0;            // flowfiles that may still pass for notifications that were consumed
  std::optional<std::uint64_t> revision;  // in the cache; none: it is not there yet

  std::int64_t total() const;
  std::int64_t count(std::string_view counter) const;  // empty: the total
  /// How many of `candidates` may pass when each `required` notifications let `each` of them through.
  std::size_t release(const std::string& counter, std::int64_t required, std::int64_t each, std::size_t candidates);
  bool spent() const { return total() == 0 && releasable == 0; }
};

/// As NiFi keeps it: {"counts":{},"attributes":{},"releasableCount":0}. Errors: InvalidValue.
std::string signal_text(const Signal& signal);
base::Result<Signal> parse_signal(std::string_view text);

base::Result<std::optional<Signal>> find_signal(MapCache& cache, std::string_view id);
/// False: somebody else changed it meanwhile.
base::Result<bool> keep_signal(MapCache& cache, std::string_view id, const Signal& signal);

constexpr Property kReleaseSignal{.name = "Release Signal Identifier",
                                  .old_name = "release-signal-id",
                                  .help = "What Wait and Notify know each other by",
                                  .required = true,
                                  .scope = Scope::FlowFile};
constexpr Property kSignalCache{.name = "Distributed Cache Service",
                                .old_name = "distributed-cache-service",
                                .required = true,
                                .service = MapCache::kAtomicApi};

}  // namespace flow
