// What processors ask of the warehouse beside the flows; src/bridge tests that it does it.
#include <gtest/gtest.h>

#include <array>

#include "flow/processors/warehouse_test.h"

namespace flow {
namespace {

TEST(SnowflakeTest, ContentsGoIntoStages) {
  struct Case {
    PropertyValues properties;
    std::string stage;
  };
  for (const auto& c : std::to_array<Case>({
           {{{"Internal Stage Type", "user"}}, "@~"},
           {{{"Internal Stage Type", "table"}, {"Table", "${table}"}}, "@%T"},
           {{{"Internal Stage Type", "table"}, {"Database", "D"}, {"Schema", "${schema}"}, {"Table", "T"}}, "@D.S.%T"},
           {{{"Internal Stage Type", "named"}, {"Schema", "S"}, {"Stage", "G"}}, "@S.G"},
       })) {
    TestWarehouse warehouse;
    auto properties = c.properties;
    properties.insert({"Snowflake Connection Provider", "pool"});
    ProcessorRun run("PutSnowflakeInternalStage", properties,
                     {.given = {{"x", {{"table", "T"}, {"schema", "S"}}}, {""}},
                      .services = {warehouse_pool()},
                      .links = warehouse.links()});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    ASSERT_EQ(warehouse.uploads.size(), 2u);
    const auto& upload = warehouse.uploads[0];
    EXPECT_EQ(upload.stage, c.stage);
    EXPECT_EQ(read_all(upload.content).value(), "x");
    EXPECT_EQ(upload.account.user, "me");
    EXPECT_EQ(upload.account.role, "r");
    EXPECT_EQ(upload.account.database, "D");
    EXPECT_EQ(upload.account.schema, "S");
    EXPECT_EQ(upload.account.warehouse, "W");
    EXPECT_EQ(run.out("success").at(0).at("snowflake.staged.file.path"), upload.file);
    EXPECT_EQ(upload.file.size(), 36u);  // a uuid
  }
  TestWarehouse warehouse;
  warehouse.fails = base::ErrorKind::NotFound;
  ProcessorRun run("PutSnowflakeInternalStage",
                   {{"Snowflake Connection Provider", "pool"}, {"Internal Stage Type", "user"}},
                   {.given = {{"x"}}, .services = {warehouse_pool()}, .links = warehouse.links()});
  run.until_idle();
  EXPECT_EQ(run.only("failure").content, "x");
  EXPECT_TRUE(run.only("failure").penalised);
  EXPECT_EQ(ProcessorRun("PutSnowflakeInternalStage",
                         {{"Snowflake Connection Provider", "pool"}, {"Internal Stage Type", "named"}},
                         {.services = {warehouse_pool()}, .links = warehouse.links()})
                .problems(),
            (Texts{"PutSnowflakeInternalStage 'subject', property 'Stage': is required"}));
}

TEST(SnowflakeTest, APipeIsToldAndAsked) {
  for (const auto* format : {"account-name", "account-locator", "full-url"}) {
    const auto ingest = service("ingest", "StandardSnowflakeIngestManagerProviderService",
                                {{"Account Identifier Format", format},
                                 {"User Name", "me"},
                                 {"Database", "D"},
                                 {"Schema", "S"},
                                 {"Pipe", "P"}});
    const auto run = [&](const std::string& type, TestWarehouse& warehouse) {
      auto made = std::make_unique<ProcessorRun>(
          type, PropertyValues{{"Ingest Manager Provider", "ingest"}},
          ProcessorRun::Options{.given = {{"x", {{"snowflake.staged.file.path", "f"}}}, {"no path"}},
                                .services = {ingest},
                                .links = warehouse.links()});
      EXPECT_EQ(made->problems(), Texts{});
      made->until_idle();
      return made;
    };
    TestWarehouse warehouse;
    const auto started = run("StartSnowflakeIngest", warehouse);
    EXPECT_EQ(started->contents("success"), (Texts{"x"}));
    EXPECT_EQ(started->contents("failure"), (Texts{"no path"}));
    EXPECT_EQ(warehouse.asked, (std::vector<std::string>{"me D.S.P f"}));
    EXPECT_EQ(run("GetSnowflakeIngestStatus", warehouse)->only("retry").content, "x");
    warehouse.report = {{.path = "f", .complete = false}};
    EXPECT_EQ(run("GetSnowflakeIngestStatus", warehouse)->only("retry").content, "x");
    EXPECT_TRUE(run("GetSnowflakeIngestStatus", warehouse)->only("retry").penalised);
    warehouse.report = {{.path = "f", .complete = true}};
    EXPECT_EQ(run("GetSnowflakeIngestStatus", warehouse)->only("success").content, "x");
    warehouse.report = {{.path = "f", .complete = true, .errors_seen = 2, .first_error = "bad"}};
    EXPECT_EQ(run("GetSnowflakeIngestStatus", warehouse)->contents("failure").size(), 2u);
    warehouse.fails = base::ErrorKind::Denied;
    EXPECT_EQ(run("StartSnowflakeIngest", warehouse)->contents("failure").size(), 2u);
    warehouse.fails = base::ErrorKind::Unavailable;
    const auto again = run("StartSnowflakeIngest", warehouse);
    EXPECT_EQ(again->waiting(), 1u);  // it is tried again, after a while
    EXPECT_EQ(again->contents("failure"), (Texts{"no path"}));
  }
}

TEST(SnowflakeTest, PoolsSayWhoAndWhere) {
  for (const auto* format : {"full-url", "account-name", "account-locator"}) {
    TestWarehouse warehouse;
    ProcessorRun run("ExecuteSQL", {{"Database Connection Pooling Service", "pool"}, {"SQL Query", "SELECT 1 AS one"}},
                     {.given = {{""}},
                      .services = {warehouse_pool({{"Connection URL Format", format},
                                                   {"Max Wait Time", "1 sec"},
                                                   {"Max Total Connections", "1"},
                                                   {"Maximum Idle Connections", "1"},
                                                   {"Maximum Connection Lifetime", "1 min"},
                                                   {"Validation Query", "SELECT 1"}})},
                      .links = warehouse.links()});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.out("success").size(), 1u);
    ASSERT_EQ(warehouse.addresses.size(), 1u);
    EXPECT_EQ(warehouse.addresses[0].url, "snowflake://account.snowflakecomputing.com?role=r");
    EXPECT_EQ(warehouse.addresses[0].properties,
              (std::map<std::string, std::string>{{"user", "me"}, {"db", "D"}, {"schema", "S"}, {"warehouse", "W"}}));
  }
}

TEST(QueryRecordTest, EachQueryIsARelationship) {
  TestWarehouse warehouse;
  const std::vector<ServiceDefinition> services{service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")};
  for (const bool keeps : {true, false}) {
    ProcessorRun run("QueryRecord",
                     records({{"one", "SELECT ${what}"},
                              {"nothing", "none"},
                              {"Include Zero Record FlowFiles", keeps ? "true" : "false"}}),
                     {.given = {{R"([{"a":1},{"a":2}])"}}, .services = services, .links = warehouse.links()});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.only("one").content, R"([{"rows":2}])");
    EXPECT_EQ(run.only("one").at("QueryRecord.Route"), "one");
    EXPECT_EQ(run.only("one").at("record.count"), "1");
    EXPECT_EQ(run.contents("nothing"), keeps ? Texts{"[]"} : Texts{});
    EXPECT_EQ(run.only("original").at("QueryRecord.Route"), "original");
  }
  ProcessorRun broken("QueryRecord", records({{"one", "SELECT 1"}, {"bad", "broken"}}),
                      {.given = {{R"([{"a":1}])"}, {"{"}}, .services = services, .links = warehouse.links()});
  broken.until_idle();
  EXPECT_EQ(broken.contents("failure"), (Texts{R"([{"a":1}])", "{"}));
  EXPECT_EQ(broken.out("one").size(), 0u);
  EXPECT_EQ(broken.out("failure").at(0).at("QueryRecord.Route"), "failure");
}

}  // namespace
}  // namespace flow
