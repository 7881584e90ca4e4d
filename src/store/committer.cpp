#include "store/committer.h"

#include "base/assert.h"
#include "base/fault/kill_point.h"
#include "base/log.h"

namespace store {

base::Result<std::optional<std::string>> Transaction::get(const std::string& key) const {
  if (const auto own = changes_.find(key); own != changes_.end()) return own->second;
  if (const auto earlier = batch_.find(key); earlier != batch_.end()) return earlier->second;
  return index_.get(key);
}

base::Result<std::vector<Transaction::Entry>> Transaction::scan(const std::string& prefix, std::size_t limit) const {
  // What the batch and the operation changed, over what is committed.
  IndexChanges changed;
  for (const auto* layer : {&batch_, &changes_})
    for (auto at = layer->lower_bound(prefix); at != layer->end() && at->first.starts_with(prefix); ++at)
      changed[at->first] = at->second;

  std::vector<Entry> entries;
  auto next = changed.begin();
  const auto take_changed = [&](const std::string* before) {
    for (; next != changed.end() && entries.size() < limit && (before == nullptr || next->first < *before); ++next)
      if (next->second) entries.emplace_back(next->first, *next->second);
  };
  const auto cursor = index_.cursor();
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix) && entries.size() < limit;
       cursor->next()) {
    std::string key(cursor->key());
    take_changed(&key);
    if (changed.contains(key) || entries.size() >= limit) continue;
    entries.emplace_back(std::move(key), cursor->value());
  }
  TRY_VOID(cursor->status());
  take_changed(nullptr);
  return entries;
}

base::Result<std::vector<std::string>> Transaction::committed_keys(const std::string& first, const std::string& last,
                                                                   std::size_t limit) const {
  std::vector<std::string> keys;
  const auto cursor = index_.cursor();
  for (cursor->seek(first); keys.size() < limit && cursor->valid() && cursor->key() <= last; cursor->next())
    keys.emplace_back(cursor->key());
  TRY_VOID(cursor->status());
  return keys;
}

base::Status Transaction::add_references(const std::vector<Extent>& extents) {
  for (const auto& extent : extents) {
    TRY(const auto found, get(index_key::file(extent.file)));
    FileRecord record;
    if (found) {
      TRY(record, decode_file(*found));
    }
    record.end = std::max(record.end, extent.offset + extent.length);
    record.live += extent.length;
    put(index_key::file(extent.file), encode(record));
  }
  return {};
}

base::Status Transaction::drop_references(const std::vector<Extent>& extents) {
  for (const auto& extent : extents) {
    TRY(const auto found, get(index_key::file(extent.file)));
    if (!found) return base::fail(base::ErrorKind::Internal, "the object index lost the record of a data file");
    TRY(auto record, decode_file(*found));
    ASSERT(record.live >= extent.length);
    record.live -= extent.length;
    if (record.live == 0 && extent.file != active_) {
      forget_file(extent.file);
    } else {
      put(index_key::file(extent.file), encode(record));
    }
  }
  return {};
}

void Transaction::forget_file(FileId id) {
  erase(index_key::file(id));
  dead_files_.push_back(id);
}

Committer::Committer(Index& index, FileTable& files, UnsyncedSegment& unsynced, Room room, const base::Clock& clock,
                     Options options)
    : index_(index), files_(files), unsynced_(unsynced), room_(room), clock_(clock), options_(options) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(queue_mutex_);
    refusal_ = base::Error{base::ErrorKind::Unavailable, 0, {}, "the object store is closing", {}};
  }
  thread_.request_stop();
  queue_filled_.notify_all();
  if (thread_.joinable()) thread_.join();
}

