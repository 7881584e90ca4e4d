#include "store/s3/documents/notification.h"

#include <gtest/gtest.h>

namespace store::s3 {
namespace {

std::string document(std::string_view inside) {
  return "<NotificationConfiguration>" + std::string(inside) + "</NotificationConfiguration>";
}

std::string filter(std::string_view prefix, std::string_view suffix) {
  std::string text = "<Filter><S3Key>";
  if (!prefix.empty()) text += "<FilterRule><Name>Prefix</Name><Value>" + std::string(prefix) + "</Value></FilterRule>";
  if (!suffix.empty()) text += "<FilterRule><Name>suffix</Name><Value>" + std::string(suffix) + "</Value></FilterRule>";
  return text + "</S3Key></Filter>";
}

std::string queue(std::string_view event, std::string_view more = {}, std::string_view name = "q") {
  return "<QueueConfiguration><Queue>arn:x:sqs:us-east-1:1:" + std::string(name) + "</Queue><Event>" +
         std::string(event) + "</Event>" + std::string(more) + "</QueueConfiguration>";
}

TEST(NotificationTest, ParsesWhatItPrints) {
  const std::string others =
      "<TopicConfiguration><Id>t</Id><Topic>arn:x:sns:::t</Topic><Event>s3:ObjectRemoved:*</Event></TopicConfiguration>"
      "<CloudFunctionConfiguration><CloudFunction>arn:x:lambda:::f</CloudFunction><Event>s3:ObjectTagging:Put</Event>"
      "<Event>s3:ObjectTagging:Delete</Event></CloudFunctionConfiguration><EventBridgeConfiguration/>";
  for (const std::string& inside :
       {std::string(), queue("s3:ObjectCreated:*"), queue("s3:ObjectCreated:*", filter("a&lt;b", "")),
        queue("s3:ObjectCreated:Put", filter("in/", ".csv")) + others}) {
    const auto configuration = parse_notification(document(inside));
    ASSERT_TRUE(configuration) << inside << configuration.error().message;
    EXPECT_EQ(parse_notification(print_notification(*configuration)).value(), *configuration) << inside;
  }
  const auto rules = parse_notification(document(queue("s3:ObjectCreated:*") + others)).value().rules;
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].id, "notification-1");
  EXPECT_EQ(rules[1].id, "t");
  EXPECT_EQ(rules[2].id, "notification-2");
}

TEST(NotificationTest, Refusals) {
  const std::string created = "s3:ObjectCreated:*";
  struct Case {
    std::string inside;
    std::string_view code;
  };
  for (const Case& c : std::vector<Case>{
           {"<PipeConfiguration/>", "MalformedXML"},
           {"<QueueConfiguration><Event>s3:ObjectCreated:*</Event></QueueConfiguration>", "MalformedXML"},
           {"<QueueConfiguration><Queue>arn:x:sqs:::q</Queue></QueueConfiguration>", "MalformedXML"},
           {"<QueueConfiguration><Queue>q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>",
            "InvalidArgument"},
           {queue("s3:ObjectMade:*"), "InvalidArgument"},
           {queue("ObjectCreated:*"), "InvalidArgument"},
           {queue(created, "<Filter><S3Key><FilterRule><Name>infix</Name></FilterRule></S3Key></Filter>"),
            "InvalidArgument"},
           {queue(created, filter(std::string(1025, 'a'), "")), "InvalidArgument"},
           {queue(created,
                  "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>a</Value></FilterRule><FilterRule>"
                  "<Name>Prefix</Name><Value>b</Value></FilterRule></S3Key></Filter>"),
            "InvalidArgument"},
           {queue(created, "<Id>" + std::string(256, 'i') + "</Id>"), "InvalidArgument"},
           {queue(created, "<Id>i</Id>") + queue("s3:ObjectRemoved:*", "<Id>i</Id>"), "InvalidArgument"},
       }) {
    const auto configuration = parse_notification(document(c.inside));
    ASSERT_FALSE(configuration) << c.inside;
    EXPECT_EQ(configuration.error().status, 400);
    EXPECT_EQ(configuration.error().code, c.code) << c.inside;
  }
}

TEST(NotificationTest, Overlaps) {
  struct Case {
    std::string one, other;
    bool overlap;
  };
  for (const Case& c : std::vector<Case>{
           {queue("s3:ObjectCreated:*"), queue("s3:ObjectCreated:Put"), true},
           {queue("s3:ObjectCreated:Copy"), queue("s3:ObjectCreated:Put"), false},
           {queue("s3:ObjectCreated:*"), queue("s3:ObjectRemoved:*"), false},
           {queue("s3:ObjectCreated:*", filter("a/", "")), queue("s3:ObjectCreated:*", filter("b/", "")), false},
           {queue("s3:ObjectCreated:*", filter("a", "")), queue("s3:ObjectCreated:*", filter("ab", "")), true},
           {queue("s3:ObjectCreated:*", filter("a", ".csv")), queue("s3:ObjectCreated:*", filter("a", ".json")), false},
           {queue("s3:ObjectCreated:*", filter("a", "")), queue("s3:ObjectCreated:*", filter("", ".csv")), true},
           {queue("s3:ObjectCreated:*", filter("", "v")), queue("s3:ObjectCreated:*", filter("", ".csv")), true},
       })
    EXPECT_EQ(!parse_notification(document(c.one + c.other)), c.overlap) << c.one << c.other;
}

TEST(NotificationTest, Matches) {
  const auto configuration = parse_notification(document(queue("s3:ObjectCreated:*", filter("in/", ".csv"), "csv") +
                                                         queue("s3:ObjectCreated:Put", filter("in/", ".json"), "json") +
                                                         queue("s3:ObjectRemoved:Delete", "", "gone")))
                                 .value();
  struct Case {
    std::string_view event, key, queues;
  };
  for (const Case& c : std::to_array<Case>({
           {"s3:ObjectCreated:Put", "in/a.csv", "csv "},
           {"ObjectCreated:CompleteMultipartUpload", "in/a.csv", "csv "},
           {"s3:ObjectCreated:Put", "out/a.csv", ""},
           {"s3:ObjectCreated:Put", "in/a.json", "json "},
           {"s3:ObjectCreated:Copy", "in/a.json", ""},
           {"s3:ObjectRemoved:Delete", "x", "gone "},
           {"s3:ObjectRemoved:DeleteMarkerCreated", "x", ""},
       })) {
    std::string queues;
    for (const auto* rule : match(configuration, c.event, c.key))
      queues += rule->destination.substr(rule->destination.rfind(':') + 1) + " ";
    EXPECT_EQ(queues, c.queues) << c.event << " " << c.key;
  }
}

TEST(NotificationTest, Destinations) {
  const auto configuration = parse_notification(document(queue("s3:ObjectCreated:*", "", "known"))).value();
  const auto ends_with = [](std::string_view name) {
    return [name](DestinationKind kind, std::string_view arn) {
      return kind == DestinationKind::Queue && arn.ends_with(name);
    };
  };
  EXPECT_TRUE(check_destinations(configuration, ends_with("known")));
  const auto refused = check_destinations(configuration, ends_with("other"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidArgument");
  EXPECT_EQ(refused.error().details.front().second, "arn:x:sqs:us-east-1:1:known");
}

}  // namespace
}  // namespace store::s3
