#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/disk.h"
#include "store/records.h"

namespace store {

class FileTable;

/// Keeps the files of some extents on the disk as long as it lives, also after the last object in them went.
class FilePin {
 public:
  FilePin(FileTable& table, std::vector<FileId> ids);
  FilePin(const FilePin&) = delete;
  FilePin& operator=(const FilePin&) = delete;
  ~FilePin();

 private:
  FileTable& table_;
  std::vector<FileId> ids_;
};

/// The data files of a store: where they are, which are open, which may go. Thread-safe.
class FileTable {
 public:
  FileTable(base::Disk& disk, const std::string& directory);
  base::Status make_directories();

  FileId next_id(bool large) { return {(next_.fetch_add(1) << 1) | (large ? 1u : 0u)}; }
  std::string path_of(FileId id) const;
  const std::string& directory_of(bool large) const { return large ? large_ : segments_; }

  base::Status sync_directory(bool large) { return disk_.sync_directory(directory_of(large)); }
  base::Result<std::unique_ptr<base::File>> create(FileId id);
  base::Result<std::unique_ptr<base::File>> reopen(FileId id);
  /// Open for reading; one handle is shared by all who read the file now, and some stay open for those who come next.
  base::Result<std::shared_ptr<base::File>> reading(FileId id);
  /// Removes the file, now or when its last pin goes. A failure leaves a file that the next open removes.
  void remove(FileId id);
  /// Counts calls of remove(): what was pinned between two equal counts was there all the time.
  std::uint64_t removals() const { return removals_.load(); }
  /// The files of one kind that are on the disk.
  base::Result<std::vector<FileId>> list(bool large) const;
  /// At open: removes every file that the index does not know, and starts to number after all others.
  base::Status remove_unknown(const std::map<FileId, FileRecord>& known);

 private:
  friend class FilePin;
  struct Entry {
    int pins = 0;
    bool doomed = false;
    std::weak_ptr<base::File> open;
  };
  void pin(FileId id);
  void unpin(FileId id);
  void erase(FileId id);

  base::Disk& disk_;
  const std::string segments_;
  const std::string large_;
  std::atomic<std::uint64_t> next_{1};
  std::atomic<std::uint64_t> removals_{0};
  std::mutex entries_mutex_;
  std::map<FileId, Entry> entries_;
  struct Handle {
    FileId id;
    std::shared_ptr<base::File> file;
  };
  std::array<Handle, 64> idle_;  // each file has one place, which it shares with others
};

}  // namespace store
