#include "store/s3/queue_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <future>
#include <thread>

#include "http/test_certificate.h"
#include "store/checksum.h"
#include "store/s3/test_server.h"

namespace store::s3 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Reply = ScriptedService::Reply;

namespace json = boost::json;

class QueueClientTest : public testing::Test {
 protected:
  QueueClient connect(const std::string& server, QueueClient::Options options = {}) {
    options.url = server + "/123456789012/orders";
    options.key = LocalServer::key();
    options.sleeper = &sleeper_;
    options.retry_seed = 1;
    return std::move(QueueClient::connect(std::move(options), clock_).value());
  }
  static Reply answer(std::string body) { return {{200, {{"Content-Type", "application/x-amz-json-1.0"}}, body}, {}}; }
  static Reply refuse(int status, const std::string& type) {
    return {{status, {}, R"({"__type":")" + type + R"(","message":"said so"})"}, {}};
  }
  static std::string message(const std::string& body, std::string md5_hex = {}) {
    if (md5_hex.empty()) md5_hex = to_hex(md5(body));
    return R"({"MessageId":"id-)" + body + R"(","ReceiptHandle":"receipt-)" + body + R"(","Body":")" + body +
           R"(","MD5OfBody":")" + md5_hex + R"(","Attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1500"}})";
  }
  static json::object body_of_request(const http::Request& request) { return json::parse(request.body).as_object(); }
  static json::array entries_of(const http::Request& request) {
    const auto body = body_of_request(request);
    return body.at("Entries").as_array();
  }
  static std::vector<std::string> receipts(std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back("r" + std::to_string(i));
    return all;
  }
  /// Says of each entry of a batch that it was done, with the MD5 of its message.
  static Reply all_done(const http::Request& request) {
    json::array done;
    const auto entries = entries_of(request);
    for (const auto& value : entries) {
      const auto& entry = value.as_object();
      json::object outcome{{"Id", entry.at("Id")}};
      if (const auto* body = entry.if_contains("MessageBody"))
        outcome["MD5OfMessageBody"] = to_hex(md5(std::string(body->as_string().c_str())));
      done.push_back(std::move(outcome));
    }
    return answer(json::serialize(json::object{{"Successful", std::move(done)}}));
  }

  SetClock clock_;
  CountingSleeper sleeper_;
};

