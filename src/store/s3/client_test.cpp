#include "store/s3/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/test_certificate.h"
#include "store/checksum.h"
#include "store/s3/caller.h"
#include "store/s3/test_server.h"

namespace store::s3 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Reply = ScriptedService::Reply;

class ClientTest : public testing::Test {
 protected:
  S3Client connect(const std::string& url, S3Client::Options options = {}) {
    options.endpoint = url;
    if (options.environment == nullptr && options.key.id.empty()) options.key = LocalServer::key();
    options.sleeper = &sleeper_;
    options.retry_seed = 1;
    return std::move(S3Client::connect(std::move(options), clock_).value());
  }
  static base::Result<std::string> read(S3Client& client, const std::string& key, const GetOptions& options = {}) {
    std::string all;
    TRY_VOID(client.get(
        "bucket", key,
        [&](std::string_view bytes) -> base::Status {
          all += bytes;
          return {};
        },
        options));
    return all;
  }
  static std::string scope_of(const http::Request& request) {
    const auto text = request.headers.get("authorization");
    const auto begin = text.find('/') + 1;
    return std::string(text.substr(begin, text.find("/aws4_request") - begin));
  }

  SetClock clock_;
  CountingSleeper sleeper_;
};

/// Against our own server.
class LocalClientTest : public ClientTest {
 protected:
  void SetUp() override { ASSERT_TRUE(client_.create_bucket("bucket")); }

  LocalServer server_{clock_};
  S3Client client_ = connect(server_.url());
};

TEST_F(LocalClientTest, KeysOfAllKindsThereAndBack) {
  const std::vector<std::string> keys{"a b+c%2F", "/", "//x/../y", "\xC3\xA9?&=#", "plain", "tilde~*'()"};
  for (const auto& key : keys) {
    ASSERT_TRUE(client_.put("bucket", key, body_of("of " + key))) << key;
    EXPECT_EQ(read(client_, key).value(), "of " + key);
  }
  std::vector<std::string> listed;
  ASSERT_TRUE(client_.list("bucket", "", {}, [&](std::vector<RemoteObject> objects, auto&&) -> base::Status {
    for (const auto& object : objects) listed.push_back(object.key);
    return {};
  }));
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(keys));
  EXPECT_TRUE(client_.remove_all("bucket", keys).value().empty());
  EXPECT_EQ(read(client_, "plain").error().kind, base::ErrorKind::NotFound);
}

TEST_F(LocalClientTest, WhatAnObjectSaysOfItself) {
  PutOptions options{.content_type = "text/plain",
                     .headers = {{"x-amz-meta-Color", "blue"}, {"Cache-Control", "no-store"}}};
  const auto put = client_.put("bucket", "k", body_of("hello world"), options).value();
  EXPECT_EQ(put.etag, "5eb63bbbe01eeed093cb22bb8f5acdc3");
  EXPECT_EQ(put.checksum->value, "DUoRhQ==");
  const auto head = client_.head("bucket", "k").value();
  EXPECT_EQ(head.size, 11u);
  EXPECT_EQ(head.etag, put.etag);
  EXPECT_EQ(head.content_type, "text/plain");
  EXPECT_THAT(head.metadata, ElementsAre(testing::Pair("color", "blue")));
  EXPECT_EQ(head.headers.get("cache-control"), "no-store");
  EXPECT_EQ(read(client_, "k", {.offset = 6, .length = 3}).value(), "wor");
  EXPECT_EQ(read(client_, "k", {.offset = 6}).value(), "world");
  EXPECT_EQ(read(client_, "k", {.if_match = "other"}).error().kind, base::ErrorKind::Conflict);

  EXPECT_EQ(client_.copy("bucket", "k", "bucket", "copy of k").value().etag, put.etag);
  EXPECT_EQ(read(client_, "copy of k").value(), "hello world");
}

