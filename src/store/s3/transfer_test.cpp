#include "store/s3/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "store/checksum.h"
#include "store/s3/test_server.h"

namespace store::s3 {
namespace {

using Reply = ScriptedService::Reply;

std::string random_bytes(std::size_t size) {
  base::Random random(size);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.next());
  return bytes;
}

/// Pieces of a size that fits no part.
std::function<base::Result<std::string>()> stream_of(std::string bytes) {
  return [bytes = std::move(bytes), at = std::size_t{0}]() mutable -> base::Result<std::string> {
    auto piece = bytes.substr(std::min(at, bytes.size()), 333);
    at += piece.size();
    return piece;
  };
}

class TransferTest : public testing::Test {
 protected:
  S3Client connect(const std::string& url, std::optional<ChecksumAlgorithm> checksum = ChecksumAlgorithm::Crc32) {
    return std::move(
        S3Client::connect(
            {.endpoint = url, .key = LocalServer::key(), .sleeper = &sleeper_, .retry_seed = 1, .checksum = checksum},
            clock_)
            .value());
  }
  static UploadPlan in_parts(std::uint64_t part_bytes = 1000) {
    return {.single_bytes_max = part_bytes, .part_bytes = part_bytes};
  }

  SetClock clock_;
  CountingSleeper sleeper_;
};

class LocalTransferTest : public TransferTest {
 protected:
  void SetUp() override { ASSERT_TRUE(client_.create_bucket("bucket")); }
  std::string stored(const std::string& key) { return server_.store().get("bucket", key).value(); }
  base::Result<std::string> fetch(const std::string& key, DownloadPlan plan = {.part_bytes = 700}) {
    std::string all(100'000, '\0');
    std::mutex mutex;
    const RangeSink sink = [&](std::uint64_t offset, std::string_view bytes) -> base::Status {
      const std::lock_guard lock(mutex);
      all.replace(static_cast<std::size_t>(offset), bytes.size(), bytes);
      return {};
    };
    TRY(const auto object, download(client_, "bucket", key, sink, plan));
    all.resize(object.size);
    return all;
  }

  LocalServer server_{clock_};
  S3Client client_ = connect(server_.url());
};

TEST_F(LocalTransferTest, BodiesAroundTheSizesOfParts) {
  struct Case {
    std::size_t size;
    std::string parts;
  };
  for (const Case& c :
       std::to_array<Case>({{0, ""}, {1, ""}, {1000, ""}, {1001, "-2"}, {2000, "-2"}, {10'500, "-11"}})) {
    const auto bytes = random_bytes(c.size);
    const auto from_body = upload(client_, "bucket", "body", body_of(bytes), in_parts());
    ASSERT_TRUE(from_body) << from_body.error().message;
    EXPECT_EQ(from_body->etag.substr(std::min<std::size_t>(32, from_body->etag.size())), c.parts) << c.size;
    const auto from_stream = upload_stream(client_, "bucket", "stream", stream_of(bytes), in_parts());
    ASSERT_TRUE(from_stream) << from_stream.error().message;
    EXPECT_EQ(from_stream->etag, from_body->etag) << c.size;
    EXPECT_EQ(stored("body"), bytes);
    EXPECT_EQ(stored("stream"), bytes);
    EXPECT_EQ(fetch("body").value(), bytes);
  }
}

TEST_F(LocalTransferTest, WithAndWithoutChecksums) {
  const auto bytes = random_bytes(5'500);
  for (const auto checksum : {std::optional<ChecksumAlgorithm>(), std::optional(ChecksumAlgorithm::Crc64Nvme),
                              std::optional(ChecksumAlgorithm::Sha256)}) {
    auto client = connect(server_.url(), checksum);
    const auto sent = upload(client, "bucket", "k", body_of(bytes), in_parts());
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(fetch("k").value(), bytes);
    const auto head = client.head("bucket", "k").value();
    if (checksum) {
      EXPECT_EQ(head.checksum.value().algorithm, *checksum);
    }
  }
}

TEST_F(LocalTransferTest, ManyPartsOfALongBodyAreLarger) {
  UploadPlan plan = in_parts(1);
  const auto bytes = random_bytes(20'000);
  EXPECT_EQ(upload(client_, "bucket", "k", body_of(bytes), plan).value().etag.substr(32), "-1");
  EXPECT_EQ(stored("k"), bytes);
}

TEST_F(LocalTransferTest, GoesOnWhereAnotherProcessStopped) {
  const auto bytes = random_bytes(9'100);
  std::string kept;
  auto plan = in_parts();
  plan.concurrency = 1;
  plan.on_failure = OnFailure::Keep;
  plan.persist = [&](const UploadState& state) -> base::Status {
    kept = to_text(state);
    if (state.parts.size() == 4) return base::fail(base::ErrorKind::Cancelled, "the process ends");
    return {};
  };
  EXPECT_EQ(upload(client_, "bucket", "k", body_of(bytes), plan).error().message, "the process ends");
  EXPECT_EQ(client_.list_uploads("bucket", "").value().size(), 1u);

  plan.resume = parse_upload_state(kept).value();
  EXPECT_EQ(plan.resume->position(), 4000u);
  std::size_t told = 0;
  plan.persist = [&](const UploadState&) -> base::Status {
    ++told;
    return {};
  };
  ASSERT_TRUE(upload(client_, "bucket", "k", body_of(bytes), plan));
  EXPECT_EQ(told, 6u);  // once for each part that was missing
  EXPECT_EQ(stored("k"), bytes);

  // The same state again: the server has forgotten that upload.
  told = 0;
  ASSERT_TRUE(upload(client_, "bucket", "k", body_of(bytes), plan));
  EXPECT_EQ(told, 1u + 10u);  // the new beginning and all parts
  EXPECT_EQ(stored("k"), bytes);

  // A state of something else is none.
  plan.resume->length = 1;
  ASSERT_TRUE(upload(client_, "bucket", "empty", body_of(""), plan));
  EXPECT_EQ(stored("empty"), "");
}

TEST_F(LocalTransferTest, AbortsWhatFails) {
  auto body = body_of(random_bytes(5'000));
  body.read = [whole = body.read](std::uint64_t offset, std::size_t size) -> base::Result<std::string> {
    if (offset >= 3000) return base::fail(base::ErrorKind::Internal, "the disk is broken");
    return whole(offset, size);
  };
  EXPECT_EQ(upload(client_, "bucket", "k", body, in_parts()).error().message, "the disk is broken");
  EXPECT_TRUE(client_.list_uploads("bucket", "").value().empty());
  int pieces = 0;
  const auto breaks = [&]() -> base::Result<std::string> {
    if (++pieces > 3) return base::fail(base::ErrorKind::Unavailable, "the pipe is broken");
    return random_bytes(1000);
  };
  EXPECT_EQ(upload_stream(client_, "bucket", "k", breaks, in_parts()).error().message, "the pipe is broken");
  EXPECT_TRUE(client_.list_uploads("bucket", "").value().empty());
}

TEST_F(LocalTransferTest, AbortsOldUploads) {
  ASSERT_TRUE(client_.create_upload("bucket", "a/1", {}));
  ASSERT_TRUE(client_.create_upload("bucket", "b/1", {}));
  const base::Instant long_ago{0}, far_off = base::VirtualClock::kStart + std::chrono::hours{1};
  EXPECT_EQ(abort_old_uploads(client_, "bucket", "", long_ago).value(), 0u);
  EXPECT_EQ(abort_old_uploads(client_, "bucket", "a/", far_off).value(), 1u);
  EXPECT_EQ(client_.list_uploads("bucket", "").value().at(0).key, "b/1");
}

TEST_F(LocalTransferTest, KeepsConditionsForTheEnd) {
  ASSERT_TRUE(client_.put("bucket", "k", body_of("first")));
  auto plan = in_parts();
  plan.put.overwrite = Overwrite::No;
  EXPECT_EQ(upload(client_, "bucket", "k", body_of(random_bytes(3000)), plan).error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(stored("k"), "first");
  EXPECT_TRUE(client_.list_uploads("bucket", "").value().empty());
}

TEST_F(LocalTransferTest, ListsPartsAndDownloadsTheRightVersion) {
  const auto id = client_.create_upload("bucket", "k", {}).value();
  const auto body = body_of(random_bytes(50));
  const auto sent = client_.put_part("bucket", "k", id, 3, body).value();
  const auto parts = client_.list_parts("bucket", "k", id).value();
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].number, 3);
  EXPECT_EQ(parts[0].etag, sent.etag);
  EXPECT_EQ(parts[0].size, 50u);
  ASSERT_TRUE(client_.put("bucket", "k", body_of("x")));
  EXPECT_EQ(fetch("k", {.if_match = "other"}).error().kind, base::ErrorKind::Conflict);
  EXPECT_EQ(fetch("none").error().kind, base::ErrorKind::NotFound);
}

TEST(UploadStateTest, ThereAndBack) {
  const UploadState state{.bucket = "b",
                          .key = "a b\n%",
                          .upload_id = "id/+",
                          .part_bytes = 5,
                          .length = 11,
                          .parts = {{1, "e1", 5, "c=="}, {3, "e3", 1, ""}}};
  const auto read = parse_upload_state(to_text(state)).value();
  EXPECT_EQ(to_text(read), to_text(state));
  EXPECT_EQ(read.key, state.key);
  EXPECT_EQ(read.position(), 5u);
  for (const std::string bad : {"", "freshet upload 1\nb\nk\nid\nx 1\n", "freshet upload 2\nb\nk\nid\n1 1\n",
                                "freshet upload 1\nb\nk\nid\n1 1\n1 one e\n"})
    EXPECT_EQ(parse_upload_state(bad).error().kind, base::ErrorKind::InvalidValue) << bad;
}

/// A server of one upload whose Complete answers as the script says.
ScriptedService::Script completing(std::vector<Reply> answers, std::uint64_t size, std::string etag) {
  return [=, n = std::size_t{0}](const http::Request& request) mutable -> Reply {
    const std::string done = "<CompleteMultipartUploadResult><ETag>\"done\"</ETag></CompleteMultipartUploadResult>";
    if (request.method == "HEAD")
      return {{200, {{"ETag", "\"" + etag + "\""}, {"Content-Length", std::to_string(size)}}, ""}, {}};
    if (request.method == "PUT") return {{200, {{"ETag", "\"" + to_hex(md5(request.body)) + "\""}}, ""}, {}};
    if (request.method == "DELETE") return {{204, {}, ""}, {}};
    if (request.query() == "uploads")
      return {{200, {}, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"}, {}};
    return n < answers.size() ? answers[n++] : Reply{{200, {}, done}, {}};
  };
}

std::string etag_of_halves(const std::string& bytes) {
  return to_hex(md5(md5(bytes.substr(0, 1000)) + md5(bytes.substr(1000)))) + "-2";
}

TEST_F(TransferTest, ACompletionWhoseAnswerWasLostIsFoundDone) {
  const auto bytes = random_bytes(1500);
  const Reply hidden{{200, {}, "<Error><Code>InternalError</Code></Error>"}, {}};
  const Reply broken{{200, {}, "<Complete"}, 100};
  for (const auto& lost : {hidden, broken}) {
    ScriptedServer server(completing({lost, refusal_of(404, "NoSuchUpload")}, 1500, etag_of_halves(bytes)));
    auto client = connect(server.url());
    EXPECT_EQ(upload(client, "bucket", "k", body_of(bytes), in_parts()).value().etag, etag_of_halves(bytes));
  }
}

TEST_F(TransferTest, BeginsAnewOnceWhenTheUploadIsGone) {
  const auto bytes = random_bytes(1500);
  for (const auto& answer : {refusal_of(404, "NoSuchUpload"), refusal_of(409, "ConditionalRequestConflict")}) {
    ScriptedServer once(completing({answer}, 1, "someone else's"));
    auto client = connect(once.url());
    EXPECT_EQ(upload(client, "bucket", "k", body_of(bytes), in_parts()).value().etag, "done");
    ScriptedServer always(completing({answer, answer}, 1, "someone else's"));
    auto unlucky = connect(always.url());
    EXPECT_FALSE(upload(unlucky, "bucket", "k", body_of(bytes), in_parts()));
  }
}

TEST_F(TransferTest, TellsPartsAgainOnlyAsTheServerKnowsThem) {
  const auto bytes = random_bytes(1500);
  ScriptedServer server(completing({}, 1500, ""));
  auto client = connect(server.url());
  ASSERT_TRUE(upload(client, "bucket", "k", body_of(bytes), in_parts()));
  const auto completion = server.requests().back();
  EXPECT_EQ(completion.method, "POST");
  EXPECT_EQ(completion.body.find("Checksum"), std::string::npos);
  EXPECT_NE(completion.body.find("<PartNumber>1</PartNumber><ETag>"), std::string::npos) << completion.body;
}

TEST_F(TransferTest, CopiesLongObjectsInParts) {
  ScriptedServer server([](const http::Request& request) -> Reply {
    http::Headers headers{
        {"ETag", "\"source\""}, {"Content-Type", "text/x"}, {"x-amz-meta-a", "b"}, {"Content-Length", "2500"}};
    if (request.method == "HEAD") return {{200, headers, ""}, {}};
    if (request.method == "PUT") return {{200, {}, "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>"}, {}};
    if (request.query() == "uploads")
      return {{200, {}, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"}, {}};
    return {{200, {}, "<CompleteMultipartUploadResult><ETag>\"done\"</ETag></CompleteMultipartUploadResult>"}, {}};
  });
  auto client = connect(server.url());
  const auto copied =
      copy_object(client, "from", "a b", "to", "c", {.single_bytes_max = 1000, .part_bytes = 1000, .concurrency = 1});
  EXPECT_EQ(copied.value().etag, "done");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 6u);
  EXPECT_EQ(requests[1].headers.get("content-type"), "text/x");
  EXPECT_EQ(requests[1].headers.get("x-amz-meta-a"), "b");
  EXPECT_EQ(requests[4].headers.get("x-amz-copy-source"), "/from/a%20b");
  EXPECT_EQ(requests[4].headers.get("x-amz-copy-source-range"), "bytes=2000-2499");
  EXPECT_EQ(requests[4].headers.get("x-amz-copy-source-if-match"), "\"source\"");
}

/// Serves ranges of `bytes`; breaks the first answer of every range off; says `checksum` of the whole.
ScriptedService::Script ranges_of(std::string bytes, std::string checksum) {
  return [=, seen = std::set<std::string>{}](const http::Request& request) mutable -> Reply {
    http::Headers headers{{"ETag", "\"e\""}, {"x-amz-checksum-crc32", checksum}};
    if (request.method == "HEAD") {
      headers.add("Content-Length", std::to_string(bytes.size()));
      return {{200, headers, ""}, {}};
    }
    if (request.headers.get("if-match") != "\"e\"") return refusal_of(412, "PreconditionFailed");
    const std::string range(request.headers.get("range").substr(6));
    const auto first = std::stoul(range), last = std::stoul(range.substr(range.find('-') + 1));
    const auto wanted = bytes.substr(first, last + 1 - first);
    headers.add("Content-Range", fmt::format("bytes {}-{}/{}", first, last, bytes.size()));
    if (seen.insert(range).second && wanted.size() == 700)
      return {{206, headers, wanted.substr(0, 100)}, wanted.size()};
    return {{206, headers, wanted}, {}};
  };
}

TEST_F(TransferTest, DownloadsInRangesThroughBrokenStreams) {
  const auto bytes = random_bytes(2'500);
  const auto sum = to_base64(checksum(ChecksumAlgorithm::Crc32, bytes));
  for (const bool right : {true, false}) {
    ScriptedServer server(ranges_of(bytes, right ? sum : "AAAAAA=="));
    auto client = connect(server.url());
    std::string all(2'500, '\0');
    std::mutex mutex;
    const auto got = download(client, "bucket", "k",
                              [&](std::uint64_t offset, std::string_view piece) -> base::Status {
                                const std::lock_guard lock(mutex);
                                all.replace(static_cast<std::size_t>(offset), piece.size(), piece);
                                return {};
                              },
                              {.part_bytes = 700});
    EXPECT_EQ(all, bytes);
    EXPECT_EQ(got.has_value(), right);
    if (!right) {
      EXPECT_EQ(got.error().kind, base::ErrorKind::Internal);
    }
  }
}

}  // namespace
}  // namespace store::s3
