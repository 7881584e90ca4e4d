#include "flow/engine/repository.h"

#include <algorithm>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "flow/engine/changes_codec.h"

namespace flow {

namespace {

void raise(std::atomic<std::uint64_t>& number, std::uint64_t to) {
  number = std::max(number.load(std::memory_order_relaxed), to);
}

void count(std::map<std::string, std::map<std::string, Dropped>>& dropped, const Changes::Drop& drop) {
  auto& total = dropped[drop.processor][drop.relationship];
  total.files += drop.amount.files;
  total.bytes += drop.amount.bytes;
  if (!drop.amount.last_reason.empty()) total.last_reason = drop.amount.last_reason;
}

}  // namespace

base::Result<std::unique_ptr<Repository>> Repository::open(Options options, base::Disk& disk) {
  std::unique_ptr<Repository> repository(new Repository(std::move(options)));
  TRY(repository->content_,
      ContentStore::open(disk, repository->options_.directory + "/content", repository->options_.content_file_bytes));
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
  return repository;
}

base::Status Repository::replay(std::string_view record) {
  TRY(const auto changes, decode(record, *content_));
  apply(changes);
  for (const auto& [component, state] : changes.states) states_[component] = state;
  for (const auto& token : changes.tokens) tokens_[token] = 0;
  for (const auto& token : changes.forgotten) tokens_.erase(token);
  for (const auto& drop : changes.drops) count(dropped_, drop);
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
  const std::lock_guard lock(ledger_mutex_);
  if (broken_) return base::fail(*broken_);
  if (durable_ == position_) committed_.notify_all();
  ++position_;
  add(std::move(changes));
  return position_;
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
}

/// Moves what is pending into the ledger, and answers with the record of it.
Changes Repository::take_pending() {
  auto record = std::exchange(pending_, {});
  ++batch_;
  std::erase_if(record.puts, [](const Changes::Put& put) { return put.file == nullptr; });
  // The ids of those that came and went are taken too.
  record.next_file = next_file_;
  record.next_queue = next_queue_;
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
    if (!outcome) {
      LOG_ERROR("flow.log_failed error=\"{}\"", outcome.error().message);
      broken_ = base::Error{
          base::ErrorKind::Unavailable,
          0,
          {},
          "the flow stopped because its log could not be written; open it again: " + outcome.error().message,
          std::nullopt};
    }
    written_.notify_all();
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
    (void)sync(position);  // who commits next hears of a failure
    lock.lock();
  }
}

base::Status Repository::write(std::unique_lock<std::mutex>& lock) {
  const auto record = take_pending();
  const auto end = position_;
  const auto garbage = content_->take_garbage();  // before unlock: no later commit's, whose record is another
  lock.unlock();
  std::string frames;
  Log::frame(encode(record), frames);
  base::Status outcome = content_->sync();
  base::kill_point("flow.content_synced");
  if (outcome) outcome = log_->append(frames);
  base::kill_point("flow.record_written");
  if (outcome) content_->remove(garbage);
  lock.lock();
  if (!outcome) return outcome;
  durable_ = end;
  if (log_->size() > options_.log_bytes && log_->size() > 2 * snapshot_bytes_) return restart();
  return {};
}

base::Status Repository::restart() {
  (void)take_pending();  // the snapshot has it
  TRY_VOID(content_->sync());
  const auto frames = snapshot();
  TRY_VOID(log_->restart(frames));
  snapshot_bytes_ = frames.size();
  durable_ = position_;
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
  for (const auto& [component, state] : states_) part.states.emplace_back(component, state);
  for (const auto& [token, position] : tokens_) part.tokens.push_back(token);
  for (const auto& [processor, relationships] : dropped_)
    for (const auto& [relationship, amount] : relationships) part.drops.push_back({processor, relationship, amount});
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
