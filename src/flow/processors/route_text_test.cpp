#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(RouteTextTest, MatchingStrategies) {
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::string content, x, unmatched;
  };
  const std::string matching = "Matching Strategy", any_case = "Ignore Case",
                    space = "Ignore Leading/Trailing Whitespace";
  for (const auto& c : std::to_array<Case>({
           {"starts", {{matching, "Starts With"}, {"x", "a"}}, "ab\r\n  ac\nba\n", "ab\r\n  ac\n", "ba\n"},
           {"starts, with space",
            {{matching, "Starts With"}, {space, "false"}, {"x", "a"}},
            "ab\n ac\n",
            "ab\n",
            " ac\n"},
           {"ends", {{matching, "Ends With"}, {"x", "a"}}, "ba \nab\n", "ba \n", "ab\n"},
           {"ends, with space",
            {{matching, "Ends With"}, {space, "false"}, {"x", "a"}},
            "ba \nba\r\n",
            "ba\r\n",
            "ba \n"},
           {"contains", {{matching, "Contains"}, {"x", "${what}"}}, "xby\nxay", "xby\n", "xay"},
           {"equals", {{matching, "Equals"}, {"x", "A"}}, "A\na\n", "A\n", "a\n"},
           {"equals in any case", {{matching, "Equals"}, {any_case, "true"}, {"x", "A"}}, "A\na\nb", "A\na\n", "b"},
           {"matches", {{matching, "Matches Regular Expression"}, {"x", "a+"}}, "aa\naab\n", "aa\n", "aab\n"},
           {"matches in any case",
            {{matching, "Matches Regular Expression"}, {any_case, "true"}, {"x", "a+"}},
            "aA\nb",
            "aA\n",
            "b"},
           {"finds", {{matching, "Contains Regular Expression"}, {"x", "\\d"}}, "a1\nb\n", "a1\n", "b\n"},
           {"expression",
            {{matching, "Satisfies Expression"}, {"x", "${line:startsWith('a'):and(${lineNo:gt(1)})}"}},
            "a1\na2\nb\n",
            "a2\n",
            "a1\nb\n"},
           {"other set",
            {{matching, "Equals"}, {"Character Set", "ISO-8859-1"}, {"x", "\xC3\xA4"}},
            "\xE4\no",
            "\xE4\n",
            "o"},
       })) {
    ProcessorRun run("RouteText", c.properties, {.given = {{c.content, {{"what", "b"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.only("x").content, c.x) << c.what;
    EXPECT_EQ(run.only("x").at("RouteText.Route"), "x") << c.what;
    EXPECT_EQ(run.only("x").at("RouteText.Group"), "") << c.what;
    EXPECT_EQ(run.only("unmatched").content, c.unmatched) << c.what;
    EXPECT_EQ(run.only("original").content, c.content) << c.what;
    EXPECT_EQ(run.only("original").at("RouteText.Route"), "original") << c.what;
  }
}

TEST(RouteTextTest, RoutingStrategies) {
  const PropertyValues properties{{"Matching Strategy", "Contains"}, {"x", "a"}, {"y", "b"}};
  ProcessorRun each("RouteText", properties, {.given = {{"a\nb\nab\nc\n"}}});
  each.until_idle();
  EXPECT_EQ(each.only("x").content, "a\nab\n");
  EXPECT_EQ(each.only("y").content, "b\nab\n");
  EXPECT_EQ(each.only("unmatched").content, "c\n");
  struct Case {
    std::string strategy, matched, unmatched;
  };
  for (const auto& c :
       std::to_array<Case>({{"Route to 'matched' if line matches all conditions", "ab\n", "a\nb\nc\n"},
                            {"Route to 'matched' if lines matches any condition", "a\nb\nab\n", "c\n"}})) {
    auto changed = properties;
    changed["Routing Strategy"] = c.strategy;
    ProcessorRun run("RouteText", changed,
                     {.given = {{"a\nb\nab\nc\n"}}, .relationships = {"matched", "unmatched", "original"}});
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.only("matched").content, c.matched);
    EXPECT_EQ(run.only("unmatched").content, c.unmatched);
  }
}

TEST(RouteTextTest, Groups) {
  ProcessorRun run("RouteText",
                   {{"Matching Strategy", "Contains"}, {"Grouping Regular Expression", "(.)-(.).*"}, {"x", "-"}},
                   {.given = {{"a-1 first\nb-1\na-1 second\nnone-\n"}}});
  run.until_idle();
  std::map<std::string, std::string> groups;
  for (const auto& came : run.out("x")) groups[came.at("RouteText.Group")] = came.content;
  EXPECT_EQ(groups, (std::map<std::string, std::string>{
                        {"a, 1", "a-1 first\na-1 second\n"}, {"b, 1", "b-1\n"}, {"", "none-\n"}}));
}

TEST(RouteTextTest, NothingAndInvalid) {
  ProcessorRun run("RouteText", {{"Matching Strategy", "Contains"}, {"x", "a"}}, {.given = {{""}}});
  run.until_idle();
  EXPECT_EQ(run.out("x").size() + run.out("unmatched").size(), 0u);
  EXPECT_EQ(run.only("original").content, "");
  EXPECT_EQ(ProcessorRun("RouteText", {{"Matching Strategy", "Contains"}}).problems(),
            (Texts{"RouteText 'subject': needs a dynamic property to compare lines with"}));
  EXPECT_EQ(ProcessorRun("RouteText", {{"x", "a"}}).problems(),
            (Texts{"RouteText 'subject', property 'Matching Strategy': is required"}));
}

TEST(RouteOnContentTest, CopiesGoToEachMatch) {
  for (const std::string requirement : {"content must match exactly", "content must contain match"}) {
    ProcessorRun run("RouteOnContent",
                     {{"Match Requirement", requirement}, {"all", "a.c"}, {"part", "b"}, {"text", "${dot}"}},
                     {.given = {{"abc", {{"dot", "."}}}, {"zzz", {{"dot", "."}}}}});
    run.until_idle();
    EXPECT_EQ(run.only("all").content, "abc");
    EXPECT_EQ(run.only("all").at("RouteOnContent.Route"), "all");
    EXPECT_EQ(run.out("part").size(), requirement == "content must match exactly" ? 0u : 1u);
    EXPECT_EQ(run.out("text").size(), 0u);  // a value of an attribute is a text
    EXPECT_EQ(run.only("unmatched").content, "zzz");
    EXPECT_EQ(run.only("unmatched").at("RouteOnContent.Route"), "unmatched");
  }
  ProcessorRun small("RouteOnContent", {{"Content Buffer Size", "2 B"}, {"x", "ab"}}, {.given = {{"abc"}}});
  small.until_idle();
  EXPECT_EQ(small.only("x").content, "abc");
}

TEST(RouteOnAttributeTest, Strategies) {
  const std::vector<Given> given{{"both", {{"k", "1"}, {"l", "1"}}}, {"one", {{"k", "1"}}}, {"none"}};
  const PropertyValues properties{{"x", "${k:equals('1')}"}, {"y", "${l:equals('1')}"}};
  ProcessorRun named("RouteOnAttribute", properties, {.given = given});
  named.until_idle();
  EXPECT_EQ(named.contents("x"), (Texts{"both", "one"}));
  EXPECT_EQ(named.contents("y"), (Texts{"both"}));
  EXPECT_EQ(named.contents("unmatched"), (Texts{"none"}));
  EXPECT_EQ(named.out("y")[0].at("RouteOnAttribute.Route"), "y");
  struct Case {
    std::string strategy;
    Texts matched, unmatched;
  };
  for (const auto& c : std::to_array<Case>({{"Route to 'match' if all match", {"both"}, {"one", "none"}},
                                            {"Route to 'match' if any matches", {"both", "one"}, {"none"}},
                                            {"Route to 'matched' if any matches", {"both", "one"}, {"none"}}})) {
    auto changed = properties;
    changed["Routing Strategy"] = c.strategy;
    ProcessorRun run("RouteOnAttribute", changed, {.given = given, .relationships = {"matched", "unmatched"}});
    EXPECT_EQ(run.problems(), Texts{}) << c.strategy;
    run.until_idle();
    EXPECT_EQ(run.contents("matched"), c.matched) << c.strategy;
    EXPECT_EQ(run.contents("unmatched"), c.unmatched) << c.strategy;
    EXPECT_EQ(run.out("matched")[0].at("RouteOnAttribute.Route"), "matched") << c.strategy;
  }
}

TEST(RouteOnContentTest, OtherCharacterSets) {
  ProcessorRun run("RouteOnContent",
                   {{"Character Set", "ISO-8859-1"}, {"Match Requirement", "content must contain match"}, {"hit", "ä"}},
                   {.given = {{"x\xE4x"}, {"x\xC3\xA4x"}, {""}}});
  run.until_idle();
  EXPECT_EQ(run.contents("hit"), (Texts{"x\xE4x"}));
  EXPECT_EQ(run.contents("unmatched"), (Texts{"x\xC3\xA4x", ""}));
}

}  // namespace
}  // namespace flow