TEST_F(QueueClientTest, AsksInTheProtocolsWords) {
  ScriptedServer server([](const http::Request&) { return answer("{\"Messages\":[" + message("a") + "]}"); });
  auto client = connect(server.url(), {.region = "eu-west-1"});
  const auto received = client.receive({.messages_max = 5, .wait = 3s, .visibility = 30s});
  ASSERT_TRUE(received) << received.error().message;
  ASSERT_THAT(*received, SizeIs(1));
  const auto& got = received->front();
  EXPECT_EQ(got.id + "|" + got.receipt + "|" + got.body, "id-a|receipt-a|a");
  EXPECT_EQ(got.receive_count, 3);
  EXPECT_EQ(got.sent, base::Instant{1'500'000'000});
  const auto requests = server.requests();
  const auto& request = requests.at(0);
  EXPECT_EQ(request.method + request.target, "POST/");
  EXPECT_EQ(request.headers.get("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(request.headers.get("x-amz-target"), "AmazonSQS.ReceiveMessage");
  EXPECT_EQ(request.headers.get("x-amz-content-sha256"), to_hex(sha256(request.body)));
  EXPECT_THAT(std::string(request.headers.get("authorization")), HasSubstr("/20240101/eu-west-1/sqs/aws4_request"));
  const auto asked = body_of_request(request);
  EXPECT_EQ(asked.at("QueueUrl").as_string(), server.url() + "/123456789012/orders");
  EXPECT_EQ(asked.at("MaxNumberOfMessages").as_int64(), 5);
  EXPECT_EQ(asked.at("WaitTimeSeconds").as_int64(), 3);
  EXPECT_EQ(asked.at("VisibilityTimeout").as_int64(), 30);
}

TEST_F(QueueClientTest, AnEmptyQueueIsNoError) {
  for (const std::string_view body : {"{}", "", R"({"Messages":[]})"}) {
    ScriptedServer server([&](const http::Request&) { return answer(std::string(body)); });
    const auto received = connect(server.url()).receive();
    ASSERT_TRUE(received) << received.error().message;
    EXPECT_THAT(*received, IsEmpty());
  }
  ScriptedServer broken([](const http::Request&) { return answer("<html>"); });
  EXPECT_EQ(connect(broken.url()).receive().error().kind, base::ErrorKind::Internal);
}

TEST_F(QueueClientTest, LeavesOutDamagedMessages) {
  const auto wrong = to_hex(md5("other"));
  ScriptedServer some([&](const http::Request&) {
    return answer("{\"Messages\":[" + message("a") + "," + message("b", wrong) + "," + message("c") + "]}");
  });
  const auto received = connect(some.url()).receive();
  ASSERT_TRUE(received);
  ASSERT_THAT(*received, SizeIs(2));
  EXPECT_EQ(received->at(1).body, "c");
  ScriptedServer all([&](const http::Request&) { return answer("{\"Messages\":[" + message("a", wrong) + "]}"); });
  const auto none = connect(all.url()).receive();
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("id-a"));
}

TEST_F(QueueClientTest, RepeatsWhatIsWorthIt) {
  const Reply broken{{200, {}, "{\"Mess"}, 100};  // and the connection ends
  for (const Reply& failure :
       {refuse(500, "com.amazonaws.sqs#InternalFailure"), refuse(400, "com.amazonaws.sqs#RequestThrottled"),
        refuse(400, "com.amazon.coral.availability#ThrottlingException"), refuse(503, ""), broken}) {
    int asked = 0;
    ScriptedServer server(
        [&](const http::Request&) { return ++asked == 1 ? failure : answer("{\"Messages\":[" + message("a") + "]}"); });
    const auto received = connect(server.url()).receive();
    ASSERT_TRUE(received) << received.error().message;
    EXPECT_THAT(*received, SizeIs(1));
    EXPECT_EQ(server.count(), 2u);
  }
  EXPECT_EQ(sleeper_.count(), 5u);
}

TEST_F(QueueClientTest, ErrorsOfTheServer) {
  struct Case {
    Reply told;
    base::ErrorKind kind;
    std::string_view says;
    std::size_t attempts;
  };
  for (const Case& c : std::to_array<Case>({
           {refuse(400, "com.amazonaws.sqs#QueueDoesNotExist"), base::ErrorKind::NotFound,
            "QueueDoesNotExist: said so (ReceiveMessage http://127.0.0.1", 1},
           {refuse(400, "AWS.SimpleQueueService.NonExistentQueue"), base::ErrorKind::NotFound, "NonExistentQueue", 1},
           {refuse(400, "com.amazon.coral.service#AccessDeniedException"), base::ErrorKind::Denied, "AccessDenied", 1},
           {refuse(403, "com.amazon.coral.service#InvalidSignatureException"), base::ErrorKind::Denied, "said so", 1},
           {refuse(400, "com.amazonaws.sqs#ReceiptHandleIsInvalid"), base::ErrorKind::InvalidValue, "Receipt", 1},
           {refuse(500, "com.amazonaws.sqs#InternalFailure"), base::ErrorKind::Internal, "InternalFailure", 3},
           {refuse(400, "com.amazonaws.sqs#RequestThrottled"), base::ErrorKind::Unavailable, "RequestThrottled", 3},
       })) {
    ScriptedServer server([&](const http::Request&) { return c.told; });
    const auto received = connect(server.url()).receive();
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().kind, c.kind) << c.says;
    EXPECT_THAT(received.error().message, HasSubstr(c.says));
    EXPECT_EQ(server.count(), c.attempts);
  }
}

TEST_F(QueueClientTest, TenEntriesInARequestAndEachHasItsOutcome) {
  ScriptedServer server([](const http::Request& request) -> Reply {
    const auto entries = entries_of(request);
    if (entries.front().at("ReceiptHandle") == "r10")
      return answer(R"({"Successful":[{"Id":"0"},{"Id":"2"},{"Id":"3"},{"Id":"4"},{"Id":"5"},{"Id":"6"},{"Id":"7"},)"
                    R"({"Id":"8"}],"Failed":[{"Id":"1","SenderFault":true,"Code":"ReceiptHandleIsInvalid",)"
                    R"("Message":"no such receipt"}]})");  // and nothing of 9
    if (entries.front().at("ReceiptHandle") == "r20") return refuse(400, "com.amazonaws.sqs#QueueDoesNotExist");
    return all_done(request);
  });
  const auto failures = connect(server.url()).delete_batch(receipts(22));
  std::vector<std::string> sizes;
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.headers.get("x-amz-target"), "AmazonSQS.DeleteMessageBatch");
    sizes.push_back(std::to_string(entries_of(request).size()));
  }
  EXPECT_THAT(sizes, ElementsAre("10", "10", "2"));
  ASSERT_THAT(failures, SizeIs(4));
  EXPECT_EQ(failures[0].index, 11u);
  EXPECT_EQ(failures[0].error.message, "ReceiptHandleIsInvalid: no such receipt");
  EXPECT_EQ(failures[1].index, 19u);
  EXPECT_THAT(failures[1].error.message, HasSubstr("says nothing"));
  EXPECT_EQ(failures[2].index, 20u);
  EXPECT_EQ(failures[3].index, 21u);
  EXPECT_EQ(failures[3].error.kind, base::ErrorKind::NotFound);
}

