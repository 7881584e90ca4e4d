#include "cli/output.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(OutputTest, WidthsAreThoseOfATerminal) {
  struct Case {
    std::string_view text;
    std::size_t width;
  };
  for (const auto& c : std::to_array<Case>({{"", 0},
                                            {"abc", 3},
                                            {"h\u00e9llo", 5},
                                            {"\u6771\u4eac", 4},
                                            {"e\u0301", 1},
                                            {"\U0001F600", 2},
                                            {"\xff", 1}}))
    EXPECT_EQ(display_width(c.text), c.width) << c.text;
}

TEST(OutputTest, AlignsColumns) {
  TextTable table({{"NAME"}, {"N", Align::Right}, {"END"}});
  table.add({"\u6771\u4eac", "7", "x"});
  table.add({"abcdef", "1234", "y"});
  EXPECT_EQ(table.text(),
            "NAME       N  END\n"
            "------  ----  ---\n"
            "\u6771\u4eac       7  x\n"
            "abcdef  1234  y\n");
}

TEST(OutputTest, KeepsCellsOnTheirLine) { EXPECT_EQ(one_line("a\nb\tc\x1b[31m"), "a\\nb\\tc\\x1b[31m"); }

TEST(OutputTest, QuotesCsvWhereNeeded) {
  struct Case {
    std::string_view cell, csv;
  };
  for (const auto& c : std::to_array<Case>(
           {{"a", "a"}, {"", "\"\""}, {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""}, {"a\nb", "\"a\nb\""}})) {
    std::string out;
    append_csv_cell(out, c.cell);
    EXPECT_EQ(out, c.csv);
  }
}

}  // namespace
}  // namespace cli
