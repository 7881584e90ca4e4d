#include "store/s3/event_delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <set>

#include "base/disk_faulty.h"
#include "store/s3/documents/notification.h"
#include "store/s3/event_message.h"
#include "store/s3/test_server.h"
#include "store/test_store.h"

namespace store::s3 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kArn = "arn:freshet:sqs:us-east-1:000000000000:hook";
const std::string kOther = "arn:freshet:sqs:us-east-1:000000000000:other";

/// A webhook that keeps what it accepted, as "ObjectCreated:Put key" or "TestEvent".
class Hook {
 public:
  /// Given how many requests came before this one: the status that it is answered.
  using Answer = std::function<int(std::size_t)>;
  explicit Hook(Answer answer = [](std::size_t) { return 200; }) : answer_(std::move(answer)) {}

  EventDestination destination(const std::string& arn = kArn, const std::string& token = {}) const {
    return {.arn = arn, .url = server_.url() + "/events", .token = token};
  }
  /// False when they did not come in half a minute.
  bool wait_for(const std::function<bool(const std::vector<std::string>&)>& done) {
    std::unique_lock lock(accepted_mutex_);
    return came_.wait_for(lock, 30s, [&] { return done(accepted_); });
  }
  bool wait_for(std::size_t count) {
    return wait_for([count](const auto& accepted) { return accepted.size() >= count; });
  }
  std::vector<std::string> accepted() {
    const std::lock_guard lock(accepted_mutex_);
    return accepted_;
  }
  std::vector<http::Request> requests() const { return server_.requests(); }

 private:
  ScriptedService::Reply take(const http::Request& request) {
    const std::lock_guard lock(accepted_mutex_);
    // A delivery that was stopped may have sent half of it.
    const bool whole = std::to_string(request.body.size()) == request.headers.get("content-length");
    const int status = whole ? answer_(asked_++) : 400;
    came_.notify_all();
    if (status / 100 != 2) return {{status, {}, {}}, {}};
    const auto events = parse_event_message(request.body);
    if (!events) accepted_.push_back("broken: " + request.body);
    if (events && events->empty()) accepted_.emplace_back("TestEvent");
    if (events)
      for (const auto& event : *events) accepted_.push_back(event.name + " " + event.key);
    return {{status, {}, {}}, {}};
  }

  Answer answer_;
  std::mutex accepted_mutex_;
  std::condition_variable came_;
  std::vector<std::string> accepted_;
  std::size_t asked_ = 0;
  ScriptedServer server_{[this](const http::Request& request) { return take(request); }};
};

void set_rules(ObjectStore& store, const std::vector<NotificationRule>& rules) {
  ASSERT_TRUE(store.configure_bucket("bucket", {}, [&](BucketInfo& bucket) -> base::Status {
    bucket.set_document("notification", print_notification({.rules = rules}));
    return {};
  }));
}
NotificationRule all_to(const std::string& arn, const std::string& id = "all", const std::string& prefix = {}) {
  return {.id = id,
          .destination = arn,
          .events = {"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"},
          .prefix = prefix};
}

class EventDeliveryTest : public ObjectStoreTest {
 protected:
  std::unique_ptr<EventDelivery> start(std::vector<EventDestination> destinations, std::size_t records = 1) {
    return std::move(EventDelivery::start({.destinations = std::move(destinations),
                                           .records_per_request = records,
                                           .pause_min = 1ms,
                                           .pause_max = 5ms},
                                          *store_, clock_, wall_clock_, environment_)
                         .value());
  }
  void put(const std::string& key) { ASSERT_TRUE(store_->put("bucket", key, "x")); }

  SetClock wall_clock_;
  FakeEnvironment environment_;
};

