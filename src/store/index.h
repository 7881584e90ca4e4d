#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/result.h"

namespace store {

/// Changes that are kept together or not at all; none: the key is erased.
using IndexChanges = std::map<std::string, std::optional<std::string>>;

/// Walks the keys in byte order, over one moment of the index.
class IndexCursor {
 public:
  virtual ~IndexCursor() = default;
  /// To the first key that is not less than `key`.
  virtual void seek(std::string_view key) = 0;
  virtual void next() = 0;
  /// False behind the last key, and after a failure, which status() tells.
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual base::Status status() const = 0;
};

/// The ordered index on the disk. Thread-safe.
class Index {
 public:
  virtual ~Index() = default;
  /// What goes with the log of the changes: each write may add a note, which the log keeps until the changes are in a
  /// table of their own.
  struct Notes {
    std::function<base::Status(std::string_view note)> replay;  // at open, for each that the log has, in order
    std::function<base::Status()> replayed;                     // after them, before the log can go
    /// On a thread of the index, before it lets go of notes; all that were written before the call may go. After a
    /// failure none goes.
    std::function<base::Status()> before_drop;
  };
  struct Options {
    std::string directory;
    Notes notes;
    std::uint64_t buffer_bytes = 16 << 20;  // of changes in memory, until they become a table
  };
  static base::Result<std::unique_ptr<Index>> open(Options options, base::Disk& disk);
  /// Changes nothing on the disk, and refuses to write. Errors: NotFound when there is no index; those of `check_note`,
  /// which sees each note of the log.
  static base::Result<std::unique_ptr<Index>> open_read_only(
      const std::string& directory, base::Disk& disk,
      const std::function<base::Status(std::string_view note)>& check_note = {});
  virtual base::Result<std::optional<std::string>> get(std::string_view key) const = 0;
  virtual std::unique_ptr<IndexCursor> cursor() const = 0;
  /// Returns when the changes survive a power cut.
  virtual base::Status write(const IndexChanges& changes, std::string_view note = {}) = 0;
  /// Makes tables of all changes, so that the next open finds no log to read.
  virtual base::Status flush() = 0;
};

}  // namespace store
