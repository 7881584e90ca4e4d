#include <gtest/gtest.h>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

PropertyValues jolt(const std::string& transform, const std::string& spec) {
  return {{"jolt-record-record-reader", "in"},
          {"jolt-record-record-writer", "out"},
          {"jolt-record-transform", "jolt-transform-" + transform},
          {"jolt-record-spec", spec}};
}
std::vector<ServiceDefinition> json_services() {
  return {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")};
}

TEST(JoltTransformRecordTest, EachRecordIsChanged) {
  ProcessorRun run(
      "JoltTransformRecord",
      jolt("chain",
           R"([{"operation":"shift","spec":{"id":"order.id","name":"order.what","tags":{"*":"tags[]"}}},
                            {"operation":"default","spec":{"kind":"new"}}])"),
      {.given = {{R"([{"id":1,"name":"ball","tags":["a","b"]},{"id":2,"name":null}])", {{"filename", "f"}}},
                 {"no json"}},
       .services = json_services(),
       .keeps_events = true});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto came = run.only("success");
  // The second record has no tags; its schema is that of the first.
  EXPECT_EQ(came.content, R"([{"order":{"id":1,"what":"ball"},"tags":["a","b"],"kind":"new"},)"
                          R"({"order":{"id":2,"what":null},"tags":null,"kind":"new"}])");
  EXPECT_EQ(came.at("record.count"), "2");
  EXPECT_EQ(came.at("mime.type"), "application/json");
  EXPECT_EQ(came.at("filename"), "f");
  EXPECT_EQ(run.contents("original").size(), 1u);
  EXPECT_EQ(run.contents("failure"), (Texts{"no json"}));
  const auto events = run.events(EventType::ContentModified);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].details, "Modified With jolt-transform-chain");
}

TEST(JoltTransformRecordTest, AListIsSeveralRecords) {
  ProcessorRun run(
      "JoltTransformRecord", jolt("shift", R"({"items":{"*":"[&0]"}})"),
      {.given = {{R"([{"items":[{"a":1},{"a":2}]},{"items":[]},{"items":[{"a":3}]}])"}}, .services = json_services()});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"a":1},{"a":2},{"a":3}])");
  ProcessorRun nothing("JoltTransformRecord", jolt("shift", R"({"x":"y"})"),
                       {.given = {{R"([{"a":1}])"}}, .services = json_services()});
  nothing.until_idle();
  EXPECT_EQ(nothing.contents("failure"), (Texts{R"([{"a":1}])"}));
  EXPECT_EQ(nothing.contents("original"), Texts{});
}

TEST(JoltTransformRecordTest, FormatsAndTypesStay) {
  const std::string schema =
      R"({"type":"record","name":"r","fields":[{"name":"day","type":{"type":"int","logicalType":"date"}},
         {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]})";
  ProcessorRun run("JoltTransformRecord", jolt("shift", R"({"day":"on.day","price":"price"})"),
                   {.given = {{"day,price\n2024-05-06,1.50\n"}},
                    .services = {service("in", "CSVReader",
                                         {{"schema-access-strategy", "schema-text-property"},
                                          {"schema-text", schema},
                                          {"Skip Header Line", "true"},
                                          {"Date Format", "yyyy-MM-dd"}}),
                                 service("out", "JsonRecordSetWriter", {{"Date Format", "dd.MM.yyyy"}})}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"on":{"day":"06.05.2024"},"price":1.50}])");
}

TEST(JoltTransformRecordTest, AnEmptyContentStaysOne) {
  ProcessorRun run("JoltTransformRecord", jolt("shift", R"({"x":"y"})"),
                   {.given = {{"[]"}}, .services = json_services()});
  run.until_idle();
  EXPECT_EQ(run.only("success").at("record.count"), "0");
  EXPECT_EQ(run.contents("original"), (Texts{"[]"}));
  ProcessorRun wrong("JoltTransformRecord", jolt("shift", "{"), {.services = json_services()});
  EXPECT_EQ(wrong.problems().size(), 1u);
}

}  // namespace
}  // namespace flow
