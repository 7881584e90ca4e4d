// What becomes of flowfiles when a trigger fails.
#include <gtest/gtest.h>

#include <stdexcept>

#include "flow/processors/record_test_services.h"
#include "flow/record_sql.h"

namespace flow {
namespace {

/// Who runs a flow until it is idle gets all done that can be done.
TEST(TriggerTest, WhatGoesBackHoldsUpNobody) {
  ProcessorRun run(
      "ConvertCharacterSet", {{"Input Character Set", "${set}"}, {"Output Character Set", "UTF-8"}},
      {.given = {
           {"a", {{"set", "none"}}}, {"b", {{"set", "UTF-8"}}}, {"c", {{"set", "none"}}}, {"d", {{"set", "UTF-8"}}}}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"b", "d"}));
  EXPECT_EQ(run.waiting(), 2u);
  EXPECT_EQ(run.status().tasks, 4u);
}

/// What some library throws in a trigger is an error of the trigger.
TEST(TriggerTest, WhatIsThrownPutsFlowFilesBack) {
  struct Throws final : RecordSql {
    base::Result<std::unique_ptr<RecordTable>> open(const record::SchemaPtr&) override {
      throw std::runtime_error("out of luck");
    }
  } throws;
  for (const bool slices : {false, true}) {
    ProcessorRun run("QueryRecord", records({{"rows", "SELECT 1"}}),
                     {.given = {{R"([{"a":1}])"}},
                      .services = {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")},
                      .change = [&](ProcessorDefinition& processor) { processor.run_duration = slices ? 25 : 0; },
                      .links = {.record_sql = &throws}});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.waiting(), 1u);
    EXPECT_EQ(run.errors(), Texts{"out of luck"});
  }
}

}  // namespace
}  // namespace flow
