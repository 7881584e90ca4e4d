#include <gtest/gtest.h>

#include "store/s3/documents/encryption.h"
#include "store/s3/documents/location.h"
#include "store/s3/documents/object_lock.h"
#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/public_access_block.h"
#include "store/s3/documents/versioning.h"
#include "store/s3/iso_time.h"

namespace store::s3 {
namespace {

struct Refusal {
  std::string xml;
  int status;
  std::string_view code;
};

template <class Parse>
void expect_refusals(Parse parse, const std::vector<Refusal>& refusals) {
  for (const auto& refusal : refusals) {
    const auto parsed = parse(refusal.xml);
    ASSERT_FALSE(parsed) << refusal.xml;
    EXPECT_EQ(parsed.error().status, refusal.status) << refusal.xml;
    EXPECT_EQ(parsed.error().code, refusal.code) << refusal.xml;
  }
}

std::string in(std::string_view root, std::string_view inside) {
  return "<" + std::string(root) + ">" + std::string(inside) + "</" + std::string(root) + ">";
}

TEST(VersioningTest, ParsesWhatItPrints) {
  for (const auto versioning : {Versioning::Enabled, Versioning::Suspended})
    EXPECT_EQ(parse_versioning(print_versioning(versioning)).value(), versioning);
  EXPECT_TRUE(print_versioning(Versioning::Never).ends_with("\"></VersioningConfiguration>"));
  EXPECT_EQ(parse_versioning(in("VersioningConfiguration", "<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>"))
                .value(),
            Versioning::Enabled);
  expect_refusals(parse_versioning,
                  {{"<x", 400, "MalformedXML"},
                   {in("VersioningConfiguration", ""), 400, "IllegalVersioningConfigurationException"},
                   {in("VersioningConfiguration", "<Status>enabled</Status>"), 400, "MalformedXML"},
                   {in("VersioningConfiguration", "<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>"), 501,
                    "NotImplemented"}});
}

TEST(LocationTest, ParsesWhatItPrints) {
  for (const CreateBucketConfiguration& configuration :
       {CreateBucketConfiguration{}, CreateBucketConfiguration{"eu-west-1", {}},
        CreateBucketConfiguration{"", {{"a", "1"}, {"b", ""}}}})
    EXPECT_EQ(parse_create_bucket(print_create_bucket(configuration)).value(), configuration);
  EXPECT_EQ(parse_create_bucket("").value(), CreateBucketConfiguration{});
  EXPECT_TRUE(print_location("us-east-1").ends_with("\"></LocationConstraint>"));
  EXPECT_TRUE(print_location("eu-west-1").ends_with(">eu-west-1</LocationConstraint>"));
  const auto tags = "<Tags><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></Tags>";
  expect_refusals(parse_create_bucket,
                  {{"<a/>", 400, "MalformedXML"},
                   {in("CreateBucketConfiguration", "<LocationConstraint>a b</LocationConstraint>"), 400,
                    "InvalidLocationConstraint"},
                   {in("CreateBucketConfiguration", "<Bucket><Type>Directory</Type></Bucket>"), 501, "NotImplemented"},
                   {in("CreateBucketConfiguration", tags), 400, "InvalidTag"}});
}

std::string encryption(std::string_view defaults) {
  return in("ServerSideEncryptionConfiguration", in("Rule", in("ApplyServerSideEncryptionByDefault", defaults) +
                                                                "<BucketKeyEnabled>true</BucketKeyEnabled>"));
}

TEST(EncryptionTest, ParsesWhatItPrints) {
  for (const EncryptionConfiguration& configuration : {EncryptionConfiguration{SseAlgorithm::Aes256, {}, {}},
                                                       EncryptionConfiguration{SseAlgorithm::AwsKms, "key", true},
                                                       EncryptionConfiguration{SseAlgorithm::AwsKms, {}, false}})
    EXPECT_EQ(parse_encryption(print_encryption(configuration)).value(), configuration);
  expect_refusals(
      parse_encryption,
      {{in("ServerSideEncryptionConfiguration", ""), 400, "MalformedXML"},
       {in("ServerSideEncryptionConfiguration", in("Rule", "")), 400, "MalformedXML"},
       {encryption("<SSEAlgorithm>AES512</SSEAlgorithm>"), 400, "MalformedXML"},
       {encryption("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"), 400, "InvalidArgument"},
       {encryption("<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm>"), 501, "NotImplemented"}});
}

TEST(OwnershipControlsTest, ParsesWhatItPrints) {
  using enum ObjectOwnership;
  for (const auto ownership : {BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter})
    EXPECT_EQ(parse_ownership_controls(print_ownership_controls(ownership)).value(), ownership);
  expect_refusals(
      parse_ownership_controls,
      {{in("OwnershipControls", ""), 400, "MalformedXML"},
       {in("OwnershipControls", in("Rule", "<ObjectOwnership>Me</ObjectOwnership>")), 400, "MalformedXML"}});
  EXPECT_EQ(parse_ownership_header("ObjectWriter").value(), ObjectWriter);
  EXPECT_EQ(parse_ownership_header("objectwriter").error().code, "InvalidArgument");
  EXPECT_FALSE(has_acls(BucketOwnerEnforced));
  EXPECT_TRUE(is_of_bucket_owner(BucketOwnerEnforced, ""));
  EXPECT_TRUE(is_of_bucket_owner(BucketOwnerPreferred, "bucket-owner-full-control"));
  EXPECT_FALSE(is_of_bucket_owner(BucketOwnerPreferred, "private"));
  EXPECT_FALSE(is_of_bucket_owner(ObjectWriter, "bucket-owner-full-control"));
}

TEST(PublicAccessBlockTest, ParsesWhatItPrints) {
  for (int bits = 0; bits < 16; ++bits) {
    const PublicAccessBlock block{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    EXPECT_EQ(parse_public_access_block(print_public_access_block(block)).value(), block);
  }
  EXPECT_EQ(parse_public_access_block(in("PublicAccessBlockConfiguration", "")).value(), PublicAccessBlock{});
  expect_refusals(
      parse_public_access_block,
      {{in("PublicAccessBlockConfiguration", "<BlockPublicAcls>yes</BlockPublicAcls>"), 400, "MalformedXML"}});
}

std::string lock(std::string_view retention) {
  return in("ObjectLockConfiguration",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled>" + in("Rule", in("DefaultRetention", retention)));
}

TEST(ObjectLockTest, ParsesWhatItPrints) {
  using enum RetentionMode;
  for (const ObjectLockConfiguration& configuration :
       {ObjectLockConfiguration{}, ObjectLockConfiguration{DefaultRetention{Governance, 1, 0}},
        ObjectLockConfiguration{DefaultRetention{Compliance, 0, 100}}})
    EXPECT_EQ(parse_object_lock(print_object_lock(configuration)).value(), configuration);
  for (const auto hold : {LegalHold::Off, LegalHold::On})
    EXPECT_EQ(parse_legal_hold(print_legal_hold(hold)).value(), hold);
  const Retention retention{Compliance, *parse_iso_time("2140-01-01T00:00:00.123Z")};
  EXPECT_EQ(parse_retention(print_retention(retention)).value(), retention);
  EXPECT_EQ(parse_retention("<Retention/>").value(), std::nullopt);
}

TEST(ObjectLockTest, Refusals) {
  expect_refusals(
      parse_object_lock,
      {{in("ObjectLockConfiguration", ""), 400, "MalformedXML"},
       {in("ObjectLockConfiguration", "<ObjectLockEnabled>Disabled</ObjectLockEnabled>"), 400, "MalformedXML"},
       {lock("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"), 400, "MalformedXML"},
       {lock("<Mode>GOVERNANCE</Mode>"), 400, "MalformedXML"},
       {lock("<Mode>governance</Mode><Days>1</Days>"), 400, "MalformedXML"},
       {lock("<Mode>GOVERNANCE</Mode><Days>x</Days>"), 400, "MalformedXML"},
       {lock("<Mode>GOVERNANCE</Mode><Days>0</Days>"), 400, "InvalidRetentionPeriod"},
       {lock("<Mode>GOVERNANCE</Mode><Years>-1</Years>"), 400, "InvalidRetentionPeriod"},
       {lock("<Mode>GOVERNANCE</Mode><Days>36501</Days>"), 400, "InvalidRetentionPeriod"},
       {lock("<Mode>GOVERNANCE</Mode><Years>101</Years>"), 400, "InvalidRetentionPeriod"}});
  expect_refusals(
      parse_retention,
      {{in("Retention", "<Mode>abc</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>"), 400,
        "MalformedXML"},
       {in("Retention", "<Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate>"), 400, "MalformedXML"},
       {in("Retention", "<Mode>GOVERNANCE</Mode>"), 400, "MalformedXML"}});
  expect_refusals(parse_legal_hold, {{in("LegalHold", "<Status>abc</Status>"), 400, "MalformedXML"},
                                     {in("LegalHold", ""), 400, "MalformedXML"}});
}

TEST(ObjectLockTest, Headers) {
  const auto now = *parse_iso_time("2030-01-01");
  EXPECT_EQ(parse_retention_headers({}, {}, now).value(), std::nullopt);
  EXPECT_EQ(parse_retention_headers("GOVERNANCE", "2030-01-02T00:00:00Z", now).value()->until,
            *parse_iso_time("2030-01-02"));
  EXPECT_EQ(parse_retention_headers("GOVERNANCE", {}, now).error().code, "InvalidArgument");
  EXPECT_EQ(parse_retention_headers("x", "2030-01-02T00:00:00Z", now).error().code, "InvalidArgument");
  EXPECT_EQ(parse_retention_headers("GOVERNANCE", "2029-01-02T00:00:00Z", now).error().code, "InvalidArgument");
  EXPECT_EQ(parse_legal_hold_header("ON").value(), LegalHold::On);
  EXPECT_EQ(parse_legal_hold_header("on").error().code, "InvalidArgument");
  const auto lock = retention_of_new({RetentionMode::Compliance, 0, 1}, now);
  EXPECT_EQ(lock, (Retention{RetentionMode::Compliance, *parse_iso_time("2031-01-01")}));
}

TEST(ObjectLockTest, Changes) {
  using enum RetentionMode;
  const auto now = *parse_iso_time("2030-01-01");
  const auto until = [](RetentionMode mode, std::string_view day) {
    return std::optional(Retention{mode, *parse_iso_time(day)});
  };
  struct Case {
    std::optional<Retention> current, wanted;
    Bypass bypass;
    std::string_view code;
  };
  for (const Case& c : std::vector<Case>{
           {{}, until(Governance, "2030-01-03"), Bypass::No, ""},
           {{}, until(Governance, "2029-01-03"), Bypass::No, "InvalidArgument"},
           {until(Governance, "2029-06-01"), {}, Bypass::No, ""},  // no longer in force
           {until(Governance, "2030-01-03"), until(Governance, "2030-01-04"), Bypass::No, ""},
           {until(Governance, "2030-01-03"), until(Governance, "2030-01-02"), Bypass::No, "AccessDenied"},
           {until(Governance, "2030-01-03"), until(Governance, "2030-01-02"), Bypass::Yes, ""},
           {until(Governance, "2030-01-03"), {}, Bypass::No, "AccessDenied"},
           {until(Governance, "2030-01-03"), {}, Bypass::Yes, ""},
           {until(Governance, "2030-01-03"), until(Compliance, "2030-01-03"), Bypass::No, "AccessDenied"},
           {until(Governance, "2030-01-03"), until(Compliance, "2030-01-03"), Bypass::Yes, ""},
           {until(Compliance, "2030-01-03"), until(Governance, "2030-01-03"), Bypass::Yes, "AccessDenied"},
           {until(Compliance, "2030-01-03"), until(Compliance, "2030-01-04"), Bypass::No, ""},
           {until(Compliance, "2030-01-03"), {}, Bypass::Yes, "AccessDenied"},
       }) {
    const auto checked = check_retention_change(c.current, c.wanted, now, c.bypass);
    EXPECT_EQ(checked ? "" : checked.error().code, c.code);
  }
}

TEST(ObjectLockTest, Deletions) {
  using enum RetentionMode;
  const auto now = *parse_iso_time("2030-01-01");
  const Retention governed{Governance, *parse_iso_time("2030-01-02")}, past{Compliance, now};
  const Retention complied{Compliance, *parse_iso_time("2030-01-02")};
  EXPECT_TRUE(check_deletion({}, LegalHold::Off, now, Bypass::No));
  EXPECT_TRUE(check_deletion(past, LegalHold::Off, now, Bypass::No));
  EXPECT_EQ(check_deletion({}, LegalHold::On, now, Bypass::Yes).error().status, 403);
  EXPECT_EQ(check_deletion(governed, LegalHold::Off, now, Bypass::No).error().code, "AccessDenied");
  EXPECT_TRUE(check_deletion(governed, LegalHold::Off, now, Bypass::Yes));
  EXPECT_FALSE(check_deletion(complied, LegalHold::Off, now, Bypass::Yes));
}

}  // namespace
}  // namespace store::s3
