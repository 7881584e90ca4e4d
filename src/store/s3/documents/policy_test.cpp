#include "store/s3/documents/policy.h"

#include <gtest/gtest.h>

#include <map>

namespace store::s3 {
namespace {

using Context = std::map<std::string, std::vector<std::string>, std::less<>>;

std::string policy_of(std::string_view statements) {
  return R"({"Version":"2012-10-17","Statement":[)" + std::string(statements) + "]}";
}

std::string allow(std::string_view more) {
  return policy_of(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")" +
                   std::string(more) + "}");
}

std::string with_condition(std::string_view condition) { return allow(R"(,"Condition":)" + std::string(condition)); }

struct Asked {
  std::string action = "s3:GetObject";
  std::string resource = "arn:aws:s3:::b/key";
  Context context = {};
  std::optional<std::string> user = "alt";
};

Decision decide(const Policy& policy, const Asked& asked) {
  PolicyRequest request;
  if (asked.user) request.principal = PolicyPrincipal{*asked.user, principal_names("123456789012", *asked.user)};
  request.action = asked.action;
  request.resource = asked.resource;
  request.context = [&](std::string_view key) -> std::optional<std::vector<std::string>> {
    const auto found = asked.context.find(key);
    return found == asked.context.end() ? std::nullopt : std::optional(found->second);
  };
  return evaluate(policy, request);
}

Decision decide(const std::string& json, const Asked& asked) {
  const auto policy = parse_bucket_policy(json, "b");
  EXPECT_TRUE(policy) << json << "\n" << (policy ? "" : policy.error().message);
  return policy ? decide(*policy, asked) : Decision::None;
}

TEST(PolicyTest, Principals) {
  struct Case {
    std::string_view principal;
    std::optional<std::string> user;
    Decision decision;
  };
  using enum Decision;
  for (const Case& c : std::vector<Case>{
           {R"("*")", std::nullopt, Allow},
           {R"({"AWS":"*"})", std::nullopt, Allow},
           {R"({"AWS":["arn:aws:iam::123456789012:user/alt"]})", "alt", Allow},
           {R"({"AWS":"arn:aws:iam::123456789012:root"})", "alt", Allow},
           {R"({"AWS":"123456789012"})", "alt", Allow},
           {R"({"AWS":"arn:aws:iam:::user/alt"})", "alt", Allow},
           {R"({"AWS":"alt"})", "alt", Allow},
           {R"({"AWS":"alt"})", "main", None},
           {R"({"AWS":"alt"})", std::nullopt, None},
           {R"({"CanonicalUser":"alt"})", "alt", Allow},
           {R"({"CanonicalUser":"alt","AWS":"main"})", "main", Allow},
           {R"({"Service":"logging.s3.amazonaws.com"})", "alt", None},
       }) {
    const auto json =
        policy_of(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Principal":)" +
                  std::string(c.principal) + "}");
    EXPECT_EQ(decide(json, {.user = c.user}), c.decision) << c.principal;
  }
}

TEST(PolicyTest, DenyWinsAndNotPrincipalSparesSomebody) {
  const auto json =
      policy_of(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"},)"
                R"({"Effect":"Deny","NotPrincipal":{"AWS":"main"},"Action":"s3:Put*","Resource":"arn:aws:s3:::b/*"})");
  EXPECT_EQ(decide(json, {.action = "s3:PutObject"}), Decision::Deny);
  EXPECT_EQ(decide(json, {.action = "s3:PutObject", .user = "main"}), Decision::Allow);
  EXPECT_EQ(decide(json, {.action = "s3:PutObject", .user = std::nullopt}), Decision::Deny);
  EXPECT_EQ(decide(json, {.action = "s3:GetObject"}), Decision::Allow);
}

TEST(PolicyTest, ActionsAndResources) {
  struct Case {
    std::string_view elements, action, resource;
    Decision decision;
  };
  using enum Decision;
  for (const Case& c : std::to_array<Case>({
           {R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")", "s3:GetObject", "arn:aws:s3:::b/a/b", Allow},
           {R"("Action":"S3:getobject","Resource":"arn:aws:s3:::b/*")", "s3:GetObject", "arn:aws:s3:::b/a", Allow},
           {R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")", "s3:GetObjectTagging", "arn:aws:s3:::b/a",
            None},
           {R"("Action":["s3:List*","s3:Get*"],"Resource":"arn:aws:s3:::b")", "s3:ListBucket", "arn:aws:s3:::b", Allow},
           {R"("Action":"s3:PutObject","Resource":"arn:aws:s3:::b")", "s3:PutObject", "arn:aws:s3:::b/k", None},
           {R"("NotAction":"s3:Put*","Resource":"arn:aws:s3:::b/*")", "s3:GetObject", "arn:aws:s3:::b/k", Allow},
           {R"("NotAction":"s3:Get*","Resource":"arn:aws:s3:::b/*")", "s3:GetObject", "arn:aws:s3:::b/k", None},
           {R"("Action":"s3:*","NotResource":"arn:aws:s3:::b/private/*")", "s3:GetObject", "arn:aws:s3:::b/k", Allow},
           {R"("Action":"s3:*","NotResource":"arn:aws:s3:::b/private/*")", "s3:GetObject", "arn:aws:s3:::b/private/k",
            None},
           {R"("Action":"*","Resource":["arn:aws:s3:::*","arn:aws:s3:::*/*"])", "s3:ListBucket", "arn:aws:s3:::b",
            Allow},
           {R"("Action":"s3:*","Resource":"arn:aws:s3:::b/a?c")", "s3:GetObject", "arn:aws:s3:::b/abc", Allow},
           {R"("Action":"s3:*","Resource":"arn:aws:s3:::b/a")", "s3:GetObject", "arn:aws:s3:::b/A", None},
       })) {
    const auto json = policy_of(R"({"Effect":"Allow","Principal":"*",)" + std::string(c.elements) + "}");
    EXPECT_EQ(decide(json, {.action = std::string(c.action), .resource = std::string(c.resource)}), c.decision)
        << c.elements;
  }
}

