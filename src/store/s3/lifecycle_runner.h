#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "store/object_store.h"

namespace store::s3 {

/// What one look at all buckets did.
struct LifecycleReport {
  std::uint64_t looked_at = 0;  // versions of buckets that have rules
  std::uint64_t expired = 0;
  std::uint64_t noncurrent_removed = 0;
  std::uint64_t markers_removed = 0;
  std::uint64_t uploads_aborted = 0;
};

/// Does what the lifecycle rules of buckets say is due at `now`; locked versions stay. `day`: of the rules, see
/// ServiceOptions. Uploads older than a week go in every bucket. Reads page by page; each removal is a commit that
/// finds the version unchanged, or leaves it.
base::Result<LifecycleReport> run_lifecycle(ObjectStore& store, base::Instant now, std::chrono::nanoseconds day);

}  // namespace store::s3
