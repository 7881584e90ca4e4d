#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace store {

/// The room on the disk of a store. A body is refused while less than a reserve would stay free, so that what makes
/// room again (a removal, a compaction) finds some. Thread-safe.
class Space {
 public:
  struct Limits {
    std::uint64_t body_reserve = 0;   // that stays free for others than bodies
    std::uint64_t index_reserve = 0;  // below it nothing is written: a log that cannot grow breaks the index
  };
  Space(base::Disk& disk, std::string directory, Limits limits)
      : disk_(disk), directory_(std::move(directory)), limits_(limits) {}

  /// What a writer said that it will write and has not yet written.
  class Claim {
   public:
    explicit Claim(Space& space) : space_(space) {}
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() { space_.claimed_ -= bytes_; }
    /// Errors: Unavailable "the disk is full: ...".
    base::Status make(std::uint64_t bytes);
    /// Before `bytes` more are written, claimed or not. Errors: as above.
    base::Status spend(std::uint64_t bytes);

   private:
    Space& space_;
    std::uint64_t bytes_ = 0;
  };

  /// Errors: Unavailable "the disk is full: ...".
  base::Status admit_body(std::uint64_t bytes) const;
  base::Status admit_commit() const;

 private:
  base::Status admit(std::uint64_t bytes, std::uint64_t reserve) const;

  base::Disk& disk_;
  const std::string directory_;
  const Limits limits_;
  std::atomic<std::uint64_t> claimed_{0};
};

/// What a failed write means to who asked for it: "the disk is full: ..." or "the disk takes no writes: ..." before
/// what happened, as far as that is the reason.
base::Error write_error(base::Error error);

}  // namespace store
