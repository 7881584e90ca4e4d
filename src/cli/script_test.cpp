#include "cli/script.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

using Statements = std::vector<ScriptStatement>;

TEST(ScriptTest, KnowsWhereStatementsBegin) {
  EXPECT_EQ(split_script("SELECT 1;\n\n-- two\nSELECT ';';", Splitting::Strict),
            (Statements{{"SELECT 1", 1}, {"SELECT ';'", 4}}));
}

TEST(ScriptTest, CutsAtVerbsWhenLenient) {
  const std::string_view text = "CREATE TABLE t (a INT)\nINSERT INTO t\nSELECT 1\nSELECT * FROM t;\nSELECT 2;";
  EXPECT_EQ(
      split_script(text, Splitting::Lenient),
      (Statements{
          {"CREATE TABLE t (a INT)", 1}, {"INSERT INTO t\nSELECT 1", 2}, {"SELECT * FROM t", 4}, {"SELECT 2", 5}}));
  EXPECT_EQ(split_script(text, Splitting::Strict).size(), 2U);
}

TEST(ScriptTest, LeavesWhatParsesAlone) {
  const std::string_view text = "INSERT INTO t\nSELECT 1";
  EXPECT_EQ(split_script(text, Splitting::Lenient), (Statements{{"INSERT INTO t\nSELECT 1", 1}}));
}

TEST(ScriptTest, KnowsCompleteStatements) {
  struct Case {
    std::string_view text;
    bool complete;
  };
  for (const auto& c : std::to_array<Case>({{"SELECT 1", false},
                                            {"SELECT 1;", true},
                                            {"SELECT 1;\n", true},
                                            {"SELECT 'a;", false},
                                            {"SELECT 1 -- ;", false},
                                            {"SELECT 1; SELECT", false},
                                            {"", false}}))
    EXPECT_EQ(is_complete(c.text), c.complete) << c.text;
}

}  // namespace
}  // namespace cli
