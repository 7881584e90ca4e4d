#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "base/disk.h"
#include "base/result.h"
#include "flow/description.h"
#include "flow/engine/log.h"

namespace flow {

/// Values by keys that processors share, as the clients of a DistributedMapCacheServer see them. Thread-safe.
/// Errors: Unavailable when there is no server, or its directory cannot be written.
class MapCache {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.distributed.cache.client.DistributedMapCacheClient";
  static constexpr std::string_view kAtomicApi =
      "org.apache.nifi.distributed.cache.client.AtomicDistributedMapCacheClient";
  struct Entry {
    std::string value;
    std::uint64_t revision = 0;  // another one with each value that a key ever had
  };
  virtual ~MapCache() = default;
  virtual base::Result<std::optional<Entry>> get(std::string_view key) = 0;
  /// What is there; nothing: `value` was not there and is now.
  virtual base::Result<std::optional<Entry>> get_or_put(std::string_view key, std::string_view value) = 0;
  virtual base::Status put(std::string_view key, std::string_view value) = 0;
  /// Only over the value of that revision; without one only where none is. False: it is another.
  virtual base::Result<bool> replace(std::string_view key, std::string_view value,
                                     std::optional<std::uint64_t> revision) = 0;
  /// False when there was none.
  virtual base::Result<bool> remove(std::string_view key) = 0;
  /// Only the value of that revision. False: it is another.
  virtual base::Result<bool> remove(std::string_view key, std::uint64_t revision) = 0;
};

enum class Eviction { LeastFrequentlyUsed, LeastRecentlyUsed, FirstInFirstOut };

/// What a server keeps: in memory, and in a directory when it has one, from where it survives the process.
class StoredMapCache final : public MapCache {
 public:
  struct Options {
    std::size_t entries_max = 10'000;
    Eviction eviction = Eviction::LeastFrequentlyUsed;
    std::string directory;  // empty: none
    bool operator==(const Options&) const = default;
  };
  static base::Result<std::shared_ptr<StoredMapCache>> open(Options options);
  ~StoredMapCache() override;

  const Options& options() const { return options_; }
  base::Result<std::optional<Entry>> get(std::string_view key) override;
  base::Result<std::optional<Entry>> get_or_put(std::string_view key, std::string_view value) override;
  base::Status put(std::string_view key, std::string_view value) override;
  base::Result<bool> replace(std::string_view key, std::string_view value,
                             std::optional<std::uint64_t> revision) override;
  base::Result<bool> remove(std::string_view key) override;
  base::Result<bool> remove(std::string_view key, std::uint64_t revision) override;

 private:
  struct Kept : Entry {
    std::uint64_t entered = 0, used = 0, hits = 0;  // by the count of steps, which stands for time
  };
  using Entries = std::map<std::string, Kept, std::less<>>;
  using Rank = std::tuple<std::uint64_t, std::uint64_t, std::string_view>;

  explicit StoredMapCache(Options options) : options_(std::move(options)) {}
  base::Status replay(std::string_view record);
  Rank rank_of(const Entries::value_type& entry) const;
  Kept* use(std::string_view key);
  void set(std::string_view key, std::string_view value, std::uint64_t revision);
  void erase(Entries::iterator at);
  base::Status write(std::string_view key, std::string_view value);
  base::Status take_away(Entries::iterator at);
  base::Status log(std::string frames);
  std::string frames_of_all() const;

  const Options options_;
  base::PosixDisk disk_;
  std::mutex entries_mutex_;
  Entries entries_;
  std::set<Rank> ranks_;  // the first goes when room is needed
  std::uint64_t steps_ = 0;
  std::unique_ptr<Log> log_;
  std::uint64_t live_bytes_ = 0;
};

/// The caches of a program by the port of their server: clients find them without a network. Thread-safe.
class MapCaches {
 public:
  /// A server with the same options goes on with what is there; another one takes its place.
  base::Status serve(int port, StoredMapCache::Options options);
  std::shared_ptr<MapCache> find(int port) const;  // null: no server has it

 private:
  mutable std::mutex by_port_mutex_;
  std::map<int, std::shared_ptr<StoredMapCache>> by_port_;
};

extern const Description kMapCacheClientService;
extern const Description kMapCacheServerService;

}  // namespace flow
