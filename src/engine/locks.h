#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/record.h"

namespace engine {

enum class LockMode : std::uint8_t {
  Shared,     // INSERT, COPY
  Write,      // UPDATE, DELETE, MERGE: one at a time, beside Shared
  Exclusive,  // DDL, widening, TRUNCATE, INSERT OVERWRITE; the consumer of a stream
};

/// Set from any thread; a wait or a running query notices.
class CancelToken {
 public:
  void cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  const std::atomic<bool>* flag() const { return &cancelled_; }
  /// Called once by cancel(), from its thread; replaces the former one. Empty to detach. Called at once when already
  /// cancelled.
  void on_cancel(std::function<void()> callback);
  void reset();

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex callback_mutex_;
  std::function<void()> callback_;
};

/// 000604 (57014): what a cancelled statement answers.
base::Error cancelled_error();

struct LockInfo {
  catalog::ObjectId object;
  catalog::TransactionId owner;
  LockMode mode;
  bool waiting = false;
};

/// Locks of catalog objects, held by transactions from the statement that takes them to the end of the transaction.
/// A lock that is held in a weaker mode is strengthened. Who waits is served in order; strengthening goes first.
class LockManager {
 public:
  LockManager();
  ~LockManager();
  struct Wait {
    std::chrono::milliseconds timeout{43'200'000};  // of the wall clock; 0: do not wait
    CancelToken* cancel = nullptr;
  };
  /// Errors: Conflict 000625 (57014) after the timeout or when the wait would close a cycle (the younger transaction
  /// gives up); Cancelled 000604 (57014).
  base::Status acquire(catalog::TransactionId owner, catalog::ObjectId object, LockMode mode, const Wait& wait);
  void release_all(catalog::TransactionId owner);
  std::vector<LockInfo> list() const;
  /// How messages name an object; its number without one.
  void name_objects_with(std::function<std::string(catalog::ObjectId)> name);

 private:
  struct Waiter;
  struct Entry;
  std::vector<catalog::TransactionId> blockers(const Entry& entry, const Waiter& waiter) const;
  bool victim_of_cycle(catalog::TransactionId waiter);
  base::Error refused(catalog::ObjectId object, const std::vector<catalog::TransactionId>& blockers,
                      std::string_view why) const;

  mutable std::mutex table_mutex_;
  std::condition_variable changed_;
  std::map<catalog::ObjectId, std::unique_ptr<Entry>> entries_;
  std::function<std::string(catalog::ObjectId)> name_;
};

}  // namespace engine
