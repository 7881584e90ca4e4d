#include "catalog/name_resolution.h"

#include <gtest/gtest.h>

namespace catalog {
namespace {

class NameResolutionTest : public testing::Test {
 protected:
  static Record object(std::uint64_t id, ObjectKind kind, std::uint64_t container, std::string name) {
    Body body = PlainBody{};
    if (kind == ObjectKind::Table) body = TableBody{};
    if (kind == ObjectKind::Stage) body = StageBody{};
    return {.id = {id}, .kind = kind, .container = {container}, .name = std::move(name), .body = std::move(body)};
  }
  const std::shared_ptr<const Snapshot> catalog =
      Snapshot::of({object(1, ObjectKind::Database, 0, "DB"), object(2, ObjectKind::Schema, 1, "PUBLIC"),
                    object(3, ObjectKind::Schema, 1, "S"), object(4, ObjectKind::Table, 2, "COMMON"),
                    object(5, ObjectKind::Table, 3, "T"), object(6, ObjectKind::Table, 2, "T")});
  const NameScope scope{.database = ObjectId{1}, .schema = ObjectId{3}};

  std::string resolved(const NameScope& in, std::vector<std::string> parts, ObjectKind kind = ObjectKind::Table) const {
    const auto found = resolve(*catalog, in, kind, parts);
    return found ? std::to_string((*found)->id.value) : base::to_text(found.error());
  }
};

TEST_F(NameResolutionTest, NamesOfOneToThreeParts) {
  EXPECT_EQ(resolved(scope, {"T"}), "5");
  EXPECT_EQ(resolved(scope, {"PUBLIC", "T"}), "6");
  EXPECT_EQ(resolved(scope, {"DB", "S", "T"}), "5");
  EXPECT_EQ(resolved(scope, {"DB", "", "T"}), "6");
  EXPECT_EQ(resolved(scope, {"COMMON"}), "4");
  EXPECT_EQ(resolved({.database = ObjectId{1}, .schema = ObjectId{3}, .public_too = false}, {"COMMON"}),
            "002003 (42S02): SQL compilation error:\nObject 'COMMON' does not exist or not authorized.");
}

TEST_F(NameResolutionTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(resolved(scope, {"X", "T"}),
            "002003 (02000): SQL compilation error:\nSchema 'DB.X' does not exist or not authorized.");
  EXPECT_EQ(resolved(scope, {"Y", "X", "T"}),
            "002003 (02000): SQL compilation error:\nDatabase 'Y' does not exist or not authorized.");
  EXPECT_EQ(resolved(scope, {"G"}, ObjectKind::Stage),
            "002003 (02000): SQL compilation error:\nStage 'DB.S.G' does not exist or not authorized.");
  const std::vector<std::string> name{"T"};
  EXPECT_EQ(base::to_text(place(*catalog, {}, name, "CREATE STAGE").error()),
            "090105 (22000): Cannot perform CREATE STAGE. This session does not have a current database. Call 'USE "
            "DATABASE', or use a qualified name.");
  EXPECT_EQ(base::to_text(place(*catalog, {.database = ObjectId{1}}, name, "CREATE STAGE").error()),
            "090106 (22000): Cannot perform CREATE STAGE. This session does not have a current schema. Call 'USE "
            "SCHEMA', or use a qualified name.");
}

}  // namespace
}  // namespace catalog
