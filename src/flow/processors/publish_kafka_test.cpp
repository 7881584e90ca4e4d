#include <gtest/gtest.h>

#include "flow/kafka/mock_cluster.h"
#include "flow/processors/kafka_messages.h"
#include "flow/processors/kafka_test_services.h"

namespace flow {
namespace {

using kafka::MockCluster;
using kafka::MockMessage;

PropertyValues publish(PropertyValues more = {}) {
  more.insert({{"Kafka Connection Service", "kafka"}, {"Topic Name", "t"}});
  return more;
}

TEST(DemarcatedTest, CutsAtATextAndLeavesOutWhatIsEmpty) {
  struct Pieces final : ByteSource {
    explicit Pieces(std::vector<std::string> all) : pieces(std::move(all)) {}
    base::Result<std::string_view> next() override {
      return at < pieces.size() ? std::string_view(pieces[at++]) : std::string_view{};
    }
    std::vector<std::string> pieces;
    std::size_t at = 0;
  };
  struct Case {
    std::vector<std::string> pieces;
    std::string demarcator;
    Texts parts;
  };
  for (const Case& c : std::vector<Case>{
           {{"a\nb"}, "\n", {"a", "b"}},
           {{"a\n", "\n", "b\n"}, "\n", {"a", "b"}},
           {{"a|", "|b||c"}, "||", {"a", "b", "c"}},
           {{"a|b"}, "||", {"a|b"}},
           {{"aaab"}, "aab", {"a"}},
           {{}, "\n", {}},
           {{"\n\n"}, "\n", {}},
           {{"12345678", "9", "\n1"}, "\n", {"123456789", "1"}},
           {{"123456789", "0"}, "\n", {"too long"}},
       }) {
    Pieces source(c.pieces);
    Demarcated demarcated(source, c.demarcator, 9);
    Texts parts;
    for (;;) {
      const auto part = demarcated.next();
      if (!part) parts.push_back("too long");
      if (!part || !*part) break;
      parts.emplace_back(**part);
    }
    EXPECT_EQ(parts, c.parts) << ::testing::PrintToString(c.pieces);
  }
}

TEST(KeyBytesTest, AreTextOrHexadecimal) {
  EXPECT_EQ(key_bytes("0aFf", false).value(), "0aFf");
  EXPECT_EQ(key_bytes("0aFf", true).value(), "\x0a\xff");
  EXPECT_EQ(key_bytes("", true).value(), "");
  EXPECT_FALSE(key_bytes("0a0", true));
  EXPECT_FALSE(key_bytes("0x", true));
}

TEST(PublishKafkaTest, ContentsBecomeMessages) {
  MockCluster cluster;
  cluster.make_topic("t");
  ProcessorRun run("PublishKafka",
                   publish({{"Kafka Key", "${k}"}, {"FlowFile Attribute Header Pattern", "h.*"}, {"acks", "all"}}),
                   {.given = {{"one", {{"k", "key"}, {"h1", "v"}, {"other", "x"}}}, {"two", {{"k", ""}}}},
                    .services = kafka_services(cluster.brokers())});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"one", "two"}));
  EXPECT_EQ(run.out("success")[0].at("msg.count"), "1");
  EXPECT_EQ(cluster.messages("t"), (std::vector<MockMessage>{{"key", "one", {{"h1", "v"}}}, {"", "two"}}));
}

