#include "engine/commit_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>

namespace engine {

using catalog::Version;

bool Visibility::contains(catalog::TransactionId transaction) const {
  return transaction.value <= newest && std::ranges::find(late, transaction.value) == late.end();
}

std::string Visibility::contains(std::string_view column) const {
  if (late.empty()) return fmt::format("({} <= {})", column, newest);
  return fmt::format("({0} <= {1} AND {0} NOT IN ({2}))", column, newest, fmt::join(late, ","));
}

std::string Visibility::lacks(std::string_view column) const {
  if (late.empty()) return fmt::format("({} > {})", column, newest);
  return fmt::format("({0} >= {1} AND ({0} > {2} OR {0} IN ({3})))", column, lowest, newest, fmt::join(late, ","));
}

void CommitLog::add(const Entry& entry) {
  std::lock_guard lock(entries_mutex_);
  if (entries_.empty()) {
    first_ = entry.version;
    if (entry.version == 1) {  // the state before the first commit can be asked for, too
      first_ = 0;
      entries_.push_back({0, 0, 1, 0});
    }
  }
  const std::uint64_t newest = entries_.empty() ? 0 : entries_.back().newest_transaction;
  entries_.push_back(
      {entry.transaction, std::max({newest, entry.newest, entry.transaction}), entry.lowest, entry.at_ns});
  version_of_[entry.transaction] = entry.version;
  for (const std::uint64_t table : entry.tables) touched_[table].push_back(entry.version);
}

Version CommitLog::newest() const {
  std::shared_lock lock(entries_mutex_);
  return entries_.empty() ? Version{0} : Version{first_ + entries_.size() - 1};
}

Version CommitLog::oldest() const {
  std::shared_lock lock(entries_mutex_);
  return {first_};
}

base::Instant CommitLog::newest_time() const {
  std::shared_lock lock(entries_mutex_);
  return {entries_.empty() ? 0 : entries_.back().at_ns};
}

const CommitLog::Kept* CommitLog::find(Version version) const {
  static constexpr Kept kNothing{};
  if (entries_.empty()) return version.value == 0 ? &kNothing : nullptr;
  if (version.value < first_ || version.value - first_ >= entries_.size()) return nullptr;
  return &entries_[version.value - first_];
}

namespace {
base::Error too_old() {
  return {base::ErrorKind::InvalidValue, 707, "02000",
          "Time travel data is not available: the requested time is either beyond the allowed time travel period or "
          "before the object creation time",
          std::nullopt};
}
}  // namespace

base::Result<Visibility> CommitLog::visibility(Version version) const {
  std::shared_lock lock(entries_mutex_);
  const Kept* entry = find(version);
  if (!entry) return base::fail(too_old());
  Visibility visibility{entry->newest_transaction, entry->lowest, {}};
  for (auto at = version_of_.lower_bound(entry->lowest);
       at != version_of_.end() && at->first < entry->newest_transaction; ++at)
    if (at->second > version.value) visibility.late.push_back(at->first);
  return visibility;
}

std::uint64_t CommitLog::newest_transaction() const {
  std::shared_lock lock(entries_mutex_);
  return entries_.empty() ? 0 : entries_.back().newest_transaction;
}

base::Result<base::Instant> CommitLog::time_of(Version version) const {
  std::shared_lock lock(entries_mutex_);
  const Kept* entry = find(version);
  if (!entry) return base::fail(too_old());
  return base::Instant{entry->at_ns};
}

base::Result<Version> CommitLog::version_at(base::Instant time) const {
  std::shared_lock lock(entries_mutex_);
  if (entries_.empty()) return Version{0};
  const auto after = std::ranges::upper_bound(entries_, time.ns, {}, &Kept::at_ns);
  if (after == entries_.begin()) return base::fail(too_old());
  return Version{first_ + static_cast<std::uint64_t>(after - entries_.begin()) - 1};
}

bool CommitLog::touched(catalog::ObjectId table, Version from, Version until) const {
  std::shared_lock lock(entries_mutex_);
  const auto found = touched_.find(table.value);
  if (found == touched_.end()) return false;
  const auto next = std::ranges::upper_bound(found->second, from.value);
  return next != found->second.end() && *next <= until.value;
}

void CommitLog::trim(Version version) {
  std::lock_guard lock(entries_mutex_);
  while (entries_.size() > 1 && first_ < version.value) {
    version_of_.erase(entries_.front().transaction);
    entries_.pop_front();
    ++first_;
  }
  for (auto& [table, versions] : touched_) versions.erase(versions.begin(), std::ranges::lower_bound(versions, first_));
}

}  // namespace engine
