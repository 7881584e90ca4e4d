#include <gtest/gtest.h>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

ProcessorRun::Options json(std::vector<Given> given, PropertyValues writer = {}) {
  return {.given = std::move(given),
          .services = {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter", std::move(writer))}};
}

TEST(UpdateRecordTest, FieldsAreReplacedAndAdded) {
  ProcessorRun run("UpdateRecord",
                   records({{"/name", "${field.value:toUpper()}-${record.index}"},
                            {"/type", "${kind}"},
                            {"/of/x", "${field.name}:${field.type}"}}),
                   json({{R"([{"name":"a","of":{"x":"q"}},{"name":"b","of":{"x":"r"}}])", {{"kind", "k"}}}}));
  run.until_idle();
  EXPECT_EQ(run.only("success").content,
            R"([{"name":"A-1","of":{"x":"x:STRING"},"type":"k"},{"name":"B-2","of":{"x":"x:STRING"},"type":"k"}])");
  EXPECT_EQ(run.only("success").at("record.count"), "2");
}

TEST(UpdateRecordTest, ValuesMayBePaths) {
  ProcessorRun run("UpdateRecord",
                   records({{"replacement-value-strategy", "record-path-value"},
                            {"/full", "concat(/first, ' ', /last)"},
                            {"/items[*]/size", "toUpperCase(.)"},
                            {"/both", "/items[*]/size"}}),
                   json({{R"([{"first":"A","last":"B","items":[{"size":"s"},{"size":"m"}]}])"}}));
  run.until_idle();
  const auto content = run.only("success").content;
  EXPECT_NE(content.find(R"("full":"A B")"), std::string::npos) << content;
  EXPECT_NE(content.find(R"("items":[{"size":"S"},{"size":"M"}])"), std::string::npos) << content;
}

TEST(UpdateRecordTest, PropertiesApplyInTheOrderInWhichTheyWereSaved) {
  for (const auto& [order, name] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"/z", "/a"}, "new"}, {{"/a", "/z"}, "old"}, {{}, "old"}}) {
    auto options = json({{R"([{"z":"old","a":""}])"}});
    options.change = [saved = order](ProcessorDefinition& definition) { definition.order = saved; };
    ProcessorRun run(
        "UpdateRecord",
        records({{"replacement-value-strategy", "record-path-value"}, {"/z", "trim(' new ')"}, {"/a", "/z"}}),
        std::move(options));
    run.until_idle();
    EXPECT_EQ(run.only("success").content, R"([{"z":"new","a":")" + name + R"("}])");
  }
}

TEST(UpdateRecordTest, TheRecordItselfMayBeReplaced) {
  ProcessorRun run("UpdateRecord", records({{"replacement-value-strategy", "record-path-value"}, {"/", "/inner"}}),
                   json({{R"([{"inner":{"x":1}},{"inner":{"x":2}}])"}}));
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"x":1},{"x":2}])");
}

TEST(UpdateRecordTest, WhatDoesNotFitWidensTheFieldUnlessTheWriterSaysItsType) {
  const std::string text = R"([{"n":1}])";
  ProcessorRun wide("UpdateRecord", records({{"/n", "many"}}), json({{text}}));
  wide.until_idle();
  EXPECT_EQ(wide.only("success").content, R"([{"n":"many"}])");
  ProcessorRun run(
      "UpdateRecord", records({{"/n", "many"}}),
      json({{text}}, {{"schema-access-strategy", "schema-text-property"},
                      {"schema-text", R"({"type":"record","name":"r","fields":[{"name":"n","type":"int"}]})"}}));
  run.until_idle();
  EXPECT_EQ(run.only("failure").content, text);
  EXPECT_EQ(run.only("failure").at("record.error.message"), "cannot convert 'many' to INT for field 'n'");
  ProcessorRun bad("UpdateRecord", records({{"n[", "x"}}), json({}));
  EXPECT_EQ(bad.problems(), (Texts{"UpdateRecord 'subject': RecordPath 'n[', character 2: 'n' is neither a path, which "
                                   "begins with / or ., nor a function"}));
}