TEST_F(LocalClientTest, Conditions) {
  ASSERT_TRUE(client_.put("bucket", "k", body_of("1"), {.overwrite = Overwrite::No}));
  Refusal refusal;
  const auto second = client_.put("bucket", "k", body_of("2"), {.overwrite = Overwrite::No, .refusal = &refusal});
  EXPECT_EQ(second.error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(refusal.status, 412);
  EXPECT_EQ(refusal.code, "PreconditionFailed");
  EXPECT_FALSE(client_.put("bucket", "k", body_of("2"), {.if_match = "other"}));
  EXPECT_TRUE(client_.put("bucket", "k", body_of("2"), {.if_match = client_.head("bucket", "k").value().etag}));
}

TEST_F(LocalClientTest, Errors) {
  EXPECT_EQ(client_.head("bucket", "none").error().message, "NotFound: Not Found (HEAD /bucket/none)");
  EXPECT_EQ(read(client_, "none").error().message.substr(0, 10), "NoSuchKey:");
  auto stranger = connect(server_.url(), {.key = {"WHO", "knows"}});
  EXPECT_EQ(stranger.list_buckets().error().kind, base::ErrorKind::Denied);
  const FakeEnvironment nothing({{"AWS_EC2_METADATA_DISABLED", "true"}});
  auto anonymous = connect(server_.url(), {.anonymous = true, .environment = &nothing});
  EXPECT_EQ(anonymous.head("bucket", "none").error().kind, base::ErrorKind::Denied);
  EXPECT_EQ(sleeper_.count(), 0u);
}

TEST_F(LocalClientTest, PresignedUrlsNeedNoKey) {
  ASSERT_TRUE(client_.put("bucket", "a b", body_of("shared")));
  const auto url = http::parse_url(client_.presigned_url("GET", "bucket", "a b", 1h).value()).value();
  http::Client plain({.host = url.host, .port = url.port});
  EXPECT_EQ(plain.send({.method = "GET", .target = url.target}).value().body, "shared");
  clock_.advance(2h);
  EXPECT_EQ(plain.send({.method = "GET", .target = url.target}).value().status, 403);
}

TEST_F(LocalClientTest, VirtualHostsAndTls) {
  const http::TestCertificate certificate("DNS:localhost,DNS:*.localhost,IP:127.0.0.1");
  LocalServer secure(clock_, http::Certificate{certificate.chain(), certificate.key()});
  const FakeEnvironment machine({{"AWS_CA_BUNDLE", certificate.authority()},
                                 {"AWS_ENDPOINT_URL_S3", "https://localhost:" + std::to_string(secure.port())},
                                 {"AWS_ACCESS_KEY_ID", LocalServer::key().id},
                                 {"AWS_SECRET_ACCESS_KEY", LocalServer::key().secret}});
  auto client = connect("", {.environment = &machine});
  ASSERT_TRUE(client.create_bucket("bucket"));
  ASSERT_TRUE(client.put("bucket", "k", body_of(std::string(2'000'000, 'x'))));
  EXPECT_EQ(read(client, "k").value().size(), 2'000'000u);
  EXPECT_EQ(client.head("bucket", "k").value().checksum->algorithm, ChecksumAlgorithm::Crc32);
  auto distrustful = connect("https://localhost:" + std::to_string(secure.port()), {.key = LocalServer::key()});
  EXPECT_EQ(distrustful.list_buckets().error().kind, base::ErrorKind::Denied);
}

TEST_F(LocalClientTest, ManyThreadsShareConnections) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto key = fmt::format("{}-{}", t, i);
        EXPECT_TRUE(client_.put("bucket", key, body_of(key)));
        EXPECT_EQ(read(client_, key).value(), key);
      }
    });
  threads.clear();
}

/// Fails so often, then answers.
ScriptedService::Script after(std::vector<Reply> failures, Reply then = {}) {
  return [failures = std::move(failures), then = std::move(then), n = std::size_t{0}](const http::Request&) mutable {
    return n < failures.size() ? failures[n++] : then;
  };
}

TEST_F(ClientTest, RepeatsWhatIsWorthIt) {
  ScriptedServer server(
      after({refusal_of(503, "SlowDown"), refusal_of(500, "InternalError")}, {{.headers = {{"ETag", "\"e\""}}}, {}}));
  auto client = connect(server.url());
  EXPECT_EQ(client.put("bucket", "k", body_of("body")).value().etag, "e");
  EXPECT_EQ(sleeper_.count(), 2u);
  for (const auto& request : server.requests()) EXPECT_EQ(request.body, "body");
}

