#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "engine/commit_log.h"
#include "engine/database.h"
#include "engine/duckdb/connection.h"

namespace engine {

/// What a transaction leaves for its commit record.
struct CommitRequest {
  catalog::TransactionId transaction;
  std::string query_id;
  std::set<catalog::ObjectId> tables;  // whose rows changed
  catalog::Change catalog;
};

class DatabaseImpl final : public Database {
 public:
  explicit DatabaseImpl(Options options, const base::Clock& clock) : options_(std::move(options)), clock_(clock) {}
  ~DatabaseImpl() override;
  base::Status open();

  std::unique_ptr<EngineSession> open_session() override;
  std::shared_ptr<const catalog::Snapshot> catalog() const override;
  catalog::Version version() const override { return log_.newest(); }
  LockManager& locks() override { return locks_; }
  const base::Clock& clock() const override { return clock_; }
  void on_commit(std::function<void(const Commit&)> listener) override;
  base::Status sweep() override;
  base::Status checkpoint() override;
  base::Result<Statistics> statistics(const catalog::Record& table) override;

  // ---- For sessions and works.
  struct Start {
    catalog::Version version;
    std::shared_ptr<const catalog::Snapshot> catalog;
  };
  base::Result<std::unique_ptr<duck::Connection>> connect();
  /// Begins a transaction on the connection whose snapshot is exactly the version answered.
  base::Result<Start> begin(duck::Connection& connection);
  /// Writes the commit record and the catalog, commits, publishes, and tells the listeners.
  base::Result<catalog::Version> commit(duck::Connection& connection, const CommitRequest& request);
  catalog::TransactionId new_transaction();
  void end_transaction(catalog::TransactionId transaction);
  std::uint64_t new_id() { return next_id_.fetch_add(1); }
  /// Row ids and image numbers: `count` of them, the first.
  std::int64_t take_numbers(std::int64_t count) { return numbers_->fetch_add(count); }
  const CommitLog& log() const { return log_; }
  /// Versions that an open transaction of a client reads streams at: nothing that they need is swept.
  void pin(catalog::Version version);
  void unpin(catalog::Version version);
  base::Result<std::int64_t> reserve_sequence(catalog::ObjectId sequence, std::int64_t count);

 private:
  base::Status attach();
  base::Status write_checkpoint();
  base::Status load_counters();
  base::Status load_commits();
  base::Status load_catalog();
  base::Status drop_temporary_tables();
  catalog::Version oldest_needed(const catalog::Snapshot& catalog, const catalog::Record& table) const;
  base::Status sweep_table(duck::Connection& connection, const catalog::RecordPtr& table);
  base::Status sweep_dropped(const catalog::Snapshot& catalog);
  base::Status compact_catalog(duck::Connection& connection);
  base::Status trim_commits(duck::Connection& connection, catalog::Version oldest);
  catalog::TransactionId lowest_active(catalog::TransactionId except) const;

  const Options options_;
  const base::Clock& clock_;
  std::shared_ptr<duck::Instance> instance_;
  std::shared_ptr<std::atomic<std::int64_t>> numbers_ = std::make_shared<std::atomic<std::int64_t>>(1);
  std::atomic<std::uint64_t> next_id_{1};  // objects and segments
  std::atomic<std::int64_t> next_session_{1};
  LockManager locks_;
  CommitLog log_;

  std::mutex commit_mutex_;  // order of commits, and of snapshots against them
  mutable std::mutex published_mutex_;
  std::shared_ptr<const catalog::Snapshot> catalog_;
  std::vector<std::function<void(const Commit&)>> listeners_;

  mutable std::mutex transactions_mutex_;
  std::uint64_t next_transaction_ = 1;
  std::set<std::uint64_t> active_;
  mutable std::mutex pins_mutex_;
  std::multiset<std::uint64_t> pins_;

  std::mutex housekeeping_mutex_;  // the connection of the sweeper and of checkpoints
  std::unique_ptr<duck::Connection> housekeeping_;
  std::mutex sequences_mutex_;
  std::unique_ptr<duck::Connection> sequences_;
};

}  // namespace engine
