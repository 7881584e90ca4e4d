#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(JoltTransformJsonTest, ChangesTheContent) {
  ProcessorRun run(
      "JoltTransformJSON",
      {{"jolt-spec", R"([{"operation":"shift","spec":{"a":"b"}},{"operation":"default","spec":{"c":1.0}}])"}},
      {.given = {{R"({"a":"x"})", {{"mime.type", "text/plain"}}}, {"not json"}, {R"({"z":1})"}}});
  run.until_idle();
  const auto out = run.out("success");
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].content, R"({"b":"x","c":1.0})");
  EXPECT_EQ(out[0].at("mime.type"), "application/json");
  EXPECT_EQ(out[1].content, R"({"c":1.0})");
  EXPECT_EQ(run.contents("failure"), (Texts{"not json"}));
}

TEST(JoltTransformJsonTest, EachKindOfTransform) {
  struct Case {
    std::string transform, spec, output;
  };
  for (const auto& c : std::to_array<Case>({
           {"jolt-transform-shift", R"({"b":"x"})", R"({"x":[2,1]})"},
           {"jolt-transform-default", R"({"c":3})", R"({"b":[2,1],"a":null,"c":3})"},
           {"jolt-transform-remove", R"({"a":""})", R"({"b":[2,1]})"},
           {"jolt-transform-card", R"({"b":"ONE"})", R"({"b":2,"a":null})"},
           {"jolt-transform-sort", "", R"({"a":null,"b":[2,1]})"},
           {"jolt-transform-modify-overwrite", R"({"b":"=size"})", R"({"b":2,"a":null})"},
           {"jolt-transform-modify-default", R"({"a":1,"b":1})", R"({"b":[2,1],"a":1})"},
           {"jolt-transform-modify-define", R"({"a":1,"c":1})", R"({"b":[2,1],"a":null,"c":1})"},
       })) {
    PropertyValues properties{{"Jolt Transform", c.transform}};
    if (!c.spec.empty()) properties.emplace("Jolt Specification", c.spec);
    ProcessorRun run("JoltTransformJSON", std::move(properties), {.given = {{R"({"b":[2,1],"a":null})"}}});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), (Texts{c.output})) << c.transform;
  }
}

TEST(JoltTransformJsonTest, SpecificationsOfFlowFilesAndOfFiles) {
  ProcessorRun run("JoltTransformJSON",
                   {{"Jolt Transform", "jolt-transform-shift"}, {"Jolt Specification", R"({"${from}":"x"})"}},
                   {.given = {{R"({"a":1,"b":2})", {{"from", "a"}}},
                              {R"({"a":1,"b":2})", {{"from", "b"}}},
                              {R"({"a":1})", {{"from", "\""}}}}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{R"({"x":1})", R"({"x":2})"}));
  EXPECT_EQ(run.contents("failure"), (Texts{R"({"a":1})"}));

  const Folder folder;
  folder.write("spec.json", R"({"a":"y"})");
  ProcessorRun file("JoltTransformJSON",
                    {{"Jolt Transform", "jolt-transform-shift"}, {"Jolt Specification", folder.at("spec.json")}},
                    {.given = {{R"({"a":1})"}}});
  file.until_idle();
  EXPECT_EQ(file.contents("success"), (Texts{R"({"y":1})"}));
}

TEST(JoltTransformJsonTest, OtherSources) {
  ProcessorRun attribute(
      "JoltTransformJSON",
      {{"Jolt Transform", "jolt-transform-sort"}, {"JSON Source", "ATTRIBUTE"}, {"JSON Source Attribute", "json"}},
      {.given = {{"content", {{"json", R"({"b":1,"a":2})"}}}, {"content"}}});
  attribute.until_idle();
  EXPECT_EQ(attribute.only("success").at("json"), R"({"a":2,"b":1})");
  EXPECT_EQ(attribute.only("success").content, "content");
  EXPECT_EQ(attribute.only("success").at("mime.type"), "(none)");
  EXPECT_EQ(attribute.out("failure").size(), 1u);

  ProcessorRun lines("JoltTransformJSON", {{"Jolt Transform", "jolt-transform-sort"}, {"JSON Source", "JSON_LINES"}},
                     {.given = {{"{\"b\":1,\"a\":2}\r\n\n{\"d\":1,\"c\":2}"}}});
  lines.until_idle();
  EXPECT_EQ(lines.contents("success"), (Texts{"{\"a\":2,\"b\":1}\n{\"c\":2,\"d\":1}\n"}));
  EXPECT_EQ(lines.only("success").at("mime.type"), "application/jsonl");

  ProcessorRun pretty("JoltTransformJSON", {{"Jolt Transform", "jolt-transform-sort"}, {"pretty_print", "true"}},
                      {.given = {{R"({"b":[1],"a":2})"}}});
  pretty.until_idle();
  EXPECT_EQ(pretty.contents("success"), (Texts{"{\n  \"a\" : 2,\n  \"b\" : [ 1 ]\n}"}));
}

TEST(JoltTransformJsonTest, WhatCannotBeIsSaidBeforeItRuns) {
  const auto problem = [](PropertyValues properties) {
    const auto problems = ProcessorRun("JoltTransformJSON", std::move(properties)).problems();
    return problems.empty() ? std::string() : problems.front();
  };
  const std::string spec = "JoltTransformJSON 'subject', property 'Jolt Specification': ";
  EXPECT_EQ(problem({}), spec + "is required, but for Sort");
  EXPECT_EQ(problem({{"jolt-spec", R"([{"operation":"org.example.Mine","spec":{}}])"}}),
            spec +
                "entry 0 of the chain: the operation is none of Jolt's own, and classes of Java cannot be run: "
                "org.example.Mine");
  EXPECT_TRUE(problem({{"jolt-spec", "[{"}}).starts_with(spec));
  EXPECT_EQ(problem({{"jolt-transform", "jolt-transform-custom"}, {"jolt-spec", "{}"}}),
            "JoltTransformJSON 'subject', property 'Jolt Transform': 'jolt-transform-custom' is not supported");
  EXPECT_EQ(problem({{"Jolt Transform", "jolt-transform-sort"}, {"JSON Source", "ATTRIBUTE"}}),
            "JoltTransformJSON 'subject', property 'JSON Source Attribute': is required for the source ATTRIBUTE");
}

TEST(JoltTransformJsonTest, LongTextsFail) {
  ProcessorRun run(
      "JoltTransformJSON",
      {{"Jolt Transform", "jolt-transform-sort"}, {"Max String Length", "3 B"}, {"Transform Cache Size", "2"}},
      {.given = {{R"({"b":"abc","a":1})"}, {R"({"a":"abcd"})"}, {""}}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{R"({"a":1,"b":"abc"})"}));
  EXPECT_EQ(run.contents("failure"), (Texts{R"({"a":"abcd"})", ""}));
}

}  // namespace
}  // namespace flow
