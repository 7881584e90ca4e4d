#include "flow/remote_target.h"

#include <gtest/gtest.h>

#include "flow/engine/content.h"
#include "flow/processors/processor_test.h"
#include "store/s3/test_server.h"

namespace flow {
namespace {

namespace s3 = store::s3;

class RemoteTargetTest : public testing::Test {
 protected:
  std::shared_ptr<RemoteTarget> target(const std::string& url) {
    auto client = s3::S3Client::connect({.endpoint = url,
                                         .key = s3::LocalServer::key(),
                                         .sleeper = &sleeper_,
                                         .retry_seed = 1,
                                         .checksum = std::nullopt},
                                        clock_);
    return std::make_shared<RemoteTarget>(std::make_shared<s3::S3Client>(std::move(client.value())), url);
  }
  ContentClaim content(std::string_view bytes) {
    auto writer = contents_->begin_write().value();
    EXPECT_TRUE(writer.append(bytes));
    return writer.finish();
  }

  Folder folder_;
  base::PosixDisk disk_;
  std::unique_ptr<ContentStore> contents_ = ContentStore::open({.directory = folder_.at("content")}, disk_).value();
  s3::SetClock clock_;
  s3::CountingSleeper sleeper_;
};

TEST_F(RemoteTargetTest, PutsSayWhoMayDoWhat) {
  s3::ScriptedServer server([](const http::Request&) -> s3::ScriptedService::Reply {
    return {{200,
             {{"ETag", "\"e\""},
              {"x-amz-version-id", "v1"},
              {"x-amz-expiration", "expiry-date=\"Fri, 01 Mar 2024 00:00:00 GMT\", rule-id=\"r\""}},
             ""},
            {}};
  });
  const ObjectPut put{.bucket = "bucket",
                      .key = "k",
                      .storage_class = "GLACIER",
                      .tags = {{"a b", "1&2"}, {"c", ""}},
                      .access = {.full_control = {"id1", "me@example.com"}, .read = {"id2"}},
                      .encryption = ObjectEncryption::Kms,
                      .encryption_key = "key-1",
                      .content = content("x")};
  const auto answer = target(server.url())->put({&put, 1}).at(0);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->version, "v1");
  EXPECT_TRUE(answer->expiration.starts_with("expiry-date"));
  const auto headers = server.requests().at(0).headers;
  EXPECT_EQ(headers.get("x-amz-storage-class"), "GLACIER");
  EXPECT_EQ(headers.get("x-amz-tagging"), "a%20b=1%262&c=");
  EXPECT_EQ(headers.get("x-amz-grant-full-control"), "id=\"id1\", emailAddress=\"me@example.com\"");
  EXPECT_EQ(headers.get("x-amz-grant-read"), "id=\"id2\"");
  EXPECT_EQ(headers.get("x-amz-acl"), "");
  EXPECT_EQ(headers.get("x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(headers.get("x-amz-server-side-encryption-aws-kms-key-id"), "key-1");
}

TEST_F(RemoteTargetTest, LongContentsGoInPartsAndOnAfterAFailure) {
  constexpr std::uint64_t kPart = 5 << 20;
  bool refuses = true;
  std::map<std::string, int> asked;
  s3::ScriptedServer server([&](const http::Request& request) -> s3::ScriptedService::Reply {
    const auto query = std::string(request.query());
    ++asked[request.method + " " + query.substr(0, query.find('&'))];
    if (request.method == "POST" && query.starts_with("uploads"))
      return {{200, {}, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"}, {}};
    if (request.method == "POST")
      return {{200, {}, "<CompleteMultipartUploadResult><ETag>\"all-3\"</ETag></CompleteMultipartUploadResult>"}, {}};
    // The last one, so that the others are there when it fails.
    if (query.starts_with("partNumber=3") && refuses) {
      refuses = false;
      return s3::refusal_of(403, "AccessDenied");
    }
    return {{200, {{"ETag", "\"p\""}}, ""}, {}};
  });
  Folder states;
  const ObjectPut put{.bucket = "bucket",
                      .key = "k",
                      .in_parts = {.single_bytes_max = kPart, .part_bytes = kPart, .directory = states.path()},
                      .content = content(std::string(2 * kPart + 1, 'x')),
                      .token = {"flow", "1"}};
  const auto there = target(server.url());
  const auto first = there->put({&put, 1}).at(0);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, "AccessDenied");
  EXPECT_EQ(first.error().status, 403);
  EXPECT_FALSE(std::filesystem::is_empty(states.path()));

  const auto second = there->put({&put, 1}).at(0);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->etag, "all-3");
  EXPECT_EQ(second->upload_id, "u1");
  EXPECT_TRUE(second->in_parts);
  EXPECT_EQ(asked["POST uploads"], 1);  // the same upload went on
  EXPECT_EQ(asked["PUT partNumber=3"], 2);
  EXPECT_TRUE(std::filesystem::is_empty(states.path()));
}

TEST_F(RemoteTargetTest, OldUploadsAreAborted) {
  std::vector<std::string> aborted;
  s3::ScriptedServer server([&](const http::Request& request) -> s3::ScriptedService::Reply {
    if (request.method == "DELETE") {
      aborted.emplace_back(request.query());
      return {{204, {}, ""}, {}};
    }
    return {{200,
             {},
             "<ListMultipartUploadsResult><Upload><Key>old</Key><UploadId>u1</UploadId><Initiated>2001-01-01T00:00:00Z"
             "</Initiated></Upload><Upload><Key>new</Key><UploadId>u2</UploadId><Initiated>2199-01-01T00:00:00Z"
             "</Initiated></Upload></ListMultipartUploadsResult>"},
            {}};
  });
  ASSERT_TRUE(target(server.url())->abort_old_uploads("bucket", std::chrono::days{7}));
  EXPECT_EQ(aborted, (std::vector<std::string>{"uploadId=u1"}));
}

TEST_F(RemoteTargetTest, ReadsSayThatTheyPay) {
  s3::ScriptedServer server([](const http::Request&) -> s3::ScriptedService::Reply {
    return {{200, {{"ETag", "\"e\""}}, "<ListBucketResult/>"}, {}};
  });
  const auto there = target(server.url());
  ASSERT_TRUE(there->list({.bucket = "bucket", .prefix = "p/", .requester_pays = true},
                          [](std::span<const ListedObject>) { return base::Status{}; }));
  ASSERT_TRUE(there->head({.bucket = "bucket", .key = "k", .version = "v", .requester_pays = true}));
  const auto requests = server.requests();
  EXPECT_EQ(requests.at(0).query(), "encoding-type=url&prefix=p%2F");
  EXPECT_EQ(requests.at(0).headers.get("x-amz-request-payer"), "requester");
  EXPECT_EQ(requests.at(1).query(), "versionId=v");
  EXPECT_EQ(requests.at(1).headers.get("x-amz-request-payer"), "requester");
}

}  // namespace
}  // namespace flow
