#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "store/s3/documents/acl.h"
#include "store/s3/documents/cors.h"
#include "store/s3/documents/encryption.h"
#include "store/s3/documents/lifecycle.h"
#include "store/s3/documents/location.h"
#include "store/s3/documents/notification.h"
#include "store/s3/documents/object_lock.h"
#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/policy.h"
#include "store/s3/documents/public_access_block.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/documents/versioning.h"
#include "store/s3/iso_time.h"

/// Documents with bytes changed, dropped, doubled and swapped: each is refused as a client's mistake, or is what its
/// print means too.
namespace store::s3 {
namespace {

constexpr int kRounds = 3000;

std::string mutated(std::string text, std::mt19937& random) {
  constexpr std::string_view kBytes = "<>/&;\"' \t\r\n:=-*?#0129aAxZ\xC3\xA9";
  const auto pick = [&](std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound)(random); };
  for (auto changes = pick(2) + 1; changes > 0 && !text.empty(); --changes) {
    const auto at = pick(text.size() - 1), length = std::min(pick(8), text.size() - at);
    switch (pick(3)) {
      case 0: text[at] = kBytes[pick(kBytes.size() - 1)]; break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(pick(text.size()), text.substr(at, length)); break;
      case 3: text.insert(at, 1, kBytes[pick(kBytes.size() - 1)]); break;
    }
  }
  return text;
}

template <class Value>
void expect_same_or_refused(std::string_view seed, const std::function<S3Result<Value>(std::string_view)>& parse,
                            const std::function<std::string(const Value&)>& print) {
  std::mt19937 random(7);
  ASSERT_TRUE(parse(seed)) << seed;
  for (int round = 0; round < kRounds; ++round) {
    const auto text = mutated(std::string(seed), random);
    const auto value = parse(text);
    if (!value) {
      EXPECT_TRUE(value.error().status == 400 || value.error().status == 501) << text;
      continue;
    }
    const auto again = parse(print(*value));
    ASSERT_TRUE(again) << text << "\n" << print(*value);
    EXPECT_TRUE(*again == *value) << text << "\n" << print(*value);
  }
}

TEST(MutationTest, SmallDocuments) {
  expect_same_or_refused<Versioning>(print_versioning(Versioning::Enabled), parse_versioning, print_versioning);
  expect_same_or_refused<CreateBucketConfiguration>(print_create_bucket({"eu-west-1", {{"a", "1"}}}),
                                                    parse_create_bucket, print_create_bucket);
  expect_same_or_refused<EncryptionConfiguration>(print_encryption({SseAlgorithm::AwsKms, "key", true}),
                                                  parse_encryption, print_encryption);
  expect_same_or_refused<ObjectOwnership>(print_ownership_controls(ObjectOwnership::ObjectWriter),
                                          parse_ownership_controls, print_ownership_controls);
  expect_same_or_refused<PublicAccessBlock>(print_public_access_block({true, false, true, false}),
                                            parse_public_access_block, print_public_access_block);
  expect_same_or_refused<ObjectLockConfiguration>(
      print_object_lock({DefaultRetention{RetentionMode::Compliance, 3, 0}}), parse_object_lock, print_object_lock);
  expect_same_or_refused<LegalHold>(print_legal_hold(LegalHold::On), parse_legal_hold, print_legal_hold);
  expect_same_or_refused<std::optional<Retention>>(
      print_retention({RetentionMode::Governance, *parse_iso_time("2030-01-01T10:20:30.5Z")}), parse_retention,
      [](const auto& retention) { return retention ? print_retention(*retention) : std::string("<Retention/>"); });
}

TEST(MutationTest, Tags) {
  expect_same_or_refused<Tags>(
      print_tagging({{"a", "1"}, {"b c", ""}, {"é", " "}}),
      [](std::string_view xml) { return parse_tagging(xml, TagHolder::Object); }, print_tagging);
}

TEST(MutationTest, Cors) {
  const CorsRule rule{.id = "i",
                      .allowed_origins = {"http://*.example"},
                      .allowed_methods = {"GET", "PUT"},
                      .allowed_headers = {"x-*"},
                      .expose_headers = {"ETag"},
                      .max_age_seconds = 30};
  expect_same_or_refused<CorsConfiguration>(print_cors({{rule, rule}}), parse_cors, print_cors);
}

TEST(MutationTest, Acls) {
  const AclUsers users{[](std::string_view id) { return AclUser{std::string(id), "name of " + std::string(id)}; },
                       [](std::string_view email) { return AclUser{std::string(email), "someone"}; }};
  const auto acl = canned_acl("public-read-write", {{"main", "Main"}, {"main", "Main"}}).value();
  expect_same_or_refused<Acl>(print_acl(acl), [&](std::string_view xml) { return parse_acl(xml, users); }, print_acl);
}

TEST(MutationTest, Lifecycle) {
  expect_same_or_refused<LifecycleConfiguration>(
      "<LifecycleConfiguration><Rule><ID>r</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
      "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status><Expiration><Days>30</"
      "Days>"
      "</Expiration><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2"
      "</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule><Rule><Prefix>b</Prefix><Status>Disabled</Status>"
      "<Expiration><Date>2030-01-01</Date></Expiration><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass>"
      "</Transition></Rule></LifecycleConfiguration>",
      parse_lifecycle, print_lifecycle);
}

TEST(MutationTest, Notifications) {
  expect_same_or_refused<NotificationConfiguration>(
      "<NotificationConfiguration><QueueConfiguration><Queue>arn:x:sqs:::q</Queue><Event>s3:ObjectCreated:*</"
      "Event><Filter>"
      "<S3Key><FilterRule><Name>prefix</Name><Value>a/</Value></FilterRule><FilterRule><Name>suffix</Name><Value>.csv"
      "</Value></FilterRule></S3Key></Filter></QueueConfiguration><TopicConfiguration><Id>t</Id><Topic>arn:x:sns:::t"
      "</Topic><Event>s3:ObjectRemoved:Delete</Event></TopicConfiguration><EventBridgeConfiguration/>"
      "</NotificationConfiguration>",
      parse_notification, print_notification);
}

TEST(MutationTest, PoliciesAreRefusedOrEvaluated) {
  const std::string seed =
      R"({"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":["*","main"]},)"
      R"("Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"IpAddress":)"
      R"({"aws:SourceIp":"10.0.0.0/8"},"ForAllValues:StringLike":{"s3:prefix":["a*","b?"]},"NumericLessThan":)"
      R"({"s3:max-keys":10},"Null":{"aws:x":true}}}]})";
  ASSERT_TRUE(parse_bucket_policy(seed, "b"));
  PolicyRequest request{
      .principal = PolicyPrincipal{"main", {}}, .action = "s3:GetObject", .resource = "arn:aws:s3:::b/k"};
  request.context = [](std::string_view) { return std::optional(std::vector<std::string>{"10.1.2.3", "ab"}); };
  std::mt19937 random(7);
  for (int round = 0; round < kRounds; ++round) {
    const auto text = mutated(seed, random);
    const auto policy = parse_bucket_policy(text, "b");
    if (policy) {
      (void)evaluate(*policy, request);
      (void)is_public(*policy);
    } else {
      EXPECT_EQ(policy.error().code, "MalformedPolicy") << text;
    }
  }
}

}  // namespace
}  // namespace store::s3
