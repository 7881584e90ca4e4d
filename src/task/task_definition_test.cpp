#include "task/task_definition.h"

#include <gtest/gtest.h>

#include "task/task_show.h"
#include "task/test_world.h"

namespace task {
namespace {

TEST(TaskDefinitionTest, CreatesTheTasksOfThePipeline) {
  TestWorld world;
  ASSERT_EQ(world.apply("create or replace task tsk_scd_raw warehouse = COMPUTE_WH SCHEDULE = '1 minute' "
                        "ERROR_ON_NONDETERMINISTIC_MERGE=FALSE as call pdr_scd_demo()"),
            "");
  EXPECT_FALSE(world.body("TSK_SCD_RAW").started);
  EXPECT_EQ(world.body("TSK_SCD_RAW").schedule, "1 minute");
  EXPECT_EQ(world.body("TSK_SCD_RAW").definition, "call pdr_scd_demo()");
  EXPECT_EQ(world.body("TSK_SCD_RAW").parameters, (catalog::Properties{{"ERROR_ON_NONDETERMINISTIC_MERGE", "FALSE"}}));
  ASSERT_EQ(world.apply("alter task tsk_scd_raw resume"), "");
  EXPECT_TRUE(world.body("TSK_SCD_RAW").started);
  ASSERT_EQ(
      world.apply(
          "create or replace task tsk_scd_raw warehouse = COMPUTE_WH SCHEDULE = '1 minute' as call pdr_scd_demo()"),
      "");
  EXPECT_FALSE(world.body("TSK_SCD_RAW").started);
}

TEST(TaskDefinitionTest, RefusesWithTheServicesTexts) {
  struct Case {
    std::string_view statement, message;
  };
  TestWorld world;
  for (const char* made :
       {"create task r1 schedule = '1 minute' as select 1", "create task r2 schedule = '1 minute' as select 1",
        "create task c1 after r1 as select 1", "create task f1 finalize = r1 as select 1"})
    ASSERT_EQ(world.apply(made), "") << made;
  ASSERT_EQ(world.apply("create task r9 schedule = '1 minute' as select 1", {3}), "");
  for (const Case& c : std::vector<Case>{
           {"create task c2 after nope as select 1", "Invalid predecessor NOPE was specified."},
           {"create task c2 after s2.r9 as select 1", "Cannot have predecessor R9 from a different schema."},
           {"alter task c1 add after c1", "Task C1 cannot use itself as its predecessor."},
           {"alter task c1 remove after r2", "Task C1 does not have predecessor R2."},
           {"alter task r1 add after r2",
            "This task has a finalizer and cannot be made a child task. Please remove the finalizer before adding a "
            "predecessor."},
           {"alter task r2 add after r1", "Task R2 cannot have both a schedule and a predecessor."},
           {"create task f2 finalize = c1 as select 1", "Task DB.S.F2 cannot finalize a non-root task DB.S.C1."},
           {"create task f2 finalize = s2.r9 as select 1", "Cannot finalize graph S2.R9 in a different schema."},
           {"create task f2 finalize = nope as select 1", "Invalid finalized root task NOPE was specified."},
           {"create task f2 finalize = r1 as select 1", "Finalize target R1 already have finalizer."},
           {"create task f3 schedule = '1 minute' finalize = r2 as select 1",
            "Task F3 cannot have a schedule and be a finalizer task."},
           {"create task f5 finalize = r2 after r1 as select 1",
            "Task DB.S.F5 cannot have predecessors as a finalizer task."},
           {"create task c2 after f1 as select 1", "Task DB.S.F1 cannot have children as a finalizer task."},
           {"create task x1 finalize = x1 as select 1", "Task X1 cannot finalize itself."},
           {"create or replace task r1 after r2 as select 1",
            "Cannot replace task DB.S.R1 with a non-root task because it has a finalizer task. Please remove the "
            "finalizer task first."},
           {"create or replace task c1 config = '{\"a\": 1}' after r1 as select 1",
            "Task DB.S.C1 cannot both be a non-root task and have a config."},
           {"create or replace task c1 allow_overlapping_execution = true after r1 as select 1",
            "Cannot set allow_overlapping_execution on non-root task DB.S.C1."},
           {"create or replace task c1 overlap_policy = allow_all_overlap after r1 as select 1",
            "Cannot set overlap policy on non-root task DB.S.C1."},
           {"create or replace task c1 task_auto_retry_attempts = 2 after r1 as select 1",
            "Cannot set parameter TASK_AUTO_RETRY_ATTEMPTS on non-root task C1. Non-root tasks use the parameter "
            "setting from their root task. Please set this on "
            "the root task for this task instead."},
           {"create task t schedule = '5M' as select 1",
            "Invalid schedule was specified. Please refer to the docs on what constitutes a valid schedule."},
           {"create task t config = '[1]' as select 1",
            "Invalid config. Must be a string representation of a valid JSON Object."},
           {"create task t autocommit = false as select 1",
            "The parameter AUTOCOMMIT = false is not supported with Tasks. Remove the parameter and try again."},
           {"create task t bogus = 1 as select 1", "SQL compilation error:\ninvalid property 'BOGUS' for 'TASK'"},
           {"create task t comment = 'a' comment = 'b' as select 1",
            "SQL compilation error:\nduplicate property 'COMMENT';"},
           {"create task t overlap_policy = bogus as select 1",
            "SQL compilation error:\ninvalid value 'BOGUS' for property 'OVERLAP_POLICY'"},
           {"create task t overlap_policy = no_overlap allow_overlapping_execution = true as select 1",
            "Cannot specify ALLOW_OVERLAPPING_EXECUTION and OVERLAP_POLICY to different values in the same command."},
           {"create task t schedule = '1 minute' when parse_json('1') as select 1",
            "SQL compilation error:\nInvalid expression for task condition expression. Expected one of the following: "
            "[SYSTEM$GET_PREDECESSOR_RETURN_VALUE, SYSTEM$STREAM_HAS_DATA]"},
       })
    EXPECT_EQ(world.apply(c.statement), c.message) << c.statement;
  EXPECT_NE(world.apply("create task r1 as select 1").find("already exists"), std::string::npos);
  EXPECT_EQ(check_execute(*world.snapshot(), world.find("C1")).error().message,
            "Execute task cannot be called on non-root task DB.S.C1. Call EXECUTE TASK on the root task of its graph "
            "instead.");
}

TEST(TaskDefinitionTest, GuardsStartedGraphs) {
  TestWorld world;
  ASSERT_EQ(world.apply("create task r schedule = '1 minute' as select 1"), "");
  ASSERT_EQ(world.apply("create task c after r as select 1"), "");
  ASSERT_EQ(world.apply("alter task c resume"), "");
  ASSERT_EQ(world.apply("alter task r resume"), "");
  const std::string refused = "Unable to update graph with root task DB.S.R since that root task is not suspended.";
  for (const char* statement :
       {"create task d after r as select 1", "alter task c suspend", "alter task c set comment = 'x'",
        "alter task r set schedule = '2 minute'", "create or replace task c after r as select 2"})
    EXPECT_EQ(world.apply(statement), refused) << statement;
  ASSERT_EQ(world.apply("alter task r suspend"), "");
  EXPECT_EQ(world.body("R").last_suspended_reason, "USER_SUSPENDED");
  ASSERT_EQ(world.apply("alter task c modify as select 3"), "");
  EXPECT_EQ(world.body("R").graph_version, 2U);
  ASSERT_EQ(world.apply("create task d after c as select 1"), "");
  EXPECT_NE(world.apply("alter task c add after d").find("cycles"), std::string::npos);
  ASSERT_EQ(world.apply("drop task r"), "");
  EXPECT_TRUE(world.body("C").predecessors.empty());
  EXPECT_EQ(world.body("C").last_suspended_reason, "CHILD_BECAME_ROOT");
  EXPECT_NE(world.apply("alter task c resume"), "");
}

TEST(TaskDefinitionTest, ShowsTasks) {
  TestWorld world;
  for (const char* made : {"create task r schedule = '1 minute' as select 1", "create task c after r as select 1",
                           "create task f finalize = r as select 1"})
    ASSERT_EQ(world.apply(made), "");
  const auto columns = task_columns();
  const auto cell = [&](std::string_view task, std::string_view column) {
    const auto row = task_row(*world.snapshot(), *world.find(task));
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].name == column) {
        const auto* text = std::get_if<std::string>(&row[i]);
        return text == nullptr ? std::string("NULL") : *text;
      }
    return std::string("no such column");
  };
  ASSERT_EQ(columns.size(), 27U);
  EXPECT_EQ(cell("R", "state"), "suspended");
  EXPECT_EQ(cell("R", "predecessors"), "[]");
  EXPECT_EQ(cell("C", "predecessors"), R"(["DB.S.R"])");
  EXPECT_EQ(cell("C", "schedule"), "NULL");
  EXPECT_EQ(cell("R", "allow_overlapping_execution"), "false");
  EXPECT_EQ(cell("C", "allow_overlapping_execution"), "null");
  EXPECT_EQ(cell("C", "overlap_policy"), "NULL");
  EXPECT_EQ(cell("R", "task_relations"), R"({"Predecessors":[],"FinalizerTask":"DB.S.F"})");
  EXPECT_EQ(cell("F", "task_relations"), R"({"FinalizedRootTask":"DB.S.R","Predecessors":[]})");
}

}  // namespace
}  // namespace task
