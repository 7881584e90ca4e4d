#include <gtest/gtest.h>

#include <array>

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

TEST(JoltTransformRecordTest, EachTransformStandsAlone) {
  struct Case {
    std::string transform, spec, content, expected;
  };
  const std::string spec = R"({"a":9,"b":9,"c":9})", content = R"([{"a":1,"b":null}])";
  for (const auto& c : std::to_array<Case>({
           {"card", R"({"one":"ONE","many":"MANY"})", R"([{"one":["x","y"],"many":"z"}])",
            R"([{"one":"x","many":["z"]}])"},
           {"default", R"({"b":"new","c":{"d":true}})", content, R"([{"a":1,"b":"new","c":{"d":true}}])"},
           {"remove", R"({"b":"","c":{"d":""}})", R"([{"a":1,"b":2,"c":{"d":3,"e":4}}])", R"([{"a":1,"c":{"e":4}}])"},
           {"sort", "", R"([{"b":1,"a":{"d":2,"c":3}}])", R"([{"a":{"c":3,"d":2},"b":1}])"},
           // What is there and null: the first takes it for missing, the second does not, the third does not ask.
           {"modify-default", spec, content, R"([{"a":1,"b":9,"c":9}])"},
           {"modify-define", spec, content, R"([{"a":1,"b":null,"c":9}])"},
           {"modify-overwrite", spec, content, R"([{"a":9,"b":9,"c":9}])"},
       })) {
    auto properties = jolt(c.transform, c.spec);
    if (c.spec.empty()) properties.erase("jolt-record-spec");
    ProcessorRun run("JoltTransformRecord", properties, {.given = {{c.content}}, .services = json_services()});
    ASSERT_EQ(run.problems(), Texts{}) << c.transform;
    run.until_idle();
    EXPECT_EQ(run.only("success").content, c.expected) << c.transform;
  }
}

/// A specification of a file is read when it is compiled: one that is kept does not see that the file changed.
TEST(JoltTransformRecordTest, SpecificationsAreKept) {
  for (const auto& [size, expected] : {std::pair{"1", R"([{"new":1}])"}, {"2", R"([{"old":1}])"}}) {
    const Folder folder;
    folder.write("a", R"({"x":"old"})");
    folder.write("b", R"({"x":"other"})");
    auto properties = jolt("shift", "${spec}");
    properties.insert({"Transform Cache Size", size});
    const auto of = [&](const char* spec, std::chrono::seconds arrives) {
      return Given{R"([{"x":1}])", {{"spec", folder.at(spec)}}, arrives};
    };
    using std::chrono::seconds;
    ProcessorRun run(
        "JoltTransformRecord", properties,
        {.given = {of("a", seconds{0}), of("b", seconds{0}), of("a", seconds{5})}, .services = json_services()});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    folder.write("a", R"({"x":"new"})");
    run.advance(seconds{5});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), (Texts{R"([{"old":1}])", R"([{"other":1}])", expected})) << size;
  }
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
