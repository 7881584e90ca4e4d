#include "store/s3/documents/post_policy.h"

#include <gtest/gtest.h>

#include "store/checksum.h"
#include "store/s3/iso_time.h"

namespace store::s3 {
namespace {

const base::Instant kNow = *parse_iso_time("2030-01-01T00:00:00Z");

S3Result<PostPolicy> parse(std::string_view json) { return parse_post_policy(to_base64(json)); }

std::string policy(std::string_view conditions) {
  return R"({"expiration":"2030-01-01T01:00:00Z","conditions":[{"bucket":"b"},)" + std::string(conditions) + "]}";
}

const std::string kUsual =
    R"(["starts-with","$key","foo"],{"acl":"private"},["starts-with","$Content-Type","text/plain"],)"
    R"(["content-length-range",0,1024])";

std::vector<FormField> usual_fields() {
  return {{"key", "foo.txt"}, {"AWSAccessKeyId", "id"}, {"acl", "private"},
          {"signature", "s"}, {"policy", "p"},          {"Content-Type", "text/plain"}};
}

TEST(PostPolicyTest, Parses) {
  const auto parsed = parse(policy(kUsual));
  ASSERT_TRUE(parsed) << parsed.error().message;
  using Kind = PostCondition::Kind;
  EXPECT_EQ(*parsed, (PostPolicy{.expiration = kNow + std::chrono::hours{1},
                                 .conditions = {{Kind::Equals, "bucket", "b"},
                                                {Kind::StartsWith, "key", "foo"},
                                                {Kind::Equals, "acl", "private"},
                                                {Kind::StartsWith, "content-type", "text/plain"}},
                                 .length_min = 0,
                                 .length_max = 1024}));
  auto broken = to_base64(policy(kUsual));
  broken.insert(20, "\r\n");
  EXPECT_EQ(parse_post_policy(broken).value(), *parsed);
}

TEST(PostPolicyTest, Malformed) {
  for (const std::string& json : std::vector<std::string>{
           "",
           "x",
           "[]",
           "{}",
           R"({"conditions":[]})",
           R"({"expiration":"2030-01-01T01:00:00Z"})",
           R"({"EXPIRATION":"2030-01-01T01:00:00Z","conditions":[]})",
           R"({"expiration":"2030-01-01T01:00:00Z","CONDITIONS":[]})",
           R"({"expiration":"2030-01-01 01:00:00.123456+00:00","conditions":[]})",
           R"({"expiration":"2030-01-01","conditions":[]})",
           R"({"expiration":5,"conditions":[]})",
           policy("{}"),
           policy("5"),
           policy(R"({"acl":{}})"),
           policy(R"(["eq","$key"])"),
           policy(R"(["eq","key","x"])"),
           policy(R"(["ends-with","$key","x"])"),
           policy(R"(["content-length-range",0])"),
           policy(R"(["content-length-range",-1,0])"),
           policy(R"(["content-length-range",0,"many"])"),
       }) {
    const auto parsed = parse(json);
    ASSERT_FALSE(parsed) << json;
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().code, "InvalidPolicyDocument") << json;
  }
  EXPECT_EQ(parse_post_policy("%%%").error().code, "InvalidPolicyDocument");
}

TEST(PostPolicyTest, Checks) {
  struct Case {
    std::string conditions;
    FormField more;  // beside the usual fields
    bool allowed;
  };
  for (const Case& c : std::vector<Case>{
           {kUsual, {"x-ignore-foo", "bar"}, true},
           {kUsual, {"x-amz-checksum-sha256", "c"}, true},
           {kUsual, {"bucket", "other"}, true},  // the request's bucket counts
           {kUsual, {"x-amz-meta-foo", "bar"}, false},
           {kUsual, {"x-amz-date", "20300101T000000Z"}, false},
           {kUsual + R"(,["starts-with","$x-amz-meta-foo","bar"])", {"x-amz-meta-foo", "barclamp"}, true},
           {kUsual + R"(,["starts-with","$x-amz-meta-foo","bar"])", {"x-ignore-a", ""}, false},
           {kUsual + R"(,["starts-with","$x-amz-meta-foo",""])", {"x-ignore-a", ""}, true},
           {kUsual + R"(,["eq","$x-amz-meta-foo",""])", {"x-amz-meta-foo", "barclamp"}, false},
           {kUsual + R"(,["StArTs-WiTh","$X-AMZ-META-FOO","bar"])", {"x-Amz-mEta-foO", "bar"}, true},
           {kUsual, {"KEY", "bar"}, false},  // a second one does not slip by
           {R"(["starts-with","$key","\\$foo"],{"acl":"private"},["starts-with","$Content-Type",""])",
            {"x-ignore-a", ""},
            false},
           {R"(["starts-with","$key",""],["starts-with","$Content-Type",""])", {"x-ignore-a", ""}, false},  // no acl
       }) {
    const auto parsed = parse(policy(c.conditions));
    ASSERT_TRUE(parsed) << c.conditions;
    PostForm form(usual_fields());
    form.add(c.more);
    const auto checked = check_post_policy(*parsed, form, "b", kNow);
    EXPECT_EQ(checked.has_value(), c.allowed) << c.conditions << " " << c.more.name;
    if (!checked) {
      EXPECT_EQ(checked.error().status, 403);
      EXPECT_EQ(checked.error().code, "AccessDenied");
    }
  }
  const PostForm form(usual_fields());
  const auto usual = parse(policy(kUsual)).value();
  EXPECT_FALSE(check_post_policy(usual, form, "other", kNow));
  EXPECT_FALSE(check_post_policy(usual, form, "b", kNow + std::chrono::hours{1}));
  auto without_bucket = usual;
  without_bucket.conditions.erase(without_bucket.conditions.begin());
  EXPECT_EQ(check_post_policy(without_bucket, form, "b", kNow).error().status, 403);
}

TEST(PostPolicyTest, Lengths) {
  const auto parsed = parse(policy(R"(["content-length-range",512,1000])")).value();
  EXPECT_EQ(check_post_length(parsed, 511).error().code, "EntityTooSmall");
  EXPECT_TRUE(check_post_length(parsed, 512));
  EXPECT_TRUE(check_post_length(parsed, 1000));
  EXPECT_EQ(check_post_length(parsed, 1001).error().code, "EntityTooLarge");
  EXPECT_TRUE(check_post_length_so_far(parsed, 1));
  EXPECT_FALSE(check_post_length_so_far(parsed, 1001));
  EXPECT_TRUE(check_post_length(parse(policy(kUsual)).value(), 0));
}

TEST(PostFormTest, Signatures) {
  EXPECT_EQ(read_post_signature(PostForm({{"key", "k"}})).value(), std::nullopt);
  const auto v2 = read_post_signature(PostForm({{"AWSAccessKeyId", "id"}, {"pOLICy", "p"}, {"signature", "s"}}));
  EXPECT_EQ(v2.value(), (PostSignature{PostSignatureVersion::V2, "p", "s", "id", "", ""}));
  const std::vector<FormField> v4{{"policy", "p"},
                                  {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
                                  {"X-Amz-Credential", "id/20300101/us-east-1/s3/aws4_request"},
                                  {"x-amz-date", "20300101T000000Z"},
                                  {"x-amz-signature", "00"}};
  EXPECT_EQ(read_post_signature(PostForm(v4)).value(),
            (PostSignature{PostSignatureVersion::V4, "p", "00", v4[2].value, v4[3].value, ""}));
  for (std::size_t missing = 0; missing < v4.size(); ++missing) {
    auto fields = v4;
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_EQ(read_post_signature(PostForm(fields)).error().code, "InvalidArgument") << v4[missing].name;
  }
  EXPECT_EQ(read_post_signature(PostForm({{"AWSAccessKeyId", "id"}, {"policy", "p"}})).error().status, 400);
  EXPECT_EQ(read_post_signature(PostForm({{"policy", "p"}})).error().status, 400);
  auto other = v4;
  other[1].value = "AWS4-ECDSA-P256-SHA256";
  EXPECT_EQ(read_post_signature(PostForm(other)).error().code, "InvalidRequest");
}

TEST(PostFormTest, WhatFieldsSay) {
  PostForm form({{"Key", "user/${filename}"}, {"x-amz-meta-name", "${filename}${filename}"}});
  form.insert_file_name("C:\\files\\${filename}.txt");
  EXPECT_EQ(post_key(form).value(), "user/${filename}.txt");
  EXPECT_EQ(form.value_of("X-Amz-Meta-Name"), "${filename}.txt${filename}.txt");
  EXPECT_EQ(post_key(PostForm{}).error().status, 400);
  EXPECT_EQ(post_key(PostForm({{"key", ""}})).error().code, "InvalidArgument");
  struct Case {
    std::string_view status;
    int expected;
  };
  for (const Case& c : std::to_array<Case>({{"200", 200}, {"201", 201}, {"204", 204}, {"404", 204}, {"", 204}}))
    EXPECT_EQ(post_success_status(PostForm({{"success_action_status", std::string(c.status)}})), c.expected);
  EXPECT_EQ(post_success_status(PostForm{}), 204);
}

TEST(PostFormTest, Redirects) {
  const auto to = [](std::string url) {
    return post_redirect(PostForm({{"success_action_redirect", std::move(url)}}), "b", "a/b c", "00ff");
  };
  EXPECT_EQ(to("http://h/x"), "http://h/x?bucket=b&key=a/b%20c&etag=%2200ff%22");
  EXPECT_EQ(to("https://h/x?y=1"), "https://h/x?y=1&bucket=b&key=a/b%20c&etag=%2200ff%22");
  EXPECT_EQ(to("javascript:x"), std::nullopt);
  EXPECT_EQ(to("http://h/\r\nSet-Cookie: x"), std::nullopt);
  EXPECT_EQ(post_redirect(PostForm{}, "b", "k", "00"), std::nullopt);
  EXPECT_EQ(print_post_response("http://h/b/k", "b", "k", "00ff").substr(39),
            "<PostResponse><Location>http://h/b/k</Location>"
            "<Bucket>b</Bucket><Key>k</Key><ETag>&quot;00ff&quot;</ETag></PostResponse>");
}

}  // namespace
}  // namespace store::s3
