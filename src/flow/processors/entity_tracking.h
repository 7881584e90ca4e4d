#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/file_listing.h"
#include "flow/services/map_cache.h"

namespace flow {

constexpr Allowed kInitialListings[] = {{"window", "Tracking Time Window"}, {"all", "All Available"}};
constexpr std::array<Property, 3> kEntityTracking{{
    {.name = "Entity Tracking State Cache",
     .old_name = "et-state-cache",
     .help = "Where the strategy 'entities' keeps what was listed",
     .service = MapCache::kApi},
    {.name = "Entity Tracking Time Window",
     .old_name = "et-time-window",
     .help = "How old what it lists and remembers may be",
     .fallback = "3 hours",
     .scope = Scope::Environment,
     .kind = Property::Kind::Duration},
    {.name = "Entity Tracking Initial Listing Target",
     .old_name = "et-initial-listing-target",
     .help = "Whether the first listing is of what is older, too",
     .fallback = "all",
     .allowed = kInitialListings},
}};

/// Tells what a listing saw before from what is new, or was changed, by identifiers in a cache: a source whose times
/// say little is listed without loss. As NiFi keeps it: under ListedEntities::<id>, a gzipped JSON object of
/// {"timestamp":, "size":} by identifier. Used by one thread at a time.
class EntityTracking {
 public:
  struct Entity {
    std::int64_t modified_ms = 0;
    std::uint64_t size = 0;
    bool operator==(const Entity&) const = default;
  };
  using Entities = std::map<std::string, Entity, std::less<>>;

  /// `key`: ListedEntities::<id>, with the node's name where listings differ by node. Errors: InvalidValue without a
  /// cache.
  static base::Result<EntityTracking> from(const Configuration& configuration, std::string key);

  /// Begins a listing of `scope`; when the session's state says another one, what was listed means nothing any more.
  /// Errors: those of the cache, at the first.
  base::Status begin(const Session& session, const std::string& scope, base::Instant now);
  /// True when it is new, or was changed since it was listed; it is known from then on.
  bool take(std::string_view identifier, const Entity& entity);
  /// Ends it: what was taken is kept once the session's commit is durable.
  void finish(Session& session, const std::string& scope);
  /// All of that for files, whose paths are their identifiers.
  base::Status take_files(Session& session, const std::string& scope, const std::vector<FoundFile>& files,
                          const std::function<void(const FoundFile&)>& emit);

 private:
  base::Status forget();
  base::Status keep();

  std::shared_ptr<MapCache> cache_;
  std::string key_;
  std::chrono::milliseconds window_{};
  bool all_at_first_ = true;
  std::optional<Entities> known_;  // none: not read yet
  std::int64_t since_ms_ = 0;
  bool changed_ = false;
};

std::string entities_text(const EntityTracking::Entities& entities);
/// Errors: InvalidValue.
base::Result<EntityTracking::Entities> parse_entities(std::string_view text);

}  // namespace flow
