#include "store/s3/event_delivery.h"

#include <algorithm>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "store/s3/documents/notification.h"
#include "store/s3/event_message.h"
#include "store/s3/event_receiver.h"

namespace store::s3 {
namespace {

const std::string kReader = "notifications";
constexpr std::size_t kEventsAtOnce = 1000;
constexpr std::uint64_t kCursorLagMax = 1000;  // of events that nobody wants: a commit for each would cost too much

/// What a bucket says of its events.
struct BucketRules {
  NotificationConfiguration configuration;
  std::string owner;
};

base::Result<BucketRules> read_rules(const ObjectStore& store, const std::string& bucket) {
  const auto info = store.find_bucket(bucket);
  if (!info && info.error().kind == base::ErrorKind::NotFound) return BucketRules{};  // and its rules with it
  if (!info) return base::fail(info.error());
  const auto* document = info->document("notification");
  if (document == nullptr) return BucketRules{};
  auto parsed = parse_notification(*document);
  if (!parsed)
    return base::fail(base::ErrorKind::Internal,
                      "the notification rules of " + bucket + " cannot be read: " + parsed.error().message);
  return BucketRules{std::move(*parsed), info->owner};
}

}  // namespace

struct EventDelivery::Destination {
  Destination(EventDestination told, std::unique_ptr<EventReceiver> made)
      : to(std::move(told)), receiver(std::move(made)) {}

  const EventDestination to;
  const std::unique_ptr<EventReceiver> receiver;
  std::uint64_t after = 0;  // the number that the next message is behind; of its own thread
  bool woken = true;
  std::atomic<std::int64_t> waiting{0};
  std::atomic<std::uint64_t> sent{0}, failed{0};
};

EventDelivery::EventDelivery(Options options, ObjectStore& store, const base::Clock& clock)
    : options_(std::move(options)), store_(store), clock_(clock) {}

base::Result<std::unique_ptr<EventDelivery>> EventDelivery::start(Options options, ObjectStore& store,
                                                                  const base::Clock& clock,
                                                                  const base::WallClock& wall_clock,
                                                                  const Environment& environment) {
  auto delivery = std::unique_ptr<EventDelivery>(new EventDelivery(std::move(options), store, clock));
  const auto& made = delivery->options_;
  const ReceiverOptions receivers{made.records_per_request, made.timeout, environment};
  for (const auto& to : made.destinations) {
    TRY(auto receiver, make_receiver(to, receivers, wall_clock));
    auto destination = std::make_unique<Destination>(to, std::move(receiver));
    TRY(const auto waiting, store.count_messages(to.arn));
    destination->waiting = static_cast<std::int64_t>(waiting);
    delivery->destinations_.push_back(std::move(destination));
  }
  TRY(const auto cursor, store.join_events(kReader));
  delivery->begin(cursor);
  return delivery;
}

base::Status EventDelivery::forget(ObjectStore& store) { return store.leave_events(kReader); }

void EventDelivery::begin(std::uint64_t cursor) {
  taken_ = saved_ = cursor;
  subscription_ = store_.subscribe([this](std::uint64_t) {
    {
      const std::lock_guard lock(wake_mutex_);
      woken_ = true;
    }
    committed_.notify_all();
  });
  threads_.emplace_back([this](const std::stop_token& stop) { route(stop); });
  for (const auto& destination : destinations_) {
    // Each with chance of its own, so that they do not come back in step.
    const base::Random random(options_.seed + 1 + threads_.size());
    threads_.emplace_back(
        [this, raw = destination.get(), random](const std::stop_token& stop) { deliver(*raw, random, stop); });
  }
}

EventDelivery::~EventDelivery() {
  subscription_.reset();
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
  if (taken_ == saved_) return;
  if (const auto saved = store_.pass_events(kReader, taken_); !saved)
    LOG_WARN("s3.event_cursor_not_saved error=\"{}\"", saved.error().message);
}

bool EventDelivery::pause(int failures, base::Random& random, const std::stop_token& stop) {
  const auto most = std::min(options_.pause_max, options_.pause_min * (std::int64_t{1} << std::min(failures - 1, 20)));
  const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(most * (0.5 + random.unit() / 2));
  std::unique_lock lock(wake_mutex_);
  queued_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

void EventDelivery::route(const std::stop_token& stop) {
  base::Random random(options_.seed);
  int failures = 0;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(wake_mutex_);
      if (!committed_.wait(lock, stop, [&] { return woken_; })) return;
      woken_ = false;
    }
    for (bool more = true; more && !stop.stop_requested();) {
      const auto routed = route_some();
      if (routed) {
        failures = 0;
        more = *routed;
        continue;
      }
      if (failures == 0) LOG_WARN("s3.events_not_routed error=\"{}\"", routed.error().message);
      more = pause(++failures, random, stop);
    }
  }
}

