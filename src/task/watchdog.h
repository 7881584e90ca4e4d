#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "engine/statement_runner.h"

namespace task {

/// Cancels statements that take longer than allowed (wall clock). One thread for all, started with the first.
/// Thread-safe.
class Watchdog {
 public:
  Watchdog() = default;
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Watches what a session runs as long as this lives; ends before the session and the watchdog.
  class Watch {
   public:
    /// `limit` 0: never cancelled.
    Watch(Watchdog& watchdog, engine::StatementSession& session, std::chrono::milliseconds limit);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    bool fired() const;

   private:
    friend class Watchdog;
    Watchdog& watchdog_;
    engine::StatementSession& session_;
    std::chrono::steady_clock::time_point deadline_;
    bool fired_ = false;
  };

 private:
  void loop();

  mutable std::mutex watched_mutex_;  // guards what follows; held while a session is cancelled, so that it lives
  std::condition_variable sooner_;
  std::multimap<std::chrono::steady_clock::time_point, Watch*> watched_;
  std::chrono::steady_clock::time_point wakes_at_ = std::chrono::steady_clock::time_point::max();
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace task
