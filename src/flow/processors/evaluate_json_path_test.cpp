#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

const std::string kDocument =
    R"({"name":"n","n":1.50,"big":10000000.0,"none":null,"yes":true,"list":[1,{"a":"b"}],"empty":[]})";

TEST(EvaluateJsonPathTest, IntoAttributes) {
  struct Case {
    std::string path;
    PropertyValues properties;
    std::string expected;
  };
  for (const auto& c : std::to_array<Case>({
           {"$.name", {}, "n"},
           {"$.n", {}, "1.5"},
           {"$.big", {}, "1.0E7"},
           {"$.yes", {}, "true"},
           {"$.none", {}, ""},
           {"$.none", {{"Null Value Representation", "the string 'null'"}}, "null"},
           {"$.list", {{"Return Type", "json"}}, R"([1,{"a":"b"}])"},
           {"$.list[*].a", {{"Return Type", "json"}}, R"(["b"])"},
           {"$.list.length()", {}, "2"},
           {"$.missing", {}, ""},
           {"$.missing", {{"Path Not Found Behavior", "warn"}}, ""},
           {"$.missing", {{"Path Not Found Behavior", "skip"}}, "(none)"},
       })) {
    auto properties = c.properties;
    properties["Destination"] = "flowfile-attribute";
    properties["x"] = c.path;
    properties["other"] = "$.name";
    ProcessorRun run("EvaluateJsonPath", properties, {.given = {{kDocument}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.path;
    run.until_idle();
    EXPECT_EQ(run.only("matched").at("x"), c.expected) << c.path;
    EXPECT_EQ(run.only("matched").at("other"), "n") << c.path;
    EXPECT_EQ(run.only("matched").content, kDocument) << c.path;
    EXPECT_EQ(run.errors().size(), properties["Path Not Found Behavior"] == "warn" ? 1u : 0u);
  }
}

TEST(EvaluateJsonPathTest, IntoContent) {
  struct Case {
    std::string path, relationship, expected;
  };
  for (const auto& c : std::to_array<Case>({{"$.list[1]", "matched", R"({"a":"b"})"},
                                            {"$.name", "matched", "n"},
                                            {"$.none", "matched", ""},
                                            {"$..a", "matched", R"(["b"])"},
                                            {"$.missing", "unmatched", kDocument}})) {
    ProcessorRun run("EvaluateJsonPath", {{"x", c.path}}, {.given = {{kDocument}}});
    run.until_idle();
    EXPECT_EQ(run.only(c.relationship).content, c.expected) << c.path;
    EXPECT_EQ(run.only(c.relationship).at("x"), "(none)") << c.path;
  }
}

TEST(EvaluateJsonPathTest, WhatFails) {
  for (const auto& [properties, content] : {
           std::pair<PropertyValues, std::string>{{{"x", "$.a"}}, "no json"},
           {{{"x", "$.a"}}, ""},
           {{{"x", "$.list"}, {"Return Type", "scalar"}}, kDocument},
           {{{"x", "$.list"}, {"Destination", "flowfile-attribute"}}, kDocument},
           {{{"x", "$.name"}, {"Max String Length", "3 B"}}, R"({"name":"long"})"},
       }) {
    ProcessorRun run("EvaluateJsonPath", properties, {.given = {{content}}});
    run.until_idle();
    EXPECT_EQ(run.only("failure").content, content);
    EXPECT_EQ(run.only("failure").at("x"), "(none)");
  }
  EXPECT_EQ(ProcessorRun("EvaluateJsonPath", {{"x", "$.a"}, {"y", "$.b"}}).problems(),
            (Texts{"EvaluateJsonPath 'subject': needs exactly one path for the destination flowfile-content"}));
  EXPECT_TRUE(ProcessorRun("EvaluateJsonPath", {{"x", "$.["}})
                  .problems()
                  .at(0)
                  .starts_with("EvaluateJsonPath 'subject', property 'x': "));
}

TEST(SplitJsonTest, Splits) {
  struct Case {
    std::string path, content;
    Texts splits;
  };
  for (const auto& c : std::to_array<Case>({
           {"$", R"([{"a":1},"text",2.0,null,[1]])", {R"({"a":1})", "text", "2.0", "", "[1]"}},
           {"$.list", kDocument, {"1", R"({"a":"b"})"}},
           {"$.list[*]", kDocument, {"1", R"({"a":"b"})"}},
           {"$..a", kDocument, {"b"}},
           {"$.empty", kDocument, {}},
       })) {
    ProcessorRun run("SplitJson", {{"JsonPath Expression", c.path}}, {.given = {{c.content, {{"filename", "f"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.path;
    run.until_idle();
    EXPECT_EQ(run.contents("split"), c.splits) << c.path;
    EXPECT_EQ(run.only("original").content, c.content);
    EXPECT_EQ(run.only("original").at("fragment.count"), std::to_string(c.splits.size()));
    std::size_t n = 0;
    for (const auto& split : run.out("split")) {
      EXPECT_EQ(split.at("fragment.index"), std::to_string(n++));
      EXPECT_EQ(split.at("fragment.count"), std::to_string(c.splits.size()));
      EXPECT_EQ(split.at("fragment.identifier"), run.only("original").at("fragment.identifier"));
      EXPECT_EQ(split.at("segment.original.filename"), "f");
    }
  }
}

TEST(SplitJsonTest, WhatFails) {
  for (const std::string path : {"$.name", "$.missing", "$.list"}) {
    const auto content = path == "$.list" ? std::string("{") : kDocument;
    ProcessorRun run("SplitJson", {{"JsonPath Expression", path}}, {.given = {{content}}});
    run.until_idle();
    EXPECT_EQ(run.only("failure").content, content) << path;
  }
  EXPECT_EQ(ProcessorRun("SplitJson", {}).problems(),
            (Texts{"SplitJson 'subject', property 'JsonPath Expression': is required"}));
}

TEST(SplitJsonTest, NullsAndLongTexts) {
  for (const auto& [form, expected] :
       std::vector<std::pair<std::string, Texts>>{{"empty string", {"1", ""}}, {"the string 'null'", {"1", "null"}}}) {
    ProcessorRun run("SplitJson", {{"JsonPath Expression", "$"}, {"Null Value Representation", form}},
                     {.given = {{"[1,null]"}}});
    run.until_idle();
    EXPECT_EQ(run.contents("split"), expected) << form;
  }
  ProcessorRun run("SplitJson", {{"JsonPath Expression", "$"}, {"Max String Length", "3 B"}},
                   {.given = {{R"(["abc"])"}, {R"(["abcd"])"}, {""}}});
  run.until_idle();
  EXPECT_EQ(run.contents("split"), (Texts{"abc"}));
  EXPECT_EQ(run.contents("failure"), (Texts{R"(["abcd"])", ""}));
}

}  // namespace
}  // namespace flow