TEST_F(ClientTest, MakesBucketsInItsRegion) {
  ScriptedServer server([](const http::Request&) { return Reply{}; });
  ASSERT_TRUE(connect(server.url()).create_bucket("bucket"));
  ASSERT_TRUE(connect(server.url(), {.key = LocalServer::key(), .region = "eu-west-1"}).create_bucket("bucket"));
  EXPECT_EQ(server.requests().at(0).body, "");
  EXPECT_NE(server.requests().at(1).body.find("<LocationConstraint>eu-west-1</LocationConstraint>"), std::string::npos);
}

TEST_F(ClientTest, ReusesConnectionsForAWhile) {
  ScriptedServer server([](const http::Request&) { return Reply{}; });
  auto client = connect(server.url());
  ASSERT_TRUE(client.remove("bucket", "k"));
  EXPECT_EQ(client.caller().pool().idle(), 1u);
  ASSERT_TRUE(client.remove("bucket", "k"));
  EXPECT_EQ(client.caller().pool().idle(), 1u);
  clock_.advance(61s);
  ASSERT_TRUE(client.remove("bucket", "k"));
  EXPECT_EQ(client.caller().pool().idle(), 1u);  // another one
}

TEST_F(ClientTest, RepeatsAPutThatMetAnotherWriter) {
  ScriptedServer server(after({refusal_of(409, "ConditionalRequestConflict")}));
  auto client = connect(server.url());
  EXPECT_TRUE(client.put("bucket", "k", body_of("body"), {.if_match = "e"}));
  ScriptedServer taken([](const http::Request&) { return refusal_of(409, "BucketNotEmpty"); });
  EXPECT_EQ(connect(taken.url()).remove_bucket("bucket").error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(taken.count(), 1u);
}

TEST_F(ClientTest, GivesUpAfterThreeAttempts) {
  ScriptedServer server([](const http::Request&) { return refusal_of(503, "ServiceUnavailable"); });
  auto client = connect(server.url());
  EXPECT_EQ(client.list_buckets().error().kind, base::ErrorKind::Unavailable);
  EXPECT_EQ(server.count(), 3u);
  const FakeEnvironment patient({{"AWS_MAX_ATTEMPTS", "5"}});
  EXPECT_FALSE(connect(server.url(), {.key = LocalServer::key(), .environment = &patient}).list_buckets());
  EXPECT_EQ(server.count(), 8u);
  ScriptedServer denies([](const http::Request&) { return refusal_of(403, "AccessDenied"); });
  EXPECT_EQ(connect(denies.url()).list_buckets().error().kind, base::ErrorKind::Denied);
  EXPECT_EQ(denies.count(), 1u);
}

TEST_F(ClientTest, RepeatsWhereNobodyAnswers) {
  std::string url;
  {
    ScriptedServer gone({});
    url = gone.url();
  }
  EXPECT_EQ(connect(url).list_buckets().error().kind, base::ErrorKind::Unavailable);
  EXPECT_EQ(sleeper_.count(), 2u);
}

TEST_F(ClientTest, FollowsABucketToItsRegion) {
  struct Case {
    Reply told;
  };
  for (const Case& c : std::to_array<Case>({
           {refusal_of(301, "PermanentRedirect", {{"x-amz-bucket-region", "eu-west-1"}})},
           {refusal_of(307, "TemporaryRedirect", {{"x-amz-bucket-region", "eu-west-1"}})},
           {refusal_of(400, "AuthorizationHeaderMalformed", {}, "<Region>eu-west-1</Region>")},
           {refusal_of(400, "IllegalLocationConstraintException", {{"x-amz-bucket-region", "eu-west-1"}})},
       })) {
    ScriptedServer server(after({c.told}, {{.headers = {{"Content-Length", "0"}}}, {}}));
    auto client = connect(server.url());
    ASSERT_TRUE(client.put("bucket", "k", body_of("1")));
    ASSERT_TRUE(client.put("bucket", "k", body_of("2")));
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(scope_of(requests[0]), "20240101/us-east-1/s3");
    EXPECT_EQ(scope_of(requests[1]), "20240101/eu-west-1/s3");
    EXPECT_EQ(scope_of(requests[2]), "20240101/eu-west-1/s3");  // remembered
  }
  EXPECT_EQ(sleeper_.count(), 0u);
}

TEST_F(ClientTest, AsksTheBucketWhereItLives) {
  ScriptedServer server([](const http::Request& request) -> Reply {
    if (request.target == "/bucket" && request.method == "HEAD")
      return {{301, {{"x-amz-bucket-region", "ap-south-1"}}, ""}, {}};
    if (request.headers.get("authorization").find("ap-south-1") == std::string::npos)
      return refusal_of(301, "PermanentRedirect");
    return {{200, {}, "found"}, {}};
  });
  auto client = connect(server.url());
  EXPECT_EQ(read(client, "k").value(), "found");
  EXPECT_EQ(server.count(), 3u);
}

TEST_F(ClientTest, FollowsToAnotherHostButNotForEver) {
  ScriptedServer there([](const http::Request&) { return Reply{{200, {}, "there"}, {}}; });
  const auto endpoint = "<Endpoint>" + there.host() + "</Endpoint>";
  ScriptedServer here([&](const http::Request&) { return refusal_of(307, "TemporaryRedirect", {}, endpoint); });
  auto client = connect(here.url());
  EXPECT_EQ(read(client, "k").value(), "there");
  EXPECT_EQ(there.requests().at(0).headers.get("host"), there.host());

  int region = 0;
  ScriptedServer circle([&](const http::Request&) {
    return refusal_of(301, "PermanentRedirect", {{"x-amz-bucket-region", "r" + std::to_string(++region)}});
  });
  auto lost = connect(circle.url());
  EXPECT_FALSE(read(lost, "k"));
  EXPECT_EQ(circle.count(), 3u);
}

TEST_F(ClientTest, SetsItsClockByTheServers) {
  const auto server_time = clock_.now() + 2h;
  ScriptedServer server([&](const http::Request& request) -> Reply {
    if (request.headers.get("x-amz-date") != "20240101T020000Z")
      return refusal_of(403, "RequestTimeTooSkewed", {{"Date", http_time(server_time)}});
    return {{200, {}, "in time"}, {}};
  });
  auto client = connect(server.url());
  EXPECT_EQ(read(client, "k").value(), "in time");
  EXPECT_EQ(read(client, "k").value(), "in time");
  EXPECT_EQ(server.count(), 3u);
  EXPECT_EQ(sleeper_.count(), 0u);
  ScriptedServer stubborn([&](const http::Request&) {
    return refusal_of(403, "RequestTimeTooSkewed", {{"Date", http_time(server_time)}});
  });
  auto refused = connect(stubborn.url());
  EXPECT_EQ(read(refused, "k").error().kind, base::ErrorKind::Denied);
  EXPECT_EQ(stubborn.count(), 2u);
}

TEST_F(ClientTest, RenewsCredentialsThatExpired) {
  int given = 0;
  ScriptedServer agent([&](const http::Request&) {
    const auto id = "K" + std::to_string(++given);
    return Reply{{200, {}, R"({"AccessKeyId": ")" + id + R"(", "SecretAccessKey": "s", "Token": "of )" + id + "\"}"},
                 {}};
  });
  const FakeEnvironment machine({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url()}});
  ScriptedServer server([&](const http::Request& request) -> Reply {
    if (request.headers.get("x-amz-security-token") == "of K1") return refusal_of(400, "ExpiredToken");
    EXPECT_NE(request.headers.get("authorization").find("x-amz-security-token"), std::string::npos);
    return {{200, {}, "renewed"}, {}};
  });
  auto client = connect(server.url(), {.environment = &machine});
  EXPECT_EQ(read(client, "k").value(), "renewed");
  EXPECT_EQ(agent.count(), 2u);
  const auto url = client.presigned_url("GET", "bucket", "k", 1min).value();
  EXPECT_NE(url.find("?X-Amz-Security-Token=of%20K2&X-Amz-Algorithm"), std::string::npos) << url;
}

