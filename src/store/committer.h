#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/ballast.h"
#include "store/files.h"
#include "store/index.h"
#include "store/segment_log.h"
#include "store/space.h"

namespace store {

/// One operation's view of the index while its batch is put together: what is committed, what operations before it in
/// the batch changed, and its own changes. Dropped as a whole when the operation fails.
class Transaction {
 public:
  Transaction(const Index& index, const IndexChanges& batch, std::uint64_t& sequence, base::Instant now, FileId active)
      : index_(index), batch_(batch), sequence_(sequence), now_(now), active_(active) {}

  using Entry = std::pair<std::string, std::string>;

  base::Result<std::optional<std::string>> get(const std::string& key) const;
  /// What begins with `prefix`, in the order of the keys, at most `limit` entries.
  base::Result<std::vector<Entry>> scan(const std::string& prefix,
                                        std::size_t limit = std::numeric_limits<std::size_t>::max()) const;
  /// The keys of what is committed from `first` to `last`, at most `limit` of them.
  base::Result<std::vector<std::string>> committed_keys(const std::string& first, const std::string& last,
                                                        std::size_t limit) const;
  void put(std::string key, std::string value) { changes_[std::move(key)] = std::move(value); }
  void erase(std::string key) { changes_[std::move(key)] = std::nullopt; }

  /// Counts the references of extents; a file without any goes once the batch is committed.
  base::Status add_references(const std::vector<Extent>& extents);
  base::Status drop_references(const std::vector<Extent>& extents);

  /// The segment that small objects go to now.
  FileId active() const { return active_; }
  /// Lets go of a file that nothing refers to.
  void forget_file(FileId id);

  std::uint64_t next_sequence() { return ++sequence_; }
  base::Instant now() const { return now_; }

 private:
  friend class Committer;
  const Index& index_;
  const IndexChanges& batch_;
  std::uint64_t& sequence_;
  const base::Instant now_;
  const FileId active_;
  IndexChanges changes_;
  std::vector<FileId> dead_files_;
};

struct Operation {
  /// Bytes of a small object: the committer appends them to the active segment and fills `extent`.
  std::string_view small_bytes;
  std::optional<Extent> extent;
  /// A large file that this operation brings in: its directory entry is synced first.
  bool syncs_large_directory = false;
  std::function<base::Status(Transaction&)> apply;
};

/// Group commit: one thread takes all operations that wait, appends and syncs their data once, and writes all their
/// index changes as one synced batch. It also serialises every change, so conditions need no locks.
class Committer {
 public:
  struct Options {
    std::uint64_t segment_bytes;
    std::uint64_t logged_bytes_max;
  };
  struct Room {
    const Space& space;
    Ballast& ballast;
  };
  Committer(Index& index, FileTable& files, UnsyncedSegment& unsynced, Room room, const base::Clock& clock,
            Options options);
  ~Committer();
  /// Takes over the last segment, or starts one with the first small object.
  base::Status start(std::uint64_t sequence, std::optional<FileId> active, std::uint64_t active_end);

  /// Refuses whatever comes from now on.
  void refuse_all(base::Error error);
  /// Errors: what is answered to whatever comes.
  base::Status accepts() const;

  /// Runs the operation and returns when its changes survive a power cut.
  base::Status run(Operation& operation);

  std::uint64_t last_sequence() const { return published_sequence_.load(); }
  std::uint64_t batches() const { return batches_.load(); }
  std::uint64_t subscribe(std::function<void(std::uint64_t)> callback);
  void unsubscribe(std::uint64_t id);

 private:
  struct Waiting {
    Operation* operation = nullptr;
    base::Status outcome;
    bool done = false;
    std::condition_variable ready;  // its own: a commit wakes those whose changes it has
  };
  void work(const std::stop_token& stop);
  void commit(const std::vector<Waiting*>& batch);
  base::Status make_room();
  /// Answers with what the index's log must say of it; empty when the data is synced.
  base::Result<std::string> write_data(const std::vector<Waiting*>& batch);
  base::Result<std::string> log_segment(const std::vector<Waiting*>& batch);
  base::Result<std::string> sync_segment(const std::vector<Waiting*>& batch);
  /// The next bytes of the active segment are the operation's.
  void take_extent(Operation& operation);
  base::Status roll_segment();
  void stop_writing(const base::Error& error);
  void notify();

  Index& index_;
  FileTable& files_;
  UnsyncedSegment& unsynced_;
  const Room room_;
  const base::Clock& clock_;
  const Options options_;

  // Of the committer's thread.
  std::uint64_t sequence_ = 0;
  FileId active_;
  std::shared_ptr<base::File> segment_;
  std::uint64_t segment_end_ = 0;
  std::optional<base::Error> broken_;

  std::atomic<std::uint64_t> published_sequence_{0};
  std::atomic<std::uint64_t> batches_{0};
  mutable std::mutex queue_mutex_;
  std::condition_variable_any queue_filled_;
  std::vector<Waiting*> queue_;
  std::optional<base::Error> refusal_;  // to whatever comes
  std::mutex callbacks_mutex_;
  std::map<std::uint64_t, std::function<void(std::uint64_t)>> callbacks_;
  std::uint64_t next_callback_ = 1;
  std::jthread thread_;
};

}  // namespace store
