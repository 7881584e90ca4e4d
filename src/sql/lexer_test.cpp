#include "sql/lexer.h"

#include <gtest/gtest.h>

namespace sql {
namespace {

std::string shown(std::string_view text) {
  static constexpr std::string_view kKinds[] = {"W", "Q", "S", "D", "N", "P", "V", "G", "F", "Y", "X", "E"};
  std::string result;
  for (const Token& token : tokenize(text)) {
    if (token.kind == TokenKind::End) break;
    if (!result.empty()) result += ' ';
    result += std::string(kKinds[static_cast<int>(token.kind)]) + ":" + token.text;
  }
  return result;
}

TEST(LexerTest, Tokens) {
  struct Case {
    std::string_view text, tokens;
  };
  for (const Case& c : std::to_array<Case>({
           {"select a_$1", "W:SELECT W:A_$1"},
           {"1 1.5 .5 1e10 1.5E-3 1.", "N:1 N:1.5 N:.5 N:1e10 N:1.5E-3 N:1."},
           {"a.b t.$1 db..t", "W:A Y:. W:B W:T Y:. P:1 W:DB Y:. Y:. W:T"},
           {"$1 $Name", "P:1 V:NAME"},
           {"a::b => -> ->> := != <> || **", "W:A Y::: W:B Y:=> Y:-> Y:->> Y::= Y:!= Y:<> Y:|| Y:**"},
           {"b(+)", "W:B Y:( Y:+ Y:)"},
           {"@st/a//b.csv (x", "G:@st/a//b.csv Y:( W:X"},
           {"@~/x; @%t, @\"My st\".s/p)", "G:@~/x Y:; G:@%t Y:, G:@\"My st\".s/p Y:)"},
           {"put file:///tmp/a*.csv @s", "W:PUT F:file:///tmp/a*.csv G:@s"},
           {"--a\n1//b\n2/*c;*/3", "N:1 N:2 N:3"},
           {"\xEF\xBB\xBFselect", "W:SELECT"},
           {"a\r\nb", "W:A W:B"},
           {"'\xC3\xA9' \"\xC3\xA9\" \xC3\xA9", "S:\xC3\xA9 Q:\xC3\xA9 X:\xC3\xA9"},
           {"'a''b\\'c\\\\'", "S:a'b'c\\"},
           {"'a\\N\\n'", "S:aN\n"},
           {"\"a\"\"b\"", "Q:a\"b"},
           {"$$a'$b$$", "D:a'$b"},
           {"'open", "X:'"},
           {"\"open", "X:\""},
           {"a /* open", "W:A X:/*"},
       }))
    EXPECT_EQ(shown(c.text), c.tokens) << c.text;
}

TEST(LexerTest, PlacesCountCodePoints) {
  const auto tokens = tokenize("a\n '\xC3\xA9' b");
  EXPECT_EQ(tokens[1].at.line, 2U);
  EXPECT_EQ(tokens[1].at.column, 2U);
  EXPECT_EQ(tokens[1].at.offset, 3U);
  EXPECT_EQ(tokens[1].at.length, 4U);
  EXPECT_EQ(tokens[2].at.column, 6U);
}

}  // namespace
}  // namespace sql
