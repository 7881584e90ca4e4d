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

/// As NiFi infers them of Java's objects: a LONG stays one though an INT could hold it.
TEST(JoltTransformRecordTest, TypesOfNumbersStay) {
  const std::string schema =
      R"({"type":"record","name":"r","fields":[{"name":"id","type":"long"},{"name":"n","type":"int"},
         {"name":"f","type":"float"},{"name":"d","type":"double"},
         {"name":"p","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]})";
  const std::string functions = R"j({"sum":"=longSum(@(1,id),@(1,p))","most":"=max(@(1,id),3)",
                                     "text":"=concat(@(1,id),'/',@(1,f),'/',@(1,p))","up":"=toUpper(@(1,p))"})j";
  ProcessorRun run(
      "JoltTransformRecord",
      jolt("chain", R"([{"operation":"shift","spec":{"*":"&"}},)"
                    R"({"operation":"modify-overwrite-beta","spec":)" +
                        functions + "}]"),
      {.given = {{"id,n,f,d,p\n5,6,0.1,0.2,1.50\n5000000000,7,0.3,0.4,2.50\n"}},
       .services = {service("in", "CSVReader",
                            {{"schema-access-strategy", "schema-text-property"},
                             {"schema-text", schema},
                             {"Skip Header Line", "true"}}),
                    service("out", "JsonRecordSetWriter", {{"Schema Write Strategy", "full-schema-attribute"}})}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto came = run.only("success");
  EXPECT_EQ(came.content, R"([{"id":5,"n":6,"f":0.1,"d":0.2,"p":1.50,"sum":6,"most":5,"text":"5/0.1/1.50"},)"
                          R"({"id":5000000000,"n":7,"f":0.3,"d":0.4,"p":2.50,"sum":5000000002,"most":5000000000,)"
                          R"("text":"5000000000/0.3/2.50"}])");
  const auto types = came.at("avro.schema");
  for (const auto* field :
       {R"("id","type":["long","null"])", R"("n","type":["int","null"])", R"("f","type":["float","null"])",
        R"("d","type":["double","null"])", R"("logicalType":"decimal","precision":3,"scale":2)",
        R"("sum","type":["long","null"])", R"("most","type":["long","null"])"})
    EXPECT_NE(types.find(field), std::string::npos) << field << " in " << types;
}

/// To functions they are what java.sql's types are: no texts, and their own text where one is made.
TEST(JoltTransformRecordTest, TimesAreNoTexts) {
  const std::string schema =
      R"({"type":"record","name":"r","fields":[{"name":"day","type":{"type":"int","logicalType":"date"}},
         {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]})";
  const std::string functions = R"j({"text":"=concat(@(1,day),' ',@(1,at))","up":"=toUpper(@(1,day))",
                                     "size":"=size(@(1,day))"})j";
  ProcessorRun run("JoltTransformRecord", jolt("modify-overwrite", functions),
                   {.given = {{"day,at\n2024-05-06,2024-05-06 07:08:09\n"}},
                    .services = {service("in", "CSVReader",
                                         {{"schema-access-strategy", "schema-text-property"},
                                          {"schema-text", schema},
                                          {"Skip Header Line", "true"},
                                          {"Date Format", "yyyy-MM-dd"},
                                          {"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}}),
                                 service("out", "JsonRecordSetWriter",
                                         {{"Date Format", "dd.MM.yyyy"}, {"Timestamp Format", "yyyy HH"}})}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content,
            R"([{"day":"06.05.2024","at":"2024 07","text":"2024-05-06 2024-05-06 07:08:09.0"}])");
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
