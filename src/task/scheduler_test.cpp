#include "task/scheduler.h"

#include <gtest/gtest.h>

#include "task/test_world.h"

namespace task {
namespace {

using namespace std::chrono_literals;

class SchedulerTest : public ::testing::Test {
 protected:
  void make(std::initializer_list<std::string_view> statements) {
    for (const auto statement : statements) ASSERT_EQ(world.apply(statement), "") << statement;
  }
  /// What SYSTEM$WAIT does with a virtual clock.
  void wait(std::chrono::nanoseconds time) {
    const base::Instant end = world.clock.now() + time;
    for (auto due = scheduler.next_due(); due && *due <= end; due = scheduler.next_due()) {
      world.clock.advance_to(*due);
      scheduler.run_due(*due);
    }
    world.clock.advance_to(end);
  }
  std::vector<std::string> states(std::string name) {
    std::vector<std::string> found;
    const auto runs = scheduler.history({.limit = 10'000, .task = std::move(name)});
    for (const TaskRun& run : *runs) found.push_back(run.state);
    return found;
  }
  using Texts = std::vector<std::string>;

  TestWorld world;
  MemoryTaskStorage storage;
  TaskScheduler scheduler{{world.clock, world, world, world, storage}, {}};
};

TEST_F(SchedulerTest, RunsBothTasksOfThePipelineInOrder) {
  make({"create task tsk_raw schedule = '1 minute' error_on_nondeterministic_merge = false as call p()",
        "create task tsk_hist schedule = '1 minute' as call merge()", "alter task tsk_raw resume",
        "alter task tsk_hist resume"});
  wait(2min);
  EXPECT_EQ(world.ran, (Texts{"1:merge", "1:p", "2:merge", "2:p"}));
  EXPECT_EQ(world.sessions[1].user, "SYSTEM");
  EXPECT_EQ(world.sessions[1].database, "DB");
  EXPECT_EQ(world.sessions[1].schema, "S");
  EXPECT_EQ(world.sessions[1].parameters,
            (std::map<std::string, std::string>{{"ERROR_ON_NONDETERMINISTIC_MERGE", "false"}}));
  EXPECT_EQ(states("TSK_RAW"), (Texts{"SCHEDULED", "SUCCEEDED", "SUCCEEDED"}));
  make({"alter task tsk_raw suspend"});
  EXPECT_EQ(states("TSK_RAW"), (Texts{"SUCCEEDED", "SUCCEEDED"}));
}

TEST_F(SchedulerTest, RunsAMonthQuickly) {
  make({"create task a schedule = '1 minute' as call x()",
        "create task b schedule = 'using cron * * * * * UTC' as call y()", "alter task a resume",
        "alter task b resume"});
  wait(24h * 30);
  EXPECT_EQ(world.ran.size(), 2U * 30 * 24 * 60);
}

TEST_F(SchedulerTest, SkipsARunThatWouldOverlap) {
  make({"create task a schedule = '1 minute' as call slow()", "alter task a resume"});
  world.on_run = [&](std::string_view, const engine::SessionSettings&) -> base::Status {
    world.clock.advance(90s);
    return {};
  };
  const base::Instant end = world.clock.now() + 6min;
  for (auto due = scheduler.next_due(); due && *due <= end; due = scheduler.next_due()) {
    world.clock.advance_to(*due);
    scheduler.run_due(*due);
  }
  EXPECT_EQ(world.ran, (Texts{"1:slow", "3:slow", "5:slow"}));
}

TEST_F(SchedulerTest, ChecksConditions) {
  make({"create task a schedule = '1 minute' when system$stream_has_data('st') as call x()",
        "create task c after a as call y()", "alter task c resume", "alter task a resume"});
  wait(1min);
  EXPECT_TRUE(world.ran.empty());
  EXPECT_EQ(states("A"), (Texts{"SCHEDULED", "SKIPPED"}));
  world.data = true;
  wait(1min);
  EXPECT_EQ(world.ran, (Texts{"2:x", "2:y"}));
}

TEST_F(SchedulerTest, TriggersByStreams) {
  make({"create task a when system$stream_has_data('st') as call x()", "alter task a resume"});
  wait(1min);
  EXPECT_TRUE(world.ran.empty());
  const auto start = world.clock.now();
  world.data = true;  // and the body never consumes it
  scheduler.notify();
  wait(70s);
  EXPECT_EQ(world.ran.size(), 3U);  // at once, after 30 s, after 60 s
  EXPECT_EQ(scheduler.history({})->front().scheduled_from, "TRIGGER");
  EXPECT_EQ(scheduler.history({})->back().scheduled, start);
  world.data = false;
  wait(10min);
  EXPECT_EQ(world.ran.size(), 3U);
}

TEST_F(SchedulerTest, HearsOfCommitsWhileItLooksAtStreams) {
  make({"create task a when system$stream_has_data('st') as call x()", "alter task a resume"});
  // A commit that comes between holds the engine, and waits for who it tells; the look at the stream waits for the
  // engine.
  world.on_asked = [&] {
    std::thread commit([&] {
      scheduler.notify();
      world.data = true;
    });
    commit.join();
  };
  wait(1s);
  EXPECT_TRUE(world.ran.empty());
  wait(1s);
  EXPECT_EQ(world.ran.size(), 1U);
}

TEST_F(SchedulerTest, TriggersByAClockThatNeverStandsStill) {
  class MovingClock final : public base::Clock {
   public:
    base::Instant now() const override { return {++now_}; }
    bool is_virtual() const override { return false; }

   private:
    mutable std::int64_t now_ = base::VirtualClock::kStart.ns;
  } clock;
  TaskScheduler moving{{clock, world, world, world, storage}, {}};
  make({"create task a when system$stream_has_data('st') as call x()", "alter task a resume"});
  world.data = true;
  EXPECT_TRUE(moving.next_due());
  EXPECT_EQ(moving.run_due(clock.now()), 1U);
}

TEST_F(SchedulerTest, RunsGraphs) {
  make({"create task r schedule = '1 minute' as call root()", "create task a after r as call aa()",
        "create task b after r as call bb()", "create task c after a, b as call cc()",
        "create task d after c as call dd()", "create task f finalize = r as call fin()"});
  for (const std::string member : {"a", "b", "c", "d", "f", "r"})
    ASSERT_EQ(world.apply("alter task " + member + " resume"), "");
  wait(1min);
  EXPECT_EQ(world.ran, (Texts{"1:root", "1:aa", "1:bb", "1:cc", "1:dd", "1:fin"}));
  world.ran.clear();
  world.on_run = [](std::string_view text, const engine::SessionSettings&) -> base::Status {
    if (text == "bb")
      return base::fail({base::ErrorKind::InvalidValue, 100'038, "22018", "Numeric value 'x' is not recognized", {}});
    return {};
  };
  wait(1min);
  EXPECT_EQ(world.ran, (Texts{"2:root", "2:aa", "2:bb", "2:fin"}));
  const auto failed = *scheduler.history({.task = "B", .errors_only = true});
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].error_code, "100038");
  EXPECT_EQ(failed[0].error_message, "Numeric value 'x' is not recognized");
  make({"alter task r suspend", "alter task b suspend", "alter task r resume"});
  world.ran.clear();
  wait(1min);  // a suspended child counts as done
  EXPECT_EQ(world.ran, (Texts{"3:root", "3:aa", "3:cc", "3:dd", "3:fin"}));
}

TEST_F(SchedulerTest, RetriesAndSuspends) {
  make(
      {"create task r schedule = '1 minute' task_auto_retry_attempts = 1 suspend_task_after_num_failures = 2 as call "
       "root()",
       "create task c after r as call child()", "alter task c resume", "alter task r resume"});
  world.on_run = [](std::string_view text, const engine::SessionSettings&) -> base::Status {
    if (text == "child") return base::fail(base::ErrorKind::InvalidValue, "no");
    return {};
  };
  wait(5min);
  EXPECT_EQ(world.ran, (Texts{"1:root", "1:child", "1:child", "2:root", "2:child", "2:child"}));
  EXPECT_FALSE(world.body("R").started);
  EXPECT_EQ(world.body("R").last_suspended_reason, "SUSPENDED_DUE_TO_ERRORS");
  EXPECT_EQ(states("C"), (Texts{"FAILED_AND_AUTO_SUSPENDED", "FAILED", "FAILED", "FAILED"}));
  world.on_run = {};
  world.ran.clear();
  ASSERT_TRUE(scheduler.retry_last(world.find("R")->id));
  wait(1s);
  EXPECT_EQ(world.ran, (Texts{"5:child"}));
  const auto again = scheduler.retry_last(world.find("R")->id);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("had no failures."), std::string::npos) << again.error().message;
}

TEST_F(SchedulerTest, ExecutesByHand) {
  make({"create task a config = '{\"k\": {\"x\": 1, \"y\": 2}}' as call x()"});
  std::optional<std::string> config, name, value;
  world.on_run = [&](std::string_view, const engine::SessionSettings& settings) -> base::Status {
    TRY(config, scheduler.active_runs().graph_config(settings.task_run, std::nullopt));
    TRY(value, scheduler.active_runs().graph_config(settings.task_run, "k.y"));
    TRY(name, scheduler.active_runs().runtime_info(settings.task_run, "CURRENT_TASK_NAME"));
    return scheduler.active_runs().set_return_value(settings.task_run, "done");
  };
  const auto status = scheduler.execute(world.find("A")->id, R"({"k": {"x": 7}})");
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, "Task DB.S.A is scheduled to run immediately.");
  EXPECT_EQ(scheduler.run_due(world.clock.now()), 1U);
  EXPECT_EQ(config, R"({"k":{"x":7,"y":2}})");
  EXPECT_EQ(value, "2");
  EXPECT_EQ(name, "A");
  EXPECT_FALSE(world.body("A").started);
  const auto history = *scheduler.history({});
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].scheduled_from, "EXECUTE_TASK");
  EXPECT_EQ(history[0].return_value, "done");
  EXPECT_EQ(history_row(history[0]).size(), history_columns().size());
  EXPECT_FALSE(scheduler.active_runs().runtime_info(0, "CURRENT_TASK_NAME"));
}

