#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/result.h"
#include "store/files.h"

// A commit of small objects has one sync, that of the index's log: what it appends to a segment goes into that log as
// well. The segment itself is synced before the index lets go of the log, or when the segment is full; after a power
// cut the log tells what the segment lacks.

namespace store {

/// What a commit appended to a segment.
struct SegmentNote {
  FileId file;
  std::uint64_t offset = 0;
  std::string_view bytes;
};
std::string encode(const SegmentNote& note);
base::Result<SegmentNote> decode_note(std::string_view text);

/// The segment whose newest bytes are in the log only. Thread-safe.
class UnsyncedSegment {
 public:
  void set(std::shared_ptr<base::File> file);
  /// Returns when all that was written before the call survives a power cut. A failure stays: what the file holds is
  /// unknown from then on.
  base::Status sync();
  std::optional<base::Error> failure() const;

 private:
  std::mutex syncing_mutex_;  // one sync after the other: who waits for it finds all of its bytes synced
  mutable std::mutex file_mutex_;
  std::shared_ptr<base::File> file_;
  std::optional<base::Error> failure_;
};

/// At open: writes what segments lack. Notes come as they were written.
class SegmentRepair {
 public:
  SegmentRepair(base::Disk& disk, const FileTable& files) : disk_(disk), files_(files) {}
  /// A note of a segment that is gone says nothing: nothing referred to it any more.
  base::Status take(std::string_view note);
  base::Status sync();
  /// Instead, for a store that is only read. Errors: Unavailable when a segment lacks what the note says.
  base::Status check(std::string_view note);

 private:
  base::Disk& disk_;
  const FileTable& files_;
  struct Segment {
    std::unique_ptr<base::File> file;  // none: it is gone
    bool written = false;
  };
  base::Result<Segment*> open(FileId id, base::OpenMode mode);
  std::map<FileId, Segment> segments_;
};

}  // namespace store
