#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(ExtractTextTest, Groups) {
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::string content;
    Attributes attributes;  // those that begin with "x"
  };
  const std::string repeats = "Enable Repeating Capture Group", named = "Enable Named Groups";
  for (const auto& c : std::to_array<Case>({
           {"one group", {{"x", "a(.)"}}, "ab ac", {{"x", "b"}, {"x.0", "ab"}, {"x.1", "b"}}},
           {"two groups", {{"x", "(.)=(.)"}}, "a=b", {{"x", "a"}, {"x.0", "a=b"}, {"x.1", "a"}, {"x.2", "b"}}},
           {"without the whole match",
            {{"x", "a(.)"}, {"Include Capture Group 0", "false"}},
            "ab",
            {{"x", "b"}, {"x.1", "b"}}},
           {"empty group", {{"x", "a(b?)(c)"}}, "ac", {{"x.0", "ac"}, {"x.2", "c"}}},
           {"repeated",
            {{"x", "a(.)"}, {repeats, "true"}},
            "ab ac ad",
            {{"x", "b"}, {"x.0", "ab"}, {"x.1", "b"}, {"x.2", "c"}, {"x.3", "d"}}},
           {"old key",
            {{"x", "a(.)"}, {"extract-text-enable-repeating-capture-group", "true"}},
            "ab ac",
            {{"x", "b"}, {"x.0", "ab"}, {"x.1", "b"}, {"x.2", "c"}}},
           {"keys of NiFi 2.6",
            {{"x", "(?<k>.)="}, {"Enable named group support", "true"}, {"Enable repeating capture group", "true"}},
            "a= b=",
            {{"x", "a="}, {"x.k", "a"}, {"x.k.1", "b"}}},
           {"named",
            {{"x", "(?<key>.)=(?<value>.)"}, {named, "true"}},
            "a=b",
            {{"x", "a=b"}, {"x.key", "a"}, {"x.value", "b"}}},
           {"named, repeated",
            {{"x", "(?<k>.)="}, {named, "true"}, {repeats, "true"}},
            "a= b=",
            {{"x", "a="}, {"x.k", "a"}, {"x.k.1", "b"}}},
           {"length", {{"x", "(\\w+)"}, {"Maximum Capture Group Length", "2"}}, "\xC3\xA4\xC3\xA4\xC3\xA4", {}},
           {"length in characters",
            {{"x", "(.+)"}, {"Maximum Capture Group Length", "2"}},
            "\xC3\xA4\xC3\xA4\xC3\xA4",
            {{"x", "\xC3\xA4\xC3\xA4"}, {"x.0", "\xC3\xA4\xC3\xA4"}, {"x.1", "\xC3\xA4\xC3\xA4"}}},
           {"Unicode classes",
            {{"x", "(\\w+)"}, {"Enable Unicode Predefined Character Classes", "true"}},
            "\xC3\xA4",
            {{"x", "\xC3\xA4"}, {"x.0", "\xC3\xA4"}, {"x.1", "\xC3\xA4"}}},
           {"any case",
            {{"x", "(A)"}, {"Enable Case-insensitive Matching", "true"}},
            "a",
            {{"x", "a"}, {"x.0", "a"}, {"x.1", "a"}}},
           {"dotall",
            {{"x", "a(.)b"}, {"Enable DOTALL Mode", "true"}},
            "a\nb",
            {{"x", "\n"}, {"x.0", "a\nb"}, {"x.1", "\n"}}},
           {"multiline",
            {{"x", "^(b)$"}, {"Enable Multiline Mode", "true"}},
            "a\nb\n",
            {{"x", "b"}, {"x.0", "b"}, {"x.1", "b"}}},
           {"comments",
            {{"x", "( a ) # first"}, {"Permit Whitespace and Comments in Pattern", "true"}},
            "a",
            {{"x", "a"}, {"x.0", "a"}, {"x.1", "a"}}},
           {"literal", {{"x", "(.)"}, {"Enable Literal Parsing of the Pattern", "true"}}, "a(.)", {{"x.0", "(.)"}}},
           {"no expression language",
            {{"x", "(\\$\\{x\\})"}},
            "${x}",
            {{"x", "${x}"}, {"x.0", "${x}"}, {"x.1", "${x}"}}},
           {"beyond the buffer", {{"x", "(b)"}, {"Maximum Buffer Size", "3 B"}}, "aaab", {}},
           {"other set",
            {{"x", "(.)"}, {"Character Set", "ISO-8859-1"}},
            "\xE4",
            {{"x", "\xC3\xA4"}, {"x.0", "\xC3\xA4"}, {"x.1", "\xC3\xA4"}}},
       })) {
    ProcessorRun run("ExtractText", c.properties, {.given = {{c.content}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    auto came = run.only(c.attributes.empty() ? "unmatched" : "matched");
    erase_if(came.attributes, [](const auto& entry) { return !entry.first.starts_with("x"); });
    EXPECT_EQ(came.attributes, c.attributes) << c.what;
    EXPECT_EQ(came.content, c.content) << c.what;
  }
}

TEST(ExtractTextTest, WhatIsInvalidIsNamed) {
  const auto problem = [](PropertyValues properties) {
    return ProcessorRun("ExtractText", std::move(properties)).problems().at(0);
  };
  EXPECT_EQ(problem({{"x", "a"}, {"Include Capture Group 0", "false"}}),
            "ExtractText 'subject', property 'x': the pattern has no group");
  EXPECT_TRUE(problem({{"x", "("}}).starts_with("ExtractText 'subject', property 'x': not a regular expression"));
  EXPECT_EQ(problem({{"x", "(?<a>.)(.)"}, {"Enable Named Groups", "true"}}),
            "ExtractText 'subject', property 'x': not every group of the pattern has a name");
  EXPECT_EQ(problem({{"x", "(.)"}, {"Enable Canonical Equivalence", "true"}}),
            "ExtractText 'subject', property 'Enable Canonical Equivalence': 'true' is not supported");
}

TEST(ExtractTextTest, LinesAndCasesBeyondAscii) {
  const auto matches = [](PropertyValues properties, const std::string& content) {
    ProcessorRun run("ExtractText", std::move(properties), {.given = {{content}}});
    run.until_idle();
    return run.out("matched").size() == 1;
  };
  // Without it a carriage return ends a line, too.
  for (const auto& [unix_lines, expected] : std::map<std::string, bool>{{"false", false}, {"true", true}})
    EXPECT_EQ(matches({{"x", "(a.b)"}, {"Enable Unix Lines Mode", unix_lines}}, "a\rb"), expected);
  for (const auto& [folding, expected] : std::map<std::string, bool>{{"false", false}, {"true", true}})
    EXPECT_EQ(matches({{"x", "(\xC3\x84)"},
                       {"Enable Case-insensitive Matching", "true"},
                       {"Enable Unicode-aware Case Folding", folding}},
                      "\xC3\xA4"),
              expected);
  EXPECT_FALSE(matches({{"x", "(.+)"}}, ""));
}

}  // namespace
}  // namespace flow
