// The events of the store, who reads them, and what waits to be told elsewhere.

#include <algorithm>

#include "store/object_store.h"
#include "store/state.h"

namespace store {
namespace {

constexpr std::size_t kTrimmedMax = 10'000;  // events in one commit

/// Forgets the events that all readers passed; the rest of very many goes the next time.
base::Status trim(Transaction& transaction, std::uint64_t& trimmed) {
  TRY(const auto readers, transaction.scan(std::string(index_key::kEventReaders)));
  std::uint64_t lowest = UINT64_MAX;
  for (const auto& [name, cursor] : readers) lowest = std::min(lowest, decode_number(cursor));
  TRY(auto passed, transaction.committed_keys(index_key::event(trimmed + 1), index_key::event(lowest), kTrimmedMax));
  if (!passed.empty()) trimmed = decode_number(std::string_view(passed.back()).substr(index_key::kEvents.size()));
  for (auto& key : passed) transaction.erase(std::move(key));
  return {};
}

base::Result<std::optional<std::uint64_t>> find_cursor(const Transaction& transaction, const std::string& reader) {
  TRY(const auto found, transaction.get(index_key::event_reader(reader)));
  if (!found) return std::nullopt;
  return std::optional(decode_number(*found));
}

class StoreSubscription final : public Subscription {
 public:
  StoreSubscription(Committer& committer, std::uint64_t id) : committer_(committer), id_(id) {}
  ~StoreSubscription() override { committer_.unsubscribe(id_); }

 private:
  Committer& committer_;
  std::uint64_t id_;
};

}  // namespace

bool is_creation(EventKind kind) {
  switch (kind) {
    case EventKind::Put:
    case EventKind::Copy:
    case EventKind::CompleteMultipartUpload:
    case EventKind::Post: return true;
    case EventKind::Delete:
    case EventKind::DeleteMarkerCreated:
    case EventKind::ExpirationDelete:
    case EventKind::ExpirationDeleteMarkerCreated:
    case EventKind::Configured: return false;
  }
  return false;
}

base::Result<std::vector<ObjectEvent>> ObjectStore::events_after(std::uint64_t sequence, std::size_t limit) const {
  std::vector<ObjectEvent> events;
  const auto cursor = state_->index->cursor();
  for (cursor->seek(index_key::event(sequence + 1));
       events.size() < limit && cursor->valid() && cursor->key().starts_with(index_key::kEvents); cursor->next()) {
    TRY(auto event, decode_event(cursor->value()));
    events.push_back(std::move(event));
  }
  TRY_VOID(cursor->status());
  return events;
}

std::uint64_t ObjectStore::last_event_sequence() const { return state_->committer->last_sequence(); }

base::Result<std::uint64_t> ObjectStore::join_events(const std::string& reader) {
  std::uint64_t cursor = 0;
  TRY_VOID(state_->run([&](Transaction& transaction) -> base::Status {
    TRY(const auto found, find_cursor(transaction, reader));
    cursor = found.value_or(0);
    if (!found) transaction.put(index_key::event_reader(reader), encode_number(cursor));
    return {};
  }));
  return cursor;
}

base::Status ObjectStore::pass_events(const std::string& reader, std::uint64_t sequence,
                                      std::vector<WaitingMessage> messages) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    TRY(const auto before, find_cursor(transaction, reader));
    const auto cursor = std::max(before.value_or(0), sequence);
    if (cursor != before) transaction.put(index_key::event_reader(reader), encode_number(cursor));
    for (auto& message : messages) {
      message.queued = transaction.now();
      transaction.put(index_key::message(message.destination, message.number), encode(message));
    }
    return trim(transaction, state_->trimmed_events);
  });
}

base::Status ObjectStore::leave_events(const std::string& reader) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    transaction.erase(index_key::event_reader(reader));
    return {};
  });
}

base::Result<std::vector<WaitingMessage>> ObjectStore::messages_after(const std::string& destination,
                                                                      std::uint64_t number, std::size_t limit) const {
  std::vector<WaitingMessage> messages;
  const auto prefix = index_key::messages(destination);
  const auto cursor = state_->index->cursor();
  for (cursor->seek(index_key::message(destination, number + 1));
       messages.size() < limit && cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    TRY(auto message, decode_message(destination, decode_number(cursor->key().substr(prefix.size())), cursor->value()));
    messages.push_back(std::move(message));
  }
  TRY_VOID(cursor->status());
  return messages;
}

base::Result<std::uint64_t> ObjectStore::count_messages(const std::string& destination) const {
  std::uint64_t count = 0;
  const auto prefix = index_key::messages(destination);
  const auto cursor = state_->index->cursor();
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) ++count;
  TRY_VOID(cursor->status());
  return count;
}

base::Status ObjectStore::drop_messages(const std::string& destination, std::span<const std::uint64_t> numbers) {
  return state_->run([&](Transaction& transaction) -> base::Status {
    for (const auto number : numbers) transaction.erase(index_key::message(destination, number));
    return {};
  });
}

std::unique_ptr<Subscription> ObjectStore::subscribe(std::function<void(std::uint64_t)> callback) {
  const auto id = state_->committer->subscribe(std::move(callback));
  return std::make_unique<StoreSubscription>(*state_->committer, id);
}

}  // namespace store
