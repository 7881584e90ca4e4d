#include "flow/el/pattern.h"

#include <gtest/gtest.h>

namespace flow::el {
namespace {

TEST(PatternTest, FindsTheGroupsOfOneMatchAfterTheOther) {
  const auto pattern = Pattern::compile("(?<key>[a-z]+)=(\\d+)?").value();
  const std::string_view text = "ab=12 c=";
  const auto first = pattern.match(text, 0).value();
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(text.substr(first[1].begin, first[1].end - first[1].begin), "ab");
  EXPECT_EQ(text.substr(first[2].begin, first[2].end - first[2].begin), "12");
  const auto second = pattern.match(text, first[0].end).value();
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(second[0].begin, 6u);
  EXPECT_EQ(second[2].begin, std::string_view::npos);
  EXPECT_TRUE(pattern.match(text, second[0].end).value().empty());
}

TEST(PatternTest, SplitsAsJavaDoes) {
  struct Case {
    std::string_view pattern, text;
    std::vector<std::string> expected;
  };
  for (const Case& c : std::to_array<Case>({{",", "a,b", {"a", "b"}},
                                            {",", ",a,,b,,", {"", "a", "", "b"}},
                                            {",", "", {""}},
                                            {",", ",", {}},
                                            {"", "aäb", {"a", "ä", "b"}},
                                            {"\\s*;\\s*", "a ; b;c", {"a", "b", "c"}},
                                            {"x", "abc", {"abc"}}}))
    EXPECT_EQ(Pattern::compile(c.pattern).value().split(c.text).value(), c.expected) << c.pattern << " of " << c.text;
}

TEST(PatternTest, JavasOwnSyntax) {
  struct Case {
    std::string_view pattern, text;
    bool whole;
  };
  for (const Case& c : std::to_array<Case>({
           {"[a-z&&[^bc]]+", "ade", true},
           {"[a-z&&[^bc]]+", "abe", false},
           {"[a-f&&[d-z]&&[^e]]+", "df", true},
           {"[a-f&&[d-z]&&[^e]]+", "de", false},
           {"[^&&[^a]]", "b", false},
           {"[\\w&&[^\\d]]+", "ab_", true},
           {"[\\w&&[^\\d]]+", "ab1", false},
           {"[\\]\\[a]+", "[a]", true},
           {"[]a]+", "]a", true},
           {"[a\\-z]+", "a-z", true},
           {"[\\Q[-]\\E]+", "[-]", true},
           {"\\Qa.b\\E\\.c", "a.b.c", true},
           {"\\Qa.b", "a.b", true},
           {"\\p{Lu}\\P{Lu}+", "Abc", true},
           {"\\pL+", "äb", true},
           {"\\p{IsGreek}+", "αβ", true},
           {"\\p{javaWhitespace}+", " \t", true},
           {"\\P{Alpha}+", "12", true},
           {"[\\P{Alpha}]+", "12a", false},
           {"\\u0041\\uD83D\\uDE00", "A😀", true},
           {"(?i:a)b", "Ab", true},
           {"\\S+", "aä€😀", true},
           {"\\W\\D\\S{2}", "ä€😀ä", true},
           {"[\\S]+[\\W][\\D]", "äöü", true},
           {"\\w", "ä", false},
           {"(?d).+", "a\rb", true},
           {"(?i)ä+b", "ääB", true},  // in any case: of ASCII
           {"(?i)ä", "Ä", false},
           {"(?iu)ä", "Ä", true},
           {"(?iU)ä", "Ä", true},
           {".+", "a\rb", false},
           {"(?su)a.b", "a\nb", true},
           {"(?<y>\\d{4})-\\k<y>", "2024-2024", true},
           {"(?>a+)ab", "aaab", false},
           {"\\d++\\d", "123", false},
           {"a{2,3}?b", "aab", true},
           {"^(?!checkpoint\\.csv$).*", "checkpoint.csv", false},
           {"^(?!checkpoint\\.csv$).*", "orders.csv", true},
       })) {
    const auto pattern = Pattern::compile(c.pattern);
    ASSERT_TRUE(pattern) << c.pattern << ": " << pattern.error().message;
    EXPECT_EQ(pattern->matches(c.text).value(), c.whole) << c.pattern << " and " << c.text;
  }
}

TEST(PatternTest, RefusesWhatItCannotDo) {
  for (const std::string_view broken : {"(", "[a", "a\\", "*", "\\p{Nope}", "\\uZZZZ", "(?<n>a)(?<n>b)", "[a[b]"})
    EXPECT_FALSE(Pattern::compile(broken)) << broken;
}

TEST(PatternTest, AHopelessMatchIsAnError) {
  const auto pattern = Pattern::compile("(a+)+$").value();
  EXPECT_FALSE(pattern.matches(std::string(40, 'a') + "b"));
}

}  // namespace
}  // namespace flow::el
