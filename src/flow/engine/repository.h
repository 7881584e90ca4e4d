#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/engine/content.h"
#include "flow/engine/log.h"

namespace flow {

using ComponentState = std::map<std::string, std::string>;

/// What left a flow through an auto-terminated relationship, since the directory was made.
struct Dropped {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::string last_reason;
};

/// One write into a sink that keeps tokens; see store::WriteToken.
struct SinkToken {
  std::string source;
  std::string id;
  auto operator<=>(const SinkToken&) const = default;
};

/// The id of a connection, which many flowfiles share.
using ConnectionId = std::shared_ptr<const std::string>;

/// All that one session changes.
struct Changes {
  struct Put {
    FlowFilePtr file;
    ConnectionId connection;
    FlowFilePtr before = nullptr;  // the same flowfile where it was; null: it is new
    bool logged = false;           // of the repository: its log knows the flowfile
  };
  struct Drop {
    std::string processor;
    std::string relationship;
    Dropped amount;
  };
  std::vector<Put> puts;
  std::vector<FlowFilePtr> left;       // flowfiles that are gone
  std::vector<std::uint64_t> removed;  // their ids, in the log
  std::vector<std::pair<std::string, ComponentState>> states;
  std::vector<SinkToken> tokens;     // this record makes them unnecessary
  std::vector<SinkToken> forgotten;  // the sink dropped them
  std::vector<Drop> drops;
  std::uint64_t next_file = 0;  // ids from here on are free; 0: says nothing
  std::uint64_t next_queue = 0;

  bool empty() const {
    return puts.empty() && left.empty() && removed.empty() && states.empty() && tokens.empty() && forgotten.empty() &&
           drops.empty();
  }
};

std::string encode(const Changes& changes);

/// The truth about a flow's flowfiles: which exist, in which connection, with which component states; in memory, and
/// in a log that sync() brings all commits to. Commits that are synced together are one record, all or nothing: what
/// came and went between two syncs is not in it. A crash loses the newest commits that were not synced, always as a
/// tail. Thread-safe. After a failed write it refuses everything (Unavailable) until it is opened again.
class Repository {
 public:
  struct Options {
    std::string directory;
    std::uint64_t content_file_bytes = 64 << 20;
    std::uint64_t log_bytes = 64 << 20;  // from here on the log is started again, from the present state
  };
  struct Entry {
    FlowFilePtr file;
    ConnectionId connection;
  };
  static base::Result<std::unique_ptr<Repository>> open(Options options, base::Disk& disk);

  ContentStore& content() { return *content_; }
  std::uint64_t next_file_id() { return next_file_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t next_queue_index() { return next_queue_.fetch_add(1, std::memory_order_relaxed); }

  /// Answers with the position to hand to sync().
  base::Result<std::uint64_t> commit(Changes changes);
  /// Where the next commit will end up at the earliest; what is below durable() survives a power cut.
  std::uint64_t position() const;
  /// Returns when all up to `position` is durable.
  base::Status sync(std::uint64_t position);
  base::Status sync() { return sync(position()); }
  /// Syncs what was committed, at most once in a `window`, until it is stopped.
  void keep_synced(const std::stop_token& stop, std::chrono::milliseconds window);
  std::uint64_t durable() const;

  std::vector<Entry> entries() const;  // by flowfile id
  ComponentState state_of(const std::string& component) const;
  std::map<std::string, std::map<std::string, Dropped>> dropped() const;  // processor -> relationship
  /// Tokens that a durable record made unnecessary, and that no record says were forgotten.
  std::vector<SinkToken> stale_tokens() const;

 private:
  explicit Repository(Options options) : options_(std::move(options)) {}
  base::Status replay(std::string_view record);
  void apply(const Changes& changes);
  void add(Changes changes);
  Changes take_pending();
  base::Status write(std::unique_lock<std::mutex>& lock);
  base::Status restart();
  std::string snapshot() const;

  const Options options_;
  std::unique_ptr<ContentStore> content_;
  std::unique_ptr<Log> log_;

  mutable std::mutex ledger_mutex_;
  std::condition_variable written_;
  std::condition_variable_any committed_;  // after a commit to what was synced
  std::unordered_map<std::uint64_t, Entry> ledger_;
  std::map<std::string, ComponentState> states_;
  std::map<std::string, std::map<std::string, Dropped>> dropped_;
  std::map<SinkToken, std::uint64_t> tokens_;  // with the position of their record
  Changes pending_;                            // not yet written, nor in the ledger; holes where flowfiles left
  std::uint64_t batch_ = 1;                    // of what is pending
  std::uint64_t position_ = 0;                 // commits so far, since opened
  std::uint64_t durable_ = 0;
  std::uint64_t snapshot_bytes_ = 0;
  std::atomic<std::uint64_t> next_file_ = 1;
  std::atomic<std::uint64_t> next_queue_ = 1;
  bool writing_ = false;
  std::optional<base::Error> broken_;
};

}  // namespace flow
