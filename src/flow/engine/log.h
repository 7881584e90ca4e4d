#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/disk.h"

namespace flow {

/// An append-only log of records in one file, each with a checksum. One thread at a time.
///
/// The file has a number; `restart` writes the whole state into the next one and drops the old. Recovery reads the
/// highest number up to the first record that is torn: a crash loses a tail, never something in the middle.
class Log {
 public:
  static base::Result<std::unique_ptr<Log>> open(base::Disk& disk, std::string directory,
                                                 const std::function<base::Status(std::string_view)>& replay);
  /// Returns when the records (made by frame) survive a power cut.
  base::Status append(std::string_view frames);
  base::Status restart(std::string_view frames);
  std::uint64_t size() const { return size_; }

  static void frame(std::string_view record, std::string& into);

 private:
  Log(base::Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
  std::string path_of(std::uint64_t number) const;
  base::Status recover(std::uint64_t number, const std::function<base::Status(std::string_view)>& replay);

  base::Disk& disk_;
  const std::string directory_;
  std::uint64_t number_ = 0;
  std::uint64_t size_ = 0;
  std::unique_ptr<base::File> file_;
};

}  // namespace flow
