#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"

namespace flow {

/// Of what leaves a file in doubt, a failed sync say: not even a full disk can be waited out then.
base::Status as_internal(base::Status outcome);

/// An append-only log of records in one file, each with a checksum. One thread at a time.
///
/// The file has a number; `restart` writes the whole state into the next one and drops the old. Recovery reads the
/// highest number up to the first record that is torn: a crash loses a tail, never something in the middle.
class Log {
 public:
  static base::Result<std::unique_ptr<Log>> open(base::Disk& disk, std::string directory,
                                                 const std::function<base::Status(std::string_view)>& replay);
  /// Returns when the records (made by frame) survive a power cut. Unavailable: there was no room, and nothing was
  /// written. After other errors it must be opened again.
  base::Status append(std::string_view frames);
  /// Returns when they survive the process; a power cut may take them until the next append().
  base::Status write(std::string_view frames);
  base::Status restart(std::string_view frames);
  std::uint64_t size() const { return size_; }

  static void frame(std::string_view record, std::string& into);
  /// The same for a record that is appended to `into` in pieces, between the two.
  static std::size_t begin_frame(std::string& into);
  static void end_frame(std::size_t frame, std::string& into);
  /// The record of the next frame, which `rest` loses; nothing when there is none or it is torn.
  static std::optional<std::string_view> take_frame(std::string_view& rest);
  static std::uint64_t framed_size(std::string_view record);

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
