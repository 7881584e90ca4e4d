#include "engine/locks.h"

#include <fmt/format.h>

#include <list>
#include <set>

namespace engine {

using catalog::ObjectId;
using catalog::TransactionId;

void CancelToken::cancel() {
  std::lock_guard lock(callback_mutex_);
  if (cancelled_.exchange(true)) return;
  if (callback_) callback_();
}

void CancelToken::on_cancel(std::function<void()> callback) {
  std::lock_guard lock(callback_mutex_);
  callback_ = std::move(callback);
  if (callback_ && cancelled_) callback_();
}

void CancelToken::reset() {
  std::lock_guard lock(callback_mutex_);
  cancelled_ = false;
  callback_ = nullptr;
}

base::Error cancelled_error() {
  return {base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", std::nullopt};
}

struct LockManager::Waiter {
  TransactionId owner;
  LockMode mode;
  bool strengthens;
  bool gives_up = false;  // chosen to break a cycle
};

struct LockManager::Entry {
  std::map<TransactionId, LockMode> holders;
  std::list<Waiter> waiters;
};

namespace {
bool compatible(LockMode a, LockMode b) {
  if (a == LockMode::Exclusive || b == LockMode::Exclusive) return false;
  return a == LockMode::Shared || b == LockMode::Shared;
}
}  // namespace

LockManager::LockManager() = default;
LockManager::~LockManager() = default;

void LockManager::name_objects_with(std::function<std::string(ObjectId)> name) {
  std::lock_guard lock(table_mutex_);
  name_ = std::move(name);
}

std::vector<TransactionId> LockManager::blockers(const Entry& entry, const Waiter& waiter) const {
  std::vector<TransactionId> found;
  for (const auto& [holder, mode] : entry.holders)
    if (holder != waiter.owner && !compatible(mode, waiter.mode)) found.push_back(holder);
  // Nobody overtakes an earlier waiter, or a stream of readers would starve a writer. Who holds a weaker lock goes
  // first: the others wait for it anyway.
  if (!waiter.strengthens)
    for (const Waiter& earlier : entry.waiters) {
      if (&earlier == &waiter) break;
      if (!compatible(earlier.mode, waiter.mode)) found.push_back(earlier.owner);
    }
  return found;
}

// Looks for a cycle of waits through `start`; the youngest member gives up. True when that is `start` itself.
bool LockManager::victim_of_cycle(TransactionId start) {
  std::map<TransactionId, std::vector<TransactionId>> waits;
  std::map<TransactionId, Waiter*> waiter_of;
  for (const auto& [object, entry] : entries_)
    for (Waiter& waiter : entry->waiters) {
      if (waiter.gives_up) continue;
      waits[waiter.owner] = blockers(*entry, waiter);
      waiter_of[waiter.owner] = &waiter;
    }
  std::vector<TransactionId> path;
  std::set<TransactionId> seen;
  const std::function<bool(TransactionId)> reaches_start = [&](TransactionId at) {
    path.push_back(at);
    for (const TransactionId next : waits[at]) {
      if (next == start) return true;
      if (seen.insert(next).second && reaches_start(next)) return true;
    }
    path.pop_back();
    return false;
  };
  if (!reaches_start(start)) return false;
  const TransactionId youngest = *std::ranges::max_element(path);
  if (youngest == start) return true;
  waiter_of[youngest]->gives_up = true;
  changed_.notify_all();
  return false;
}

base::Error LockManager::refused(ObjectId object, const std::vector<TransactionId>& by, std::string_view why) const {
  const std::string name = name_ ? name_(object) : std::to_string(object.value);
  const std::string holder = by.empty() ? "another transaction" : fmt::format("transaction {}", by.front().value);
  return {base::ErrorKind::Conflict, 625, "57014",
          fmt::format("Statement could not lock '{}': {} has locked it and has not released it yet ({})", name, holder,
                      why),
          std::nullopt};
}

base::Status LockManager::acquire(TransactionId owner, ObjectId object, LockMode mode, const Wait& wait) {
  std::unique_lock lock(table_mutex_);
  auto& slot = entries_[object];
  if (!slot) slot = std::make_unique<Entry>();
  Entry& entry = *slot;
  const auto held = entry.holders.find(owner);
  if (held != entry.holders.end() && held->second >= mode) return {};
  entry.waiters.push_back({owner, mode, held != entry.holders.end()});
  const auto self = std::prev(entry.waiters.end());
  const auto leave = [&] {
    entry.waiters.erase(self);
    if (entry.waiters.empty() && entry.holders.empty()) entries_.erase(object);
    changed_.notify_all();
  };
  const auto grant = [&] {
    entry.holders[owner] = mode;
    entry.waiters.erase(self);
    changed_.notify_all();
  };
  auto blocked_by = blockers(entry, *self);
  if (!blocked_by.empty()) {
    if (wait.timeout.count() == 0) {
      leave();
      return base::fail(refused(object, blocked_by, "LOCK_TIMEOUT is 0"));
    }
    if (wait.cancel) {
      lock.unlock();  // the callback takes the mutex, and runs at once when the token is cancelled already
      wait.cancel->on_cancel([this] {
        std::lock_guard guard(table_mutex_);
        changed_.notify_all();
      });
      lock.lock();
    }
    const auto deadline = std::chrono::steady_clock::now() + wait.timeout;
    base::Status status;
    while (!(blocked_by = blockers(entry, *self)).empty()) {
      if (wait.cancel && wait.cancel->cancelled())
        status = base::fail(cancelled_error());
      else if (self->gives_up || victim_of_cycle(owner))
        status = base::fail(refused(object, blocked_by, "the wait would never end: deadlock"));
      else if (changed_.wait_until(lock, deadline) == std::cv_status::timeout && !blockers(entry, *self).empty())
        status = base::fail(
            refused(object, blocked_by, fmt::format("waited {} ms, see LOCK_TIMEOUT", wait.timeout.count())));
      if (!status) break;
    }
    if (!status) {
      leave();
    } else {
      grant();
    }
    lock.unlock();
    if (wait.cancel) wait.cancel->on_cancel({});
    return status;
  }
  grant();
  return {};
}

void LockManager::release_all(TransactionId owner) {
  std::lock_guard lock(table_mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry->second->holders.erase(owner);
    if (entry->second->holders.empty() && entry->second->waiters.empty())
      entry = entries_.erase(entry);
    else
      ++entry;
  }
  changed_.notify_all();
}

std::vector<LockInfo> LockManager::list() const {
  std::lock_guard lock(table_mutex_);
  std::vector<LockInfo> found;
  for (const auto& [object, entry] : entries_) {
    for (const auto& [owner, mode] : entry->holders) found.push_back({object, owner, mode, false});
    for (const Waiter& waiter : entry->waiters) found.push_back({object, waiter.owner, waiter.mode, true});
  }
  return found;
}

}  // namespace engine