TEST(PublishKafkaTest, PartsAndRecordsBecomeMessages) {
  MockCluster cluster;
  cluster.make_topic("parts");
  cluster.make_topic("records");
  cluster.make_topic("wrapped");
  cluster.make_topic("elsewhere", 2);
  ProcessorRun parts("PublishKafka", publish({{"Topic Name", "parts"}, {"Message Demarcator", "\n"}}),
                     {.given = {{"a\nb\n\nc", {{"kafka.key", "k"}}}}, .services = kafka_services(cluster.brokers())});
  parts.until_idle();
  EXPECT_EQ(parts.only("success").at("msg.count"), "3");
  EXPECT_EQ(cluster.messages("parts"), (std::vector<MockMessage>{{"k", "a"}, {"k", "b"}, {"k", "c"}}));

  ProcessorRun records_run(
      "PublishKafka", publish(records({{"Topic Name", "records"}, {"Message Key Field", "id"}})),
      {.given = {{R"([{"id":1,"x":"a"},{"id":null,"x":"b"}])"}}, .services = kafka_services(cluster.brokers())});
  records_run.until_idle();
  EXPECT_EQ(records_run.only("success").at("msg.count"), "2");
  EXPECT_EQ(cluster.messages("records"),
            (std::vector<MockMessage>{{"1", R"({"id":1,"x":"a"})"}, {std::nullopt, R"({"id":null,"x":"b"})"}}));

  ProcessorRun wrapped("PublishKafka",
                       publish(records({{"Topic Name", "wrapped"},
                                        {"Publish Strategy", "USE_WRAPPER"},
                                        {"Record Metadata Strategy", "Metadata From Record"}})),
                       {.given = {{R"([{"key":"k","value":{"x":1},"headers":{"h":"v"}},
                                       {"key":null,"value":null,"headers":null,
                                        "metadata":{"topic":"elsewhere","partition":1}}])"}},
                        .services = kafka_services(cluster.brokers()),
                        .keeps_events = true});
  wrapped.until_idle();
  EXPECT_EQ(wrapped.only("success").at("msg.count"), "2");
  const auto sent = wrapped.events(EventType::Send);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].uri, "kafka://" + cluster.brokers() + "/elsewhere");
  EXPECT_EQ(sent[0].details, "Sent 1 of 2 records");
  EXPECT_EQ(sent[1].uri, "kafka://" + cluster.brokers() + "/wrapped");
  EXPECT_EQ(cluster.messages("wrapped"), (std::vector<MockMessage>{{"k", R"({"x":1})", {{"h", "v"}}}}));
  EXPECT_EQ(cluster.messages("elsewhere", 2), (std::vector<MockMessage>{{std::nullopt, std::nullopt, {}, 1}}));
}

