#include "store/s3/event_message.h"

#include <gtest/gtest.h>

#include <array>

#include "store/s3/iso_time.h"

namespace store::s3 {
namespace {

std::string record(std::string_view object, std::string_view more = R"("eventVersion":"2.1","eventSource":"aws:s3")") {
  return "{" + std::string(more) +
         R"(,"eventTime":"2026-01-02T03:04:05.678Z","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"orders"},)" +
         R"("object":)" + std::string(object) + "}}";
}
std::string records(std::string_view one) { return R"({"Records":[)" + std::string(one) + "]}"; }

/// A JSON string of the text.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  return out + "\"";
}

TEST(EventMessageTest, ReadsWhatARecordSays) {
  const auto events = parse_event_message(records(record(
      R"({"key":"in/a+b%2Bc%2Fd.csv","size":6,"eTag":"\"abc\"","versionId":"v1","sequencer":"0055AED6DCD90281E5"})")));
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_EQ(*events, (std::vector<NotifiedEvent>{{.name = "ObjectCreated:Put",
                                                  .bucket = "orders",
                                                  .key = "in/a b+c/d.csv",
                                                  .size = 6,
                                                  .etag = "abc",
                                                  .version = "v1",
                                                  .sequencer = "0055AED6DCD90281E5",
                                                  .time = parse_iso_time("2026-01-02T03:04:05.678Z")}}));
}

TEST(EventMessageTest, KeysAreFormsOfTheirBytes) {
  struct Case {
    std::string_view written, key;
  };
  for (const Case& c : std::to_array<Case>({{"a/b", "a/b"},
                                            {"a%2Fb", "a/b"},
                                            {"a+b", "a b"},
                                            {"a%20b", "a b"},
                                            {"a%2Bb", "a+b"},
                                            {"%C3%A9", "\xC3\xA9"},
                                            {"100%25", "100%"}})) {
    const auto events = parse_event_message(records(record(R"({"key":")" + std::string(c.written) + "\"}")));
    ASSERT_TRUE(events) << c.written;
    EXPECT_EQ(events->at(0).key, c.key);
    EXPECT_EQ(events->at(0).size, std::nullopt);
  }
}

TEST(EventMessageTest, EnvelopesVersionsAndMessagesWithoutEvents) {
  const auto one = record(R"({"key":"k"})");
  const auto of_version = [](std::string_view version) {
    return records(record(R"({"key":"k"})", R"("eventVersion":")" + std::string(version) + "\""));
  };
  struct Case {
    std::string message;
    std::size_t events;
  };
  for (const Case& c : std::to_array<Case>({
           {records(one), 1},
           {records(one + "," + one), 2},
           {records(""), 0},
           {R"({"Type":"Notification","TopicArn":"arn:aws:sns:x","Message":)" + json_string(records(one)) + "}", 1},
           {R"({"Type":"Notification","Message":"{\"Event\":\"s3:TestEvent\"}"})", 0},
           {R"({"Type":"SubscriptionConfirmation","Message":"You have chosen to subscribe"})", 0},
           {R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"orders"})", 0},
           {"{}", 0},
           {of_version("2.0"), 1},
           {of_version("2.6"), 1},
           {of_version("2.10"), 1},
           {records(record(R"({"key":"k"})", R"("eventVersion":"2.0","eventSource":"minio:s3")")), 1},
           {records(record(R"({"key":"k"})", R"("more":[1,{"a":null}])")), 1},
       })) {
    const auto events = parse_event_message(c.message);
    ASSERT_TRUE(events) << c.message << ": " << events.error().message;
    EXPECT_EQ(events->size(), c.events) << c.message;
  }
  EXPECT_EQ(parse_event_message(R"({"Records":[{"eventName":"s3:ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},)"
                                R"("object":{"key":"k"}}}]})")
                .value()
                .at(0)
                .name,
            "ObjectRemoved:Delete");
}

