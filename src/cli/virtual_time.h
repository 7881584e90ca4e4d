#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "engine/database.h"
#include "load/pipe.h"
#include "store/object_store.h"
#include "task/scheduler.h"

namespace cli {

/// Drives pipes and tasks on the virtual clock: time stands still until somebody waits, and what falls due runs in
/// order on the thread that waits. Thread-safe; one thread at a time drives, the others wait for their turn. Source:
/// design.md 4, `--clock virtual`.
class VirtualTime {
 public:
  VirtualTime(base::VirtualClock& clock, engine::Database& database, load::PipeRunner& pipes,
              task::TaskScheduler& scheduler)
      : clock_(clock), database_(database), pipes_(pipes), scheduler_(scheduler) {}

  /// Where the time is kept; to be named in Database::Options.
  static engine::MetaTable table();
  /// Goes on from the time that was kept or from the last commit, whichever is later. A new database begins after the
  /// buckets that are there: they may have been made on the system's clock.
  static base::Status restore(engine::Database& database, const store::ObjectStore& objects, base::VirtualClock& clock);

  /// Runs what the last commit made due, and what that makes due, to its end. Nothing, when the caller is inside such a
  /// run.
  void settle();
  /// Moves the clock by `time`, stopping at each instant at which something is due. Inside of a run: the others run
  /// meanwhile. Errors: Cancelled, with the clock where it was then.
  base::Status wait(std::chrono::nanoseconds time, engine::CancelToken* cancel);
  /// Time that passed without a commit must not come again after a restart.
  base::Status keep();

 private:
  bool drives() const { return driver_.load() == std::this_thread::get_id(); }
  void run_due();
  base::Status pass(base::Instant target, engine::CancelToken* cancel);

  base::VirtualClock& clock_;
  engine::Database& database_;
  load::PipeRunner& pipes_;
  task::TaskScheduler& scheduler_;
  std::timed_mutex driver_mutex_;
  std::atomic<std::thread::id> driver_;  // who holds the mutex
  base::Instant kept_{};
};

}  // namespace cli