TEST(PolicyTest, Conditions) {
  struct Case {
    std::string_view condition;
    Context context;
    bool holds;
  };
  for (const Case& c : std::vector<Case>{
           {R"({"StringEquals":{"S3:Prefix":["a","b"]}})", {{"s3:prefix", {"b"}}}, true},
           {R"({"StringEquals":{"s3:prefix":"a*"}})", {{"s3:prefix", {"ab"}}}, false},
           {R"({"StringEquals":{"s3:prefix":"a"}})", {}, false},
           {R"({"StringEqualsIfExists":{"s3:prefix":"a"}})", {}, true},
           {R"({"StringEqualsIfExists":{"s3:prefix":"a"}})", {{"s3:prefix", {"b"}}}, false},
           {R"({"StringNotEquals":{"s3:prefix":["a","b"]}})", {{"s3:prefix", {"b"}}}, false},
           {R"({"StringNotEquals":{"s3:prefix":["a","b"]}})", {{"s3:prefix", {"c"}}}, true},
           {R"({"StringNotEquals":{"s3:prefix":"a"}})", {}, true},
           {R"({"StringEqualsIgnoreCase":{"s3:prefix":"Ab"}})", {{"s3:prefix", {"aB"}}}, true},
           {R"({"StringNotEqualsIgnoreCase":{"s3:prefix":"Ab"}})", {{"s3:prefix", {"aB"}}}, false},
           {R"({"StringLike":{"s3:x-amz-acl":"public*"}})", {{"s3:x-amz-acl", {"public-read"}}}, true},
           {R"({"StringNotLike":{"s3:x-amz-acl":"public*"}})", {{"s3:x-amz-acl", {"public-read"}}}, false},
           {R"({"StringLikeIfExists":{"aws:Referer":"http://e/*"}})", {{"aws:referer", {"http://f/"}}}, false},
           {R"({"StringEquals":{"s3:ExistingObjectTag/Security":"public"}})",
            {{"s3:existingobjecttag/Security", {"public"}}},
            true},
           {R"({"StringEquals":{"s3:ExistingObjectTag/security":"public"}})",
            {{"s3:existingobjecttag/Security", {"public"}}},
            false},
           {R"({"NumericLessThanEquals":{"s3:max-keys":"10"}})", {{"s3:max-keys", {"10"}}}, true},
           {R"({"NumericLessThan":{"s3:max-keys":10}})", {{"s3:max-keys", {"10"}}}, false},
           {R"({"NumericGreaterThan":{"s3:max-keys":"9"}})", {{"s3:max-keys", {"10"}}}, true},
           {R"({"NumericNotEquals":{"s3:max-keys":"9"}})", {{"s3:max-keys", {"10"}}}, true},
           {R"({"NumericEquals":{"s3:max-keys":"9"}})", {{"s3:max-keys", {"x"}}}, false},
           {R"({"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}})",
            {{"aws:currenttime", {"2029-12-31T23:59:59Z"}}},
            true},
           {R"({"DateGreaterThanEquals":{"aws:EpochTime":"1000"}})", {{"aws:epochtime", {"999"}}}, false},
           {R"({"Bool":{"aws:SecureTransport":"false"}})", {{"aws:securetransport", {"false"}}}, true},
           {R"({"Bool":{"aws:SecureTransport":true}})", {{"aws:securetransport", {"false"}}}, false},
           {R"({"BinaryEquals":{"aws:x":"AAEC"}})", {{"aws:x", {"AAEC"}}}, true},
           {R"({"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}})", {{"aws:sourceip", {"10.1.2.3"}}}, true},
           {R"({"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}})",
            {{"aws:sourceip", {"2001:db8::9"}}},
            true},
           {R"({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}})", {{"aws:sourceip", {"10.1.2.3"}}}, false},
           {R"({"ArnLike":{"aws:SourceArn":"arn:aws:s3:::logs-*"}})",
            {{"aws:sourcearn", {"arn:aws:s3:::logs-1"}}},
            true},
           {R"({"ArnLike":{"aws:SourceArn":"arn:aws:*:b"}})", {{"aws:sourcearn", {"arn:aws:s3:::b"}}}, false},
           {R"({"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::a"}})", {{"aws:sourcearn", {"arn:aws:s3:::b"}}}, true},
           {R"({"Null":{"s3:x-amz-server-side-encryption":"true"}})", {}, true},
           {R"({"Null":{"s3:x-amz-server-side-encryption":true}})",
            {{"s3:x-amz-server-side-encryption", {"AES256"}}},
            false},
           {R"({"Null":{"s3:x-amz-server-side-encryption":"false"}})",
            {{"s3:x-amz-server-side-encryption", {"AES256"}}},
            true},
           {R"({"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["a","b"]}})",
            {{"s3:requestobjecttagkeys", {"a", "b"}}},
            true},
           {R"({"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["a","b"]}})",
            {{"s3:requestobjecttagkeys", {"a", "c"}}},
            false},
           {R"({"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":"a"}})", {}, true},
           {R"({"ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":"a"}})",
            {{"s3:requestobjecttagkeys", {"c", "a"}}},
            true},
           {R"({"ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":"a"}})", {}, false},
           {R"({"ForAnyValue:StringNotEquals":{"s3:RequestObjectTagKeys":"a"}})",
            {{"s3:requestobjecttagkeys", {"c", "a"}}},
            true},
           {R"({"ForAllValues:StringNotLike":{"s3:RequestObjectTagKeys":"a*"}})",
            {{"s3:requestobjecttagkeys", {"c", "ab"}}},
            false},
           {R"({"StringEquals":{"s3:prefix":"a"},"Bool":{"aws:SecureTransport":"true"}})",
            {{"s3:prefix", {"a"}}},
            false},
       })
    EXPECT_EQ(decide(with_condition(c.condition), {.context = c.context}) == Decision::Allow, c.holds) << c.condition;
}

