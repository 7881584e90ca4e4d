#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"
#include "flow/processors/throttle.h"

namespace flow {
namespace {

using namespace std::chrono_literals;

TEST(ThrottleTest, TheLastMayGoOverAndIsPaidFor) {
  Throttle throttle(10, 10s);
  const base::Instant start{1'000'000'000'000};
  EXPECT_TRUE(throttle.let_pass(4, start));
  EXPECT_TRUE(throttle.let_pass(16, start + 1s));  // 20 in all: 10 too many, worth 10 s
  EXPECT_FALSE(throttle.let_pass(1, start + 5s));
  EXPECT_FALSE(throttle.let_pass(1, start + 10s));  // still 16 within 10 s
  EXPECT_FALSE(throttle.let_pass(1, start + 11s));  // from here on it is closed
  EXPECT_FALSE(throttle.let_pass(1, start + 20s));
  EXPECT_TRUE(throttle.let_pass(1, start + 21s));
}

Texts passed(const PropertyValues& properties, std::vector<Given> given, int seconds) {
  ProcessorRun run("ControlRate", properties, {.given = std::move(given)});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  for (int i = 0; i < seconds; ++i) {
    run.advance(1s);
    run.until_idle();
  }
  return run.contents("success");
}

TEST(ControlRateTest, CountsWhatPasses) {
  const std::vector<Given> given{{"aa"}, {"bb"}, {"cc"}, {"dd"}};
  const PropertyValues count{
      {"Rate Control Criteria", "flowfile count"}, {"Maximum Rate", "2"}, {"Time Duration", "10 sec"}};
  EXPECT_EQ(passed(count, given, 0), (Texts{"aa", "bb"}));
  EXPECT_EQ(passed(count, given, 9), (Texts{"aa", "bb"}));
  EXPECT_EQ(passed(count, given, 10), (Texts{"aa", "bb", "cc", "dd"}));  // in their order
  const PropertyValues data{{"Maximum Rate", "4 B"}, {"Time Duration", "10 sec"}};
  EXPECT_EQ(passed(data, given, 0), (Texts{"aa", "bb"}));
  EXPECT_EQ(passed(data, {{"a long one"}, {"b"}}, 10), (Texts{"a long one"}));
  const PropertyValues both{{"Rate Control Criteria", "data rate or flowfile count"},
                            {"Maximum Data Rate", "100 B"},
                            {"Maximum FlowFile Rate", "3"}};
  EXPECT_EQ(passed(both, given, 0), (Texts{"aa", "bb", "cc"}));
}

TEST(ControlRateTest, GroupsHaveRatesOfTheirOwn) {
  EXPECT_EQ(passed({{"Rate Control Criteria", "flowfile count"}, {"Maximum Rate", "1"}, {"Grouping Attribute", "k"}},
                   {{"1", {{"k", "a"}}}, {"2", {{"k", "a"}}}, {"3", {{"k", "b"}}}, {"4"}}, 0),
            (Texts{"1", "3", "4"}));
}

TEST(ControlRateTest, AnAttributeIsCounted) {
  ProcessorRun run(
      "ControlRate",
      {{"Rate Control Criteria", "attribute value"}, {"Maximum Rate", "5"}, {"Rate Controlled Attribute", "n"}},
      {.given = {{"a", {{"n", "3"}}}, {"b", {{"n", "x"}}}, {"c", {{"n", "2"}}}, {"d", {{"n", "1"}}}},
       .relationships = {"success", "failure"}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a", "c"}));
  EXPECT_EQ(run.contents("failure"), (Texts{"b"}));
  EXPECT_EQ(run.waiting(), 1u);
}

TEST(ControlRateTest, WhatIsTooMuchGoesElsewhere) {
  ProcessorRun run("ControlRate",
                   {{"Rate Control Criteria", "flowfile count"},
                    {"Maximum Rate", "1"},
                    {"Rate Exceeded Strategy", "Route to 'rate exceeded'"}},
                   {.given = {{"a"}, {"b"}}, .relationships = {"success", "failure", "rate exceeded"}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a"}));
  EXPECT_EQ(run.contents("rate exceeded"), (Texts{"b"}));
}

TEST(ControlRateTest, WhatIsInvalidIsNamed) {
  const auto problem = [](PropertyValues properties) {
    return ProcessorRun("ControlRate", std::move(properties)).problems().at(0);
  };
  EXPECT_EQ(problem({}), "ControlRate 'subject', property 'Maximum Rate': '' is not a data size such as '10 MB'");
  EXPECT_EQ(problem({{"Rate Control Criteria", "flowfile count"}, {"Maximum Rate", "0"}}),
            "ControlRate 'subject', property 'Maximum Rate': '0' is not a whole number of 1 or more");
  EXPECT_EQ(problem({{"Rate Control Criteria", "attribute value"}, {"Maximum Rate", "1"}}),
            "ControlRate 'subject', property 'Rate Controlled Attribute': is required for 'attribute value'");
}

TEST(MonitorActivityTest, TellsInactivityAndItsEnd) {
  ProcessorRun run("MonitorActivity",
                   {{"Threshold Duration", "1 min"},
                    {"Inactivity Message", "idle ${inactivityDurationMillis}"},
                    {"Activity Restored Message", "back ${inactivityDurationMillis}"},
                    {"Copy Attributes", "true"}},
                   {.given = {{"a"}, {.content = "b", .attributes = {{"k", "v"}}, .arrives = 150s}}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a"}));
  for (int i = 0; i < 6; ++i) {
    run.advance(20s);
    run.until_idle();
  }
  EXPECT_EQ(run.contents("inactive"), (Texts{"idle 60000"}));
  EXPECT_EQ(run.only("inactive").at("inactivityStartMillis"), "1704067200000");
  run.advance(30s);
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a", "b"}));
  EXPECT_EQ(run.only("activity.restored").content, "back 150000");
  EXPECT_EQ(run.only("activity.restored").at("k"), "v");
}

TEST(MonitorActivityTest, ContinuallyOrOnlyAfterActivity) {
  struct Case {
    PropertyValues properties;
    std::size_t messages;
  };
  for (const auto& c : std::to_array<Case>(
           {{{}, 1}, {{{"Continually Send Messages", "true"}}, 3}, {{{"Wait for Activity", "true"}}, 0}})) {
    auto properties = c.properties;
    properties["Threshold Duration"] = "1 min";
    ProcessorRun run("MonitorActivity", properties);
    run.until_idle();
    for (int i = 0; i < 10; ++i) {
      run.advance(20s);
      run.until_idle();
    }
    EXPECT_EQ(run.out("inactive").size(), c.messages);
  }
}

TEST(MonitorActivityTest, InactivityGoesOnAfterARestart) {
  for (const std::string reset : {"true", "false"}) {
    ProcessorRun run(
        "MonitorActivity",
        {{"Threshold Duration", "1 min"}, {"Reset State on Restart", reset}, {"Activity Restored Message", "back"}},
        {.given = {{.content = "a", .arrives = 100s}}});
    run.until_idle();
    run.advance(70s);
    run.until_idle();
    EXPECT_EQ(run.out("inactive").size(), 1u);
    run.restart();
    run.until_idle();
    run.advance(30s);
    run.until_idle();
    EXPECT_EQ(run.out("activity.restored").size(), reset == "true" ? 0u : 1u);
    EXPECT_EQ(run.contents("success"), (Texts{"a"}));
  }
}

/// One node is the whole cluster, and its primary node.
TEST(MonitorActivityTest, AClusterOfOne) {
  ProcessorRun run("MonitorActivity",
                   {{"Threshold Duration", "1 min"}, {"Monitoring Scope", "cluster"}, {"Reporting Node", "primary"}});
  run.until_idle();
  run.advance(61s);
  run.until_idle();
  EXPECT_EQ(run.out("inactive").size(), 1u);
}

}  // namespace
}  // namespace flow