/// Messages out of the next events, in one commit with the cursor. False when there are none left.
base::Result<bool> EventDelivery::route_some() {
  TRY(const auto events, store_.events_after(taken_, kEventsAtOnce));
  if (events.empty()) return false;
  std::map<std::string, BucketRules> rules;
  std::vector<WaitingMessage> messages;
  std::map<std::string, std::int64_t> added;
  const auto queue = [&](const std::string& arn, std::uint64_t number, std::string text) {
    if (std::ranges::none_of(destinations_, [&](const auto& known) { return known->to.arn == arn; })) {
      ++undeliverable_;
      if (unknown_arns_.insert(arn).second) LOG_WARN("s3.event_destination_unknown arn={}", arn);
      return;
    }
    messages.push_back({.destination = arn, .number = number, .queued = {}, .text = std::move(text)});
    ++added[arn];
  };
  for (const auto& event : events) {
    auto found = rules.find(event.bucket);
    if (found == rules.end()) {
      TRY(auto read, read_rules(store_, event.bucket));
      found = rules.emplace(event.bucket, std::move(read)).first;
    }
    const auto& [configuration, owner] = found->second;
    if (event.kind == EventKind::Configured) {
      std::set<std::string> told;
      for (const auto& rule : configuration.rules)
        if (told.insert(rule.destination).second) queue(rule.destination, event.sequence, print_test_message(event));
      continue;
    }
    for (const auto* rule : match(configuration, event_name(event.kind), event.key))
      queue(rule->destination, event.sequence, print_event_message(event, {options_.region, rule->id, owner}));
  }
  const auto last = events.back().sequence;
  const bool wanted = !messages.empty();
  if (wanted || last - saved_ >= kCursorLagMax) {
    base::kill_point("s3.events_read");
    count(added, 1);  // before somebody can send them
    if (const auto passed = store_.pass_events(kReader, last, std::move(messages)); !passed) {
      count(added, -1);
      return base::fail(passed.error());
    }
    base::kill_point("s3.events_queued");
    saved_ = last;
  }
  taken_ = last;
  if (wanted) announce(added);
  return true;
}

void EventDelivery::count(const std::map<std::string, std::int64_t>& added, int sign) {
  for (const auto& destination : destinations_)
    if (const auto found = added.find(destination->to.arn); found != added.end())
      destination->waiting += sign * found->second;
}

void EventDelivery::announce(const std::map<std::string, std::int64_t>& added) {
  {
    const std::lock_guard lock(wake_mutex_);
    for (const auto& destination : destinations_)
      if (added.contains(destination->to.arn)) destination->woken = true;
  }
  queued_.notify_all();
}

void EventDelivery::deliver(Destination& destination, base::Random random, const std::stop_token& stop) {
  int failures = 0;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(wake_mutex_);
      if (!queued_.wait(lock, stop, [&] { return destination.woken; })) return;
      destination.woken = false;
    }
    for (bool more = true; more && !stop.stop_requested();) {
      const auto delivered = deliver_some(destination, stop);
      if (delivered) {
        if (failures > 0) LOG_INFO("s3.event_destination_back arn={} failures={}", destination.to.arn, failures);
        failures = 0;
        more = *delivered;
        continue;
      }
      if (stop.stop_requested()) return;
      ++destination.failed;
      if (failures == 0)
        LOG_WARN("s3.event_not_delivered arn={} error=\"{}\"", destination.to.arn, delivered.error().message);
      more = pause(++failures, random, stop);
    }
  }
}

/// False when nothing is left to send.
base::Result<bool> EventDelivery::deliver_some(Destination& destination, const std::stop_token& stop) {
  TRY(const auto messages,
      store_.messages_after(destination.to.arn, destination.after, destination.receiver->messages_max()));
  if (messages.empty()) return false;
  const auto receipt = destination.receiver->send(messages, stop);
  base::kill_point("s3.events_accepted");
  if (!receipt.accepted.empty()) {
    destination.sent += receipt.accepted.size();
    TRY_VOID(store_.drop_messages(destination.to.arn, receipt.accepted));
    destination.waiting -= static_cast<std::int64_t>(receipt.accepted.size());
  }
  // Behind all that was accepted before the first one that was not.
  for (std::size_t i = 0; i < receipt.accepted.size() && receipt.accepted[i] == messages[i].number; ++i)
    destination.after = messages[i].number;
  if (receipt.trouble) return base::fail(*receipt.trouble);
  return true;
}

std::vector<EventDelivery::Status> EventDelivery::status() const {
  std::vector<Status> all;
  for (const auto& destination : destinations_) {
    Status status{.arn = destination->to.arn,
                  .waiting = static_cast<std::uint64_t>(std::max<std::int64_t>(0, destination->waiting)),
                  .sent = destination->sent,
                  .failed = destination->failed};
    const auto oldest = store_.messages_after(status.arn, 0, 1);
    if (oldest && !oldest->empty()) status.oldest_age = clock_.now() - oldest->front().queued;
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace store::s3
