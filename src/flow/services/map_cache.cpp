#include "flow/services/map_cache.h"

#include <fmt/format.h>

#include "base/log.h"
#include "flow/engine/processor.h"

namespace flow {
namespace {

constexpr std::uint64_t kLogBytesMin = 1 << 20;  // smaller logs are not worth being written anew

void append_number(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((number >> shift) & 0xFF);
}

std::uint64_t take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, 8)) number = (number << 8) | static_cast<unsigned char>(c);
  bytes.remove_prefix(8);
  return number;
}

// One change of a key: its revision (0: it is gone), the length of the key, the key, the value.
std::string frame_of(std::string_view key, std::string_view value, std::uint64_t revision) {
  std::string record;
  append_number(record, revision);
  append_number(record, key.size());
  record.append(key).append(value);
  std::string frame;
  Log::frame(record, frame);
  return frame;
}

}  // namespace

base::Result<std::shared_ptr<StoredMapCache>> StoredMapCache::open(Options options) {
  std::shared_ptr<StoredMapCache> cache(new StoredMapCache(std::move(options)));
  if (cache->options_.directory.empty()) return cache;
  const auto replay = [&](std::string_view record) { return cache->replay(record); };
  TRY(cache->log_, Log::open(cache->disk_, cache->options_.directory + "/freshet-map-cache", replay));
  return cache;
}

StoredMapCache::~StoredMapCache() {
  // Changes are written at once, and synced here: what a power cut takes before are keys that will be seen as new.
  if (log_ == nullptr) return;
  if (const auto synced = log_->append({}); !synced)
    LOG_WARN("flow.map_cache_not_synced directory=\"{}\" error=\"{}\"", options_.directory, synced.error().message);
}

base::Status StoredMapCache::replay(std::string_view record) {
  const auto damaged = base::fail(base::ErrorKind::Internal, "a record of the cache is damaged: " + options_.directory);
  if (record.size() < 16) return damaged;
  const auto revision = take_number(record);
  const auto length = take_number(record);
  if (length > record.size()) return damaged;
  const auto key = record.substr(0, static_cast<std::size_t>(length));
  if (const auto old = entries_.find(key); old != entries_.end()) erase(old);
  if (revision > 0) set(key, record.substr(key.size()), revision);
  steps_ = std::max(steps_, revision);
  return {};
}

StoredMapCache::Rank StoredMapCache::rank_of(const Entries::value_type& entry) const {
  const auto& kept = entry.second;
  switch (options_.eviction) {
    case Eviction::LeastFrequentlyUsed: return {kept.hits, kept.entered, entry.first};
    case Eviction::LeastRecentlyUsed: return {kept.used, 0, entry.first};
    case Eviction::FirstInFirstOut: return {kept.entered, 0, entry.first};
  }
  return {};
}

/// The entry of the key, which counts as used once more.
StoredMapCache::Kept* StoredMapCache::use(std::string_view key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  ranks_.erase(rank_of(*found));
  ++found->second.hits;
  found->second.used = ++steps_;
  ranks_.insert(rank_of(*found));
  return &found->second;
}

void StoredMapCache::set(std::string_view key, std::string_view value, std::uint64_t revision) {
  const auto at = entries_.emplace(key, Kept{{std::string(value), revision}, revision, revision, 0}).first;
  ranks_.insert(rank_of(*at));
  live_bytes_ += at->first.size() + value.size();
}

void StoredMapCache::erase(Entries::iterator at) {
  ranks_.erase(rank_of(*at));
  live_bytes_ -= at->first.size() + at->second.value.size();
  entries_.erase(at);
}

base::Status StoredMapCache::write(std::string_view key, std::string_view value) {
  std::string frames;
  if (const auto old = entries_.find(key); old != entries_.end()) {
    erase(old);
  } else {
    while (entries_.size() >= options_.entries_max && !entries_.empty()) {
      const auto first = entries_.find(std::get<2>(*ranks_.begin()));
      if (log_ != nullptr) frames += frame_of(first->first, {}, 0);
      erase(first);
    }
  }
  set(key, value, ++steps_);
  if (log_ != nullptr) frames += frame_of(key, value, steps_);
  return log(std::move(frames));
}

base::Status StoredMapCache::take_away(Entries::iterator at) {
  std::string frames;
  if (log_ != nullptr) frames = frame_of(at->first, {}, 0);
  erase(at);
  return log(std::move(frames));
}

std::string StoredMapCache::frames_of_all() const {
  std::string frames;
  for (const auto& [key, kept] : entries_) frames += frame_of(key, kept.value, kept.revision);
  return frames;
}

base::Status StoredMapCache::log(std::string frames) {
  if (log_ == nullptr) return {};
  if (log_->size() > std::max(kLogBytesMin, 4 * live_bytes_)) return log_->restart(frames_of_all());
  return log_->write(frames);
}

base::Result<std::optional<MapCache::Entry>> StoredMapCache::get(std::string_view key) {
  const std::lock_guard lock(entries_mutex_);
  const auto* kept = use(key);
  return kept != nullptr ? std::optional<Entry>(*kept) : std::nullopt;
}

base::Result<std::optional<MapCache::Entry>> StoredMapCache::get_or_put(std::string_view key, std::string_view value) {
  const std::lock_guard lock(entries_mutex_);
  if (const auto* kept = use(key)) return *kept;
  TRY_VOID(write(key, value));
  return std::nullopt;
}

base::Status StoredMapCache::put(std::string_view key, std::string_view value) {
  const std::lock_guard lock(entries_mutex_);
  return write(key, value);
}

base::Result<bool> StoredMapCache::replace(std::string_view key, std::string_view value,
                                           std::optional<std::uint64_t> revision) {
  const std::lock_guard lock(entries_mutex_);
  const auto* kept = use(key);
  if ((kept != nullptr ? std::optional(kept->revision) : std::nullopt) != revision) return false;
  TRY_VOID(write(key, value));
  return true;
}

base::Result<bool> StoredMapCache::remove(std::string_view key) {
  const std::lock_guard lock(entries_mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  TRY_VOID(take_away(found));
  return true;
}

base::Result<bool> StoredMapCache::remove(std::string_view key, std::uint64_t revision) {
  const std::lock_guard lock(entries_mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.revision != revision) return false;
  TRY_VOID(take_away(found));
  return true;
}

base::Status MapCaches::serve(int port, StoredMapCache::Options options) {
  const std::lock_guard lock(by_port_mutex_);
  auto& cache = by_port_[port];
  if (cache != nullptr && cache->options() == options) return {};
  cache.reset();  // before another one opens its directory
  TRY(cache, StoredMapCache::open(std::move(options)));
  return {};
}

std::shared_ptr<MapCache> MapCaches::find(int port) const {
  const std::lock_guard lock(by_port_mutex_);
  const auto found = by_port_.find(port);
  return found == by_port_.end() ? nullptr : found->second;
}

std::shared_ptr<MapCaches> make_map_caches() { return std::make_shared<MapCaches>(); }

}  // namespace flow