TEST(PolicyTest, Variables) {
  const auto of_home = policy_of(
      R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/home/${aws:username}/*"})");
  const Context ann{{"aws:username", {"ann"}}}, star{{"aws:username", {"*"}}};
  EXPECT_EQ(decide(of_home, {.resource = "arn:aws:s3:::b/home/ann/k", .context = ann}), Decision::Allow);
  EXPECT_EQ(decide(of_home, {.resource = "arn:aws:s3:::b/home/bob/k", .context = ann}), Decision::None);
  EXPECT_EQ(decide(of_home, {.resource = "arn:aws:s3:::b/home/bob/k", .context = star}), Decision::None);
  EXPECT_EQ(decide(of_home, {.resource = "arn:aws:s3:::b/home//k"}), Decision::None);
  const auto prefix = with_condition(R"({"StringLike":{"s3:prefix":"${aws:username,'all'}/${*}*"}})");
  EXPECT_EQ(decide(prefix, {.context = {{"s3:prefix", {"all/*x"}}}}), Decision::Allow);
  EXPECT_EQ(decide(prefix, {.context = {{"s3:prefix", {"all/yx"}}}}), Decision::None);
  const auto arn = with_condition(R"({"ArnLike":{"aws:SourceArn":["arn:aws:s3:::${aws:username}-*","${aws:x}"]}})");
  const Context home{
      {"aws:username", {"ann"}}, {"aws:x", {"arn:aws:s3:::y"}}, {"aws:sourcearn", {"arn:aws:s3:::ann-1"}}};
  EXPECT_EQ(decide(arn, {.context = home}), Decision::Allow);
  auto other = home;
  other["aws:sourcearn"] = {"arn:aws:s3:::y"};
  EXPECT_EQ(decide(arn, {.context = other}), Decision::Allow);
  other["aws:sourcearn"] = {"arn:aws:s3:::z"};
  EXPECT_EQ(decide(arn, {.context = other}), Decision::None);
  // Nothing to stand for: no match, not even of what is negated.
  const auto negated = with_condition(R"({"StringNotEquals":{"s3:prefix":"${aws:unknown}"}})");
  EXPECT_EQ(decide(negated, {.context = {{"s3:prefix", {"x"}}}}), Decision::None);
  // Older policies have no variables.
  auto old = of_home;
  old.replace(old.find("2012"), 4, "2008");
  EXPECT_EQ(decide(old, {.resource = "arn:aws:s3:::b/home/ann/k", .context = ann}), Decision::None);
  EXPECT_EQ(decide(old, {.resource = "arn:aws:s3:::b/home/${aws:username}/k", .context = ann}), Decision::Allow);
}

TEST(PolicyTest, Malformed) {
  const std::string base = R"("Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")";
  for (
      const std::string& json : std::vector<std::string>{
          "",
          "[]",
          "{}",
          R"({"Statement":[]})",
          R"({"Statement":["x"]})",
          R"({"Version":"2020-01-01","Statement":[{)" + base + "}]}",
          R"({"Versions":"2012-10-17","Statement":[{)" + base + "}]}",
          R"({"Version":"2012-10-17","Statement":[{)" + base + "}]} x",
          policy_of("{" + base + R"(,"Effects":1})"),
          policy_of("{" + base + R"(,"Effect":"Deny"})"),
          policy_of("{" + base + R"(,"NotAction":"s3:*"})"),
          policy_of("{" + base + R"(,"NotPrincipal":"*"})"),
          policy_of(R"({"Effect":"allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"s3:*","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Principal":"x","Action":"s3:*","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Principal":{"Who":"x"},"Action":"s3:*","Resource":"arn:aws:s3:::b"})"),
          policy_of(
              R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:user/*"},"Action":"s3:*","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Principal":"*","Action":"GetObject","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Principal":"*","Action":[],"Resource":"arn:aws:s3:::b"})"),
          policy_of(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"})"),
          policy_of(R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"b/*"})"),
          policy_of(R"({"Effect":"Allow","Principal":"*","Action":"s3:*"})"),
          with_condition(R"({"StringEqual":{"s3:prefix":"a"}})"),
          with_condition(R"({"NullIfExists":{"s3:prefix":"true"}})"),
          with_condition(R"({"StringEquals":{"s3:prefixes":"a"}})"),
          with_condition(R"({"StringEquals":{"s3:prefix":[]}})"),
          with_condition(R"({"StringEquals":{"s3:prefix":{}}})"),
          with_condition(R"({"StringEquals":{"s3:prefix":"a"},"StringEquals":{"s3:prefix":"b"}})"),
          with_condition(R"({"NumericEquals":{"s3:max-keys":"many"}})"),
          with_condition(R"({"DateEquals":{"aws:CurrentTime":"today"}})"),
          with_condition(R"({"Bool":{"aws:SecureTransport":"yes"}})"),
          with_condition(R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/40"}})"),
          with_condition(R"("x")"),
          policy_of("{" + base + R"(,"Sid":")" + std::string(kPolicyBytesMax, 'x') + "\"}"),
      }) {
    const auto policy = parse_bucket_policy(json, "b");
    ASSERT_FALSE(policy) << json;
    EXPECT_EQ(policy.error().status, 400);
    EXPECT_EQ(policy.error().code, "MalformedPolicy") << json;
  }
  const auto error = parse_bucket_policy(with_condition(R"({"StringEqual":{"s3:prefix":"a"}})"), "b").error();
  EXPECT_EQ(error.message, "Statement 1: unknown condition operator StringEqual");
}

TEST(PolicyTest, IsPublic) {
  struct Case {
    std::string json;
    bool is_public;
  };
  const auto for_user = policy_of(
      R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"s3:*","Resource":"arn:aws:s3:::b"})");
  const auto denied = policy_of(R"({"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"})");
  for (const Case& c : std::vector<Case>{
           {allow(""), true},
           {for_user, false},
           {denied, false},
           {with_condition(R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/32"}})"), false},
           {with_condition(R"({"IpAddress":{"aws:SourceIp":["10.0.0.0/32","0.0.0.0/0"]}})"), true},
           {with_condition(R"({"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/32"}})"), true},
           {with_condition(R"({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/32"}})"), true},
           {with_condition(R"({"StringEquals":{"aws:SourceVpc":"vpc-1"}})"), false},
           {with_condition(R"({"StringLike":{"aws:SourceVpc":"vpc-*"}})"), true},
           {with_condition(R"({"StringEquals":{"s3:prefix":"a"}})"), true},
       }) {
    const auto policy = parse_bucket_policy(c.json, "b");
    ASSERT_TRUE(policy) << c.json;
    EXPECT_EQ(is_public(*policy), c.is_public) << c.json;
  }
}

TEST(PolicyTest, PoliciesOfUsers) {
  struct Case {
    std::string_view name, action;
    bool allowed;
  };
  for (const Case& c : std::to_array<Case>({
           {"readwrite", "s3:PutObject", true},
           {"readwrite", "s3:DeleteBucket", true},
           {"readonly", "s3:GetObject", true},
           {"readonly", "s3:ListBucket", true},
           {"readonly", "s3:PutObject", false},
           {"writeonly", "s3:PutObject", true},
           {"writeonly", "s3:GetObject", false},
           {"writeonly", "s3:DeleteObject", false},
       })) {
    const auto policy = parse_user_policy(canned_policy(c.name).value());
    ASSERT_TRUE(policy) << c.name;
    EXPECT_EQ(decide(*policy, {.action = std::string(c.action)}) == Decision::Allow, c.allowed) << c.name << c.action;
  }
  EXPECT_FALSE(canned_policy("consoleAdmin"));
  EXPECT_EQ(parse_user_policy(allow("")).error().code, "MalformedPolicy");
}

}  // namespace
}  // namespace store::s3
