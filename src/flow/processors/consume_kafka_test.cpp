#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "flow/kafka/mock_cluster.h"
#include "flow/processors/kafka_test_services.h"

namespace flow {
namespace {

using kafka::MockCluster;
using kafka::MockMessage;

PropertyValues consume(const std::string& topic, PropertyValues more = {}) {
  more.insert({{"Kafka Connection Service", "kafka"},
               {"Topics", topic},
               {"Group ID", "group of " + topic},
               {"auto.offset.reset", "earliest"}});
  return more;
}
PropertyValues consume_1(const std::string& topic, const std::string& brokers, PropertyValues more = {}) {
  more.insert({{"topic", topic},
               {"bootstrap.servers", brokers},
               {"group.id", "group of " + topic},
               {"auto.offset.reset", "earliest"}});
  return more;
}
std::string group_of(const std::string& topic) { return "group of " + topic; }

using Run = std::unique_ptr<ProcessorRun>;
Run run_of(const std::string& type, PropertyValues properties, ProcessorRun::Options options) {
  return std::make_unique<ProcessorRun>(type, std::move(properties), std::move(options));
}

/// At the same time: a new group waits some seconds for more members before it begins.
void until_idle(const std::vector<ProcessorRun*>& runs) {
  std::vector<std::jthread> threads;
  for (auto* run : runs) threads.emplace_back([run] { run->until_idle(); });
}

Texts sorted(Texts texts) {
  std::ranges::sort(texts);
  return texts;
}

TEST(ConsumeKafkaTest, MessagesBecomeFlowFiles) {
  MockCluster cluster;
  const auto brokers = cluster.brokers();
  for (const auto* topic : {"each", "each1", "bundle", "bykey", "none"}) cluster.make_topic(topic);
  const std::vector<MockMessage> messages{
      {"k\xff", "one", {{"h1", "a"}, {"other", "b"}}}, {std::nullopt, ""}, {"k\xff", "three", {{"h1", "a"}}}};
  for (const auto* topic : {"each", "each1", "bundle", "bykey"}) cluster.put(topic, messages);
  const auto services = kafka_services(brokers);
  const auto each =
      run_of("ConsumeKafka",
             consume("each",
                     {{"Header Name Pattern", "h.*"}, {"Header Name Prefix", "p."}, {"Key Attribute Encoding", "hex"}}),
             {.relationships = {"success"}, .services = services, .keeps_events = true});
  const auto each1 =
      run_of("ConsumeKafka_2_6",
             consume_1("each1", brokers, {{"header-name-regex", "h.*"}, {"key-attribute-encoding", "hex"}}),
             {.keeps_events = true});
  const auto bundle = run_of(
      "ConsumeKafka",
      consume("bundle",
              {{"Processing Strategy", "DEMARCATOR"}, {"Message Demarcator", "|"}, {"Header Name Pattern", "x"}}),
      {.relationships = {"success"}, .services = services});
  const auto by_key = run_of(
      "ConsumeKafka_1_0", consume_1("bykey", brokers, {{"message-demarcator", "|"}, {"separate-by-key", "true"}}), {});
  const auto none = run_of("ConsumeKafka", consume("none"), {.relationships = {"success"}, .services = services});
  for (const auto* run : {each.get(), each1.get(), bundle.get(), by_key.get(), none.get()})
    EXPECT_EQ(run->problems(), Texts{});
  until_idle({each.get(), each1.get(), bundle.get(), by_key.get(), none.get()});

  EXPECT_EQ(each->contents("success"), (Texts{"one", "", "three"}));
  ASSERT_EQ(each->events(EventType::Receive).size(), 3u);
  EXPECT_EQ(each->events(EventType::Receive)[0].uri, "kafka://" + brokers.substr(0, brokers.find(',')) + "/each");
  ASSERT_EQ(each1->events(EventType::Receive).size(), 3u);
  EXPECT_EQ(each1->events(EventType::Receive)[0].uri, "PLAINTEXT://" + brokers + "/each1");
  const auto came = each->out("success");
  ASSERT_EQ(came.size(), 3u);
  for (const auto& [name, value] : std::map<std::string, std::string>{{"kafka.topic", "each"},
                                                                      {"kafka.partition", "0"},
                                                                      {"kafka.offset", "0"},
                                                                      {"kafka.timestamp", "1700000000000"},
                                                                      {"kafka.key", "6bff"},
                                                                      {"kafka.header.count", "2"},
                                                                      {"kafka.consumer.offsets.committed", "true"},
                                                                      {"p.h1", "a"},
                                                                      {"other", "(none)"},
                                                                      {"kafka.tombstone", "(none)"}})
    EXPECT_EQ(came[0].at(name), value) << name;
  EXPECT_EQ(came[1].at("kafka.tombstone"), "true");
  EXPECT_EQ(came[1].at("kafka.key"), "(none)");
  EXPECT_EQ(came[2].at("kafka.offset"), "2");
  EXPECT_EQ(cluster.committed(group_of("each"), "each"), 3);

  EXPECT_EQ(each1->contents("success"), (Texts{"one", "", "three"}));
  EXPECT_EQ(each1->out("success")[0].at("kafka.key"), "6BFF");
  EXPECT_EQ(each1->out("success")[0].at("h1"), "a");
  EXPECT_EQ(each1->out("success")[0].at("kafka.consumer.id"), group_of("each1"));

  EXPECT_EQ(bundle->contents("success"), (Texts{"one||three"}));
  EXPECT_EQ(bundle->only("success").at("kafka.count"), "3");
  EXPECT_EQ(bundle->only("success").at("kafka.offset"), "0");
  EXPECT_EQ(bundle->only("success").at("kafka.max.offset"), "2");
  EXPECT_EQ(bundle->only("success").at("kafka.key"), "(none)");

  EXPECT_EQ(sorted(by_key->contents("success")), (Texts{"", "one|three"}));
  EXPECT_EQ(none->out("success").size(), 0u);
}

TEST(ConsumeKafkaTest, MessagesBecomeRecords) {
  MockCluster cluster;
  const auto brokers = cluster.brokers();
  for (const auto* topic : {"values", "merged", "wrapped", "wrapped1", "metadata", "offsets"}) {
    cluster.make_topic(topic);
    cluster.put(topic, {{"k", R"({"a":1})", {{"h", "v"}}},
                        {std::nullopt, R"([{"a":2},{"a":3}])"},
                        {"k", "no json"},
                        {"k", R"({"b":4})"}});
  }
  const auto services = kafka_services(brokers);
  const auto make = [&](const std::string& topic, PropertyValues more) {
    more.insert({"Processing Strategy", "RECORD"});
    return run_of("ConsumeKafka", consume(topic, records(std::move(more))), {.services = services});
  };
  const auto values = make("values", {});
  const auto merged = make("merged", {{"Schema Conflict Resolution", "Continue with Merged Schema"}});
  const auto wrapped = make("wrapped", {{"Output Strategy", "USE_WRAPPER"}, {"Key Format", "string"}});
  const auto metadata = make("metadata", {{"Output Strategy", "INJECT_METADATA"}});
  const auto offsets = make("offsets", {{"Output Strategy", "INJECT_OFFSET"}});
  const auto wrapped1 = run_of("ConsumeKafkaRecord_2_6",
                               consume_1("wrapped1", brokers,
                                         {{"record-reader", "in"},
                                          {"record-writer", "out"},
                                          {"output-strategy", "USE_WRAPPER"},
                                          {"key-format", "string"}}),
                               {.services = services});
  until_idle({values.get(), merged.get(), wrapped.get(), metadata.get(), offsets.get(), wrapped1.get()});

  EXPECT_EQ(values->contents("success"), (Texts{"{\"a\":1}\n{\"a\":2}\n{\"a\":3}", "{\"b\":4}"}));
  EXPECT_EQ(values->out("success")[0].at("record.count"), "3");
  EXPECT_EQ(values->out("success")[0].at("kafka.max.offset"), "1");
  EXPECT_EQ(values->only("parse failure").content, "no json");
  EXPECT_EQ(values->only("parse failure").at("kafka.offset"), "2");
  EXPECT_EQ(cluster.committed(group_of("values"), "values"), 4);
  EXPECT_EQ(merged->contents("success"), (Texts{"{\"a\":1,\"b\":null}\n{\"a\":2,\"b\":null}\n{\"a\":3,\"b\":null}\n"
                                                "{\"a\":null,\"b\":4}"}));
  const std::string at = R"("timestamp":1700000000000)";
  EXPECT_EQ(wrapped->contents("success")[0].substr(0, wrapped->contents("success")[0].find('\n')),
            R"({"metadata":{"topic":"wrapped","partition":0,"offset":0,)" + at +
                R"(},"headers":{"h":"v"},"key":"k","value":{"a":1}})");
  EXPECT_EQ(
      wrapped1->contents("success")[0].substr(0, wrapped1->contents("success")[0].find('\n')),
      R"({"key":"k","value":{"a":1},"headers":{"h":"v"},"metadata":{"topic":"wrapped1","partition":0,"offset":0,)" +
          at + "}}");
  EXPECT_EQ(wrapped1->only("parse.failure").content, "no json");
  EXPECT_EQ(metadata->contents("success")[0].substr(0, metadata->contents("success")[0].find('\n')),
            R"({"a":1,"kafkaMetadata":{"topic":"metadata","partition":0,"offset":0,)" + at +
                R"(,"key":[107],"headers":{"h":"v"}}})");
  EXPECT_EQ(offsets->contents("success")[0],
            "{\"a\":1,\"kafkaOffset\":0}\n{\"a\":2,\"kafkaOffset\":1}\n"
            "{\"a\":3,\"kafkaOffset\":1}");
}

TEST(ConsumeKafkaTest, PatternsAreJavas) {
  MockCluster cluster;
  for (const auto* topic : {"in-1", "in-22", "in-x", "not-in-1"}) {
    cluster.make_topic(topic);
    cluster.put(topic, {{std::nullopt, topic}});
  }
  ProcessorRun run("ConsumeKafka", consume(R"(in-\d+)", {{"Topic Format", "pattern"}}),
                   {.relationships = {"success"}, .services = kafka_services(cluster.brokers())});
  run.until_idle();
  EXPECT_EQ(sorted(run.contents("success")), (Texts{"in-1", "in-22"}));
}

/// The flowfiles are durable and the offsets are not committed when the program ends.
TEST(ConsumeKafkaTest, ACrashBeforeOffsetsAreCommittedRepeatsAndLosesNothing) {
  MockCluster cluster;
  cluster.make_topic("t");
  cluster.put("t", {{std::nullopt, "one"}, {std::nullopt, "two"}});
  ProcessorRun run("ConsumeKafka", consume("t"),
                   {.relationships = {"success"}, .services = kafka_services(cluster.brokers())});
  // The first commit is where reading began.
  constexpr std::int16_t kOffsetCommit = 8;
  rd_kafka_mock_push_request_errors(cluster.get(), kOffsetCommit, 2, RD_KAFKA_RESP_ERR_NO_ERROR,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"one", "two"}));
  ASSERT_EQ(run.errors().size(), 1u);
  EXPECT_NE(run.errors()[0].find("cannot commit offsets"), std::string::npos) << run.errors()[0];
  EXPECT_EQ(cluster.committed(group_of("t"), "t"), 0);
  run.restart();
  cluster.put("t", {{std::nullopt, "three"}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"one", "two", "one", "two", "three"}));
  EXPECT_EQ(cluster.committed(group_of("t"), "t"), 3);
}