TEST(PartitionRecordTest, RecordsThatAreAlikeGoTogether) {
  ProcessorRun run("PartitionRecord", records({{"city", "/home/city"}, {"all", "/tags"}}),
                   json({{R"([{"id":1,"home":{"city":"P"},"tags":[1]},{"id":2,"home":{"city":"L"},"tags":[1]},
                             {"id":3,"home":{"city":"P"},"tags":[1]},{"id":4,"home":null,"tags":[1]}])",
                          {{"filename", "f"}}}}));
  run.until_idle();
  const auto parts = run.out("success");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_NE(parts[0].content.find(R"("id":3)"), std::string::npos);
  EXPECT_EQ(parts[0].at("city"), "P");
  EXPECT_EQ(parts[1].at("city"), "L");
  EXPECT_EQ(parts[2].at("city"), "(none)");
  EXPECT_EQ(parts[0].at("all"), "(none)");
  EXPECT_EQ(parts[0].at("record.count"), "2");
  EXPECT_EQ(parts[1].at("fragment.index"), "1");
  EXPECT_EQ(parts[1].at("fragment.count"), "3");
  EXPECT_EQ(parts[1].at("segment.original.filename"), "f");
  EXPECT_EQ(parts[1].at("fragment.identifier"), parts[0].at("fragment.identifier"));
  EXPECT_EQ(run.contents("original").size(), 1u);
}

TEST(PartitionRecordTest, ManyPartitionsAreMade) {
  std::string text = "id,group\n";
  for (int i = 0; i < 6000; ++i) text += fmt::format("{},{}\n", i, i % 2000);
  ProcessorRun run("PartitionRecord", records({{"group", "/group"}}),
                   {.given = {{text}}, .services = {service("in", "CSVReader"), service("out", "CSVRecordSetWriter")}});
  run.until_idle();
  const auto parts = run.out("success");
  ASSERT_EQ(parts.size(), 2000u);
  EXPECT_EQ(parts[7].content, "id,group\n7,7\n2007,7\n4007,7\n");
}

TEST(PartitionRecordTest, ABrokenPathGoesToFailure) {
  ProcessorRun run("PartitionRecord", records({{"x", "${path}"}}), json({{"[{}]", {{"path", "nix"}}}}));
  run.until_idle();
  EXPECT_EQ(run.contents("success"), Texts{});
  EXPECT_EQ(run.only("failure").content, "[{}]");
}

const std::string kOrders = R"([{"id":1,"who":"A","items":[{"sku":"x"},{"sku":"y"}]},{"id":2,"who":"B","items":[]}])";

const std::string kItems = R"({"type":"record","name":"item","fields":[{"name":"sku","type":"string"},
    {"name":"who","type":["null","string"]}]})";

TEST(ForkRecordTest, ItemsBecomeRecords) {
  ProcessorRun run("ForkRecord", records({{"Mode", "extract"}, {"p", "/items"}}), json({{kOrders}}));
  run.until_idle();
  // The writer's schema is that of the reader unless it has one of its own.
  EXPECT_EQ(run.only("fork").content, R"([{"id":null,"who":null,"items":null},{"id":null,"who":null,"items":null}])");
  EXPECT_EQ(run.only("fork").at("record.count"), "2");
  EXPECT_EQ(run.only("original").content, kOrders);
  ProcessorRun parents(
      "ForkRecord", records({{"fork-mode", "extract"}, {"include-parent-fields", "true"}, {"p", "/items"}}),
      json({{kOrders}}, {{"schema-access-strategy", "schema-text-property"}, {"schema-text", kItems}}));
  parents.until_idle();
  EXPECT_EQ(parents.only("fork").content, R"([{"sku":"x","who":"A"},{"sku":"y","who":"A"}])");
}

TEST(ForkRecordTest, RecordsComeOncePerItem) {
  ProcessorRun run("ForkRecord", records({{"p", "/items"}}), json({{kOrders}}));
  run.until_idle();
  EXPECT_EQ(run.only("fork").content,
            R"([{"id":1,"who":"A","items":[{"sku":"x"}]},{"id":1,"who":"A","items":[{"sku":"y"}]}])");
}

