#include "flow/processors/signal.h"

#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

TEST(SignalTest, ReleasesAndConsumes) {
  struct Case {
    Signal before;
    std::string counter;
    std::int64_t required, each;
    std::size_t candidates, released;
    std::string after;
  };
  const auto counts = [](std::map<std::string, std::int64_t> of, std::int64_t releasable = 0) {
    return Signal{.counts = std::move(of), .attributes = {}, .releasable = releasable, .revision = {}};
  };
  for (const auto& c : std::to_array<Case>({
           {counts({{"a", 5}}), "a", 2, 1, 10, 2, R"({"counts":{"a":1},"attributes":{},"releasableCount":0})"},
           {counts({{"a", 5}}), "a", 2, 3, 4, 4, R"({"counts":{"a":1},"attributes":{},"releasableCount":2})"},
           {counts({{"a", 1}}), "a", 2, 1, 1, 0, R"({"counts":{"a":1},"attributes":{},"releasableCount":0})"},
           {counts({{"a", 2}, {"b", 1}}), "", 2, 1, 1, 1,
            R"({"counts":{"a":2,"b":1,"consumed":-2},"attributes":{},"releasableCount":0})"},
           {counts({{"a", 9}}, 3), "a", 1, 1, 2, 2, R"({"counts":{"a":9},"attributes":{},"releasableCount":1})"},
           {counts({}), "none", 1, 1, 1, 0, R"({"counts":{"none":0},"attributes":{},"releasableCount":0})"},
       })) {
    auto signal = c.before;
    EXPECT_EQ(signal.release(c.counter, c.required, c.each, c.candidates), c.released) << c.after;
    EXPECT_EQ(signal_text(signal), c.after);
  }
}

TEST(SignalTest, ReadsWhatNiFiKeeps) {
  const auto signal = parse_signal(R"({"counts":{"default":2},"attributes":{"a":"1"},"releasableCount":3})").value();
  EXPECT_EQ(signal.count("default"), 2);
  EXPECT_EQ(signal.attributes.at("a"), "1");
  EXPECT_EQ(signal.releasable, 3);
  for (const auto* text : {"", "[]", "{", R"({"counts":{"a":"x"}})", R"({"counts":1})"})
    EXPECT_FALSE(parse_signal(text)) << text;
}

/// Processors around one cache.
class WaitNotifyTest : public testing::Test {
 protected:
  ProcessorRun run(const std::string& type, PropertyValues properties, std::vector<Given> given) {
    properties.insert({"Distributed Cache Service", "client"});
    properties.emplace("Release Signal Identifier", "${id}");
    return ProcessorRun(type, std::move(properties),
                        {.given = std::move(given),
                         .services = {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                                      service("server", "MapCacheServer")},
                         .map_caches = caches_});
  }
  std::shared_ptr<MapCaches> caches_ = std::make_shared<MapCaches>();
};

