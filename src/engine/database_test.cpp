#include <gtest/gtest.h>

#include "engine/test_database.h"

namespace engine {
namespace {

TEST(DatabaseTest, RowsAreThereAfterReopening) {
  TestDatabase test;
  const auto table = test.create_table("T");
  test.insert(table, "(1,'a'),(2,'b')");
  EXPECT_EQ(test.read(table), "1,a|2,b");
  test.change(table, "id = 1", "id, 'x'");
  EXPECT_EQ(test.read(table), "1,x|2,b");
  const auto version = test.database().version();
  test.reopen();
  EXPECT_EQ(test.database().version(), catalog::Version{version.value});
  EXPECT_EQ(test.read(table), "1,x|2,b");
  test.insert(table, "(3,'c')");
  EXPECT_EQ(test.read(table), "1,x|2,b|3,c");
}

}  // namespace
}  // namespace engine
