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

/// make -> [ in -> hold -> out ] -> end
std::string grouped(const std::string& concurrency) {
  return R"({"flowContents":{"identifier":"root","name":"test","parameterContextName":"p","processors":[)" +
         processor("make", kStandard + "GenerateFlowFile", R"("Batch Size":"3")", "") + "," +
         processor("end", "org.apache.nifi.processors.attributes.UpdateAttribute", "", R"("success")") +
         R"(],"connections":[)" + connection("make", "in") + "," + connection("out", "end", "") +
         R"(],"processGroups":[{"identifier":"g","name":"g","flowFileConcurrency":")" + concurrency +
         R"(","flowFileOutboundPolicy":"BATCH_OUTPUT","inputPorts":[{"identifier":"in","name":"in"}],
         "outputPorts":[{"identifier":"out","name":"out"}],"processors":[)" +
         processor("hold", "org.apache.nifi.processors.attributes.UpdateAttribute", "", "") + R"(],"connections":[)" +
         connection("in", "hold", "") + "," + connection("hold", "out") +
         R"(]}]},"parameterContexts":{"p":{"name":"p","parameters":[{"name":"in","value":"x"}]}}})";
}

TEST_F(FlowQueueTest, AGroupMayTakeOneAtATime) {
  struct Case {
    std::string concurrency;
    std::uint64_t inside;
    std::string told;
  };
  for (const auto& c : {Case{"SINGLE_FLOWFILE_PER_NODE", 1, "1"}, Case{"SINGLE_BATCH_PER_NODE", 3, "(none)"}}) {
    start(grouped(c.concurrency));
    ASSERT_TRUE(flow_->stop("hold"));
    ASSERT_TRUE(flow_->stop("end"));
    clock_.advance(std::chrono::minutes{2});
    run();
    const auto files = [&](const std::string& id) -> std::uint64_t {
      for (const auto& row : flow_->status().connections)
        if (row.id == id) return row.files;
      return 99;
    };
    EXPECT_EQ(files("in-hold"), c.inside) << c.concurrency;
    EXPECT_EQ(files("make-in"), 3 - c.inside) << c.concurrency;
    ASSERT_TRUE(flow_->stop("make"));
    ASSERT_TRUE(flow_->start("hold"));
    run();
    EXPECT_EQ(files("out-end"), 3u) << c.concurrency;
    ASSERT_TRUE(flow_->start("end"));
    run();
    const auto ended = flow_->events({.component = "end", .types = {EventType::Drop}, .most = 3});
    ASSERT_TRUE(ended);
    ASSERT_EQ(ended->events.size(), 3u);
    for (const auto& event : ended->events) {
      const auto told = event.after.find("batch.output.out");
      EXPECT_EQ(told == event.after.end() ? "(none)" : told->second, c.told) << c.concurrency;
    }
  }
}

/// Batches of three from one group to the next: they do not mix.
TEST_F(FlowQueueTest, ABatchGoesOnAsOne) {
  const std::string update = "org.apache.nifi.processors.attributes.UpdateAttribute";
  const auto group = [&](const std::string& name, const std::string& concurrency, const std::string& processors,
                         const std::string& connections) {
    return R"({"identifier":")" + name + R"(","name":")" + name + R"(","flowFileConcurrency":")" + concurrency +
           R"(","flowFileOutboundPolicy":"BATCH_OUTPUT","inputPorts":[{"identifier":")" + name +
           R"(-in","name":"in"}],"outputPorts":[{"identifier":")" + name + R"(-out","name":"out"}],"processors":[)" +
           processors + R"(],"connections":[)" + connections + "]}";
  };
  start(R"({"flowContents":{"identifier":"root","name":"test","parameterContextName":"p","processors":[)" +
        processor("make", kStandard + "GenerateFlowFile", R"("Batch Size":"4")", "") + "," +
        processor("end", update, "", R"("success")") + R"(],"connections":[)" + connection("make", "a-in") + "," +
        connection("a-out", "b-in", "") + "," + connection("b-out", "end", "") + R"(],"processGroups":[)" +
        group("a", "SINGLE_FLOWFILE_PER_NODE",
              processor("twice", kStandard + "DuplicateFlowFile", R"("Number of Copies":"2")", ""),
              connection("a-in", "twice", "") + "," + connection("twice", "a-out")) +
        "," +
        group("b", "SINGLE_BATCH_PER_NODE", processor("hold", update, "", ""),
              connection("b-in", "hold", "") + "," + connection("hold", "b-out")) +
        R"(]},"parameterContexts":{"p":{"name":"p","parameters":[{"name":"in","value":"x"}]}}})");
  ASSERT_TRUE(flow_->stop("hold"));
  run();
  using Counts = std::map<std::string, std::uint64_t>;
  const auto waiting = [&] {
    Counts counts;
    for (const auto& row : flow_->status().connections)
      if (row.files > 0) counts[row.id] = row.files;
    return counts;
  };
  const Counts expected{{"b-in-hold", 3}, {"a-out-b-in", 3}, {"twice-a-out", 3}, {"make-a-in", 1}};
  EXPECT_EQ(waiting(), expected);
  open();  // it goes on so after a restart
  ASSERT_TRUE(flow_->stop("make"));
  run();
  EXPECT_EQ(waiting(), expected);
  ASSERT_TRUE(flow_->start("hold"));
  run();
  EXPECT_EQ(waiting(), Counts{});
  const auto ended = flow_->events({.component = "end", .types = {EventType::Drop}, .most = 20});
  ASSERT_TRUE(ended);
  ASSERT_EQ(ended->events.size(), 12u);
  for (const auto& event : ended->events) EXPECT_EQ(event.after.at("batch.output.out"), "3");
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