TEST_F(SchedulerTest, FailsInterruptedRuns) {
  TaskRun run;
  run.id = 41;
  run.state = "EXECUTING";
  run.scheduled = world.clock.now();
  ASSERT_TRUE(storage.save(run));
  ASSERT_TRUE(scheduler.recover());
  const auto history = *scheduler.history({});
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].state, "FAILED");
  EXPECT_EQ(history[0].error_message, "interrupted");
}

TEST_F(SchedulerTest, KeepsQueuedRunsForTheNextProgram) {
  make({"create task a config = '{\"k\": 1}' as call x()", "create task dropped as call y()"});
  ASSERT_TRUE(scheduler.execute(world.find("A")->id, R"({"k": 2})"));
  ASSERT_TRUE(scheduler.execute(world.find("A")->id, std::nullopt));  // one waits already
  ASSERT_TRUE(scheduler.execute(world.find("DROPPED")->id, std::nullopt));
  EXPECT_EQ(states("A"), (Texts{"SCHEDULED"}));
  make({"drop task dropped"});

  TaskScheduler next{{world.clock, world, world, world, storage}, {}};
  std::optional<std::string> config;
  world.on_run = [&](std::string_view, const engine::SessionSettings& settings) -> base::Status {
    TRY(config, next.active_runs().graph_config(settings.task_run, std::nullopt));
    return {};
  };
  ASSERT_TRUE(next.recover());
  EXPECT_EQ(next.run_due(world.clock.now()), 1U);
  EXPECT_EQ(world.ran, (Texts{"0:x"}));
  EXPECT_EQ(config, R"({"k":2})");
  EXPECT_EQ(states("A"), (Texts{"SUCCEEDED"}));
  EXPECT_EQ(states("DROPPED"), (Texts{"CANCELLED"}));

  TaskScheduler last{{world.clock, world, world, world, storage}, {}};
  ASSERT_TRUE(last.recover());
  EXPECT_EQ(last.run_due(world.clock.now()), 0U);
}

TEST(BackgroundSchedulerTest, RunsOnItsOwnThreads) {
  TestWorld world;
  base::SystemClock clock;
  MemoryTaskStorage storage;
  ASSERT_EQ(world.apply("create task a as call x()"), "");
  std::mutex mutex;
  std::condition_variable ran;
  int runs = 0;
  world.on_run = [&](std::string_view, const engine::SessionSettings&) -> base::Status {
    const std::lock_guard lock(mutex);
    ++runs;
    ran.notify_one();
    return {};
  };
  TaskScheduler scheduler{{clock, world, world, world, storage}, {}};
  scheduler.start();
  ASSERT_TRUE(scheduler.execute(world.find("A")->id, std::nullopt));
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(ran.wait_for(lock, 30s, [&] { return runs == 1; }));
  }
  scheduler.stop();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace task
