#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "load/pipe.h"
#include "store/s3/remote_buckets.h"

namespace load {

/// Brings new files of buckets elsewhere to the pipes, as each remote says: by listing them every so often, by the
/// messages of a queue, or both. One thread for each; they end with it, after the request that is under way.
class PipeFeeds {
 public:
  /// The references outlive this.
  PipeFeeds(PipeRunner& pipes, const store::s3::RoutedBuckets& buckets, const store::s3::Remotes& remotes,
            const base::WallClock& wall_clock);
  ~PipeFeeds();
  PipeFeeds(const PipeFeeds&) = delete;
  PipeFeeds& operator=(const PipeFeeds&) = delete;

  struct Counters {
    std::uint64_t messages = 0;        // received
    std::uint64_t not_understood = 0;  // of them; they stay in their queue
  };
  Counters counters() const { return {messages_, not_understood_}; }

 private:
  void list_again_and_again(const store::s3::Remote& remote, const std::stop_token& stop);
  void read_queue(const store::s3::Remote& remote, const std::stop_token& stop);

  PipeRunner& pipes_;
  const store::s3::RoutedBuckets& buckets_;
  const store::s3::Remotes& remotes_;
  const base::WallClock& wall_clock_;
  std::atomic<std::uint64_t> messages_{0}, not_understood_{0};
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace load
