#include "store/damaged_versions.h"

namespace store {

void DamagedVersions::add(std::string place, Damage damage) {
  const std::lock_guard lock(entries_mutex_);
  entries_[std::move(place)] = std::move(damage);
  count_ = entries_.size();
}

void DamagedVersions::remove(const std::string& place) {
  const std::lock_guard lock(entries_mutex_);
  entries_.erase(place);
  count_ = entries_.size();
}

bool DamagedVersions::contains(const std::string& place) const {
  if (count() == 0) return false;
  const std::lock_guard lock(entries_mutex_);
  return entries_.contains(place);
}

std::map<std::string, Damage> DamagedVersions::all() const {
  const std::lock_guard lock(entries_mutex_);
  return entries_;
}

}  // namespace store
