#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/repeater.h"
#include "engine/statement_runner.h"
#include "load/pipe_feeds.h"
#include "store/s3/remote_buckets.h"

namespace flow {
class Flow;
}

namespace cli {

/// Everything behind SQL: the database, what loads it, the sessions. Ends in the reverse order. Thread-safe.
/// A database that does not exist is made for the first session: flows and buckets alone need none. In one that exists
/// pipes and tasks may be due: it is opened at once. So it is with a virtual clock, whose time it keeps.
class Warehouse final : public engine::StatementRunner {
 public:
  struct Options {
    std::string file;
    std::string spill_directory;
    int threads = 2;
    bool enforces_privileges = false;
    std::uintmax_t log_bytes_max = 64u << 20;       // of the database's log, before it is checkpointed
    std::function<const flow::Flow*()> flows = {};  // for their views; null until it is open
  };
  /// What is handed over outlives it.
  static base::Result<std::unique_ptr<Warehouse>> open(Options options, base::Clock& clock,
                                                       store::s3::RoutedBuckets& buckets, store::s3::Remotes& remotes,
                                                       const base::WallClock& wall_clock);
  ~Warehouse() override;
  base::Result<std::unique_ptr<engine::StatementSession>> open_session(
      const engine::SessionSettings& settings) override;
  std::vector<std::string> public_keys(std::string_view user) const override;
  /// Null until it is open.
  engine::Database* database();
  /// What all pipes together received, and what became of it.
  base::Result<load::PipeLedger> pipe_ledger();
  /// Of the queues that tell pipes of files.
  load::PipeFeeds::Counters feed_counters() const;

 private:
  struct State;
  Warehouse(Options options, base::Clock& clock, store::s3::RoutedBuckets& buckets, store::s3::Remotes& remotes,
            const base::WallClock& wall_clock);
  State* state() const;
  base::Result<State*> opened();
  base::Result<std::unique_ptr<State>> open_state();

  const Options options_;
  base::Clock& clock_;
  store::s3::RoutedBuckets& buckets_;
  store::s3::Remotes& remotes_;
  const base::WallClock& wall_clock_;
  mutable std::mutex state_mutex_;
  std::unique_ptr<State> state_;           // null until it is open
  std::optional<Repeater> unread_events_;  // until then: forgets what nobody reads
};

}  // namespace cli
