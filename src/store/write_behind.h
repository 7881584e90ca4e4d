#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace store {

/// A few threads that write for others: while one piece of a large object goes into its file, the digests of the next
/// are computed. Thread-safe.
class WriteBehind {
 public:
  using Write = std::packaged_task<base::Status()>;

  /// The threads are made when they are needed first.
  explicit WriteBehind(std::size_t threads_max) : threads_max_(threads_max) {}
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;
  /// Ends when all that was started has run.
  ~WriteBehind();

  /// `write` must not wait for another.
  std::future<base::Status> start(Write write);

 private:
  void work();

  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Write> waiting_;
  std::size_t idle_ = 0;
  bool ends_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace store