/// Also where reading began at the end: what comes after that is the group's.
TEST(ConsumeKafkaTest, WhatWasNotCommittedIsReadAgain) {
  MockCluster cluster;
  cluster.make_topic("t");
  cluster.put("t", {{std::nullopt, "before"}});
  auto properties = consume("t", {{"Max Uncommitted Time", "10 sec"}});
  properties["auto.offset.reset"] = "latest";
  ProcessorRun run("ConsumeKafka", properties,
                   {.relationships = {"success"}, .services = kafka_services(cluster.brokers())});
  run.until_idle();
  cluster.put("t", {{std::nullopt, "one"}});
  run.engine().start_threads(1);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (cluster.committed(group_of("t"), "t") < 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(cluster.committed(group_of("t"), "t"), 1);  // where it begins, of what is not gathered yet
  EXPECT_EQ(run.out("success").size(), 0u);
  run.restart();
  run.until_idle();  // the time passes by the clock of the test
  EXPECT_EQ(run.contents("success"), (Texts{"one"}));
  EXPECT_EQ(cluster.committed(group_of("t"), "t"), 2);
}

TEST(ConsumeKafkaTest, MembersOfAGroupHandOverWithoutLoss) {
  MockCluster cluster;
  cluster.make_topic("t", 4);
  const auto put = [&](const std::string& name) {
    for (std::int32_t partition = 0; partition < 4; ++partition)
      cluster.put("t", {{std::nullopt, name + std::to_string(partition), {}, partition}});
  };
  const auto services = kafka_services(cluster.brokers());
  const auto make = [&] {
    // At once: the clock of the test stands still.
    return run_of("ConsumeKafka", consume("t", {{"Max Uncommitted Time", "0 sec"}}),
                  {.relationships = {"success"}, .services = services});
  };
  const auto first = make(), second = make();
  put("a");
  first->engine().start_threads(1);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  const auto wait_for = [&](auto&& done) {
    while (!done() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_TRUE(done());
  };
  wait_for([&] { return first->out("success").size() == 4; });
  second->engine().start_threads(1);
  int round = 0;
  wait_for([&] {
    put("b" + std::to_string(round++) + "-");
    return !second->out("success").empty();
  });
  ASSERT_TRUE(first->engine().stop_threads() && second->engine().stop_threads());
  const auto last = make();
  last->until_idle();
  std::set<std::string> all;
  for (const auto* run : {first.get(), second.get(), last.get()})
    for (auto& content : run->contents("success")) all.insert(std::move(content));
  EXPECT_EQ(all.size(), 4u + 4u * static_cast<unsigned>(round));
}

TEST(ConsumeKafkaTest, WaitsForBrokersThatDoNotAnswer) {
  std::string brokers;
  {
    MockCluster gone;
    brokers = gone.brokers();
  }
  ProcessorRun run("ConsumeKafka", consume("t"), {.relationships = {"success"}, .services = kafka_services(brokers)});
  run.until_idle();
  ASSERT_GE(run.errors().size(), 1u);
  EXPECT_NE(run.errors()[0].find("no broker answers"), std::string::npos) << run.errors()[0];
  EXPECT_NE(run.errors()[0].find("refused"), std::string::npos) << run.errors()[0];
}

}  // namespace
}  // namespace flow
