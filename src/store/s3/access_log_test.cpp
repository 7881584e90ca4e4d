#include "store/s3/access_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <latch>

#include "store/s3/iso_time.h"
#include "store/s3/request_statistics.h"

namespace store::s3 {
namespace {

AccessRecord some_record() {
  AccessRecord record{.received = *parse_iso_time("2024-02-06T00:00:38Z"),
                      .bucket = "bucket",
                      .key = "a key/ä",
                      .remote_address = "192.0.2.3",
                      .requester = "freshet",
                      .request_id = "3E57427F33A59F07",
                      .operation = "GetObject",
                      .level = "OBJECT",
                      .method = "GET",
                      .target = "/bucket/a%20key",
                      .status = 200,
                      .bytes_sent = 113};
  record.object_size = 2000;
  record.total_time = std::chrono::microseconds{70'900};
  record.turn_around_time = std::chrono::milliseconds{10};
  record.user_agent = "S3Console/\"0.4\"";
  record.host = "localhost:9000";
  record.version = "3HL4kqtJvjVBH40Nrjfkd";
  return record;
}

TEST(AccessRecordTest, PrintsTheLineOfAServerAccessLog) {
  EXPECT_EQ(access_log_line(some_record(), "79a59d"),
            "79a59d bucket [06/Feb/2024:00:00:38 +0000] 192.0.2.3 freshet 3E57427F33A59F07 REST.GET.OBJECT "
            "a%20key/%C3%A4 \"GET /bucket/a%20key HTTP/1.1\" 200 - 113 2000 70 10 \"-\" \"S3Console/%220.4%22\" "
            "3HL4kqtJvjVBH40Nrjfkd freshet SigV4 - AuthHeader localhost:9000 - - -");
  auto anonymous = some_record();
  anonymous.requester.clear();
  anonymous.status = 403;
  anonymous.error_code = "AccessDenied";
  const auto line = access_log_line(anonymous, "");
  EXPECT_TRUE(line.starts_with("- bucket [")) << line;
  EXPECT_NE(line.find(" 192.0.2.3 - 3E5"), std::string::npos) << line;
  EXPECT_NE(line.find(" 403 AccessDenied "), std::string::npos) << line;
  EXPECT_NE(line.find(" freshet - - - localhost:9000 "), std::string::npos) << line;
}

TEST(AccessRecordTest, NamesOperationsAsTheLogsDo) {
  struct Case {
    std::string_view operation, level, method, sub_resource, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"PutObject", "OBJECT", "PUT", "", "REST.PUT.OBJECT"},
           {"ListObjects", "BUCKET", "GET", "", "REST.GET.BUCKET"},
           {"ListBuckets", "SERVICE", "GET", "", "REST.GET.SERVICE"},
           {"CopyObject", "OBJECT", "PUT", "", "REST.COPY.OBJECT"},
           {"UploadPart", "OBJECT", "PUT", "uploadId", "REST.PUT.PART"},
           {"CreateMultipartUpload", "OBJECT", "POST", "uploads", "REST.POST.UPLOADS"},
           {"DeleteObjects", "BUCKET", "POST", "delete", "REST.POST.MULTI_OBJECT_DELETE"},
           {"GetObjectLegalHold", "OBJECT", "GET", "legal-hold", "REST.GET.LEGAL_HOLD"},
           {"", "OBJECT", "PATCH", "", "REST.PATCH.OBJECT"},
       })) {
    const AccessRecord record{.operation = c.operation,
                              .level = c.level,
                              .method = std::string(c.method),
                              .sub_resource = std::string(c.sub_resource)};
    EXPECT_EQ(access_log_operation(record), c.expected);
  }
}

TEST(AccessRecordTest, TellsNoSecrets) {
  struct Case {
    std::string_view url, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"/b/k", "/b/k"},
           {"/b/k?x=1&y", "/b/k?x=1&y"},
           {"/b/k?X-Amz-Signature=abc&X-Amz-Expires=5", "/b/k?X-Amz-Signature=REDACTED&X-Amz-Expires=5"},
           {"/b/k?a&X-Amz-Security-Token=abc", "/b/k?a&X-Amz-Security-Token=REDACTED"},
           {"/b/k?x-amz-signature=abc", "/b/k?x-amz-signature=REDACTED"},
           {"/b/k?X%2DAmz%2DSignature=abc", "/b/k?X%2DAmz%2DSignature=REDACTED"},
           {"https://h/b/k?Signature=abc&AWSAccessKeyId=me",
            "https://h/b/k?Signature=REDACTED&AWSAccessKeyId=REDACTED"},
       }))
    EXPECT_EQ(without_secrets(c.url), c.expected);
}

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-log-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~AccessLogTest() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/access.log"; }
  static std::vector<std::string> lines_of(const std::string& file) {
    std::vector<std::string> lines;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  std::string folder_;
};