TEST_F(WaitNotifyTest, NotifyCountsAndKeepsAttributes) {
  auto notify = run("Notify",
                    {{"Signal Counter Name", "${counter}"},
                     {"Signal Counter Delta", "${delta}"},
                     {"Signal Buffer Count", "10"},
                     {"Attribute Cache Regular Expression", "kept[.].*|uuid"}},
                    {{"1", {{"id", "x"}, {"counter", "a"}, {"delta", "2"}, {"kept.1", "one"}}},
                     {"2", {{"id", "x"}, {"counter", "b"}, {"delta", "5"}, {"kept.1", "two"}}},
                     {"3", {{"id", "x"}, {"counter", "b"}, {"delta", "0"}}},
                     {"4", {{"id", "x"}, {"counter", "b"}, {"delta", "+1"}}},
                     {"5", {{"id", "x"}, {"counter", ""}, {"delta", "1"}}},
                     {"6", {{"counter", "a"}, {"delta", "1"}}},
                     {"7", {{"id", "x"}, {"counter", "a"}, {"delta", "many"}}}});
  notify.until_idle();
  EXPECT_EQ(notify.contents("success"), (Texts{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(notify.out("success").at(0).at("notified"), "true");
  EXPECT_EQ(notify.contents("failure"), (Texts{"6", "7"}));
  EXPECT_EQ(notify.out("failure").at(0).at("notified"), "false");
  EXPECT_EQ(caches_->find(4557)->get("x").value()->value,
            R"({"counts":{"a":2,"b":1,"default":1},"attributes":{"kept.1":"two"},"releasableCount":0})");
}

TEST_F(WaitNotifyTest, WaitReleasesAsManyAsWereNotified) {
  run("Notify", {{"Attribute Cache Regular Expression", "k.*"}},
      {{"", {{"id", "x"}, {"k1", "of notify"}, {"k2", "of notify"}}}})
      .until_idle();
  auto wait = run("Wait", {}, {{"1", {{"id", "x"}, {"k1", "own"}}}, {"2", {{"id", "x"}}}, {"3", {{"id", "y"}}}, {"4"}});
  wait.until_idle();
  const auto released = wait.only("success");
  EXPECT_EQ(released.content, "1");
  EXPECT_EQ(released.at("k1"), "own");
  EXPECT_EQ(released.at("k2"), "of notify");
  EXPECT_EQ(released.at("wait.counter.default"), "1");
  EXPECT_EQ(released.at("wait.counter.total"), "1");
  EXPECT_EQ(released.at("wait.start.timestamp"), "(none)");
  EXPECT_EQ(wait.contents("wait"), (Texts{"2", "3"}));
  EXPECT_EQ(wait.out("wait").at(1).at("wait.start.timestamp"), "1800000000000");
  EXPECT_EQ(wait.contents("failure"), (Texts{"4"}));
  EXPECT_EQ(caches_->find(4557)->get("x").value(), std::nullopt);  // it is spent
}

TEST_F(WaitNotifyTest, WhatIsLeftOfASignalStays) {
  run("Notify", {{"Signal Counter Delta", "3"}}, {{"", {{"id", "x"}}}}).until_idle();
  auto wait = run("Wait", {{"Signal Counter Name", "default"}}, {{"1", {{"id", "x"}}}});
  wait.until_idle();
  EXPECT_EQ(wait.contents("success"), (Texts{"1"}));
  EXPECT_EQ(caches_->find(4557)->get("x").value()->value,
            R"({"counts":{"default":0},"attributes":{},"releasableCount":2})");
}

TEST_F(WaitNotifyTest, WithoutALimitAllPassAndTheSignalStays) {
  run("Notify", {{"Signal Counter Delta", "2"}}, {{"", {{"id", "x"}}}}).until_idle();
  auto wait = run("Wait", {{"Releasable FlowFile Count", "0"}, {"Target Signal Count", "2"}},
                  {{"1", {{"id", "x"}}}, {"2", {{"id", "x"}}}});
  wait.until_idle();
  EXPECT_EQ(wait.contents("success"), (Texts{"1", "2"}));
  EXPECT_NE(caches_->find(4557)->get("x").value(), std::nullopt);
}

TEST_F(WaitNotifyTest, KeepsThemWhereTheyAreAndLetsThemExpire) {
  auto wait = run("Wait", {{"Wait Mode", "keep"}, {"Expiration Duration", "1 min"}},
                  {{"1", {{"id", "x"}}}, {"2", {{"id", "y"}}}});
  wait.until_idle();
  EXPECT_EQ(wait.waiting(), 2u);
  run("Notify", {}, {{"", {{"id", "y"}}}}).until_idle();
  wait.advance(std::chrono::seconds{30});
  wait.until_idle();
  EXPECT_EQ(wait.contents("success"), (Texts{"2"}));
  wait.advance(std::chrono::seconds{40});
  wait.until_idle();
  EXPECT_EQ(wait.contents("expired"), (Texts{"1"}));
  EXPECT_EQ(wait.out("expired").at(0).at("wait.start.timestamp"), "(none)");
}

TEST_F(WaitNotifyTest, APenalisedSignalIsLeftAlone) {
  auto wait = run("Wait", {{"Wait Mode", "keep"}, {"Wait Penalty Duration", "1 min"}}, {{"1", {{"id", "x"}}}});
  wait.until_idle();
  run("Notify", {}, {{"", {{"id", "x"}}}}).until_idle();
  wait.advance(std::chrono::seconds{30});
  wait.until_idle();
  EXPECT_EQ(wait.waiting(), 1u);
  wait.advance(std::chrono::seconds{31});
  wait.until_idle();
  EXPECT_EQ(wait.contents("success"), (Texts{"1"}));
}

TEST_F(WaitNotifyTest, TargetsMustBeNumbers) {
  run("Notify", {}, {{"", {{"id", "x"}}}}).until_idle();
  auto wait = run("Wait", {{"Target Signal Count", "${target}"}},
                  {{"1", {{"id", "x"}, {"target", "0"}}}, {"2", {{"id", "x"}, {"target", "some"}}}});
  wait.until_idle();
  EXPECT_EQ(wait.contents("failure"), (Texts{"1", "2"}));
}

TEST_F(WaitNotifyTest, DuplicatesAreFoundUntilTheyAgeOff) {
  const auto detect = [&](PropertyValues properties, std::vector<Given> given) {
    properties.emplace("Cache Entry Identifier", "${id}");
    properties.emplace("FlowFile Description", "file ${filename}");
    properties.emplace("Distributed Cache Service", "client");
    return ProcessorRun("DetectDuplicate", std::move(properties),
                        {.given = std::move(given),
                         .services = {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                                      service("server", "MapCacheServer")},
                         .map_caches = caches_});
  };
  // Not kept: all are new.
  auto looks = detect({{"Cache The Entry Identifier", "false"}}, {{"0", {{"id", "a"}}}, {"0", {{"id", "a"}}}});
  looks.until_idle();
  EXPECT_EQ(looks.out("non-duplicate").size(), 2u);

  auto first = detect({}, {{"1", {{"id", "a"}, {"filename", "f1"}}}, {"2", {{"id", "a"}}}, {"3", {{"id", " "}}}});
  first.until_idle();
  EXPECT_EQ(first.contents("non-duplicate"), (Texts{"1"}));
  EXPECT_EQ(first.only("duplicate").at("original.flowfile.description"), "file f1");
  EXPECT_EQ(first.contents("failure"), (Texts{"3"}));
  // NiFi's format: the time in ms, eight bytes, and the description.
  EXPECT_EQ(caches_->find(4557)->get("a").value()->value,
            std::string("\x00\x00\x01\xA3\x18\x5C\x50\x00", 8) + "file f1");

  auto later = detect({{"Age Off Duration", "1 hour"}}, {{"4", {{"id", "a"}}, std::chrono::minutes{59}},
                                                         {"5", {{"id", "a"}}, std::chrono::minutes{60}},
                                                         {"6", {{"id", "a"}}, std::chrono::minutes{61}}});
  for (int minute = 0; minute < 62; ++minute) {
    later.until_idle();
    later.advance(std::chrono::minutes{1});
  }
  EXPECT_EQ(later.contents("duplicate"), (Texts{"4", "6"}));
  EXPECT_EQ(later.contents("non-duplicate"), (Texts{"5"}));
}

TEST_F(WaitNotifyTest, AttributesOfTheSignalMayCountForMore) {
  run("Notify", {{"Attribute Cache Regular Expression", "k.*"}}, {{"", {{"id", "x"}, {"k1", "of notify"}}}})
      .until_idle();
  auto wait = run("Wait", {{"Attribute Copy Mode", "replace"}}, {{"1", {{"id", "x"}, {"k1", "own"}}}});
  wait.until_idle();
  EXPECT_EQ(wait.only("success").at("k1"), "of notify");
}

}  // namespace
}  // namespace flow
