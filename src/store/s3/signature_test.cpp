#include "store/s3/signature.h"

#include <gtest/gtest.h>

#include "store/checksum.h"
#include "store/s3/test_keys.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

// The published examples of the Amazon S3 API Reference; their key pair is part of them.
const AccessKey kKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
const base::Instant kNow = *parse_basic_time("20130524T000000Z");
const std::string kHost = "examplebucket.s3.amazonaws.com";

std::string signature_of(const http::Request& request) {
  const auto value = request.headers.get("authorization");
  return std::string(value.substr(value.rfind('=') + 1));
}

TEST(SignatureTest, SigningKeyOfTheExample) {
  EXPECT_EQ(to_hex(signing_key(kKey.secret, {"20130524", "us-east-1"})),
            "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378");
}

TEST(SignatureTest, HeaderExamples) {
  http::Request ranged{.method = "GET", .target = "/test.txt", .headers = {{"Range", "bytes=0-9"}}};
  sign(ranged, kKey, "us-east-1", kHost, to_hex(sha256("")), kNow);
  EXPECT_EQ(signature_of(ranged), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  http::Request lifecycle{.method = "GET", .target = "/?lifecycle"};
  sign(lifecycle, kKey, "us-east-1", kHost, to_hex(sha256("")), kNow);
  EXPECT_EQ(signature_of(lifecycle), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_TRUE(authenticate(ranged, OneKey{kKey}, kNow));
  EXPECT_TRUE(authenticate(lifecycle, OneKey{kKey}, kNow));
}

TEST(SignatureTest, PresignedExample) {
  const auto target = presign("GET", "/test.txt", kKey, "us-east-1", kHost, std::chrono::seconds{86400}, kNow);
  EXPECT_TRUE(target.ends_with("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")) << target;
  const http::Request request{.method = "GET", .target = target, .headers = {{"Host", kHost}}};
  const auto good = authenticate(request, OneKey{kKey}, kNow + std::chrono::hours{23});
  ASSERT_TRUE(good) << good.error().code;
  EXPECT_EQ(good->payload, "UNSIGNED-PAYLOAD");
  EXPECT_EQ(authenticate(request, OneKey{kKey}, kNow + std::chrono::hours{25}).error().message, "Request has expired");
}

TEST(SignatureTest, Refusals) {
  struct Case {
    std::string_view name, value, code;
  };
  for (const Case& c : std::to_array<Case>({
           {"Authorization", "", "AuthorizationHeaderMalformed"},
           {"Authorization", "AWS a:b", "InvalidRequest"},
           {"Authorization", "AWS4-HMAC-SHA256 Credential=x,SignedHeaders=host", "AuthorizationHeaderMalformed"},
           {"x-amz-content-sha256", "nonsense", "InvalidArgument"},
           {"x-amz-content-sha256", "", "InvalidRequest"},
           {"x-amz-date", "20130525T000000Z", "AuthorizationHeaderMalformed"},
           {"Host", "other", "SignatureDoesNotMatch"},
           {"x-amz-meta-more", "1", "AccessDenied"},
       })) {
    http::Request request{.method = "GET", .target = "/k"};
    sign(request, kKey, "us-east-1", kHost, kUnsignedPayload, kNow);
    request.headers.set(std::string(c.name), std::string(c.value));
    EXPECT_EQ(authenticate(request, OneKey{kKey}, kNow).error().code, c.code) << c.name << ": " << c.value;
  }
  http::Request late{.method = "GET", .target = "/k"};
  sign(late, kKey, "us-east-1", kHost, kUnsignedPayload, kNow);
  EXPECT_EQ(authenticate(late, OneKey{kKey}, kNow + std::chrono::minutes{16}).error().code, "RequestTimeTooSkewed");
  http::Request stranger{.method = "GET", .target = "/k"};
  sign(stranger, {"OTHER", "secret"}, "us-east-1", kHost, kUnsignedPayload, kNow);
  EXPECT_EQ(authenticate(stranger, OneKey{kKey}, kNow).error().code, "InvalidAccessKeyId");
}

}  // namespace
}  // namespace store::s3
