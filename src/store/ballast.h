#pragma once

#include <string>

#include "base/disk.h"
#include "store/space.h"

namespace store {

/// A file that only takes room, made while the disk is getting full: when others have filled the rest, it goes, and
/// what frees room (a removal, a compaction) has some for its log. Used by one thread at a time.
class Ballast {
 public:
  Ballast(base::Disk& disk, std::string directory, Space::Limits limits)
      : disk_(disk),
        directory_(std::move(directory)),
        path_(directory_ + "/ballast"),
        limits_(limits),
        bytes_(2 * limits.index_reserve) {}

  /// At open: takes over what an earlier process left.
  base::Status find();
  /// Makes it when it will be needed and there is room for it; without success it is tried again later.
  void tend();
  /// False when there was none to drop.
  bool drop();

 private:
  base::Status make();

  base::Disk& disk_;
  const std::string directory_, path_;
  const Space::Limits limits_;
  const std::uint64_t bytes_;
  bool is_there_ = false;
};

}  // namespace store
