#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/statement_runner.h"

namespace task {

/// Cancels a session's statement when it takes longer than allowed (wall clock); 0: never. Ends with its scope.
class Watchdog {
 public:
  Watchdog(engine::StatementSession& session, std::chrono::milliseconds limit);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  bool fired() const;

 private:
  mutable std::mutex state_mutex_;
  std::condition_variable ended_;
  bool over_ = false, fired_ = false;
  std::thread thread_;
};

}  // namespace task
