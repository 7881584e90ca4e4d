#include "store/s3/documents/acl.h"

#include <gtest/gtest.h>

#include <map>

namespace store::s3 {
namespace {

const AclUser kMain{"main-id", "Main & Co"}, kAlt{"alt-id", "Alt"};

AclUsers users() {
  return {[](std::string_view id) -> std::optional<AclUser> {
            if (id == kMain.id) return kMain;
            return id == kAlt.id ? std::optional(kAlt) : std::nullopt;
          },
          [](std::string_view email) { return email == "alt@example.org" ? std::optional(kAlt) : std::nullopt; }};
}

std::string document(std::string_view grants) {
  return "<AccessControlPolicy><Owner><ID>main-id</ID></Owner><AccessControlList>" + std::string(grants) +
         "</AccessControlList></AccessControlPolicy>";
}

std::string grant(std::string_view grantee, std::string_view permission = "READ") {
  return "<Grant><Grantee>" + std::string(grantee) + "</Grantee><Permission>" + std::string(permission) +
         "</Permission></Grant>";
}

TEST(AclTest, ParsesWhatItPrints) {
  for (const char* name : {"private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-read",
                           "bucket-owner-full-control", "log-delivery-write"}) {
    const auto acl = canned_acl(name, {kMain, kAlt}).value();
    const auto again = parse_acl(print_acl(acl), users());
    ASSERT_TRUE(again) << name << again.error().message;
    EXPECT_EQ(*again, acl) << name;
  }
  const Acl nobody{kMain, {}};
  EXPECT_EQ(parse_acl(print_acl(nobody), users()).value(), nobody);
  EXPECT_EQ(canned_acl("x", {kMain, kMain}).error().code, "InvalidArgument");
}

TEST(AclTest, CannedGrantsHaveTheOwnerLast) {
  const auto acl = canned_acl("public-read-write", {kMain, kMain}).value();
  EXPECT_EQ(acl.grants, (std::vector<Grant>{{AclGroup::AllUsers, Permission::Read},
                                            {AclGroup::AllUsers, Permission::Write},
                                            {kMain, Permission::FullControl}}));
  EXPECT_EQ(canned_acl("bucket-owner-read", {kMain, kMain}).value().grants.size(), 1u);
}

TEST(AclTest, ParsesGranteesOfEveryKind) {
  const auto acl =
      parse_acl(document(grant("<ID>alt-id</ID>", "WRITE_ACP") + grant("<EmailAddress>alt@example.org</EmailAddress>") +
                         grant("<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>")),
                users());
  ASSERT_TRUE(acl);
  EXPECT_EQ(acl->owner, kMain);
  EXPECT_EQ(acl->grants,
            (std::vector<Grant>{
                {kAlt, Permission::WriteAcp}, {kAlt, Permission::Read}, {AclGroup::AllUsers, Permission::Read}}));
}

TEST(AclTest, Refusals) {
  struct Case {
    std::string xml;
    std::string_view code;
  };
  std::string many;
  for (int i = 0; i < 101; ++i) many += grant("<ID>alt-id</ID>");
  for (const Case& c : std::vector<Case>{
           {"<AccessControlPolicy>", "MalformedXML"},
           {"<AccessControlPolicy/>", "MalformedACLError"},
           {document(grant("<ID>_foo</ID>")), "InvalidArgument"},
           {document(grant("<URI>http://nowhere</URI>")), "InvalidArgument"},
           {document(grant("<EmailAddress>nobody@example.org</EmailAddress>")), "UnresolvableGrantByEmailAddress"},
           {document(grant("<ID>alt-id</ID>", "ALL")), "MalformedACLError"},
           {document(grant("")), "MalformedACLError"},
           {document("<Grant><Permission>READ</Permission></Grant>"), "MalformedACLError"},
           {document(many), "MalformedACLError"},
           {"<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList/></AccessControlPolicy>",
            "InvalidArgument"},
       }) {
    const auto parsed = parse_acl(c.xml, users());
    ASSERT_FALSE(parsed) << c.xml;
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().code, c.code) << c.xml;
  }
}

S3Result<std::optional<Acl>> from_headers(const std::map<std::string, std::string, std::less<>>& headers) {
  return acl_of_headers(
      [&](std::string_view name) {
        const auto found = headers.find(name);
        return found == headers.end() ? std::nullopt : std::optional(found->second);
      },
      {kMain, kMain}, users());
}

TEST(AclTest, Headers) {
  EXPECT_EQ(from_headers({}).value(), std::nullopt);
  EXPECT_EQ(from_headers({{"x-amz-acl", "private"}}).value()->grants,
            (std::vector<Grant>{{kMain, Permission::FullControl}}));
  const auto acl =
      from_headers({{"x-amz-grant-read", "id=alt-id, uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""},
                    {"x-amz-grant-write-acp", "emailAddress=\"alt@example.org\""}});
  ASSERT_TRUE(acl) << acl.error().message;
  EXPECT_EQ((*acl)->grants,
            (std::vector<Grant>{
                {kAlt, Permission::Read}, {AclGroup::AllUsers, Permission::Read}, {kAlt, Permission::WriteAcp}}));
  EXPECT_EQ(from_headers({{"x-amz-acl", "private"}, {"x-amz-grant-read", "id=alt-id"}}).error().code, "InvalidRequest");
  EXPECT_EQ(from_headers({{"x-amz-grant-read", "alt-id"}}).error().code, "InvalidArgument");
  EXPECT_EQ(from_headers({{"x-amz-grant-read", "name=x"}}).error().code, "InvalidArgument");
  EXPECT_EQ(from_headers({{"x-amz-grant-read", "emailAddress=x"}}).error().code, "UnresolvableGrantByEmailAddress");
  EXPECT_EQ(from_headers({{"x-amz-acl", "public"}}).error().code, "InvalidArgument");
}

TEST(AclTest, Allows) {
  using enum Permission;
  struct Case {
    std::string_view canned;
    std::optional<std::string> user;
    Permission permission;
    bool allowed;
  };
  for (const Case& c : std::vector<Case>{
           {"private", kMain.id, Write, true},
           {"private", kAlt.id, Read, false},
           {"private", std::nullopt, Read, false},
           {"public-read", std::nullopt, Read, true},
           {"public-read", kAlt.id, Read, true},
           {"public-read", kAlt.id, Write, false},
           {"public-read", kAlt.id, ReadAcp, false},
           {"public-read-write", std::nullopt, Write, true},
           {"authenticated-read", kAlt.id, Read, true},
           {"authenticated-read", std::nullopt, Read, false},
       })
    EXPECT_EQ(allows(canned_acl(c.canned, {kMain, kMain}).value(), c.user, c.permission), c.allowed) << c.canned;
  const Acl nothing{kMain, {}};
  EXPECT_TRUE(allows(nothing, kMain.id, ReadAcp));
  EXPECT_TRUE(allows(nothing, kMain.id, WriteAcp));
  EXPECT_FALSE(allows(nothing, kMain.id, Read));
  EXPECT_TRUE(allows({kMain, {{kAlt, FullControl}}}, kAlt.id, WriteAcp));
}

TEST(AclTest, PublicGrants) {
  const auto acl = canned_acl("authenticated-read", {kMain, kMain}).value();
  EXPECT_TRUE(is_public(acl));
  EXPECT_FALSE(is_private(acl));
  EXPECT_FALSE(is_public(without_public_grants(acl)));
  EXPECT_TRUE(is_private(without_public_grants(acl)));
  EXPECT_FALSE(is_private({kMain, {{kAlt, Permission::Read}}}));
  EXPECT_FALSE(is_public(canned_acl("log-delivery-write", {kMain, kMain}).value()));
}

}  // namespace
}  // namespace store::s3