TEST_F(EventDeliveryTest, TellsWhatTheRulesWantInItsOrder) {
  Hook hook;
  const auto delivery = start({hook.destination(kArn, "secret")});
  put("before the rule");
  ASSERT_TRUE(hook.accepted().empty());
  set_rules(*store_, {all_to(kArn, "in", "in/")});
  put("in/a b");
  put("elsewhere");
  ASSERT_TRUE(store_->copy({"bucket", "elsewhere", {}}, "bucket", "in/copy"));
  ASSERT_TRUE(store_->remove("bucket", "in/a b"));
  ASSERT_TRUE(store_->remove("bucket", "in/copy", {.cause = RemovalCause::LifecycleRule}));
  ASSERT_TRUE(hook.wait_for(5));
  EXPECT_THAT(hook.accepted(), ElementsAre("TestEvent", "ObjectCreated:Put in/a b", "ObjectCreated:Copy in/copy",
                                           "ObjectRemoved:Delete in/a b", "LifecycleExpiration:Delete in/copy"));
  const auto requests = hook.requests();
  EXPECT_EQ(requests.at(0).method + " " + requests.at(0).target, "POST /events");
  EXPECT_EQ(requests.at(0).headers.get("authorization"), "Bearer secret");
  EXPECT_EQ(requests.at(0).headers.get("content-type"), "application/json");
}

TEST_F(EventDeliveryTest, RepeatsUntilTheDestinationAccepts) {
  Hook hook([](std::size_t asked) { return asked % 3 == 2 ? 204 : asked % 3 == 0 ? 500 : 302; });
  set_rules(*store_, {all_to(kArn)});
  for (const auto* key : {"a", "b", "c"}) put(key);
  const auto delivery = start({hook.destination()});
  ASSERT_TRUE(hook.wait_for(4));
  EXPECT_THAT(hook.accepted(),
              ElementsAre("TestEvent", "ObjectCreated:Put a", "ObjectCreated:Put b", "ObjectCreated:Put c"));
  EXPECT_EQ(delivery->status().at(0).failed, 8u);
}

TEST_F(EventDeliveryTest, RecordsMayShareARequest) {
  Hook hook;
  set_rules(*store_, {all_to(kArn)});
  for (const auto* key : {"a", "b", "c", "d"}) put(key);
  const auto delivery = start({hook.destination()}, 3);
  ASSERT_TRUE(hook.wait_for(5));
  EXPECT_EQ(hook.accepted().back(), "ObjectCreated:Put d");
  EXPECT_EQ(hook.requests().size(), 3u);  // the test event, three, and one
}

TEST_F(EventDeliveryTest, ADeadDestinationHoldsUpNobodyElse) {
  std::string dead;
  {
    const Hook gone;
    dead = gone.destination().url;
  }
  Hook alive;
  const auto delivery = start({{.arn = kArn, .url = dead}, alive.destination(kOther)});
  set_rules(*store_, {all_to(kArn, "dead", "a"), all_to(kOther, "alive", "b")});
  for (const auto* key : {"a1", "b1", "a2", "b2"}) put(key);
  ASSERT_TRUE(alive.wait_for(3));
  EXPECT_THAT(alive.accepted(), ElementsAre("TestEvent", "ObjectCreated:Put b1", "ObjectCreated:Put b2"));
  clock_.advance(1h);
  const auto status = delivery->status();
  EXPECT_EQ(status.at(0).arn, kArn);
  EXPECT_EQ(status.at(0).waiting, 3u);
  EXPECT_EQ(status.at(0).oldest_age, 1h);
  EXPECT_EQ(status.at(0).sent, 0u);
}

TEST_F(EventDeliveryTest, WhatWaitsOutlivesTheProcess) {
  {
    Hook refuses([](std::size_t) { return 503; });
    const auto delivery = start({refuses.destination()});
    set_rules(*store_, {all_to(kArn)});
    put("a");
    ASSERT_TRUE(refuses.wait_for([&](const auto&) { return store_->count_messages(kArn).value() == 2; }));
  }
  reopen();
  put("while nobody looked");
  Hook hook;
  const auto delivery = start({hook.destination()});
  ASSERT_TRUE(hook.wait_for(3));
  EXPECT_THAT(hook.accepted(),
              ElementsAre("TestEvent", "ObjectCreated:Put a", "ObjectCreated:Put while nobody looked"));
}

