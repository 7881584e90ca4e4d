#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace cli {

/// Who holds a data directory, as its LOCK file says. Addresses are URLs; empty while it starts.
struct Holder {
  long pid = 0;
  std::string warehouse_url;
  std::string s3_url;
  std::string access_token;
  bool virtual_clock = false;
};

/// A data directory that this process holds. Layout: design.md, "Data directory".
class DataDirectory {
 public:
  /// Makes it when missing, takes its lock, refuses what a newer program wrote, empties tmp/.
  /// Errors: Conflict (held: names process and address), Unsupported (newer), Denied (read only), Unavailable (full).
  static base::Result<std::unique_ptr<DataDirectory>> open(const std::string& path, base::Disk& disk);
  /// Nobody, or the process that holds it now.
  static base::Result<std::optional<Holder>> holder_of(const std::string& path);

  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();

  /// Says in LOCK where this process listens; the access token and the process id are added.
  base::Status announce(Holder holder);
  const std::string& access_token() const { return access_token_; }
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  DataDirectory(std::string path, int lock);
  std::string path_;
  int lock_;
  std::string access_token_;
};

}  // namespace cli
