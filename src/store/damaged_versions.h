#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/scrub.h"

namespace store {

/// The versions and parts that a scrub found damaged, by their keys in the index. Thread-safe; costs a reader nothing
/// as long as there are none.
class DamagedVersions {
 public:
  void add(std::string place, Damage damage);
  void remove(const std::string& place);
  bool contains(const std::string& place) const;
  std::map<std::string, Damage> all() const;
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> count_{0};
  mutable std::mutex entries_mutex_;
  std::map<std::string, Damage> entries_;
};

}  // namespace store