TEST(EventMessageTest, SaysWhereAMessageIsWrong) {
  struct Case {
    std::string message;
    std::string_view says;
  };
  for (const Case& c : std::to_array<Case>({
           {"", "the message: The document is not valid JSON at byte 0"},
           {"hello", "the message: The document is not valid JSON at byte 0"},
           {"[]", "the message is no JSON object"},
           {R"({"Type":"Notification","Message":"hello"})", "the topic's message: The document is not valid JSON"},
           {R"({"Type":"Notification"})", "the message.Message is missing"},
           {R"({"Records":{}})", "Records is no array"},
           {records("1"), "Records[0] is no object"},
           {records(record(R"({"key":"k"})") + ",{}"), "Records[1].eventName is missing"},
           {records(R"({"eventName":"ObjectCreated:Put"})"), "Records[0].s3 is missing"},
           {records(R"({"eventName":"ObjectCreated:Put","s3":{"bucket":{}}})"), "Records[0].s3.bucket.name is missing"},
           {records(R"({"eventName":1})"), "Records[0].eventName is no text"},
           {records(record("{}")), "Records[0].s3.object.key is missing"},
           {records(record(R"({"key":"%FF"})")), "Records[0].s3.object.key: invalid object key: it is not UTF-8"},
           {records(record(R"({"key":"k","size":-1})")), "Records[0].s3.object.size is no size"},
           {records(record(R"({"key":"k","size":"6"})")), "Records[0].s3.object.size is no size"},
           {records(record(R"({"key":"k"})", R"("eventVersion":"3.0")")), "Records[0].eventVersion is not 2.x: 3.0"},
           {records(record(R"({"key":"k"})", R"("eventVersion":"20")")), "Records[0].eventVersion is not 2.x: 20"},
           {records(record(R"({"key":"k"})", R"("eventSource":"aws:ses")")),
            "Records[0].eventSource is not S3: aws:ses"},
       })) {
    const auto events = parse_event_message(c.message);
    ASSERT_FALSE(events) << c.message;
    EXPECT_EQ(events.error().kind, base::ErrorKind::InvalidValue);
    EXPECT_NE(events.error().message.find(c.says), std::string::npos) << events.error().message;
  }
}

ObjectEvent put_of(const std::string& key) {
  return {.sequence = 0x2A,
          .kind = EventKind::Put,
          .bucket = "orders",
          .key = key,
          .size = 6,
          .etag = "abc",
          .time = *parse_iso_time("2026-01-02T03:04:05.678Z"),
          .version = "",
          .origin = {"writer", "127.0.0.1", "00AB"}};
}

TEST(EventMessageTest, WritesRecordsOfVersion21) {
  EXPECT_EQ(print_event_message(put_of("dir/a+b c.csv"), {"eu-west-1", "rule", "owner"}),
            R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1",)"
            R"("eventTime":"2026-01-02T03:04:05.678Z","eventName":"ObjectCreated:Put",)"
            R"("userIdentity":{"principalId":"writer"},"requestParameters":{"sourceIPAddress":"127.0.0.1"},)"
            R"("responseElements":{"x-amz-request-id":"00AB","x-amz-id-2":"freshet"},)"
            R"("s3":{"s3SchemaVersion":"1.0","configurationId":"rule","bucket":{"name":"orders",)"
            R"("ownerIdentity":{"principalId":"owner"},"arn":"arn:aws:s3:::orders"},)"
            R"("object":{"key":"dir/a%2Bb+c.csv","size":6,"eTag":"abc","sequencer":"000000000000002A"}}}]})");
  auto removed = put_of("k");
  removed.kind = EventKind::DeleteMarkerCreated;
  removed.version = "v1";
  const auto text = print_event_message(removed, {"eu-west-1", "rule", "owner"});
  EXPECT_NE(text.find(R"("object":{"key":"k","versionId":"v1","sequencer":"000000000000002A"})"), std::string::npos)
      << text;
}

TEST(EventMessageTest, ReadsWhatItWrites) {
  for (int kind = 0; kind < static_cast<int>(EventKind::Configured); ++kind)
    for (const std::string key : {"plain", "a b+c%2F/d", "\xC3\xA9\"\\\n\x01", "~*'()!&=?#"}) {
      auto event = put_of(key);
      event.kind = static_cast<EventKind>(kind);
      const auto read = parse_event_message(print_event_message(event, {"r", "c", "o"}));
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(read->at(0).name, event_name(event.kind));
      EXPECT_EQ(read->at(0).key, key);
      EXPECT_EQ(read->at(0).time, event.time);
      EXPECT_EQ(read->at(0).size.has_value(), is_creation(event.kind));
    }
  auto configured = put_of("");
  configured.kind = EventKind::Configured;
  const auto test = print_test_message(configured);
  EXPECT_EQ(test, R"({"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05.678Z",)"
                  R"("Bucket":"orders","RequestId":"00AB","HostId":"freshet"})");
  EXPECT_TRUE(parse_event_message(test).value().empty());
}

TEST(EventMessageTest, RecordsCanShareAMessage) {
  std::vector<std::string> messages;
  for (const auto* key : {"a", "b", "c"}) messages.push_back(print_event_message(put_of(key), {"r", "c", "o"}));
  EXPECT_TRUE(can_join(messages[0], messages[1]));
  EXPECT_FALSE(can_join(messages[0], print_test_message(put_of("k"))));
  const auto read = parse_event_message(join_event_messages(messages)).value();
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[2].key, "c");
  EXPECT_EQ(join_event_messages(std::span(messages).first(1)), messages[0]);
}

TEST(EventMessageTest, SequencersCompareByValue) {
  EXPECT_TRUE(is_older("0055AED6", "0055AED7"));
  EXPECT_TRUE(is_older("FF", "100"));
  EXPECT_FALSE(is_older("100", "FF"));
  EXPECT_FALSE(is_older("0FF", "ff"));
  EXPECT_FALSE(is_older("ff", "0FF"));
}

}  // namespace
}  // namespace store::s3
