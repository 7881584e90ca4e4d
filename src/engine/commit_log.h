#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/record.h"

namespace engine {

/// Which transactions a version contains: those up to `newest` but the `late` ones, which were at work then and
/// committed later. (Rows of transactions that never committed do not exist.)
struct Visibility {
  std::uint64_t newest = 0;
  std::uint64_t lowest = 1;  // all below it had ended
  std::vector<std::uint64_t> late;

  bool contains(catalog::TransactionId transaction) const;
  /// SQL conditions about a column of transaction ids; written so that zone maps prune.
  std::string contains(std::string_view column) const;
  std::string lacks(std::string_view column) const;
};

/// The commits in order, in memory: what a version contains, when it was made, what it touched. Thread-safe.
class CommitLog {
 public:
  struct Entry {
    std::uint64_t version = 0, transaction = 0;
    std::uint64_t lowest = 1;  // smallest transaction id that was still at work
    std::uint64_t newest = 0;  // largest transaction id of this commit and all before it
    std::int64_t at_ns = 0;
    std::vector<std::uint64_t> tables;
  };
  void add(const Entry& entry);
  catalog::Version newest() const;
  /// The oldest version that can still be asked for.
  catalog::Version oldest() const;
  base::Instant newest_time() const;
  std::uint64_t newest_transaction() const;
  /// Errors: InvalidValue 000707 (02000) when `version` is older than what is kept or does not exist yet.
  base::Result<Visibility> visibility(catalog::Version version) const;
  base::Result<base::Instant> time_of(catalog::Version version) const;
  /// The newest version made at or before `time`. Errors: InvalidValue when that is older than what is kept.
  base::Result<catalog::Version> version_at(base::Instant time) const;
  bool touched(catalog::ObjectId table, catalog::Version from, catalog::Version until) const;
  /// Forgets the commits before `version`.
  void trim(catalog::Version version);

 private:
  struct Kept {
    std::uint64_t transaction = 0, newest_transaction = 0, lowest = 1;
    std::int64_t at_ns = 0;
  };
  const Kept* find(catalog::Version version) const;

  mutable std::shared_mutex entries_mutex_;
  std::uint64_t first_ = 0;                            // version of the first kept entry
  std::deque<Kept> entries_;                           // empty: nothing was ever committed
  std::map<std::uint64_t, std::uint64_t> version_of_;  // transaction -> version
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> touched_;
};

}  // namespace engine
