#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "cli/repeater.h"
#include "engine/database.h"

namespace cli {

/// Sweeps the database from time to time on a thread of its own, when something was committed since the last time: past
/// rows that nobody can ask for go, and the log becomes a checkpoint once it is long.
class Housekeeping {
 public:
  struct Options {
    std::filesystem::path log;                 // of the database
    std::uintmax_t log_bytes_max = 64u << 20;  // looked at each second
  };
  Housekeeping(engine::Database& database, Options options);

 private:
  void look();
  void sweep();
  bool log_is_long() const;

  engine::Database& database_;
  const Options options_;
  const std::shared_ptr<std::atomic<bool>> committed_ =
      std::make_shared<std::atomic<bool>>(false);  // the database's listener outlives this
  std::chrono::steady_clock::time_point due_;
  Repeater repeater_;  // last: its thread uses all of the above
};

}  // namespace cli