TEST_F(EventDeliveryTest, EventsWithoutADestinationAreCountedAndGo) {
  Hook hook;
  const auto delivery = start({hook.destination()});
  set_rules(*store_, {all_to("arn:aws:sqs:us-east-1:0:nobody", "x", "a"), all_to(kArn, "y", "b")});
  for (const auto* key : {"a", "b"}) put(key);
  ASSERT_TRUE(hook.wait_for(2));
  EXPECT_EQ(delivery->undeliverable(), 2u);
  // The cursor moved in the commit of the messages, so nothing holds the events any more.
  EXPECT_THAT(store_->events_after(0, 10).value(), IsEmpty());
  ASSERT_TRUE(EventDelivery::forget(*store_));
}

TEST_F(EventDeliveryTest, StopsWhileARequestIsOnItsWay) {
  std::promise<void> asked, released;
  ScriptedServer stuck([&](const http::Request&) -> ScriptedService::Reply {
    asked.set_value();
    released.get_future().wait();
    return {};
  });
  auto delivery = start({{.arn = kArn, .url = stuck.url() + "/events"}});
  set_rules(*store_, {all_to(kArn)});
  asked.get_future().wait();
  delivery.reset();
  EXPECT_EQ(store_->count_messages(kArn).value(), 1u);
  released.set_value();
}

/// The disk fails at one operation after the other, while events are made and carried away. After a power cut and a new
/// start each acknowledged write has been told, and nothing that was not written.
TEST(EventDeliveryFaultTest, NoEventIsLostAndNoneInvented) {
  const base::VirtualClock clock;
  const SetClock wall_clock;
  const FakeEnvironment environment{};
  int faults = 0;
  for (int n = 1;; ++n) {
    const Folder folder;
    base::FaultyDisk disk{{.fail_at = n, .stay_failed = true}};
    Hook hook;
    const auto open = [&] {
      return ObjectStore::open({.directory = folder.path() + "/objects", .large_object_bytes = 100}, disk, clock);
    };
    const auto deliver = [&](ObjectStore& store) {
      return EventDelivery::start({.destinations = {hook.destination()}, .pause_min = 1ms, .pause_max = 2ms}, store,
                                  clock, wall_clock, environment);
    };
    std::set<std::string> acknowledged, possible;
    const auto put = [&](ObjectStore& store, const std::string& key) {
      const auto line = "ObjectCreated:Put " + key;
      possible.insert(line);
      if (store.put("bucket", key, std::string(key.size() * 20, 'x'))) acknowledged.insert(line);
    };
    const auto configure = [](ObjectStore& store) {
      return store.ensure_bucket("bucket") &&
             store.configure_bucket("bucket", {}, [](BucketInfo& bucket) -> base::Status {
               bucket.set_document("notification", print_notification({.rules = {all_to(kArn)}}));
               return {};
             });
    };
    if (auto store = open(); store && configure(**store)) {
      const auto delivery = deliver(**store);
      for (const auto* key : {"a", "large object", "b", "c"}) put(**store, key);
    }
    disk.crash();
    auto store = open();
    ASSERT_TRUE(store) << store.error().message << ": fault at operation " << n;
    ASSERT_TRUE(configure(**store)) << "fault at operation " << n;
    const auto delivery = deliver(**store);
    ASSERT_TRUE(delivery) << delivery.error().message << ": fault at operation " << n;
    put(**store, "after");
    const auto all_came = [&](const std::vector<std::string>& accepted) {
      return std::ranges::all_of(acknowledged,
                                 [&](const auto& line) { return std::ranges::find(accepted, line) != accepted.end(); });
    };
    ASSERT_TRUE(hook.wait_for(all_came)) << "fault at operation " << n;
    for (const auto& line : hook.accepted())
      EXPECT_TRUE(line == "TestEvent" || possible.contains(line)) << line << ": fault at operation " << n;
    if (!disk.fault_was_hit()) break;
    ++faults;
  }
  EXPECT_GT(faults, 20);
}

}  // namespace
}  // namespace store::s3
