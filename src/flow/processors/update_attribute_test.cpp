#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

std::string rule(const std::string& name, const std::string& condition, const std::string& attribute,
                 const std::string& value) {
  return "<rules><id>" + name + "</id><name>" + name + "</name><comments/><conditions><id>c</id><expression>" +
         condition + "</expression></conditions><actions><id>a</id><attribute>" + attribute + "</attribute><value>" +
         value + "</value></actions></rules>";
}

std::string criteria(const std::string& policy, const std::string& rules) {
  return R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?><criteria><flowFilePolicy>)" + policy +
         "</flowFilePolicy>" + rules + "</criteria>";
}

ProcessorRun with_rules(PropertyValues properties, const std::string& annotation, std::vector<Given> given) {
  return ProcessorRun("UpdateAttribute", std::move(properties),
                      {.given = std::move(given),
                       .change = [&](ProcessorDefinition& processor) { processor.annotation_data = annotation; }});
}

TEST(UpdateAttributeTest, SetsAndDeletes) {
  ProcessorRun run("UpdateAttribute",
                   {{"a", "${b}"},
                    {"b", "${a}"},
                    {"tmp.new", "stays"},
                    {"tmp.old", "goes"},
                    {"uuid", "x"},
                    {"Delete Attributes Expression", "tmp\\..*|filename"}},
                   {.given = {{"x", {{"a", "1"}, {"b", "2"}, {"tmp.old", "1"}, {"tmp", "1"}, {"filename", "f"}}}}});
  run.until_idle();
  const auto came = run.only("success");
  EXPECT_EQ(came.at("a"), "2");
  EXPECT_EQ(came.at("b"), "1");
  EXPECT_EQ(came.at("tmp.old"), "(none)");
  EXPECT_EQ(came.at("tmp.new"), "stays");  // only what was there is deleted, as in NiFi
  EXPECT_EQ(came.at("tmp"), "1");
  EXPECT_EQ(came.at("filename"), "f");
  EXPECT_NE(came.at("uuid"), "x");
}

TEST(UpdateAttributeTest, RulesOnCopiesOrOnTheOriginal) {
  const auto rules =
      rule("one", "${k:equals('1')}", "a", "one ${b}") + rule("two", "${k:matches('[12]')}", "b", "two ${a}");
  const PropertyValues properties{{"a", "default a"}, {"b", "default b"}};
  const std::vector<Given> given{{"x", {{"k", "1"}, {"a", "A"}, {"b", "B"}}}};
  auto copies = with_rules(properties, criteria("USE_CLONE", rules), given);
  EXPECT_EQ(copies.problems(), Texts{});
  copies.until_idle();
  ASSERT_EQ(copies.out("success").size(), 2u);
  for (const auto& came : copies.out("success")) {
    const bool one = came.at("UpdateAttribute.matchedRule") == "one";
    EXPECT_EQ(came.at("a"), one ? "one B" : "default a");
    EXPECT_EQ(came.at("b"), one ? "default b" : "two A");
    EXPECT_EQ(came.at("uuid") == "00000000-0000-4000-8000-000000000001", one);
  }
  auto original = with_rules(properties, criteria("USE_ORIGINAL", rules), given);
  original.until_idle();
  EXPECT_EQ(original.only("success").at("a"), "one B");
  EXPECT_EQ(original.only("success").at("b"), "two A");
  EXPECT_EQ(original.only("success").at("UpdateAttribute.matchedRule"), "two");
  auto none = with_rules(properties, criteria("USE_ORIGINAL", rules), {{"x", {{"k", "9"}}}});
  none.until_idle();
  EXPECT_EQ(none.only("success").at("a"), "default a");
  EXPECT_EQ(none.only("success").at("UpdateAttribute.matchedRule"), "(none)");
}

TEST(UpdateAttributeTest, StateGoesFromFlowFileToFlowFile) {
  ProcessorRun run("UpdateAttribute",
                   {{"Store State", "Store state locally"},
                    {"Stateful Variables Initial Value", "0"},
                    {"count", "${getStateValue('count'):plus(1)}"},
                    {"sum", "${getStateValue('sum'):plus(${n})}"}},
                   {.given = {{"a", {{"n", "5"}}},
                              {"b", {{"n", "7"}}},
                              {.content = "c", .attributes = {{"n", "1"}}, .arrives = std::chrono::seconds{9}}},
                    .relationships = {"success", "set state fail"}});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.out("success")[1].at("count"), "2");
  EXPECT_EQ(run.out("success")[1].at("sum"), "12");
  run.restart();
  run.advance(std::chrono::seconds{9});
  run.until_idle();
  EXPECT_EQ(run.out("success")[2].at("count"), "3");
  EXPECT_EQ(run.state(), (ComponentState{{"count", "3"}, {"sum", "13"}}));
}

TEST(UpdateAttributeTest, RulesThatCannotBeReadAreNamed) {
  EXPECT_EQ(with_rules({}, "<criteria>", {}).problems().at(0).substr(0, 66),
            "UpdateAttribute 'subject': the advanced rules cannot be read: Star");
  EXPECT_EQ(with_rules({}, "<x/>", {}).problems(),
            (Texts{"UpdateAttribute 'subject': the advanced rules cannot be read: there is no element 'criteria'"}));
  EXPECT_EQ(with_rules({}, criteria("", "<rules><name>r</name></rules>"), {}).problems(),
            (Texts{"UpdateAttribute 'subject', rule 'r': it has no conditions"}));
  EXPECT_TRUE(with_rules({}, criteria("", rule("r", "${x:nothing()}", "a", "b")), {})
                  .problems()
                  .at(0)
                  .starts_with("UpdateAttribute 'subject', rule 'r': "));
}

}  // namespace
}  // namespace flow
