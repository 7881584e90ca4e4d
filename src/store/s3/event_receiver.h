#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "store/object_store.h"
#include "store/s3/environment.h"
#include "store/s3/event_destination.h"

namespace store::s3 {

/// What a receiver made of messages: the numbers of those that it has for good, and what was wrong with the others.
struct Receipt {
  std::vector<std::uint64_t> accepted;
  std::optional<base::Error> trouble;
};

/// The far end of a destination. One thread at a time.
class EventReceiver {
 public:
  virtual ~EventReceiver() = default;
  /// How many messages it is given at once.
  virtual std::size_t messages_max() const = 0;
  /// Tries once, in order; a stop ends it soon.
  virtual Receipt send(std::span<const WaitingMessage> messages, const std::stop_token& stop) = 0;
};

struct ReceiverOptions {
  std::size_t records_per_request = 1;  // of a webhook
  std::chrono::milliseconds timeout{30'000};
  const Environment& environment;  // credentials of queues, proxies; outlives the receiver
};
/// Errors: InvalidValue for a URL that cannot be used.
base::Result<std::unique_ptr<EventReceiver>> make_receiver(const EventDestination& destination,
                                                           const ReceiverOptions& options,
                                                           const base::WallClock& wall_clock);

}  // namespace store::s3
