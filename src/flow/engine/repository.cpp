#include "flow/engine/repository.h"

#include <algorithm>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "flow/engine/changes_codec.h"

namespace flow {

base::Result<std::unique_ptr<Repository>> Repository::open(Options options, base::Disk& disk) {
  std::unique_ptr<Repository> repository(new Repository(std::move(options)));
  TRY(repository->content_,
      ContentStore::open(disk, repository->options_.directory + "/content", repository->options_.content_file_bytes));
  TRY(repository->log_, Log::open(disk, repository->options_.directory + "/log",
                                  [&](std::string_view record) { return repository->replay(record); }));
  for (auto& [token, position] : repository->tokens_) position = 0;
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
  return {};
}

void Repository::apply(const Changes& changes) {
  for (const auto id : changes.removed) {
    ledger_.erase(id);
    next_file_ = std::max(next_file_, id + 1);
  }
  for (const auto& put : changes.puts) {
    ledger_[put.file->id] = {put.file, put.connection};
    next_file_ = std::max(next_file_, put.file->id + 1);
    next_queue_ = std::max(next_queue_, put.file->queue_index + 1);
  }
  for (const auto& [component, state] : changes.states) states_[component] = state;
  for (const auto& token : changes.tokens) tokens_[token] = position_;
  for (const auto& token : changes.forgotten) tokens_.erase(token);
  for (const auto& drop : changes.drops) {
    auto& total = dropped_[drop.processor][drop.relationship];
    total.files += drop.amount.files;
    total.bytes += drop.amount.bytes;
    if (!drop.amount.last_reason.empty()) total.last_reason = drop.amount.last_reason;
  }
  next_file_ = std::max(next_file_, changes.next_file);
  next_queue_ = std::max(next_queue_, changes.next_queue);
}

std::uint64_t Repository::next_file_id() {
  const std::lock_guard lock(ledger_mutex_);
  return next_file_++;
}

std::uint64_t Repository::next_queue_index() {
  const std::lock_guard lock(ledger_mutex_);
  return next_queue_++;
}

base::Result<std::uint64_t> Repository::commit(const Changes& changes) {
  const auto record = encode(changes);
  const std::lock_guard lock(ledger_mutex_);
  if (broken_) return base::fail(*broken_);
  const auto before = pending_.size();
  Log::frame(record, pending_);
  position_ += pending_.size() - before;
  apply(changes);
  return position_;
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

base::Status Repository::write(std::unique_lock<std::mutex>& lock) {
  const auto frames = std::exchange(pending_, {});
  const auto end = position_;
  const auto garbage = content_->take_garbage();  // before unlock: no later commit's, whose record is not in `frames`
  lock.unlock();
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
  TRY_VOID(content_->sync());
  const auto frames = snapshot();
  TRY_VOID(log_->restart(frames));
  snapshot_bytes_ = frames.size();
  pending_.clear();  // the snapshot has it
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
  std::vector<Entry> entries;
  for (const auto& [id, entry] : ledger_) entries.push_back(entry);
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