base::Status Committer::start(std::uint64_t sequence, std::optional<FileId> active, std::uint64_t active_end) {
  sequence_ = sequence;
  published_sequence_ = sequence;
  if (active && active_end < options_.segment_bytes) {
    TRY(segment_, files_.reopen(*active));
    TRY(const auto size, segment_->size());
    if (size < active_end)
      return base::fail(base::ErrorKind::Internal,
                        "a segment is shorter than its index says: " + files_.path_of(*active));
    // What stands behind the recorded end belongs to commits that never happened.
    if (size > active_end) TRY_VOID(segment_->truncate(active_end));
    active_ = *active;
    segment_end_ = active_end;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  return {};
}

void Committer::refuse_all(base::Error error) {
  const std::lock_guard lock(queue_mutex_);
  refusal_ = std::move(error);
}

base::Status Committer::accepts() const {
  const std::lock_guard lock(queue_mutex_);
  return refusal_ ? base::fail(*refusal_) : base::Status{};
}

base::Status Committer::run(Operation& operation) {
  Waiting waiting{.operation = &operation};
  std::unique_lock lock(queue_mutex_);
  if (refusal_) return base::fail(*refusal_);
  queue_.push_back(&waiting);
  queue_filled_.notify_one();
  waiting.ready.wait(lock, [&] { return waiting.done; });
  return std::move(waiting.outcome);
}

void Committer::work(const std::stop_token& stop) {
  for (;;) {
    std::vector<Waiting*> batch;
    {
      std::unique_lock lock(queue_mutex_);
      queue_filled_.wait(lock, stop, [&] { return !queue_.empty(); });
      if (queue_.empty()) return;
      batch = std::exchange(queue_, {});
    }
    const auto before = published_sequence_.load();
    commit(batch);
    const bool events = published_sequence_.load() != before;
    {
      const std::lock_guard lock(queue_mutex_);
      for (auto* waiting : batch) {
        waiting->done = true;
        waiting->ready.notify_one();  // under the lock: who has waited takes the variable away
      }
    }
    if (events) notify();
  }
}

void Committer::commit(const std::vector<Waiting*>& batch) {
  const auto fail_all = [&](const base::Error& error) {
    for (auto* waiting : batch)
      if (waiting->outcome) waiting->outcome = base::fail(error);
  };
  if (const auto failure = unsynced_.failure(); failure && !broken_) stop_writing(*failure);
  if (broken_) return fail_all(*broken_);
  if (auto room = make_room(); !room) return fail_all(room.error());
  const auto note = write_data(batch);
  if (!note) {
    // What the failed write or sync left behind is unknown, so this file takes no more.
    segment_.reset();
    active_ = {};
    return fail_all(write_error(note.error()));
  }

  base::kill_point("store.data_written");
  IndexChanges changes;
  std::vector<FileId> dead;
  const auto now = clock_.now();
  const auto sequence_before = sequence_;
  for (auto* waiting : batch) {
    Transaction transaction(index_, changes, sequence_, now, active_);
    waiting->outcome = waiting->operation->apply(transaction);
    if (!waiting->outcome) continue;
    for (auto& [key, value] : transaction.changes_) changes[key] = std::move(value);
    dead.insert(dead.end(), transaction.dead_files_.begin(), transaction.dead_files_.end());
  }
  if (changes.empty()) return;
  if (sequence_ != sequence_before) changes[std::string(index_key::kSequence)] = encode_number(sequence_);
  if (auto written = index_.write(changes, *note); !written) {
    // Whether the batch is on the disk is unknown: only opening the store again can tell.
    stop_writing(written.error());
    return fail_all(*broken_);
  }
  base::kill_point("store.batch_committed");
  ++batches_;
  published_sequence_ = sequence_;
  for (const auto id : dead)
    if (!changes[index_key::file(id)]) files_.remove(id);
}

void Committer::stop_writing(const base::Error& error) {
  broken_ = base::Error{
      base::ErrorKind::Unavailable, 0, {}, "the object store takes no writes after a failure: " + error.message, {}};
  LOG_ERROR("store.write_failed error=\"{}\"", error.message);
  refuse_all(*broken_);
}

base::Status Committer::make_room() {
  room_.ballast.tend();
  auto admitted = room_.space.admit_commit();
  return !admitted && room_.ballast.drop() ? room_.space.admit_commit() : admitted;
}

base::Result<std::string> Committer::write_data(const std::vector<Waiting*>& batch) {
  std::uint64_t bytes = 0;
  bool large = false;
  for (const auto* waiting : batch) {
    bytes += waiting->operation->small_bytes.size();
    large |= waiting->operation->syncs_large_directory;
  }
  if (large) TRY_VOID(files_.sync_directory(true));
  if (bytes == 0) return std::string{};
  if (segment_ == nullptr || segment_end_ >= options_.segment_bytes) TRY_VOID(roll_segment());
  return bytes <= options_.logged_bytes_max ? log_segment(batch) : sync_segment(batch);
}

base::Result<std::string> Committer::log_segment(const std::vector<Waiting*>& batch) {
  std::string bytes;
  for (const auto* waiting : batch) bytes += waiting->operation->small_bytes;
  TRY_VOID(segment_->write_at(segment_end_, bytes));
  unsynced_.set(segment_);
  const SegmentNote note{active_, segment_end_, bytes};
  for (auto* waiting : batch) take_extent(*waiting->operation);
  return encode(note);
}

base::Result<std::string> Committer::sync_segment(const std::vector<Waiting*>& batch) {
  auto end = segment_end_;
  for (const auto* waiting : batch) {
    const auto bytes = waiting->operation->small_bytes;
    if (!bytes.empty()) TRY_VOID(segment_->write_at(end, bytes));
    end += bytes.size();
  }
  unsynced_.set(segment_);
  TRY_VOID(unsynced_.sync());
  for (auto* waiting : batch) take_extent(*waiting->operation);
  return std::string{};
}

void Committer::take_extent(Operation& operation) {
  if (operation.small_bytes.empty()) return;
  operation.extent = Extent{active_, segment_end_, operation.small_bytes.size()};
  segment_end_ += operation.small_bytes.size();
}

base::Status Committer::roll_segment() {
  TRY_VOID(unsynced_.sync());
  const auto id = files_.next_id(false);
  TRY(segment_, files_.create(id));
  if (auto synced = files_.sync_directory(false); !synced) {
    segment_.reset();
    return synced;
  }
  active_ = id;
  segment_end_ = 0;
  return {};
}

std::uint64_t Committer::subscribe(std::function<void(std::uint64_t)> callback) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_[next_callback_] = std::move(callback);
  return next_callback_++;
}

void Committer::unsubscribe(std::uint64_t id) {
  const std::lock_guard lock(callbacks_mutex_);
  callbacks_.erase(id);
}

void Committer::notify() {
  const std::lock_guard lock(callbacks_mutex_);
  for (const auto& [id, callback] : callbacks_) callback(published_sequence_.load());
}

}  // namespace store
