#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

struct Case {
  std::string_view what;
  PropertyValues properties;
  std::string content, expected;
};

TEST(ReplaceTextTest, Strategies) {
  const std::string mode = "Evaluation Mode", whole = "Entire text", strategy = "Replacement Strategy",
                    search = "Search Value", value = "Replacement Value";
  const auto cases = std::to_array<Case>({
      {"nothing set", {}, "a\nb\n", "a\nb\n"},
      {"the match has the line's end", {{value, "<$1>"}}, "a\nb", "<a\n><b>"},
      {"groups", {{search, "(\\w+)=(\\w+)"}, {value, "$2=$1"}}, "a=1,b=2\r\nc=3", "1=a,2=b\r\n3=c"},
      {"old key", {{"Regular Expression", "b"}, {value, "x"}}, "abc", "axc"},
      {"no match", {{search, "z"}, {value, "x"}}, "abc\n", "abc\n"},
      {"empty match", {{search, "x*"}, {value, "-"}}, "axb", "-a--b-"},
      {"missing group", {{search, "(a)"}, {value, "owe $8"}}, "a", "owe $8"},
      {"dollar before a word", {{search, "a"}, {value, "$x"}}, "a", "$x"},
      {"expression per match", {{search, "(a|b)"}, {value, "${'$1':toUpper()}"}}, "a-b", "A-B"},
      {"attribute with a dollar", {{search, "a"}, {value, "${price}"}}, "a", "$1.50"},
      {"attribute in the pattern is text", {{search, "${dotted}"}, {value, "x"}}, "a.b aXb", "x aXb"},
      {"case-insensitive", {{search, "(?i)ABC"}, {value, "x"}}, "aBc", "x"},
      {"entire text sees all lines", {{mode, whole}, {search, "(?s)a.b"}, {value, "x"}}, "1a\nb2", "1x2"},
      {"entire text, multiline", {{mode, whole}, {search, "(?m)^(.*)$"}, {value, "[$1]"}}, "a\nb\n", "[a]\n[b]\n"},
      {"literal", {{strategy, "Literal Replace"}, {search, "a.b"}, {value, "$1\\"}}, "a.b aXb\na.b", "$1\\ aXb\n$1\\"},
      {"literal, entire",
       {{strategy, "Literal Replace"}, {mode, whole}, {search, "b\nc"}, {value, ""}},
       "ab\ncd",
       "ad"},
      {"always", {{strategy, "Always Replace"}, {value, "x"}}, "a\r\nb\n\n", "x\r\nx\nx\n"},
      {"always, entire", {{strategy, "Always Replace"}, {mode, whole}, {value, "x${kind}"}}, "a\nb", "xK"},
      {"always, entire, of nothing", {{strategy, "Always Replace"}, {mode, whole}, {value, "x"}}, "", "x"},
      {".* is always", {{search, ".*"}, {value, "x"}}, "abc\n", "x\n"},
      {"prepend", {{strategy, "Prepend"}, {value, "> "}}, "a\nb\n", "> a\n> b\n"},
      {"prepend, entire", {{strategy, "Prepend"}, {mode, whole}, {value, "> "}}, "a\nb\n", "> a\nb\n"},
      {"append", {{strategy, "Append"}, {value, ";"}}, "a\r\nb", "a;\r\nb;"},
      {"append, entire", {{strategy, "Append"}, {mode, whole}, {value, ";"}}, "a\n", "a\n;"},
      {"surround", {{strategy, "Surround"}, {"Text to Prepend", "<"}, {"Text to Append", ">"}}, "a\nb", "<a>\n<b>"},
      {"surround, entire",
       {{strategy, "Surround"}, {mode, whole}, {"Text to Prepend", "<"}, {"Text to Append", ">"}},
       "a\nb",
       "<a\nb>"},
      {"variables", {{strategy, "Substitute Variables"}}, "a ${kind} ${none}\n${kind}", "a K ${none}\nK"},
      {"nothing stays nothing", {{value, "x"}}, "", ""},
      {"latin 1", {{"Character Set", "ISO-8859-1"}, {search, "\xC3\xA4"}, {value, "\xC3\xB6"}}, "\xE4\n", "\xF6\n"},
      {"characters, not bytes", {{search, "(.)$"}, {value, "[$1]"}}, "a\xC3\xA4", "a[\xC3\xA4]"},
  });
  for (const auto& c : cases) {
    ProcessorRun run("ReplaceText", c.properties,
                     {.given = {{c.content, {{"kind", "K"}, {"price", "$1.50"}, {"dotted", "a.b"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.only("success").content, c.expected) << c.what;
    EXPECT_EQ(run.only("success").at("kind"), "K") << c.what;
  }
}

TEST(ReplaceTextTest, ChosenLines) {
  struct Lines {
    std::string mode, expected;
  };
  for (const auto& c : std::to_array<Lines>({{"All", "xa\nxb\nxc"},
                                             {"First-Line", "xa\nb\nc"},
                                             {"Last-Line", "a\nb\nxc"},
                                             {"Except-First-Line", "a\nxb\nxc"},
                                             {"Except-Last-Line", "xa\nxb\nc"}})) {
    ProcessorRun run(
        "ReplaceText",
        {{"Replacement Strategy", "Prepend"}, {"Replacement Value", "x"}, {"Line-by-Line Evaluation Mode", c.mode}},
        {.given = {{"a\nb\nc"}}});
    run.until_idle();
    EXPECT_EQ(run.only("success").content, c.expected) << c.mode;
  }
}

TEST(ReplaceTextTest, WhatCannotBeReplacedFails) {
  const std::vector<Case> cases = {
      {"a long content", {{"Maximum Buffer Size", "4 B"}, {"Evaluation Mode", "Entire text"}}, "a\nb\nc", ""},
      {"a pattern that is none", {{"Search Value", "(${none}"}}, "a", ""},
      {"a variable in itself", {{"Replacement Strategy", "Substitute Variables"}}, "${loop}", ""},
      {"an expression that fails", {{"Replacement Value", "${loop:toDate('yyyy')}"}}, "a", ""},
  };
  for (const auto& c : cases) {
    ProcessorRun run("ReplaceText", c.properties, {.given = {{c.content, {{"loop", "${loop}"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    EXPECT_EQ(run.only("failure").content, c.content) << c.what;
    EXPECT_FALSE(run.only("failure").penalised) << c.what;
    EXPECT_EQ(run.out("success").size(), 0u) << c.what;
    EXPECT_EQ(run.errors().size(), 1u) << c.what;
  }
  // What is not held in memory has no limit.
  ProcessorRun run("ReplaceText",
                   {{"Maximum Buffer Size", "1 B"},
                    {"Evaluation Mode", "Entire text"},
                    {"Replacement Strategy", "Append"},
                    {"Replacement Value", "!"}},
                   {.given = {{"long"}}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "long!");
}

TEST(ReplaceTextTest, LinesMustFitIntoTheBuffer) {
  struct Line {
    std::string buffer;
    std::size_t length;
    std::string character, end;
    bool fits;
  };
  for (const auto& [buffer, length, character, end, fits] : std::vector<Line>{
           {"5 B", 8191, "y", "\n", true},  // with its end 8192, which NiFi's buffer always has
           {"5 B", 8192, "y", "\n", false},
           {"5 B", 8191, "y", "", true},
           {"5 B", 8192, "y", "", false},
           {"20 KB", 16383, "y", "\nx", true},  // the buffer grows by 8192
           {"20 KB", 16384, "y", "\nx", false},
           {"5 B", 4096, "\u00e9", "\n", true},
           {"5 B", 8192, "\u00e9", "\n", false},
           {"5 B", 4095, "\U0001f600", "\n", true},
           {"5 B", 4096, "\U0001f600", "\n", false},
       }) {
    std::string content = "ab\n";
    for (std::size_t i = 0; i < length; ++i) content += character;
    content += end;
    ProcessorRun run("ReplaceText", {{"Maximum Buffer Size", buffer}, {"Search Value", "q"}}, {.given = {{content}}});
    run.until_idle();
    EXPECT_EQ(run.contents(fits ? "success" : "failure"), Texts{content}) << buffer << " " << length << character;
  }
}

TEST(ReplaceTextTest, WhatIsInvalidIsNamed) {
  const auto problem = [](PropertyValues properties) {
    return ProcessorRun("ReplaceText", std::move(properties)).problems().at(0);
  };
  EXPECT_EQ(problem({{"Replacement Strategy", "Literal Replace"}, {"Search Value", ""}}),
            "ReplaceText 'subject', property 'Search Value': is required");
  EXPECT_EQ(problem({{"Character Set", "none"}}),
            "ReplaceText 'subject', property 'Character Set': 'none' is not a character set");
  EXPECT_TRUE(problem({{"Search Value", "("}})
                  .starts_with("ReplaceText 'subject', property 'Search Value': not a regular expression"));
  EXPECT_EQ(problem({{"Evaluation Mode", "Word"}}),
            "ReplaceText 'subject', property 'Evaluation Mode': 'Word' is none of its values");
}

}  // namespace
}  // namespace flow
