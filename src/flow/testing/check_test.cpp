#include "flow/testing/check.h"

#include <gtest/gtest.h>

namespace flow::testing {
namespace {

using Kind = ExpectedText::Kind;

ExpectedText text(Kind kind, std::string value) {
  return {.kind = kind, .text = std::move(value), .file = {}, .line = 7};
}

TEST(CheckTest, Texts) {
  struct Case {
    Kind kind;
    std::string expected;
    std::optional<std::string> came;
    bool passes;
  };
  for (const Case& c : std::to_array<Case>({
           {Kind::Equal, "a", "a", true},
           {Kind::Equal, "a", "a ", false},
           {Kind::Equal, "", std::nullopt, false},
           {Kind::Absent, "", std::nullopt, true},
           {Kind::Absent, "", "", false},
           {Kind::Json, R"({"a":1,"b":[true]})", R"({ "b": [true], "a": 1 })", true},
           {Kind::Json, R"([1,2])", "[2,1]", false},
           {Kind::Json, R"([1,2])", "no JSON", false},
           {Kind::Matches, R"(order_\d+\.csv)", "order_12.csv", true},
           {Kind::Matches, R"(order_\d+)", "order_12.csv", false},  // all of it must match
           {Kind::Matches, "(", "(", false},
       })) {
    const auto differences = check_text(text(c.kind, c.expected), c.came ? &*c.came : nullptr, "here");
    EXPECT_EQ(differences.empty(), c.passes) << c.expected << " / " << c.came.value_or("(none)");
    if (!differences.empty()) EXPECT_EQ(differences.front().line, 7u);
  }
}

ExpectedFlowFile named(const std::string& name) {
  return {.attributes = {{"filename", text(Kind::Equal, name)}}, .line = 3};
}
CameFlowFile came(const std::string& name) { return {.content = "x", .attributes = {{"filename", name}}}; }

TEST(CheckTest, FlowFilesComeInTheirOrderUnlessAnyWillDo) {
  Expectation expected{.component = "Put", .count = 2, .flowfiles = {named("a"), named("b")}};
  EXPECT_TRUE(check_flowfiles(expected, {came("a"), came("b")}).empty());
  EXPECT_EQ(check_flowfiles(expected, {came("b"), came("a")}).size(), 2u);
  expected.any_order = true;
  EXPECT_TRUE(check_flowfiles(expected, {came("b"), came("a")}).empty());
  EXPECT_EQ(check_flowfiles(expected, {came("b"), came("b")}).size(), 1u);  // each is taken once
}

TEST(CheckTest, TheNumberIsTold) {
  const Expectation expected{.component = "Put", .relationship = "failure", .count = 1, .line = 5};
  const auto differences = check_flowfiles(expected, {came("a"), came("b")});
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].where, "out of 'Put' by 'failure': number of flowfiles");
  EXPECT_EQ(differences[0].expected, "1");
  EXPECT_EQ(differences[0].came, "2: 'a' (1 bytes), 'b' (1 bytes)");
}

TEST(CheckTest, LongTextsAreShownFromWhereTheyDiffer) {
  EXPECT_EQ(describe({1, "content", "a\nb\nc\n", "a\nB\nc\n"}),
            "content\n    from line 2 on (- expected, + came)\n    - b\n    - c\n    + B\n    + c\n");
  EXPECT_EQ(describe({1, "content", "a", "b"}), "content\n    expected: a\n    came:     b\n");
}

}  // namespace
}  // namespace flow::testing
