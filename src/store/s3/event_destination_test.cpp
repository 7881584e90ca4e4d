#include "store/s3/event_destination.h"

#include <gtest/gtest.h>

#include <array>

namespace store::s3 {
namespace {

const std::string kArn = "arn:freshet:sqs:us-east-1:000000000000:orders";

TEST(EventDestinationTest, TellsQueuesFromWebhooks) {
  struct Case {
    std::string written, url;
    ReceiverKind kind;
  };
  for (const Case& c : std::to_array<Case>({
           {"http://127.0.0.1:8000/events", "http://127.0.0.1:8000/events", ReceiverKind::Webhook},
           {"https://hooks.example.com", "https://hooks.example.com", ReceiverKind::Webhook},
           {"http://h/a?b=c", "http://h/a?b=c", ReceiverKind::Webhook},
           {"http://h/12345678901/eleven-digits", "http://h/12345678901/eleven-digits", ReceiverKind::Webhook},
           {"http://h/123456789012/a/b", "http://h/123456789012/a/b", ReceiverKind::Webhook},
           {"http://h/123456789012/", "http://h/123456789012/", ReceiverKind::Webhook},
           {"http://localhost:9324/000000000000/orders", "http://localhost:9324/000000000000/orders",
            ReceiverKind::Queue},
           {"https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/orders", ReceiverKind::Queue},
           {"sqs+http://localhost:9324/queue/orders", "http://localhost:9324/queue/orders", ReceiverKind::Queue},
           {"sqs+https://h/orders", "https://h/orders", ReceiverKind::Queue},
       })) {
    const auto destination = parse_event_destination(kArn + "=" + c.written);
    ASSERT_TRUE(destination) << c.written << ": " << destination.error().message;
    EXPECT_EQ(destination->arn, kArn);
    EXPECT_EQ(destination->url, c.url);
    EXPECT_EQ(destination->kind, c.kind) << c.written;
    EXPECT_EQ(destination->token, "");
  }
}

TEST(EventDestinationTest, RefusesWhatIsNone) {
  for (const std::string text : {"", "http://h/events", "=http://h/events", "orders=http://h/events",
                                 "arn:aws:sqs:orders=http://h/events", "arn:aws:sqs:us-east-1:0:=http://h/events"})
    EXPECT_EQ(parse_event_destination(text).error().kind, base::ErrorKind::InvalidValue) << text;
  for (const std::string url : {"", "h", "ftp://h/events", "sqs+ftp://h/q", "sqs+http://h", "sqs+http://h/"})
    EXPECT_EQ(parse_event_destination(kArn + "=" + url).error().kind, base::ErrorKind::InvalidValue) << url;
}

}  // namespace
}  // namespace store::s3
