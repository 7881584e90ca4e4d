#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/statement_runner.h"
#include "load/pipe_feeds.h"
#include "store/s3/remote_buckets.h"

namespace flow {
class Flow;
}

namespace cli {

/// Everything behind SQL: the database, what loads it, the sessions. Ends in the reverse order.
class Warehouse {
 public:
  struct Options {
    std::string file;
    std::string spill_directory;
    int threads = 2;
    bool enforces_privileges = false;
    std::uintmax_t log_bytes_max = 64u << 20;      // of the database's log, before it is checkpointed
    std::function<const flow::Flow*()> flows = {};  // for their views; null until it is open
  };
  static base::Result<std::unique_ptr<Warehouse>> open(Options options, base::Clock& clock,
                                                       store::s3::RoutedBuckets& buckets, store::s3::Remotes& remotes,
                                                       const base::WallClock& wall_clock);
  ~Warehouse();
  engine::StatementRunner& runner();
  engine::Database& database();
  /// What all pipes together received, and what became of it.
  base::Result<load::PipeLedger> pipe_ledger();
  /// Of the queues that tell pipes of files.
  load::PipeFeeds::Counters feed_counters() const;

 private:
  struct State;
  explicit Warehouse(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cli
