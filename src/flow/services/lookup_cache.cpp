#include "flow/services/lookup_cache.h"

#include <fmt/format.h>

#include "flow/record/value_text.h"

namespace flow {

std::optional<LookupCache::Found> LookupCache::get(std::string_view key) {
  const std::lock_guard lock(entries_mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return std::nullopt;
  const auto entry = at->second;
  if (is_old(*entry)) {
    by_key_.erase(at);
    entries_.erase(entry);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->found;
}

void LookupCache::put(std::string key, Found found) {
  if (entries_max_ == 0) return;
  const std::lock_guard lock(entries_mutex_);
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    entries_.erase(at->second);
    by_key_.erase(at);
  }
  const auto now = clock_ == nullptr ? base::Instant{} : clock_->now();
  entries_.push_front({std::move(key), std::move(found), now});
  by_key_.emplace(entries_.front().key, entries_.begin());
  if (entries_.size() <= entries_max_) return;
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

std::string cache_key(const LookupService::Coordinates& coordinates) {
  std::string key;
  for (const auto& [name, value] : coordinates) {
    const auto text = record::plain_text(value);
    key += fmt::format("{}:{}{}:{}", name.size(), name, text.size(), text);
  }
  return key;
}

}  // namespace flow
