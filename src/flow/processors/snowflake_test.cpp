#include "flow/snowflake.h"

#include <gtest/gtest.h>

#include "flow/database/database.h"
#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

/// Takes what is put, but nothing into the stage "broken".
class TestStages final : public SnowflakeStages {
 public:
  base::Status upload(const StageUpload& upload) override {
    if (upload.stage == "@broken") return base::fail(base::ErrorKind::NotFound, "there is no such stage");
    files.emplace_back(upload.stage, upload.file);
    return {};
  }
  base::Status insert_files(const SnowflakeAccount&, const std::string&, const std::vector<std::string>&) override {
    return {};
  }
  base::Result<std::vector<IngestedFile>> insert_report(const SnowflakeAccount&, const std::string&,
                                                        const std::vector<std::string>&) override {
    return std::vector<IngestedFile>{};
  }
  std::vector<std::pair<std::string, std::string>> files;
};

TEST(PutSnowflakeInternalStageTest, WhatWasPutIsAnEvent) {
  TestStages stages;
  const auto pool = service("s", "SnowflakeComputingConnectionPool",
                            {{"Snowflake URL", "jdbc:snowflake://x.snowflakecomputing.com"}});
  ProcessorRun run("PutSnowflakeInternalStage",
                   {{"snowflake-connection-provider", "s"},
                    {"internal-stage-type", "named"},
                    {"internal-stage", "${stage}"},
                    {"database", "db"}},
                   {.given = {{"1", {{"stage", "landing"}}}},
                    .services = {pool},
                    .links = {.driver = &database::kSqlite, .stages = &stages},
                    .keeps_events = true});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  ASSERT_EQ(stages.files.size(), 1u);
  EXPECT_EQ(stages.files[0].first, "@db.landing");
  EXPECT_EQ(run.only("success").at("snowflake.staged.file.path"), stages.files[0].second);
  const auto events = run.events(EventType::Send);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].uri, "snowflake://stages/@db.landing/" + stages.files[0].second);
}

}  // namespace
}  // namespace flow
