#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/disk.h"

namespace base {

/// A disk that fails on demand and forgets what was never synced. Works on real files below, so that who reads them
/// by other means sees the same bytes.
///
///   FaultyDisk disk{{.fail_at = n}};  // the n-th operation that changes something fails, counted from 1; 0: none
///   ...
///   disk.crash();                     // drops what was written but never synced; faults are over from here
///
/// A crash takes the harshest reading of POSIX: bytes behind the last sync of their file are gone, overwritten ones
/// have their old value, and entries of a directory are as at its last sync. Close the files before it.
class FaultyDisk final : public Disk {
 public:
  struct Options {
    int fail_at = 0;
    /// After the fault every further change fails too, as on a machine that is going down.
    bool stay_failed = true;
    /// What the fault is.
    enum class Fault { Broken, Full } fault = Fault::Broken;
  };

  explicit FaultyDisk(Options options);
  ~FaultyDisk() override;

  void crash();
  /// Ends the faults; what was written stays.
  void heal();
  bool fault_was_hit() const;
  int operations() const;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status hard_link(const std::string& existing, const std::string& link) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::uint64_t> free_space(const std::string& path) override;

 private:
  friend class FaultyFile;
  struct Contents;   // what a crash must undo inside one file
  struct EntryUndo;  // what a crash must undo inside one directory

  Status count(std::string_view operation, const std::string& path);
  std::string graveyard_name(const std::string& path);
  void undo_entries();
  void undo_contents();

  Options options_;
  PosixDisk real_;
  mutable std::mutex state_mutex_;
  int operations_ = 0;
  int buried_ = 0;
  bool hit_ = false;
  std::map<std::string, std::shared_ptr<Contents>> contents_;  // by present path
  std::vector<EntryUndo> entries_;                             // oldest first
};

}  // namespace base
