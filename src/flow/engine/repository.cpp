#include "flow/engine/repository.h"

#include <algorithm>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "flow/engine/changes_codec.h"

namespace flow {

namespace {

constexpr std::chrono::seconds kRoomWindow{1};
constexpr std::size_t kBatchBytes = 128 << 10;   // in one frame, or a little more
constexpr std::size_t kPendingPutsMax = 50'000;  // from here on a commit syncs
constexpr std::size_t kPendingEventsMax = 64;    // of kBatchBytes each

/// Others take numbers meanwhile: it must never go back, or two flowfiles have one.
void raise(std::atomic<std::uint64_t>& number, std::uint64_t to) {
  auto present = number.load(std::memory_order_relaxed);
  while (present < to && !number.compare_exchange_weak(present, to, std::memory_order_relaxed)) continue;
}

void count(std::map<std::string, std::map<std::string, Dropped>>& dropped, const Changes::Drop& drop) {
  auto& total = dropped[drop.processor][drop.relationship];
  total.files += drop.amount.files;
  total.bytes += drop.amount.bytes;
  if (!drop.amount.last_reason.empty()) total.last_reason = drop.amount.last_reason;
}

}  // namespace

base::Result<std::unique_ptr<Repository>> Repository::open(Options options, base::Disk& disk) {
  std::unique_ptr<Repository> repository(new Repository(std::move(options), disk));
  TRY(repository->content_, ContentStore::open({.directory = repository->options_.directory + "/content",
                                                .file_bytes = repository->options_.content_file_bytes,
                                                .archive_bytes = repository->options_.archive_bytes},
                                               disk));
  TRY(repository->log_, Log::open(disk, repository->options_.directory + "/log",
                                  [&](std::string_view record) { return repository->replay(record); }));
  for (auto entry = repository->ledger_.begin(); entry != repository->ledger_.end();) {
    const auto& file = *entry->second.file;
    const bool gone = file.size() > 0 && file.content.file == nullptr;
    // Cannot happen while content is synced before the log; a file that somebody removed must not be retried for ever.
    if (gone) LOG_ERROR("flow.content_missing flowfile={} bytes={}", file.id, file.size());
    entry = gone ? repository->ledger_.erase(entry) : std::next(entry);
  }
  TRY_VOID(repository->content_->remove_unknown());
  TRY_VOID(repository->remove_unknown_swaps());
  if (auto provenance = repository->options_.provenance) {
    provenance->directory = repository->options_.directory + "/provenance";
    TRY(repository->provenance_, Provenance::open(std::move(*provenance), disk, repository->events_end_));
  }
  return repository;
}

Repository::~Repository() {
  if (provenance_ != nullptr) (void)provenance_->sync();
}

base::Status Repository::replay(std::string_view record) {
  TRY(const auto changes, decode(record, *content_));
  apply(changes);
  for (const auto& [component, state] : changes.states) states_[component] = state;
  for (const auto& token : changes.tokens) tokens_[token] = 0;
  for (const auto& token : changes.forgotten) tokens_.erase(token);
  for (const auto& drop : changes.drops) count(dropped_, drop);
  for (const auto& file : changes.swapped_out) {
    swapped_[file->number] = file;
    next_swap_ = std::max(next_swap_, file->number + 1);
  }
  for (const auto number : changes.swapped_in) swapped_.erase(number);
  if (changes.next_content != 0) content_->use_from(changes.next_content);
  if (changes.events_end) events_end_ = changes.events_end;
  return {};
}

/// Of a record, in the order of its edits: a flowfile that left and came back is in the way of nothing.
void Repository::apply(const Changes& changes) {
  for (const auto id : changes.removed) {
    ledger_.erase(id);
    raise(next_file_, id + 1);
  }
  for (const auto& put : changes.puts) {
    ledger_[put.file->id] = {put.file, put.connection};
    raise(next_file_, put.file->id + 1);
    raise(next_queue_, put.file->queue_index + 1);
  }
  raise(next_file_, changes.next_file);
  raise(next_queue_, changes.next_queue);
}

base::Result<std::uint64_t> Repository::commit(Changes changes) {
  std::unique_lock lock(ledger_mutex_);
  if (broken_) return base::fail(*broken_);
  if (durable_ == position_) committed_.notify_all();
  ++position_;
  add(std::move(changes));
  const auto position = position_;
  // Where nobody syncs, a long trigger would fill the memory with what was committed.
  const bool much = pending_.puts.size() >= kPendingPutsMax || pending_.events.size() >= kPendingEventsMax;
  if (much && !writing_ && !stalled_) {
    writing_ = true;
    note(write(lock));
    writing_ = false;
    written_.notify_all();
  }
  return position;
}

void Repository::add(Changes changes) {
  for (auto& put : changes.puts) {
    const auto before = std::move(put.before);
    put.file->batch = batch_;
    if (before != nullptr && before->batch == batch_) {
      put.file->edit = before->edit;
      put.logged = pending_.puts[before->edit].logged;
      pending_.puts[before->edit] = std::move(put);
      continue;
    }
    put.logged = before != nullptr;
    put.file->edit = pending_.puts.size();
    pending_.puts.push_back(std::move(put));
  }
  for (auto& events : changes.events) {
    const bool full = pending_.events.empty() || pending_.events.back().bytes.size() >= kBatchBytes;
    if (full) pending_.events.push_back(EventBatch::with_room(kBatchBytes));
    pending_.events.back() += events;
  }
  for (const auto& file : changes.left) {
    if (file->batch != batch_) {
      pending_.removed.push_back(file->id);
      continue;
    }
    auto& put = pending_.puts[file->edit];
    if (put.logged) pending_.removed.push_back(file->id);
    put.file = nullptr;
  }
  for (auto& [component, state] : changes.states) {
    states_[component] = state;
    const auto same = std::ranges::find(pending_.states, component, &std::pair<std::string, ComponentState>::first);
    if (same == pending_.states.end())
      pending_.states.emplace_back(std::move(component), std::move(state));
    else
      same->second = std::move(state);
  }
  for (auto& token : changes.tokens) {
    tokens_[token] = position_;
    pending_.tokens.push_back(std::move(token));
  }
  for (auto& token : changes.forgotten) {
    tokens_.erase(token);
    pending_.forgotten.push_back(std::move(token));
  }
  for (auto& drop : changes.drops) {
    count(dropped_, drop);
    pending_.drops.push_back(std::move(drop));
  }
  for (auto& file : changes.swapped_out) {
    swapped_[file->number] = file;
    pending_.swapped_out.push_back(std::move(file));
  }
  for (const auto number : changes.swapped_in) {
    swapped_.erase(number);
    pending_.swapped_in.push_back(number);
  }
}

/// Moves what is pending into the ledger, and answers with the record of it.
Changes Repository::take_pending() {
  auto record = std::exchange(pending_, {});
  ++batch_;
  std::erase_if(record.puts, [](const Changes::Put& put) { return put.file == nullptr; });
  // The ids of those that came and went are taken too.
  record.next_file = next_file_;
  record.next_queue = next_queue_;
  record.next_content = content_->next_number();
  apply(record);
  return record;
}

std::uint64_t Repository::position() const {
  const std::lock_guard lock(ledger_mutex_);
  return position_;
}

std::uint64_t Repository::durable() const {
  const std::lock_guard lock(ledger_mutex_);
  return durable_;
}

/// A full disk gets room again; after anything else nobody knows what is on it.
void Repository::note(const base::Status& outcome) {
  if (outcome) {
    if (stalled_) LOG_INFO("flow.log_has_room");
    stalled_.reset();
    return;
  }
  const auto& error = outcome.error();
  if (error.kind == base::ErrorKind::Unavailable) {
    if (!stalled_) LOG_ERROR("flow.log_waits error=\"{}\"", error.message);
    stalled_ = error;
    return;
  }
  LOG_ERROR("flow.log_failed error=\"{}\"", error.message);
  broken_ = base::Error{base::ErrorKind::Unavailable,
                        0,
                        {},
                        "the flow stopped because its log could not be written; open it again: " + error.message,
                        std::nullopt};
}

std::optional<base::Error> Repository::broken() const {
  const std::lock_guard lock(ledger_mutex_);
  return broken_;
}

std::optional<base::Error> Repository::stalled() const {
  const std::lock_guard lock(ledger_mutex_);
  return stalled_;
}

/// Group commit: who comes first writes for all who wait.
base::Status Repository::sync(std::uint64_t position) {
  std::unique_lock lock(ledger_mutex_);
  while (durable_ < position) {
    if (broken_) return base::fail(*broken_);
    if (writing_) {
      written_.wait(lock);
      continue;
    }
    writing_ = true;
    auto outcome = write(lock);
    writing_ = false;
    note(outcome);
    written_.notify_all();
    if (stalled_) return base::fail(*stalled_);
  }
  if (broken_) return base::fail(*broken_);
  return {};
}

void Repository::keep_synced(const std::stop_token& stop, std::chrono::milliseconds window) {
  std::unique_lock lock(ledger_mutex_);
  while (committed_.wait(lock, stop, [this] { return durable_ < position_ && !broken_; })) {
    committed_.wait_for(lock, stop, window, [] { return false; });
    const auto position = position_;
    lock.unlock();
    const bool synced = sync(position).has_value();  // who commits next hears of a failure
    lock.lock();
    if (!synced) committed_.wait_for(lock, stop, kRoomWindow, [] { return false; });
  }
}

void Repository::take_unwritten() {
  unwritten_ = Unwritten{.record = take_pending(), .end = position_};
  unwritten_->garbage = content_->take_garbage();  // with the lock: no later commit's, whose record is another
}

void Repository::let_go(const Unwritten& written) {
  content_->let_go(written.garbage);
  for (const auto number : written.record.swapped_in) (void)disk_.remove(swap_path(number));  // else the next open
}

/// What it refers to, then the record.
base::Status Repository::write_record(Unwritten& unwritten) {
  TRY_VOID(as_internal(content_->sync()));
  TRY_VOID(as_internal(sync_swapped(unwritten.record)));
  base::kill_point("flow.content_synced");
  TRY_VOID(write_events(unwritten.record));
  base::kill_point("flow.events_written");
  std::string frames;
  Log::frame(encode(unwritten.record), frames);
  TRY_VOID(log_->append(frames));
  base::kill_point("flow.record_written");
  return {};
}

base::Status Repository::write(std::unique_lock<std::mutex>& lock) {
  if (!unwritten_) take_unwritten();
  lock.unlock();  // writing_ is set: nobody else has what is unwritten
  const auto outcome = write_record(*unwritten_);
  if (outcome) let_go(*unwritten_);
  lock.lock();
  if (!outcome) return outcome;
  durable_ = unwritten_->end;
  unwritten_.reset();
  if (log_->size() > std::max({options_.log_bytes, 2 * snapshot_bytes_, restart_at_})) return restart();
  return {};
}

/// Before the record, which says how far they go.
base::Status Repository::write_events(Changes& record) {
  if (provenance_ != nullptr) {
    TRY_VOID(provenance_->append(record.events));
    events_end_ = provenance_->end();
  }
  record.events.clear();
  record.events_end = events_end_;
  return {};
}

/// Puts the present state in the place of the log. Without room for it the old log goes on.
base::Status Repository::restart() {
  take_unwritten();  // the snapshot has it
  TRY_VOID(as_internal(content_->sync()));
  TRY_VOID(as_internal(sync_swapped(unwritten_->record)));
  TRY_VOID(write_events(unwritten_->record));
  const auto frames = snapshot();
  if (const auto restarted = log_->restart(frames); !restarted) {
    if (restarted.error().kind != base::ErrorKind::Unavailable) return restarted;
    restart_at_ = log_->size() + options_.log_bytes;
    return {};
  }
  let_go(*unwritten_);
  durable_ = unwritten_->end;
  unwritten_.reset();
  snapshot_bytes_ = frames.size();
  restart_at_ = 0;
  return {};
}

std::string Repository::snapshot() const {
  std::string frames;
  Changes part;
  const auto flush = [&] {
    Log::frame(encode(part), frames);
    part = {};
  };
  part.next_file = next_file_;
  part.next_queue = next_queue_;
  part.next_content = content_->next_number();
  part.events_end = events_end_;
  for (const auto& [component, state] : states_) part.states.emplace_back(component, state);
  for (const auto& [token, position] : tokens_) part.tokens.push_back(token);
  for (const auto& [processor, relationships] : dropped_)
    for (const auto& [relationship, amount] : relationships) part.drops.push_back({processor, relationship, amount});
  for (const auto& [number, file] : swapped_) part.swapped_out.push_back(file);
  flush();
  for (const auto& [id, entry] : ledger_) {
    part.puts.push_back({entry.file, entry.connection});
    if (part.puts.size() == 1000) flush();
  }
  if (!part.puts.empty()) flush();
  return frames;
}

std::vector<Repository::Entry> Repository::entries() const {
  const std::lock_guard lock(ledger_mutex_);
  auto ledger = ledger_;
  for (const auto id : pending_.removed) ledger.erase(id);
  for (const auto& put : pending_.puts)
    if (put.file != nullptr) ledger[put.file->id] = {put.file, put.connection};
  std::vector<Entry> entries;
  for (const auto& [id, entry] : ledger) entries.push_back(entry);
  std::ranges::sort(entries, {}, [](const Entry& entry) { return entry.file->id; });
  return entries;
}

ComponentState Repository::state_of(const std::string& component) const {
  const std::lock_guard lock(ledger_mutex_);
  const auto found = states_.find(component);
  return found == states_.end() ? ComponentState{} : found->second;
}

std::map<std::string, std::map<std::string, Dropped>> Repository::dropped() const {
  const std::lock_guard lock(ledger_mutex_);
  return dropped_;
}

std::vector<SinkToken> Repository::stale_tokens() const {
  const std::lock_guard lock(ledger_mutex_);
  std::vector<SinkToken> tokens;
  for (const auto& [token, position] : tokens_)
    if (position <= durable_) tokens.push_back(token);
  return tokens;
}

}  // namespace flow
