#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "store/object_store.h"
#include "store/s3/environment.h"
#include "store/s3/event_destination.h"

namespace store::s3 {

class EventReceiver;

/// Carries the events of the store to where the rules of their buckets say. What an event becomes waits in the store
/// from the commit on that moves the reader's cursor past the event, and goes when its destination accepted it: each
/// message arrives at least once, those of one destination in their order, but for what a queue refuses of a batch.
/// A destination that is down holds up nobody but itself. Rules count as they are when an event is read, milliseconds
/// after its commit.
class EventDelivery {
 public:
  struct Options {
    std::vector<EventDestination> destinations;
    std::string region = "us-east-1";                             // that records name
    std::size_t records_per_request = 1;                          // of webhooks
    std::chrono::milliseconds pause_min{200}, pause_max{60'000};  // between attempts; doubles, with chance in it
    std::chrono::milliseconds timeout{30'000};                    // of each read and write
    std::uint64_t seed = 0;
  };
  /// Goes on where it ended. What is referred to outlives it. Errors: InvalidValue for a URL that cannot be used, those
  /// of the store.
  static base::Result<std::unique_ptr<EventDelivery>> start(Options options, ObjectStore& store,
                                                            const base::Clock& clock, const base::WallClock& wall_clock,
                                                            const Environment& environment);
  /// For a server without destinations: its events need not be kept for anybody.
  static base::Status forget(ObjectStore& store);
  /// Ends what is on its way; it goes again at the next start.
  ~EventDelivery();

  struct Status {
    std::string arn;
    std::uint64_t waiting = 0;
    std::chrono::nanoseconds oldest_age{0};  // by the business clock
    std::uint64_t sent = 0;                  // of this process, as is `failed`: attempts
    std::uint64_t failed = 0;
  };
  std::vector<Status> status() const;
  /// Events whose rule names a destination that this server does not have.
  std::uint64_t undeliverable() const { return undeliverable_; }

 private:
  struct Destination;
  EventDelivery(Options options, ObjectStore& store, const base::Clock& clock);
  void begin(std::uint64_t cursor);
  void route(const std::stop_token& stop);
  base::Result<bool> route_some();
  void deliver(Destination& destination, base::Random random, const std::stop_token& stop);
  base::Result<bool> deliver_some(Destination& destination, const std::stop_token& stop);
  void count(const std::map<std::string, std::int64_t>& added, int sign);
  void announce(const std::map<std::string, std::int64_t>& added);
  /// False when it was stopped.
  bool pause(int failures, base::Random& random, const std::stop_token& stop);

  const Options options_;
  ObjectStore& store_;
  const base::Clock& clock_;
  std::vector<std::unique_ptr<Destination>> destinations_;
  std::atomic<std::uint64_t> undeliverable_{0};

  // Of the router's thread.
  std::uint64_t taken_ = 0, saved_ = 0;  // sequences: looked at, and in the index as looked at
  std::set<std::string> unknown_arns_;   // that were logged

  std::mutex wake_mutex_;                           // guards `woken_` and those of the destinations
  std::condition_variable_any committed_, queued_;  // for the router, for the destinations
  bool woken_ = true;

  std::unique_ptr<Subscription> subscription_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace store::s3
