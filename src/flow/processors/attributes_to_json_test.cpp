#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(AttributesToJsonTest, ChoosesAttributes) {
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::string expected;
  };
  for (
      const auto& c : std::to_array<Case>({
          {"without those of NiFi", {{"Include Core Attributes", "false"}}, R"({"a":"1","b":"{\"x\":[1]}","c":"[no"})"},
          {"a list", {{"Attributes List", "a, none ,c"}}, R"({"a":"1","none":"","c":"[no"})"},
          {"with null", {{"Attributes List", "a,none"}, {"Null Value", "true"}}, R"({"a":"1","none":null})"},
          {"a pattern", {{"attributes-to-json-regex", "[ab]"}}, R"({"a":"1","b":"{\"x\":[1]}"})"},
          {"both",
           {{"Attributes List", "c,a"}, {"Attributes Regular Expression", "[ab]"}},
           R"({"a":"1","b":"{\"x\":[1]}","c":"[no"})"},
          {"nested",
           {{"Attributes List", "a,b,c"}, {"JSON Handling Strategy", "Nested"}},
           R"({"a":"1","b":{"x":[1]},"c":"[no"})"},
          {"all",
           {},
           R"({"a":"1","path":"./","b":"{\"x\":[1]}","c":"[no","filename":"f","uuid":"00000000-0000-4000-8000-000000000001"})"},
      })) {
    ProcessorRun run("AttributesToJSON", c.properties,
                     {.given = {{"old", {{"filename", "f"}, {"a", "1"}, {"b", R"({"x":[1]})"}, {"c", "[no"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.only("success").at("JSONAttributes"), c.expected) << c.what;
    EXPECT_EQ(run.only("success").content, "old") << c.what;
  }
}

TEST(AttributesToJsonTest, WritesContent) {
  const std::vector<Given> given{{"old", {{"a", "1"}, {"b", R"({"x":[1,{}]})"}}}};
  PropertyValues properties{
      {"Destination", "flowfile-content"}, {"Attributes List", "a,b"}, {"JSON Handling Strategy", "Nested"}};
  ProcessorRun run("AttributesToJSON", properties, {.given = given});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"({"a":"1","b":{"x":[1,{}]}})");
  EXPECT_EQ(run.only("success").at("mime.type"), "application/json");
  EXPECT_EQ(run.only("success").at("JSONAttributes"), "(none)");
  properties["Pretty Print"] = "true";
  ProcessorRun pretty("AttributesToJSON", properties, {.given = given});
  pretty.until_idle();
  EXPECT_EQ(pretty.only("success").content, "{\n  \"a\" : \"1\",\n  \"b\" : {\n    \"x\" : [ 1, { } ]\n  }\n}");
}

TEST(AttributesToJsonTest, WhatLooksLikeJsonAndIsNoneFails) {
  ProcessorRun run("AttributesToJSON", {{"JSON Handling Strategy", "Nested"}}, {.given = {{"x", {{"a", "[no]"}}}}});
  run.until_idle();
  EXPECT_EQ(run.only("failure").at("JSONAttributes"), "(none)");
}

}  // namespace
}  // namespace flow