TEST_F(ClientTest, GivesUpChecksumsThatTheServerRefuses) {
  Reply vague = refusal_of(400, "InvalidArgument");
  vague.response.body = "<Error><Code>InvalidArgument</Code><Message>x-amz-Checksum-crc32 is unknown</Message></Error>";
  for (const auto& refused : {refusal_of(501, "NotImplemented"), refusal_of(411, "MissingContentLength"), vague}) {
    ScriptedServer old([&](const http::Request& request) -> Reply {
      if (request.headers.find("x-amz-checksum-crc32")) return refused;
      return {{200, {}, "<DeleteResult/>"}, {}};
    });
    auto client = connect(old.url());
    ASSERT_TRUE(client.put("bucket", "k", body_of("1")));
    ASSERT_TRUE(client.put("bucket", "k", body_of("2")));
    ASSERT_TRUE(client.remove_all("bucket", {"k"}));
    const auto requests = old.requests();
    ASSERT_EQ(requests.size(), 4u);  // the first is sent twice
    EXPECT_EQ(requests[3].headers.get("content-md5"), to_base64(md5(requests[3].body)));
  }
  EXPECT_EQ(sleeper_.count(), 0u);
}

TEST_F(ClientTest, HashesBodiesWhereNothingElseProtectsThem) {
  const auto answer = [](const http::Request&) { return Reply{}; };
  ScriptedServer plain(answer);
  ASSERT_TRUE(connect(plain.url()).put("bucket", "k", body_of("hello world")));
  EXPECT_EQ(plain.requests().at(0).headers.get("x-amz-content-sha256"), to_hex(sha256("hello world")));
  EXPECT_EQ(plain.requests().at(0).headers.get("x-amz-checksum-crc32"), "DUoRhQ==");

  const http::TestCertificate certificate;
  ScriptedServer secure(answer, http::Certificate{certificate.chain(), certificate.key()});
  const auto url = "https://localhost:" + std::to_string(secure.port());
  auto client = connect(url, {.checksum = ChecksumAlgorithm::Crc64Nvme, .ca_bundle = certificate.authority()});
  ASSERT_TRUE(client.put("bucket", "k", body_of("hello world")));
  EXPECT_EQ(secure.requests().at(0).headers.get("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(secure.requests().at(0).headers.get("x-amz-checksum-crc64nvme"), "jSnVw/bqjr4=");

  ASSERT_TRUE(connect(plain.url(), {.hash_plain_bodies = false}).put("bucket", "k", body_of("1")));
  EXPECT_EQ(plain.requests().at(1).headers.get("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");

  const FakeEnvironment sparing({{"AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"}});
  ASSERT_TRUE(
      connect(plain.url(), {.key = LocalServer::key(), .environment = &sparing}).put("bucket", "k", body_of("1")));
  EXPECT_FALSE(plain.requests().at(2).headers.find("x-amz-checksum-crc32"));
}

/// "0123456789": broken off after the first bytes of an answer, so often.
ScriptedService::Script breaking(int times, std::string etag_later = "\"e\"") {
  return [=, left = times](const http::Request& request) mutable -> Reply {
    const std::string all = "0123456789";
    const auto range = request.headers.get("range");
    const std::size_t first = range.empty() ? 0 : static_cast<std::size_t>(range[6] - '0');
    http::Headers headers{{"ETag", first == 0 ? "\"e\"" : etag_later}};
    if (first > 0 && request.headers.get("if-match") != etag_later) return refusal_of(412, "PreconditionFailed");
    if (!range.empty()) headers.add("Content-Range", fmt::format("bytes {}-9/10", first));
    const auto rest = all.substr(first);
    const int status = range.empty() ? 200 : 206;
    if (left-- > 0) return {{status, headers, rest.substr(0, 3)}, rest.size()};
    return {{status, headers, rest}, {}};
  };
}

TEST_F(ClientTest, TakesUpABrokenStreamWhereItBroke) {
  ScriptedServer server(breaking(2));
  auto client = connect(server.url());
  EXPECT_EQ(read(client, "k").value(), "0123456789");
  EXPECT_EQ(server.count(), 3u);
  ScriptedServer changing(breaking(1, "\"f\""));
  auto other = connect(changing.url());
  EXPECT_EQ(read(other, "k").error().kind, base::ErrorKind::Conflict);
}

TEST_F(ClientTest, ComparesTheChecksumOfAWholeObject) {
  ScriptedServer server([](const http::Request& request) -> Reply {
    EXPECT_EQ(request.headers.get("x-amz-checksum-mode"), "ENABLED");
    return {
        {200, {{"x-amz-checksum-crc32", "DUoRhQ=="}}, request.target == "/bucket/good" ? "hello world" : "hello w0rld"},
        {}};
  });
  auto client = connect(server.url());
  EXPECT_EQ(read(client, "good").value(), "hello world");
  EXPECT_EQ(read(client, "bad").error().kind, base::ErrorKind::Internal);
}

TEST_F(ClientTest, KnowsItsOwnWriteWhoseAnswerWasLost) {
  for (const bool ours : {true, false}) {
    ScriptedServer server([ours, n = 0](const http::Request& request) mutable -> Reply {
      if (request.method == "HEAD") {
        http::Headers headers{{"ETag", "\"e\""}, {"Content-Length", "4"}};
        headers.add("x-amz-checksum-crc32", to_base64(checksum(ChecksumAlgorithm::Crc32, ours ? "body" : "else")));
        return {{200, headers, ""}, {}};
      }
      return n++ == 0 ? refusal_of(500, "InternalError") : refusal_of(412, "PreconditionFailed");
    });
    const auto put = connect(server.url()).put("bucket", "k", body_of("body"), {.overwrite = Overwrite::No});
    EXPECT_EQ(put.has_value(), ours);
    if (!ours) {
      EXPECT_EQ(put.error().kind, base::ErrorKind::Conflict);
    }
  }
}

TEST_F(ClientTest, ASuccessThatHoldsAnErrorIsNone) {
  const std::string good = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
  ScriptedServer server(after({{{200, {}, "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"}, {}},
                               {{200, {}, "<CopyObjectResult><ETag>"}, {}}},
                              {{200, {}, good}, {}}));
  EXPECT_EQ(connect(server.url()).copy("bucket", "a", "bucket", "b").value().etag, "e");
  EXPECT_EQ(server.count(), 3u);
}

TEST_F(ClientTest, DecodesListingsOnlyWhereTheyAreEncoded) {
  const std::string entry = "<Contents><Key>a+b%2Fc</Key><Size>1</Size></Contents></ListBucketResult>";
  for (const auto& [encoding, expected] :
       {std::pair{"<EncodingType>url</EncodingType>", "a b/c"}, std::pair{"", "a+b%2Fc"}}) {
    ScriptedServer server([&](const http::Request&) {
      return Reply{{200, {}, std::string("<ListBucketResult>") + encoding + entry}, {}};
    });
    std::vector<std::string> keys;
    ASSERT_TRUE(
        connect(server.url()).list("bucket", "", {}, [&](std::vector<RemoteObject> objects, auto&&) -> base::Status {
          for (const auto& object : objects) keys.push_back(object.key);
          return {};
        }));
    EXPECT_THAT(keys, ElementsAre(expected));
  }
}

TEST_F(ClientTest, RemovesAThousandKeysAtATime) {
  ScriptedServer server([](const http::Request& request) -> Reply {
    if (request.method == "DELETE") return {{204, {}, ""}, {}};
    return {{200, {}, "<DeleteResult><Error><Key>k7</Key><Code>AccessDenied</Code></Error></DeleteResult>"}, {}};
  });
  std::vector<std::string> keys{"odd\x01"};
  for (int i = 0; i < 1500; ++i) keys.push_back("k" + std::to_string(i));
  const auto failures = connect(server.url()).remove_all("bucket", keys).value();
  EXPECT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(0).code, "AccessDenied");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].target, "/bucket/odd%01");
  EXPECT_NE(requests[1].body.find("<Key>k999</Key>"), std::string::npos);
  EXPECT_EQ(requests[1].body.find("<Key>k1000</Key>"), std::string::npos);
  EXPECT_TRUE(requests[1].headers.find("x-amz-checksum-crc32"));
}

TEST_F(ClientTest, GoesThroughTheProxyOfTheEnvironment) {
  ScriptedServer proxy([](const http::Request& request) { return Reply{{200, {}, request.target}, {}}; });
  const FakeEnvironment machine({{"HTTP_PROXY", proxy.url()}, {"NO_PROXY", "localhost"}});
  auto client = connect("http://store.example:9000", {.key = LocalServer::key(), .environment = &machine});
  EXPECT_EQ(read(client, "k").value(), "http://store.example:9000/bucket/k");
}

}  // namespace
}  // namespace store::s3