TEST_F(AccessLogTest, WritesAllBeforeItEndsAndAppendsLater) {
  for (int round = 1; round <= 2; ++round) {
    const auto log = AccessLog::open({.path = path()}, [](const std::string& bucket) { return "owner-of-" + bucket; });
    ASSERT_TRUE(log) << log.error().message;
    for (int n = 0; n < 1000; ++n) (*log)->add(some_record());
    EXPECT_EQ((*log)->lost(), 0u);
  }
  const auto lines = lines_of(path());
  ASSERT_EQ(lines.size(), 2000u);
  EXPECT_EQ(lines.front(), access_log_line(some_record(), "owner-of-bucket"));
  EXPECT_EQ(lines.back(), lines.front());
  EXPECT_FALSE(AccessLog::open({.path = folder_ + "/none/log"}, [](auto&) { return std::string(); }));
}

TEST_F(AccessLogTest, GoesOnInANewFileWhenItsOwnWasRenamed) {
  std::latch first(1);
  {
    auto log = AccessLog::open({.path = path()}, [&, n = 0](const std::string&) mutable {
      if (++n == 2) first.count_down();  // the first line is on its way to the file
      return std::string();
    });
    ASSERT_TRUE(log);
    auto record = some_record();
    (*log)->add(record);
    // Batches are written in their order: the thread asks for the second's owner behind the first's write.
    while (lines_of(path()).empty()) std::this_thread::yield();
    std::filesystem::rename(path(), path() + ".1");
    (*log)->add(record);
    first.wait();
  }
  EXPECT_EQ(lines_of(path() + ".1").size(), 1u);
  EXPECT_EQ(lines_of(path()).size(), 1u);
}

TEST_F(AccessLogTest, LosesLinesInsteadOfMakingRequestsWait) {
  std::latch begun(1), goes_on(1);
  auto log = AccessLog::open({.path = path(), .records_max = 10}, [&](const std::string&) {
    begun.count_down();
    goes_on.wait();
    return std::string();
  });
  ASSERT_TRUE(log);
  (*log)->add(some_record());
  begun.wait();
  for (int n = 0; n < 15; ++n) {
    auto record = some_record();
    record.bucket.clear();
    (*log)->add(record);
  }
  EXPECT_EQ((*log)->lost(), 5u);
  goes_on.count_down();
  log->reset();
  EXPECT_EQ(lines_of(path()).size(), 11u);
}

TEST(RequestStatisticsTest, CountsByOperationAndCode) {
  RequestStatistics statistics;
  auto record = some_record();
  statistics.add(record);
  record.total_time = std::chrono::seconds{3};
  record.error_code = "NoSuchKey";
  statistics.add(record);
  record.operation = {};
  statistics.add(record);
  const auto page = statistics.page();
  for (const std::string_view line :
       {"s3_requests_total{operation=\"GetObject\"} 2\n", "s3_requests_total{operation=\"none\"} 1\n",
        "s3_sent_bytes_total{operation=\"GetObject\"} 226\n",
        "s3_errors_total{operation=\"GetObject\",code=\"NoSuchKey\"} 1\n",
        "s3_request_seconds_bucket{operation=\"GetObject\",le=\"0.025\"} 0\n",
        "s3_request_seconds_bucket{operation=\"GetObject\",le=\"0.1\"} 1\n",
        "s3_request_seconds_bucket{operation=\"GetObject\",le=\"10\"} 2\n",
        "s3_request_seconds_bucket{operation=\"GetObject\",le=\"+Inf\"} 2\n",
        "s3_first_byte_seconds_bucket{operation=\"GetObject\",le=\"0.025\"} 2\n",
        "s3_request_seconds_count{operation=\"GetObject\"} 2\n"})
    EXPECT_NE(page.find(line), std::string::npos) << line << "\n" << page;
}

}  // namespace
}  // namespace store::s3
