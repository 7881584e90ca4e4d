#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "store/s3/access_record.h"

namespace store::s3 {

/// Appends a line for each request to a file, on a thread of its own. A file that was renamed or removed is made anew
/// with the next lines, as programs that rotate logs expect. While the disk does not keep up, lines are lost, and
/// counted; requests never wait. Thread-safe.
class AccessLog {
 public:
  /// Of a bucket, by its name; asked on the log's thread. Empty: not known.
  using OwnerOf = std::function<std::string(const std::string& bucket)>;
  struct Options {
    std::string path;
    std::size_t records_max = 64 << 10;  // that wait
  };
  /// Errors: those of opening the file.
  static base::Result<std::unique_ptr<AccessLog>> open(Options options, OwnerOf owner_of);
  /// Writes what waits.
  ~AccessLog();

  void add(AccessRecord record);
  std::uint64_t lost() const;

 private:
  AccessLog(Options options, OwnerOf owner_of, int descriptor);
  void work();
  void write(const std::vector<AccessRecord>& records);
  bool reopen_if_moved();

  const Options options_;
  const OwnerOf owner_of_;
  int descriptor_;  // of the thread
  mutable std::mutex waiting_mutex_;
  std::condition_variable waiting_changed_;
  std::vector<AccessRecord> waiting_;
  std::uint64_t lost_ = 0;
  bool ended_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace store::s3