TEST_F(QueueClientTest, HidesMessagesLonger) {
  ScriptedServer server(all_done);
  EXPECT_THAT(connect(server.url()).change_visibility_batch(receipts(2), 90s), IsEmpty());
  const auto requests = server.requests();
  EXPECT_EQ(requests.at(0).headers.get("x-amz-target"), "AmazonSQS.ChangeMessageVisibilityBatch");
  const auto asked = entries_of(requests.at(0));
  EXPECT_EQ(asked.at(1).at("ReceiptHandle").as_string(), "r1");
  EXPECT_EQ(asked.at(1).at("VisibilityTimeout").as_int64(), 90);
}

TEST_F(QueueClientTest, SendsWhatFitsTogether) {
  ScriptedServer server(all_done);
  const std::vector<std::string> bodies{std::string(200 << 10, 'a'), std::string(100 << 10, 'b'), "c", "\"quoted\"\n"};
  EXPECT_THAT(connect(server.url()).send_batch(bodies), IsEmpty());
  std::vector<std::string> sent;
  for (const auto& request : server.requests())
    for (const auto& entry : entries_of(request)) sent.emplace_back(entry.at("MessageBody").as_string().c_str());
  EXPECT_EQ(sent, bodies);
  EXPECT_EQ(server.count(), 2u);
}

TEST_F(QueueClientTest, ASentMessageThatArrivedOtherwiseIsAFailure) {
  ScriptedServer wrong([](const http::Request& request) {
    return request.headers.get("x-amz-target").ends_with("Batch")
               ? answer(R"({"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"00"}]})")
               : answer(R"({"MessageId":"m","MD5OfMessageBody":"00"})");
  });
  auto client = connect(wrong.url());
  EXPECT_THAT(client.send_batch(std::vector<std::string>{"x"}), SizeIs(1));
  EXPECT_THAT(client.send("x").error().message, HasSubstr("damaged"));
  ScriptedServer right([](const http::Request&) {
    return answer(R"({"MessageId":"m","MD5OfMessageBody":")" + to_hex(md5("x")) + "\"}");
  });
  EXPECT_TRUE(connect(right.url()).send("x"));
}

