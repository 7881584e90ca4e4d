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
#include "flow/engine/provenance.h"
#include "flow/engine/swap.h"

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
  std::vector<SwapFilePtr> swapped_out;   // with the flowfiles that left into them
  std::vector<std::uint64_t> swapped_in;  // numbers of files whose flowfiles are among the puts
  std::uint64_t next_file = 0;            // ids from here on are free; 0: says nothing
  std::uint64_t next_queue = 0;
  std::uint64_t next_content = 0;                       // numbers of content files from here on were never used
  std::vector<EventBatch> events;                       // written beside the log
  std::optional<Provenance::Position> events_end = {};  // in the log: how far they go

  bool empty() const {
    return puts.empty() && left.empty() && removed.empty() && states.empty() && tokens.empty() && forgotten.empty() &&
           drops.empty() && events.empty() && swapped_out.empty() && swapped_in.empty();
  }
};

std::string encode(const Changes& changes);

/// The truth about a flow's flowfiles: which exist, in which connection, with which component states; in memory, and
/// in a log that sync() brings all commits to. Commits that are synced together are one record, all or nothing: what
/// came and went between two syncs is not in it. A crash loses the newest commits that were not synced, always as a
/// tail. Thread-safe. While its disk is full, sync() fails (Unavailable) and all stays in memory until there is room.
/// After any other failure it refuses everything (Unavailable) until it is opened again.
class Repository {
 public:
  struct Options {
    std::string directory;
    std::uint64_t content_file_bytes = 64 << 20;
    std::uint64_t log_bytes = 64 << 20;  // from here on the log is started again, from the present state
    std::uint64_t archive_bytes = 0;     // of content that no flowfile has any more, for those who look back
    std::optional<Provenance::Options> provenance = {};  // its directory is ours; nothing: no events are kept
  };
  struct Entry {
    FlowFilePtr file;
    ConnectionId connection;
  };
  static base::Result<std::unique_ptr<Repository>> open(Options options, base::Disk& disk);
  ~Repository();

  ContentStore& content() { return *content_; }
  Provenance* provenance() { return provenance_.get(); }  // null: it is off
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
  /// Why it refuses everything.
  std::optional<base::Error> broken() const;
  /// Why it waits for room: nobody should bring more.
  std::optional<base::Error> stalled() const;

  std::vector<Entry> entries() const;  // by flowfile id; without those that are swapped out
  std::vector<SwapFilePtr> swapped() const;
  /// Moves flowfiles of a connection out of memory.
  base::Result<SwapFilePtr> swap_out(const ConnectionId& connection, std::vector<FlowFilePtr> files);
  base::Result<std::vector<FlowFilePtr>> swap_in(const SwapFilePtr& file);
  ComponentState state_of(const std::string& component) const;
  std::map<std::string, std::map<std::string, Dropped>> dropped() const;  // processor -> relationship
  /// Tokens that a durable record made unnecessary, and that no record says were forgotten.
  std::vector<SinkToken> stale_tokens() const;

 private:
  Repository(Options options, base::Disk& disk) : options_(std::move(options)), disk_(disk) {}
  std::string swap_path(std::uint64_t number) const;
  base::Status sync_swapped(const Changes& record);
  base::Status remove_unknown_swaps();
  base::Status replay(std::string_view record);
  void apply(const Changes& changes);
  void add(Changes changes);
  /// A record on its way to the disk, with what goes once it is there.
  struct Unwritten {
    Changes record;
    std::uint64_t end = 0;  // position
    std::vector<std::uint64_t> garbage = {};
  };
  Changes take_pending();
  void take_unwritten();
  void note(const base::Status& outcome);
  void let_go(const Unwritten& written);
  base::Status write_record(Unwritten& unwritten);
  base::Status write(std::unique_lock<std::mutex>& lock);
  base::Status write_events(Changes& record);
  base::Status restart();
  std::string snapshot() const;

  const Options options_;
  base::Disk& disk_;
  std::unique_ptr<ContentStore> content_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Provenance> provenance_;

  mutable std::mutex ledger_mutex_;
  std::condition_variable written_;
  std::condition_variable_any committed_;  // after a commit to what was synced
  std::unordered_map<std::uint64_t, Entry> ledger_;
  std::map<std::string, ComponentState> states_;
  std::map<std::string, std::map<std::string, Dropped>> dropped_;
  std::map<SinkToken, std::uint64_t> tokens_;  // with the position of their record
  std::map<std::uint64_t, SwapFilePtr> swapped_;
  std::uint64_t next_swap_ = 1;
  Changes pending_;             // not yet written, nor in the ledger; holes where flowfiles left
  std::uint64_t batch_ = 1;     // of what is pending
  std::uint64_t position_ = 0;  // commits so far, since opened
  std::uint64_t durable_ = 0;
  std::uint64_t snapshot_bytes_ = 0;
  std::uint64_t restart_at_ = 0;  // bytes of the log, after a restart that failed
  std::optional<Unwritten> unwritten_;
  std::optional<Provenance::Position> events_end_;  // of the newest record
  std::atomic<std::uint64_t> next_file_ = 1;
  std::atomic<std::uint64_t> next_queue_ = 1;
  bool writing_ = false;
  std::optional<base::Error> broken_;
  std::optional<base::Error> stalled_;
};

}  // namespace flow
