#include <gtest/gtest.h>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

ProcessorRun::Options csv(std::vector<Given> given) {
  return {.given = std::move(given), .services = {service("in", "CSVReader"), service("out", "CSVRecordSetWriter")}};
}

TEST(MergeRecordTest, FlowFilesOfOneSchemaAreMerged) {
  ProcessorRun run("MergeRecord", records({{"min-records", "3"}}),
                   csv({{"id\n1\n", {{"same", "s"}, {"own", "1"}}}, {"id\n2\n3\n", {{"same", "s"}}}, {"name\nx\n"}}));
  run.until_idle();
  const auto merged = run.only("merged");
  EXPECT_EQ(merged.content, "id\n1\n2\n3\n");
  EXPECT_EQ(merged.at("record.count"), "3");
  EXPECT_EQ(merged.at("merge.count"), "2");
  EXPECT_EQ(merged.at("same"), "s");
  EXPECT_EQ(merged.at("own"), "(none)");
  ASSERT_EQ(run.out("original").size(), 2u);
  EXPECT_EQ(run.out("original")[0].at("merge.uuid"), merged.at("uuid"));
  EXPECT_EQ(run.waiting(), 1u);  // the other schema has too few records
}

TEST(MergeRecordTest, TheFlowFileThatReachesTheLimitStillFits) {
  ProcessorRun run("MergeRecord", records({{"Maximum Number of Records", "3"}, {"Minimum Number of Records", "3"}}),
                   csv({{"id\n1\n2\n"}, {"id\n3\n4\n"}, {"id\n5\n6\n7\n"}}));
  run.until_idle();
  EXPECT_EQ(run.contents("merged"), (Texts{"id\n1\n2\n3\n4\n", "id\n5\n6\n7\n"}));
  ASSERT_EQ(run.out("merged").size(), 2u);
  EXPECT_EQ(run.out("merged")[0].at("merge.completion.reason"), "MAX_ENTRIES_THRESHOLD_REACHED");
}

TEST(MergeRecordTest, CorrelationAndAgeMakeBins) {
  ProcessorRun run("MergeRecord",
                   records({{"min-records", "10"}, {"max-bin-age", "5 sec"}, {"correlation-attribute-name", "k"}}),
                   csv({{"id\n1\n", {{"k", "a"}}}, {"id\n2\n", {{"k", "b"}}}, {"id\n3\n", {{"k", "a"}}}}));
  run.until_idle();
  EXPECT_EQ(run.contents("merged"), Texts{});
  run.advance(std::chrono::seconds{10});
  run.until_idle();
  auto merged = run.contents("merged");
  std::ranges::sort(merged);
  EXPECT_EQ(merged, (Texts{"id\n1\n3\n", "id\n2\n"}));
}

TEST(MergeRecordTest, FragmentsComeTogetherInTheirOrder) {
  const auto part = [](const std::string& index, const std::string& content) {
    return Given{content, {{"fragment.identifier", "f"}, {"fragment.index", index}, {"fragment.count", "2"}}};
  };
  ProcessorRun run("MergeRecord", records({{"merge-strategy", "Defragment"}}),
                   csv({part("1", "id\n2\n"), part("0", "id\n1\n")}));
  run.until_idle();
  EXPECT_EQ(run.only("merged").content, "id\n1\n2\n");
}

TEST(MergeRecordTest, WhatCannotBeReadFailsAlone) {
  ProcessorRun run("MergeRecord", records(), csv({{"id\n\"1\n"}, {"id\n2\n"}}));
  run.until_idle();
  EXPECT_EQ(run.contents("failure"), (Texts{"id\n\"1\n"}));
  EXPECT_EQ(run.contents("merged"), (Texts{"id\n2\n"}));
}

TEST(MergeRecordTest, BinsHaveSizesAndAreNotTooMany) {
  const std::vector<Given> three{{"id\n1\n", {{"own", "1"}}}, {"id\n2\n"}, {"id\n3\n"}};
  ProcessorRun small("MergeRecord", records({{"min-bin-size", "1 KB"}}), csv(three));
  small.until_idle();
  EXPECT_EQ(small.contents("merged"), Texts{});
  EXPECT_EQ(small.waiting(), 3u);
  ProcessorRun large("MergeRecord", records({{"max-bin-size", "4 B"}}), csv(three));
  large.until_idle();
  EXPECT_EQ(large.out("merged").size(), 3u);
  ProcessorRun unique(
      "MergeRecord",
      records({{"merge-strategy", "Bin-Packing Algorithm"}, {"Attribute Strategy", "Keep All Unique Attributes"}}),
      csv(three));
  unique.until_idle();
  EXPECT_EQ(unique.only("merged").at("own"), "1");
  ProcessorRun bins("MergeRecord",
                    records({{"min-records", "10"}, {"correlation-attribute-name", "k"}, {"max.bin.count", "1"}}),
                    csv({{"id\n1\n", {{"k", "a"}}}, {"id\n2\n", {{"k", "b"}}}}));
  bins.until_idle();
  EXPECT_EQ(bins.contents("merged"), (Texts{"id\n1\n"}));  // the oldest makes room
}

}  // namespace
}  // namespace flow
