#pragma once

#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flow/services/lookup.h"

namespace flow {

/// What lookups found, by a key. Of more entries than it may have, those go that were not asked for longest.
/// Thread-safe.
class LookupCache {
 public:
  using Found = LookupService::Found;
  /// `lasts`: how long an entry is good by the clock; nothing: as long as it is there. No entries: nothing is kept.
  explicit LookupCache(std::size_t entries_max, std::optional<std::chrono::nanoseconds> lasts = {},
                       const base::WallClock* clock = nullptr)
      : entries_max_(entries_max), lasts_(lasts), clock_(clock) {}

  std::optional<Found> get(std::string_view key);
  void put(std::string key, Found found);

 private:
  struct Entry {
    std::string key;
    Found found;
    base::Instant since;
  };
  using Entries = std::list<Entry>;  // newest first
  bool is_old(const Entry& entry) const { return lasts_ && clock_->now() - entry.since >= *lasts_; }

  const std::size_t entries_max_;
  const std::optional<std::chrono::nanoseconds> lasts_;
  const base::WallClock* const clock_;
  std::mutex entries_mutex_;
  Entries entries_;
  std::map<std::string_view, Entries::iterator> by_key_;
};

/// A key that no other coordinates have.
std::string cache_key(const LookupService::Coordinates& coordinates);

}  // namespace flow
