#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

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
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

 private:
  void run();
  void sweep();
  bool log_is_long() const;

  engine::Database& database_;
  const Options options_;
  const std::shared_ptr<std::atomic<bool>> committed_ =
      std::make_shared<std::atomic<bool>>(false);  // the database's listener outlives this
  std::mutex ending_mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace cli
