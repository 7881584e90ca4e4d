#include "server/nifi/status_history.h"

#include <gtest/gtest.h>

#include "server/nifi/api_test.h"

namespace server::nifi {
namespace {

using namespace std::chrono_literals;

/// A processor that took in so many flowfiles of one byte, and the queue before it.
flow::FlowStatus taken(std::uint64_t files, std::uint64_t queued = 0) {
  flow::FlowStatus status;
  status.components.push_back({.id = "p", .in = {files, files}});
  status.connections.push_back({.id = "c", .files = queued, .bytes = 10 * queued});
  return status;
}

class StatusHistoryTest : public ::testing::Test {
 protected:
  /// What came in lately, after a status was noted every ten seconds.
  void after(std::chrono::seconds time, const flow::FlowStatus& status) {
    for (auto past = 0s; past < time; past += StatusHistory::kTick) {
      now_ = now_ + StatusHistory::kTick;
      history_.note(status, now_);
    }
  }
  std::uint64_t recent(flow::FlowStatus status) const {
    history_.make_recent(status, now_);
    return status.components[0].in.files;
  }
  std::vector<std::uint64_t> points(std::vector<std::string> ids, Field field) const {
    std::vector<std::uint64_t> values;
    for (const auto& point : history_.points(ids)) values.push_back(at(point.counts, field));
    return values;
  }

  StatusHistory history_;
  base::Instant now_ = base::VirtualClock::kStart;
};

TEST_F(StatusHistoryTest, CountsAreThoseOfTheLastFiveMinutes) {
  after(10s, taken(100));
  EXPECT_EQ(recent(taken(100)), 100u);
  after(290s, taken(130));  // the first is not yet five minutes old
  EXPECT_EQ(recent(taken(130)), 130u);
  after(10s, taken(130));
  EXPECT_EQ(recent(taken(135)), 35u);
  after(290s, taken(135));
  EXPECT_EQ(recent(taken(135)), 5u);
  after(20s, taken(135));  // 135 was first noted after 320 s
  EXPECT_EQ(recent(taken(135)), 0u);
}

TEST_F(StatusHistoryTest, WhatBeganAnewCountsFromZero) {
  after(600s, taken(1000));
  EXPECT_EQ(recent(taken(7)), 7u);
}

TEST_F(StatusHistoryTest, WhatNobodyNotedCountsAll) {
  after(600s, {});
  EXPECT_EQ(recent(taken(7)), 7u);
}

TEST_F(StatusHistoryTest, NotingTooOftenDoesNothing) {
  after(310s, taken(100));
  for (std::uint64_t i = 0; i < 100; ++i) {
    now_ = now_ + 99ms;
    history_.note(taken(100 + i), now_);
  }
  EXPECT_EQ(history_.points(std::vector<std::string>{"p"}).size(), 6u);  // one a minute
  EXPECT_EQ(recent(taken(200)), 100u);
}

TEST_F(StatusHistoryTest, HasAPointAMinuteOfADay) {
  after(60s, taken(10, 3));  // a point after 10 s
  after(60s, taken(30, 0));
  after(180s, taken(30, 1));
  EXPECT_EQ(points({"p"}, Field::FilesIn), (std::vector<std::uint64_t>{10, 30, 30, 30, 30}));
  EXPECT_EQ(points({"c"}, Field::FilesQueued), (std::vector<std::uint64_t>{3, 0, 1, 1, 1}));
  EXPECT_EQ(points({"p", "c"}, Field::BytesQueued), (std::vector<std::uint64_t>{30, 0, 10, 10, 10}));
  EXPECT_EQ(points({"p", "c"}, Field::BytesIn), (std::vector<std::uint64_t>{10, 30, 30, 30, 30}));
  after(120s, taken(30, 1));  // what came before the first tick is over five minutes old then
  EXPECT_EQ(points({"p"}, Field::FilesIn), (std::vector<std::uint64_t>{10, 30, 30, 30, 30, 20, 0}));
  EXPECT_TRUE(points({"gone"}, Field::FilesIn).empty());
  after(24h, taken(30));
  const auto day = history_.points(std::vector<std::string>{"p"});
  ASSERT_EQ(day.size(), StatusHistory::kPointsMax);
  for (std::size_t i = 1; i < day.size(); ++i) EXPECT_EQ(day[i].at - day[i - 1].at, StatusHistory::kPoint);
}

TEST_F(StatusHistoryTest, WhatIsGoneIsForgotten) {
  after(60s, taken(10));
  after(10s, {});
  EXPECT_TRUE(points({"p"}, Field::FilesIn).empty());
  after(50s, {});
  after(10s, taken(5));  // nothing is told of before it was there
  EXPECT_EQ(points({"p"}, Field::FilesIn), (std::vector<std::uint64_t>{5}));
}

class HistoryCallsTest : public ApiTest {
 protected:
  static std::vector<std::int64_t> values(const json::object& answer, std::string_view metric) {
    std::vector<std::int64_t> list;
    for (const auto& point : answer.at("statusHistory").at("aggregateSnapshots").as_array())
      list.push_back(point.at("statusMetrics").at(metric).to_number<std::int64_t>());
    return list;
  }
  static std::int64_t files_out(const json::object& status) {
    return status.at("processorStatus").at("aggregateSnapshot").at("flowFilesOut").to_number<std::int64_t>();
  }
};

TEST_F(HistoryCallsTest, TellWhatWasDoneMinuteByMinute) {
  const auto group = make_group("group");
  const auto make = make_processor(group, "GenerateFlowFile",
                                   {{"schedulingPeriod", "1 day"}, {"properties", json::object{{"Batch Size", "4"}}}});
  const auto end = text_at(ok("POST", "process-groups/" + group + "/funnels", entity(json::object{})), "id");
  const auto connection = text_at(json::parse(connect(group, make, end).body).as_object(), "id");
  ok("PUT", "flow/process-groups/" + group, json::object{{"id", group}, {"state", "RUNNING"}});
  ASSERT_TRUE(flow_->run_until_idle());
  const auto processor_status = "flow/processors/" + make + "/status";
  for (int minute = 0; minute < 7; ++minute) {
    clock_.advance(60s);
    EXPECT_EQ(files_out(ok("GET", processor_status)), minute < 5 ? 4 : 0) << minute;
  }
  const auto of_processor = ok("GET", processor_status + "/history");
  // The start of the program, before there was anything, has no point of the processor.
  EXPECT_EQ(values(of_processor, "outputCount"), (std::vector<std::int64_t>{4, 4, 4, 4, 4, 0, 0}));
  EXPECT_EQ(text_at(*object_at(of_processor.at("statusHistory").as_object(), "componentDetails"), "Type"),
            "GenerateFlowFile");
  EXPECT_EQ(values(ok("GET", "flow/connections/" + connection + "/status/history"), "queuedCount"),
            (std::vector<std::int64_t>(7, 4)));
  const auto of_group = ok("GET", "flow/process-groups/" + group + "/status/history");
  EXPECT_EQ(values(of_group, "outputCount"), values(of_processor, "outputCount"));
  EXPECT_EQ(values(of_group, "queuedCount"), (std::vector<std::int64_t>(7, 4)));
  EXPECT_EQ(call("GET", "flow/processors/none/status/history").status, 404);
  const auto whole = ok("GET", "flow/process-groups/" + group + "/status?allTime=true");
  EXPECT_EQ(whole.at("processGroupStatus").at("aggregateSnapshot").at("flowFilesOut").to_number<int>(), 4);
}

}  // namespace
}  // namespace server::nifi