const std::string kRules = R"({"type":"record","name":"r","fields":[{"name":"id","type":"int"},
    {"name":"name","type":["null","string"]}]})";

TEST(ValidateRecordTest, RecordsAreSortedByTheSchema) {
  const std::string text = R"([{"id":1,"name":"a"},{"name":"b"},{"id":"3"},{"id":4,"more":true}])";
  struct Case {
    PropertyValues properties;
    std::string valid, invalid, details;
  };
  for (const auto& c : std::vector<Case>{
           {{},
            R"([{"id":1,"name":"a"},{"id":4,"more":true}])",
            R"([{"name":"b"},{"id":"3"}])",
            "required fields that are missing: [/id]; fields of another type than in the schema: [/id]"},
           {{{"strict-type-checking", "false"}},
            R"([{"id":1,"name":"a"},{"id":"3"},{"id":4,"more":true}])",
            R"([{"name":"b"}])",
            "required fields that are missing: [/id]"},
           {{{"allow-extra-fields", "false"}},
            R"([{"id":1,"name":"a"}])",
            R"([{"name":"b"},{"id":"3"},{"id":4,"more":true}])",
            "required fields that are missing: [/id]; fields that the schema does not have: [/more]; fields of another "
            "type than in the schema: [/id]"}}) {
    auto properties = records(c.properties);
    properties.insert({{"Schema Access Strategy", "schema-text-property"},
                       {"schema-text", kRules},
                       {"Validation Details Attribute Name", "why"}});
    ProcessorRun run("ValidateRecord", properties, json({{text}}));
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.only("valid").content, c.valid);
    EXPECT_EQ(run.only("invalid").content, c.invalid);
    EXPECT_EQ(run.only("invalid").at("why"), c.details);
    EXPECT_EQ(run.waiting(), 0u);
  }
}

TEST(ValidateRecordTest, DetailsAreCutAndUnreadableContentFails) {
  ProcessorRun run("ValidateRecord",
                   records({{"Schema Access Strategy", "schema-text-property"},
                            {"schema-text", kRules},
                            {"Validation Details Attribute Name", "why"},
                            {"Maximum Validation Details Length", "8"}}),
                   json({{R"({"name":"x"})"}, {"{"}}));
  run.until_idle();
  EXPECT_EQ(run.only("invalid").at("why"), "required");
  EXPECT_EQ(run.only("failure").content, "{");
}

TEST(ForkRecordTest, UnreadableContentFails) {
  ProcessorRun run("ForkRecord", records({{"p", "/items"}}), json({{"{"}}));
  run.until_idle();
  EXPECT_EQ(run.only("failure").content, "{");
}

TEST(ValidateRecordTest, TypesMayBeForcedAndWritersDiffer) {
  auto options = json({{R"([{"id":"1"},{"name":"b"}])", {{"name", "rules"}}}});
  options.services.push_back(service("registry", "AvroSchemaRegistry", {{"rules", kRules}}));
  options.services.push_back(service("csv", "CSVRecordSetWriter"));
  options.services[1] = service("out", "JsonRecordSetWriter", {{"Serialized JSON Input Handling", "DISABLED"}});
  options.services.front() =
      service("in", "JsonTreeReader",
              {{"Schema Access Strategy", "schema-name"}, {"Schema Registry", "registry"}, {"Schema Name", "rules"}});
  ProcessorRun run("ValidateRecord",
                   records({{"Schema Access Strategy", "schema-name"},
                            {"Schema Registry", "registry"},
                            {"Schema Name", "${name}"},
                            {"Force Types From Reader Schema", "true"},
                            {"Record Writer for Invalid Records", "csv"}}),
                   std::move(options));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("valid").content.substr(0, 8), R"([{"id":1)");
  EXPECT_EQ(run.only("invalid").content.substr(0, 7), "id,name");
}

}  // namespace
}  // namespace flow
