// Queues that are too long for memory, and what is full.
#include <gtest/gtest.h>

#include "flow/flow_test.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

class FlowQueueTest : public FlowTest {
 protected:
  /// A source of `batch` flowfiles at a time, and an end that is stopped.
  void start_source(int batch, const std::string& more = R"(,"backPressureObjectThreshold":0)",
                    const std::string& properties = "") {
    start(definition({processor("make", kStandard + "GenerateFlowFile",
                                fmt::format(R"("Batch Size":"{}"{})", batch, properties), ""),
                      processor("end", "org.apache.nifi.processors.attributes.UpdateAttribute", "", R"("success")")},
                     {connection("make", "end", "success", more)}));
    ASSERT_TRUE(flow_->stop("end"));
  }
  std::size_t swap_files() const {
    const fs::directory_iterator files(folder_.at("flow/swap"));
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
  std::uint64_t queued() const { return flow_->status().connections.at(0).files; }
};

TEST_F(FlowQueueTest, WhatIsTooMuchForMemoryIsSwapped) {
  options_.swap_at = 200;
  options_.provenance.reset();
  open();
  start_source(450);
  run();
  EXPECT_EQ(queued(), 450u);
  EXPECT_EQ(swap_files(), 2u);  // 100 each; 50 wait for more
  const auto memory = flow_->status().queue_memory;
  EXPECT_GT(memory, 250u * 400);
  open();
  EXPECT_EQ(queued(), 450u);
  EXPECT_EQ(swap_files(), 2u);
  ASSERT_TRUE(flow_->stop("make"));
  ASSERT_TRUE(flow_->start("end"));
  run();
  EXPECT_EQ(queued(), 0u);
  EXPECT_EQ(component("end").in.files, 450u);
  EXPECT_EQ(swap_files(), 0u);
  EXPECT_EQ(flow_->status().queue_memory, 0u);
  EXPECT_LT(memory, 300u * 1000);
}

TEST_F(FlowQueueTest, OrderIsThatOfArrivalAlsoOverSwapFiles) {
  options_.swap_at = 4;
  open();
  start_source(30);
  run();
  ASSERT_TRUE(flow_->stop("make"));
  ASSERT_TRUE(flow_->start("end"));
  run();
  std::vector<std::string> made, ended;
  const auto page = flow_->events({});
  ASSERT_TRUE(page);
  for (const auto& event : page->events) {
    if (event.type == EventType::Create) made.push_back(event.flow_file);
    if (event.type == EventType::Drop) ended.push_back(event.flow_file);
  }
  EXPECT_EQ(made.size(), 30u);
  EXPECT_EQ(ended, made);
}

TEST_F(FlowQueueTest, ASwappedQueueIsEmptied) {
  options_.swap_at = 10;
  open();
  start_source(
      44,
      R"(,"backPressureObjectThreshold":0,"prioritizers":["org.apache.nifi.prioritizer.NewestFlowFileFirstPrioritizer"])");
  run();
  EXPECT_GT(swap_files(), 4u);
  const auto removed = flow_->empty_queue("make-end");
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->files, 44u);
  EXPECT_EQ(queued(), 0u);
  open();
  EXPECT_EQ(queued(), 0u);
  EXPECT_EQ(swap_files(), 0u);
}

TEST_F(FlowQueueTest, SourcesWaitWhenMemoryIsFull) {
  options_.queue_memory_max = 10'000;
  open();
  start_source(10);
  const auto again = [&] {
    clock_.advance(std::chrono::minutes{2});
    run();
  };
  for (int i = 0; i < 10; ++i) again();
  const auto status = flow_->status();
  EXPECT_GE(status.queue_memory, status.queue_memory_max);
  EXPECT_LT(component("make").tasks, 10u);
  const auto tasks = component("make").tasks;
  ASSERT_TRUE(flow_->start("end"));
  again();  // room is made, and then it makes more
  again();
  EXPECT_GT(component("make").tasks, tasks);
}

TEST_F(FlowQueueTest, AConnectionMayDropWhatIsEmpty) {
  start_source(3, R"(,"dropEmpty":true)");
  run();
  EXPECT_EQ(queued(), 0u);
  const auto events = flow_->events({.types = {EventType::Drop}});
  ASSERT_TRUE(events);
  ASSERT_EQ(events->events.size(), 3u);
  EXPECT_EQ(events->events[0].details, "The connection drops what is empty");
  start_source(3, R"(,"dropEmpty":true)", R"(,"File Size":"1 B")");
  run();
  EXPECT_EQ(queued(), 3u);
}

TEST(SliceTest, ManyTriggersAreOneCommit) {
  for (const std::int64_t run_duration : {0, 25}) {
    ProcessorRun run("LogMessage", {{"Log Level", "${level}"}, {"Log Message", "said"}},
                     {.given = std::vector<Given>(5, Given{.content = "x", .attributes = {{"level", "debug"}}}),
                      .change = [&](ProcessorDefinition& processor) { processor.run_duration = run_duration; }});
    const auto before = run.commits();
    run.until_idle();
    EXPECT_EQ(run.out("success").size(), 5u);
    EXPECT_EQ(run.status().tasks, 5u);
    EXPECT_EQ(run.commits() - before, run_duration > 0 ? 1u : 5u);
  }
}

TEST(SliceTest, AFailureTakesBackItsOwnTriggerOnly) {
  ProcessorRun run("LogMessage", {{"Log Level", "${level}"}, {"Log Message", "said"}},
                   {.given = {{"a", {{"level", "debug"}}},
                              {"b", {{"level", "debug"}}},
                              {"c", {{"level", "nonsense"}}},
                              {"d", {{"level", "debug"}}}},
                    .change = [](ProcessorDefinition& processor) { processor.run_duration = 25; }});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a", "b", "d"}));
  EXPECT_EQ(run.waiting(), 1u);
  run.restart();
  EXPECT_EQ(run.contents("success"), (Texts{"a", "b", "d"}));
  EXPECT_EQ(run.waiting(), 1u);
}

}  // namespace
}  // namespace flow
