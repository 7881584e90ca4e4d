#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

/// An open file. Reads may run beside each other and beside one writer; writers take turns.
class File {
 public:
  virtual ~File() = default;
  /// Writes all of `bytes` behind the end that this handle knows.
  virtual Status append(std::string_view bytes) = 0;
  virtual Status write_at(std::uint64_t offset, std::string_view bytes) = 0;
  /// Reads until `into` is full or the file ends; returns the bytes read.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  /// Returns when the contents (not the directory entry) survive a power cut. After a failure the handle must not be
  /// trusted again: the system may have dropped the dirty pages.
  virtual Status sync() = 0;
  /// Begins to bring written bytes to the disk, so that sync() has less to wait for. Promises nothing.
  virtual void start_sync(std::uint64_t, std::uint64_t) {}
  /// Whether bytes from now on go to and from the disk itself, not over the system's page cache: their address, length
  /// and offset must then be multiples of 4096. False: not on this file, and nothing changed.
  virtual bool pass_by_cache(bool) { return false; }
  virtual Result<std::uint64_t> size() = 0;
  /// For calls of the system that read from the file themselves; -1: there is none, only read_at tells what it holds.
  virtual int descriptor() const { return -1; }
};

enum class OpenMode {
  Read,       // must exist
  Write,      // must exist; the append position is its end
  Create,     // made when missing, emptied otherwise
  CreateNew,  // AlreadyExists when it exists
};

/// The file system as the stores see it. Paths are opaque to it; directories must exist.
/// Errors: NotFound, AlreadyExists, Unavailable (full, read-only), Internal.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status hard_link(const std::string& existing, const std::string& link) = 0;
  /// Makes the directory and its missing parents; one that is there is fine.
  virtual Status make_directory(const std::string& path) = 0;
  /// Returns when creations, renames and removals inside `path` survive a power cut.
  virtual Status sync_directory(const std::string& path) = 0;
  /// Names inside the directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<std::uint64_t> free_space(const std::string& path) = 0;

  /// Conveniences over the above.
  Result<std::string> read_all(const std::string& path);
  /// Replaces `path` as a whole: afterwards it has the old or the new contents, also after a power cut.
  Status replace_all(const std::string& path, std::string_view contents);
};

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status hard_link(const std::string& existing, const std::string& link) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::uint64_t> free_space(const std::string& path) override;
};

/// "a/b/c" -> "a/b"; a name without a slash is in ".".
std::string parent_of(const std::string& path);

}  // namespace base
