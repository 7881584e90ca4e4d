#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

struct Case {
  std::string_view what;
  PropertyValues properties;
  Attributes attributes;
  std::string relationship, retries, by;
};

TEST(RetryFlowFileTest, Counts) {
  const std::string n = "flowfile.retries", by = "flowfile.retries.uuid", none = "(none)";
  for (const auto& c : std::to_array<Case>({
           {"first", {}, {}, "retry", "1", "subject"},
           {"second", {}, {{n, "1"}, {by, "subject"}}, "retry", "2", "subject"},
           {"too many", {}, {{n, "3"}, {by, "subject"}}, "retries_exceeded", none, none},
           {"more are allowed", {{"maximum-retries", "${most}"}}, {{n, "3"}, {"most", "9"}}, "retry", "4", "subject"},
           {"no limit", {{"Maximum Retries", "${none}"}}, {}, "failure", none, none},
           {"no number", {}, {{n, "x"}}, "retry", "1", "subject"},
           {"no number fails", {{"Fail on Nonnumerical Overwrite", "true"}}, {{n, "x"}}, "failure", "x", none},
           {"another counts", {}, {{n, "2"}, {by, "other"}}, "failure", "2", "other"},
           {"another counted", {{"reuse-mode", "reset"}}, {{n, "2"}, {by, "other"}}, "retry", "1", "subject"},
           {"another counted, warns", {{"Reuse Mode", "warn"}}, {{n, "2"}, {by, "other"}}, "retry", "1", "subject"},
       })) {
    ProcessorRun run("RetryFlowFile", c.properties, {.given = {{"x", c.attributes}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    const auto came = run.only(c.relationship);
    EXPECT_EQ(came.at(n), c.retries) << c.what;
    EXPECT_EQ(came.at(by), c.by) << c.what;
    EXPECT_EQ(came.penalised, c.relationship == "retry") << c.what;
  }
}

TEST(RetryFlowFileTest, OtherPropertiesAndAttributes) {
  ProcessorRun run(
      "RetryFlowFile",
      {{"Retry Attribute", "tries"}, {"Penalize Retries", "false"}, {"reason", "too many: ${filename}"}, {"empty", ""}},
      {.given = {{"a"}, {"b", {{"tries", "3"}, {"filename", "f"}}}}});
  run.until_idle();
  EXPECT_FALSE(run.only("retry").penalised);
  EXPECT_EQ(run.only("retry").at("tries"), "1");
  EXPECT_EQ(run.only("retry").at("reason"), "(none)");
  EXPECT_EQ(run.only("retries_exceeded").at("reason"), "too many: f");
  EXPECT_EQ(run.only("retries_exceeded").at("empty"), "(none)");
}

TEST(DuplicateFlowFileTest, CopiesAreNumbered) {
  ProcessorRun run("DuplicateFlowFile", {{"Number of Copies", "${n}"}},
                   {.given = {{"x", {{"n", "2"}}}, {"y", {{"n", "-"}}}}});
  run.until_idle();
  std::multiset<std::string> indexes;
  for (const auto& came : run.out("success")) {
    EXPECT_EQ(came.content, "x");
    indexes.insert(came.at("copy.index"));
  }
  EXPECT_EQ(indexes, (std::multiset<std::string>{"0", "1", "2"}));
  EXPECT_EQ(run.waiting(), 1u);
}

TEST(ConvertCharacterSetTest, Converts) {
  struct Sets {
    std::string from, into, content, expected;
  };
  using namespace std::string_literals;
  for (const auto& c : std::to_array<Sets>({
           {"UTF-8", "ISO-8859-1", "\xC3\xA4\xE2\x82\xAC", "\xE4?"},
           {"ISO-8859-1", "UTF-8", "\xE4", "\xC3\xA4"},
           {"UTF-8", "UTF-8", "a\xFF", "a?"},
           {"UTF-8", "UTF-16", "a", "\xFE\xFF\0a"s},
           {"UTF-16LE", "UTF-8", "a\0b\0"s, "ab"},
           {"UTF-8", "ISO-8859-1", "", ""},
       })) {
    ProcessorRun run("ConvertCharacterSet", {{"Input Character Set", c.from}, {"Output Character Set", "${into}"}},
                     {.given = {{c.content, {{"into", c.into}}}}});
    run.until_idle();
    EXPECT_EQ(run.only("success").content, c.expected) << c.from << " " << c.into;
  }
  EXPECT_EQ(
      ProcessorRun("ConvertCharacterSet", {{"Input Character Set", "x"}, {"Output Character Set", "UTF-8"}}).problems(),
      (Texts{"ConvertCharacterSet 'subject', property 'Input Character Set': 'x' is not a character set"}));
}

}  // namespace
}  // namespace flow