TEST(PublishKafkaTest, PartitionersChooseAsJavaDoes) {
  MockCluster cluster;
  cluster.make_topic("t", 3);
  const auto partitions = [&](PropertyValues properties) {
    ProcessorRun run("PublishKafkaRecord_2_6", records([&] {
                       properties.insert({{"topic", "t"}, {"bootstrap.servers", cluster.brokers()}});
                       return properties;
                     }()),
                     {.given = {{R"([{"id":4},{"id":5},{"id":6}])", {{"a", "hello"}}}},
                      .services = {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")}});
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.only("success").at("msg.count"), "3");
    std::map<std::int32_t, int> counts;
    for (const auto& message : cluster.messages("t", 3)) ++counts[message.partition];
    return counts;
  };
  using Counts = std::map<std::int32_t, int>;
  const std::string prefix = "org.apache.nifi.processors.kafka.pubsub.Partitioners$";
  EXPECT_EQ(partitions({{"partitioner.class", prefix + "RoundRobinPartitioner"}}), (Counts{{0, 1}, {1, 1}, {2, 1}}));
  // "hello".hashCode() is 99162322.
  EXPECT_EQ(partitions({{"partitioner.class", prefix + "ExpressionLanguagePartitioner"}, {"partition", "${a}"}}),
            (Counts{{0, 1}, {1, 4}, {2, 1}}));
  EXPECT_EQ(partitions({{"partitioner.class", prefix + "RecordPathPartitioner"}, {"partition", "/id"}}),
            (Counts{{0, 2}, {1, 5}, {2, 2}}));
}

TEST(PublishKafkaTest, WhatIsTooLongFailsWithItsTransaction) {
  MockCluster cluster;
  cluster.make_topic("t");
  for (const auto* transactions : {"true", "false"}) {
    ProcessorRun run("PublishKafka", publish({{"Transactions Enabled", transactions}, {"max.request.size", "1 KB"}}),
                     {.given = {{"small"}, {std::string(1025, 'x')}}, .services = kafka_services(cluster.brokers())});
    run.until_idle();
    const bool one = transactions == std::string("true");
    EXPECT_EQ(run.out("failure").size(), one ? 2u : 1u) << transactions;
    EXPECT_EQ(run.out("success").size(), one ? 0u : 1u) << transactions;
    EXPECT_TRUE(run.out("failure").back().penalised);
    EXPECT_NE(run.errors().front().find("Max Request Size"), std::string::npos) << run.errors().front();
  }
}

TEST(PublishKafkaTest, NothingIsLostWhenNoBrokerAnswers) {
  std::string brokers;
  {
    MockCluster gone;
    brokers = gone.brokers();
  }
  const PropertyValues soon{{"max.block.ms", "200 ms"}, {"ack.wait.time", "200 ms"}};
  for (const auto* transactions : {"true", "false"}) {
    ProcessorRun run("PublishKafka", publish({{"Transactions Enabled", transactions}}),
                     {.given = {{"one"}}, .services = kafka_services(brokers, soon)});
    run.until_idle();
    EXPECT_EQ(run.waiting() + run.out("failure").size(), 1u);
    ASSERT_EQ(run.errors().size(), 1u);
    EXPECT_NE(run.errors()[0].find("refused"), std::string::npos) << run.errors()[0];
    const auto tasks = run.status().tasks;
    run.until_idle();  // it waits its yield duration
    EXPECT_EQ(run.status().tasks, tasks);
  }
  ProcessorRun rolls_back("PublishKafka",
                          publish({{"Transactions Enabled", "false"}, {"Failure Strategy", "Rollback"}}),
                          {.given = {{"one"}}, .services = kafka_services(brokers, soon)});
  rolls_back.until_idle();
  EXPECT_EQ(rolls_back.waiting(), 1u);
}

TEST(PublishKafkaTest, ATransactionCommitsWhatWasRead) {
  MockCluster cluster;
  cluster.make_topic("t");
  cluster.make_topic("source");
  const auto read = [](std::string content, std::string offset) {
    return Given{std::move(content),
                 {{"kafka.consumer.offsets.committed", "false"},
                  {"kafka.consumer.id", "g"},
                  {"kafka.topic", "source"},
                  {"kafka.partition", "0"},
                  {"kafka.max.offset", std::move(offset)}}};
  };
  // The mock cluster answers and does not keep the offsets: what it refuses shows that they were sent.
  for (const bool refused : {false, true}) {
    constexpr std::int16_t kTxnOffsetCommit = 28;
    if (refused)
      rd_kafka_mock_push_request_errors(cluster.get(), kTxnOffsetCommit, 1,
                                        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    ProcessorRun run("PublishKafka", publish(),
                     {.given = {read("a", "7"), read("b", "5")}, .services = kafka_services(cluster.brokers())});
    run.until_idle();
    EXPECT_EQ(run.contents(refused ? "failure" : "success"), (Texts{"a", "b"}));
    if (refused)
      EXPECT_NE(run.errors()[0].find("cannot commit the offsets of group 'g'"), std::string::npos) << run.errors()[0];
  }
}

TEST(PublishKafkaTest, SaysWhatIsInvalid) {
  struct Case {
    PropertyValues properties, connection;
    std::string problem;
  };
  for (const Case& c : std::vector<Case>{
           {{{"acks", "1"}}, {}, "PublishKafka 'subject', property 'Delivery Guarantee': transactions need 'all'"},
           {{{"Record Reader", "in"}},
            {},
            "PublishKafka 'subject', property 'Record Reader': goes with a Record Writer: set both or none"},
           {{{"partitioner.class", "Expression Language Partitioner"}},
            {},
            "PublishKafka 'subject', property 'Partition': is required by this partitioner"},
           {{},
            {{"security.protocol", "SASL_SSL"}},
            "Kafka3ConnectionService 'kafka', property 'SASL Mechanism': GSSAPI is not supported; use PLAIN, "
            "SCRAM-SHA-256 or SCRAM-SHA-512"},
           {{},
            {{"security.protocol", "SASL_PLAINTEXT"}, {"sasl.mechanism", "PLAIN"}},
            "Kafka3ConnectionService 'kafka', property 'Security Protocol': SASL_PLAINTEXT needs a user name and a "
            "password"},
       }) {
    ProcessorRun run("PublishKafka", publish(c.properties), {.services = kafka_services("localhost:1", c.connection)});
    auto problems = run.problems();
    for (const auto& each : run.engine().status().services)
      problems.insert(problems.end(), each.problems.begin(), each.problems.end());
    EXPECT_EQ(std::ranges::count(problems, c.problem), 1) << ::testing::PrintToString(problems);
  }
}

}  // namespace
}  // namespace flow