TEST_F(QueueClientTest, AStopEndsTheWait) {
  const http::TestCertificate certificate;
  for (const bool secure : {false, true}) {
    std::promise<void> asked, released;
    ScriptedServer server(
        [&](const http::Request&) {
          asked.set_value();
          released.get_future().wait();
          return answer("{}");
        },
        secure ? std::optional(http::Certificate{certificate.chain(), certificate.key()}) : std::nullopt);
    const auto url = (secure ? "https://" : "http://") + server.host();
    auto client = connect(url, {.verify_certificates = false});
    std::stop_source stop;
    auto received = std::async(std::launch::async, [&] { return client.receive({.stop = stop.get_token()}); });
    asked.get_future().wait();
    stop.request_stop();
    EXPECT_EQ(received.get().error().kind, base::ErrorKind::Cancelled);
    EXPECT_EQ(client.receive({.stop = stop.get_token()}).error().kind, base::ErrorKind::Cancelled);
    released.set_value();
  }
  EXPECT_EQ(sleeper_.count(), 0u);
}

TEST_F(QueueClientTest, RefusesWhatIsNoUrlOfAQueue) {
  for (const std::string url : {"", "orders", "ftp://host/queue", "http://host", "http://host/"})
    EXPECT_EQ(QueueClient::connect({.url = url}, clock_).error().kind, base::ErrorKind::InvalidValue) << url;
}

/// Against a server of others, which test/e2e/queue_client.py starts.
TEST_F(QueueClientTest, AgainstARealServer) {
  const auto url = SystemEnvironment().variable("FRESHET_TEST_QUEUE");
  if (!url) GTEST_SKIP() << "FRESHET_TEST_QUEUE names no queue";
  const base::SystemWallClock wall_clock;
  auto client = std::move(QueueClient::connect({.url = *url, .key = LocalServer::key()}, wall_clock).value());
  std::vector<std::string> bodies;
  for (int i = 0; i < 25; ++i) bodies.push_back("message " + std::to_string(i) + " \"\xC3\xA9\"");
  EXPECT_THAT(client.send_batch(bodies), IsEmpty());
  EXPECT_TRUE(client.send("and one more"));
  bodies.emplace_back("and one more");
  std::vector<std::string> got, receipts;
  while (got.size() < bodies.size()) {
    const auto received = client.receive({.wait = 1s, .visibility = 600s});
    ASSERT_TRUE(received) << received.error().message;
    ASSERT_THAT(*received, testing::Not(IsEmpty()));
    for (const auto& message : *received) {
      EXPECT_EQ(message.receive_count, 1);
      EXPECT_TRUE(message.sent);
      got.push_back(message.body);
      receipts.push_back(message.receipt);
    }
  }
  EXPECT_THAT(got, testing::UnorderedElementsAreArray(bodies));
  EXPECT_THAT(client.receive({.wait = 0s}).value(), IsEmpty());
  EXPECT_THAT(client.change_visibility_batch(std::span(receipts).first(3), 0s), IsEmpty());
  const auto again = client.receive({.wait = 1s}).value();
  EXPECT_THAT(again, SizeIs(3));
  for (const auto& message : again) EXPECT_EQ(message.receive_count, 2);
  receipts.emplace_back("nonsense");
  const auto failures = client.delete_batch(receipts);
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_EQ(failures.front().index, receipts.size() - 1);
  auto missing = QueueClient::connect({.url = *url + "-missing", .key = LocalServer::key()}, wall_clock);
  EXPECT_EQ(missing.value().receive().error().kind, base::ErrorKind::NotFound);
}

TEST(QueueHostTest, NamesItsRegion) {
  struct Case {
    std::string_view host, region;
  };
  for (const Case& c : std::to_array<Case>({{"sqs.eu-west-1.amazonaws.com", "eu-west-1"},
                                            {"sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
                                            {"sqs-fips.us-east-2.amazonaws.com", "us-east-2"},
                                            {"sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"},
                                            {"vpce-1-ab.sqs.us-west-2.vpce.amazonaws.com", "us-west-2"},
                                            {"ap-south-1.queue.amazonaws.com", "ap-south-1"},
                                            {"queue.amazonaws.com", "us-east-1"},
                                            {"sqs.us-east-1.localhost.localstack.cloud", "us-east-1"},
                                            {"sqs.example.com", ""},
                                            {"localhost", ""},
                                            {"127.0.0.1", ""}}))
    EXPECT_EQ(region_of_queue_host(c.host), c.region) << c.host;
}

}  // namespace
}  // namespace store::s3
