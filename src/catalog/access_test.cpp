#include "catalog/access.h"

#include <gtest/gtest.h>

#include "catalog/name_resolution.h"

namespace catalog {
namespace {

class AccessTest : public testing::Test {
 protected:
  static Record object(std::uint64_t id, ObjectKind kind, std::uint64_t container, std::string name,
                       std::string owner = "SYSADMIN") {
    Body body = PlainBody{};
    if (kind == ObjectKind::Table) body = TableBody{};
    return {.id = {id},
            .kind = kind,
            .container = {container},
            .name = std::move(name),
            .owner = std::move(owner),
            .body = std::move(body)};
  }
  static Grant on(std::uint64_t id, std::string privilege, std::string kind = "TABLE") {
    return {.privilege = std::move(privilege), .kind = std::move(kind), .object = {id}};
  }
  /// DB.S with the tables T and U of SYSADMIN; READER is granted to WRITER, WRITER to the user U1.
  std::shared_ptr<const Snapshot> catalog_with(const std::vector<Grant>& of_reader,
                                               const std::vector<Grant>& of_writer = {}) const {
    std::vector<Record> records{object(1, ObjectKind::Database, 0, "DB"), object(2, ObjectKind::Schema, 1, "S"),
                                object(3, ObjectKind::Table, 2, "T"), object(4, ObjectKind::Table, 2, "U")};
    std::uint64_t id = 10;
    for (const char* role : {"ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC"})
      records.push_back(object(id++, ObjectKind::Role, 0, role, ""));
    records.push_back(object(20, ObjectKind::Role, 0, "READER", "USERADMIN"));
    records.push_back(object(21, ObjectKind::Role, 0, "WRITER", "USERADMIN"));
    records.push_back(object(22, ObjectKind::User, 0, "U1", "USERADMIN"));
    for (const Grant& grant : of_reader) add_grant(records[records.size() - 3], grant);
    for (const Grant& grant : of_writer) add_grant(records[records.size() - 2], grant);
    add_grant(records[records.size() - 2], on(20, "USAGE", "ROLE"));
    add_grant(records[records.size() - 1], on(21, "USAGE", "ROLE"));
    return Snapshot::of(records);
  }
  static std::string resolved(const Snapshot& catalog, const std::string& role, std::vector<std::string> parts) {
    const NameScope scope{.database = ObjectId{1}, .schema = ObjectId{2}, .access = Access::of(catalog, role)};
    const auto found = resolve(catalog, scope, ObjectKind::Table, parts);
    return found ? (*found)->name : base::to_text(found.error());
  }
};

TEST_F(AccessTest, RolesInherit) {
  const auto catalog = catalog_with({});
  const auto of = [&](ObjectKind kind, const char* name) {
    std::string names;
    for (const std::string& role : inherited_roles(*catalog, *catalog->find(kind, {}, name)))
      names += (names.empty() ? "" : " ") + role;
    return names;
  };
  EXPECT_EQ(of(ObjectKind::Role, "ACCOUNTADMIN"), "ACCOUNTADMIN PUBLIC SECURITYADMIN SYSADMIN USERADMIN");
  EXPECT_EQ(of(ObjectKind::Role, "SECURITYADMIN"), "PUBLIC SECURITYADMIN USERADMIN");
  EXPECT_EQ(of(ObjectKind::Role, "WRITER"), "PUBLIC READER WRITER");
  EXPECT_EQ(of(ObjectKind::Role, "READER"), "PUBLIC READER");
  EXPECT_EQ(of(ObjectKind::User, "U1"), "PUBLIC READER WRITER");
}

TEST_F(AccessTest, WhatIsNotSeenDoesNotExist) {
  const Grant database = on(1, "USAGE", "DATABASE"), schema = on(2, "USAGE", "SCHEMA"), table = on(3, "SELECT");
  const std::string no_database =
      "090105 (22000): Cannot perform SELECT. This session does not have a current database. Call 'USE DATABASE', or "
      "use a qualified name.";
  const std::string no_schema =
      "090106 (22000): Cannot perform SELECT. This session does not have a current schema. Call 'USE SCHEMA', or use a "
      "qualified name.";
  struct Case {
    std::vector<Grant> granted;
    std::vector<std::string> name;
    std::string found;
  };
  const Case cases[] = {
      {{}, {"T"}, no_database},
      {{}, {"DB", "S", "T"}, "002003 (02000): SQL compilation error:\nDatabase 'DB' does not exist or not authorized."},
      {{table}, {"T"}, no_database},
      {{database}, {"T"}, no_schema},
      {{database},
       {"S", "T"},
       "002003 (02000): SQL compilation error:\nSchema 'DB.S' does not exist or not authorized."},
      {{database, schema},
       {"T"},
       "002003 (42S02): SQL compilation error:\nObject 'T' does not exist or not authorized."},
      {{database, schema, table}, {"T"}, "T"},
      {{database, schema, table}, {"DB", "S", "T"}, "T"},
      {{database, schema, table},
       {"U"},
       "002003 (42S02): SQL compilation error:\nObject 'U' does not exist or not authorized."},
  };
  for (const Case& one : cases) {
    const auto catalog = catalog_with(one.granted);
    EXPECT_EQ(resolved(*catalog, "READER", one.name), one.found);
    EXPECT_EQ(resolved(*catalog, "WRITER", one.name), one.found);
    EXPECT_EQ(resolved(*catalog, "SECURITYADMIN", {"T"}), no_database);
    EXPECT_EQ(resolved(*catalog, "ACCOUNTADMIN", one.name), one.name.back());
  }
}

TEST_F(AccessTest, PrivilegesAreAskedFor) {
  const auto catalog = catalog_with({on(3, "SELECT")}, {on(3, "INSERT"), on(0, "EXECUTE TASK", "ACCOUNT")});
  const RecordPtr table = catalog->find(ObjectId{3});
  const auto asked = [&](const char* role, std::initializer_list<std::string_view> privileges) {
    const auto status = require(Access::of(*catalog, role), *catalog, *table, privileges);
    return status ? std::string("may") : base::to_text(status.error());
  };
  const auto denied = [](const std::string& role, const std::string& what) {
    return "003001 (42501): SQL access control error:\nInsufficient privileges to operate on table 'T'.\nYour primary "
           "role " +
           role + " must have " + what + " granted on TABLE DB.S.T.";
  };
  EXPECT_EQ(asked("READER", {"SELECT"}), "may");
  EXPECT_EQ(asked("READER", {"INSERT"}), denied("READER", "INSERT"));
  EXPECT_EQ(asked("WRITER", {"SELECT"}), "may");
  EXPECT_EQ(asked("WRITER", {"INSERT"}), "may");
  EXPECT_EQ(asked("WRITER", {"DELETE", "INSERT"}), "may");
  EXPECT_EQ(asked("WRITER", {"OWNERSHIP"}), denied("WRITER", "OWNERSHIP"));
  EXPECT_EQ(asked("SYSADMIN", {"OWNERSHIP"}), "may");
  EXPECT_EQ(asked("ACCOUNTADMIN", {"UPDATE"}), "may");
  EXPECT_EQ(asked("USERADMIN", {"SELECT", "OWNERSHIP"}), denied("USERADMIN", "SELECT or OWNERSHIP"));
  EXPECT_TRUE(require(nullptr, *catalog, *table, {"OWNERSHIP"}));
}

TEST_F(AccessTest, OnTheAccount) {
  const auto catalog = catalog_with({on(0, "EXECUTE TASK", "ACCOUNT")});
  const auto may = [&](const char* role, std::string_view privilege) {
    return Access::of(*catalog, role)->may_on_account(privilege);
  };
  EXPECT_TRUE(may("READER", "EXECUTE TASK"));
  EXPECT_TRUE(may("WRITER", "EXECUTE TASK"));
  EXPECT_TRUE(may("ACCOUNTADMIN", "EXECUTE TASK"));
  EXPECT_FALSE(may("SYSADMIN", "EXECUTE TASK"));
  EXPECT_TRUE(may("SYSADMIN", "CREATE DATABASE"));
  EXPECT_FALSE(may("SECURITYADMIN", "CREATE DATABASE"));
  EXPECT_TRUE(may("SECURITYADMIN", "CREATE ROLE"));
  EXPECT_TRUE(may("SECURITYADMIN", "MANAGE GRANTS"));
  EXPECT_FALSE(may("SYSADMIN", "MANAGE GRANTS"));
  EXPECT_FALSE(may("PUBLIC", "CREATE ROLE"));
}

TEST_F(AccessTest, OtherRolesOfTheUserCountButNotForCreate) {
  const auto catalog = catalog_with({on(1, "USAGE", "DATABASE"), on(2, "CREATE TABLE", "SCHEMA"), on(3, "SELECT")});
  const auto alone = Access::of(*catalog, "PUBLIC");
  const auto with_others = Access::of(*catalog, "PUBLIC", {"READER"});
  const Record& table = *catalog->find(ObjectId{3});
  const Record& schema = *catalog->find(ObjectId{2});
  EXPECT_FALSE(alone->may(table, "SELECT"));
  EXPECT_TRUE(with_others->may(table, "SELECT"));
  EXPECT_TRUE(with_others->sees(schema));
  EXPECT_FALSE(with_others->may(schema, "CREATE TABLE"));
  EXPECT_TRUE(Access::of(*catalog, "READER")->may(schema, "CREATE TABLE"));
}

TEST_F(AccessTest, WhoMayPassItOn) {
  Grant select = on(3, "SELECT");
  select.grant_option = true;
  const auto catalog = catalog_with({select, on(3, "INSERT")});
  const Record& table = *catalog->find(ObjectId{3});
  EXPECT_TRUE(Access::of(*catalog, "READER")->may_grant(table, "SELECT"));
  EXPECT_FALSE(Access::of(*catalog, "READER")->may_grant(table, "INSERT"));
  EXPECT_TRUE(Access::of(*catalog, "SYSADMIN")->may_grant(table, "INSERT"));
}

TEST_F(AccessTest, AViewReadsWithItsOwnersRights) {
  const auto catalog = catalog_with({});
  const auto reader = Access::of(*catalog, "READER");
  const Record& table = *catalog->find(ObjectId{3});
  EXPECT_FALSE(visible(reader, table));
  EXPECT_TRUE(visible(access_of_owner(reader, *catalog, table), table));
  EXPECT_EQ(access_of_owner(nullptr, *catalog, table), nullptr);
}

}  // namespace
}  // namespace catalog
