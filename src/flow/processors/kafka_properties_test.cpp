// The properties of the processors of Kafka that the tests beside theirs leave alone.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "flow/kafka/mock_cluster.h"
#include "flow/processors/kafka_test_services.h"

namespace flow {
namespace {

using kafka::MockCluster;
using kafka::MockMessage;

/// A kind of processor, and what its release calls a property of NiFi 2.
struct Release {
  std::string type;
  std::map<std::string, std::string> names = {};
  bool records = false;

  bool of_nifi_2() const { return names.empty(); }
  PropertyValues named(const PropertyValues& properties) const {
    PropertyValues named;
    for (const auto& [name, value] : properties) {
      const auto own = names.find(name);
      named.insert({own == names.end() ? name : own->second, value});
    }
    return named;
  }
};
const std::map<std::string, std::string> kPublishNames{
    {"Transactions Enabled", "Use Transactions"},
    {"Transactional ID Prefix", "Transactional Id Prefix"},
    {"FlowFile Attribute Header Pattern", "Attributes to Send as Headers (Regex)"},
    {"Header Encoding", "Message Header Encoding"},
    {"Kafka Key Attribute Encoding", "Key Attribute Encoding"},
    {"Partitioner Class", "Partitioner class"}};
const auto kPublishers = std::to_array<Release>(
    {{"PublishKafka"}, {"PublishKafka_2_6", kPublishNames}, {"PublishKafkaRecord_2_6", kPublishNames, true}});

class PublishKafkaPropertiesTest : public ::testing::Test {
 protected:
  /// What came to a topic of its own, which has two partitions; flowfiles went to that relationship.
  std::vector<MockMessage> publish(const Release& release, const PropertyValues& properties, Given given,
                                   const std::string& relationship = "success") {
    const auto topic = "t" + std::to_string(++topics_);
    cluster_.make_topic(topic, 2);
    auto all =
        with(release.named(properties), release.named({{"Topic Name", topic}, {"Transactions Enabled", "false"}}));
    if (release.of_nifi_2())
      all.insert({"Kafka Connection Service", "kafka"});
    else
      all.insert({"Kafka Brokers", cluster_.brokers()});
    if (release.records) all = records(all);
    auto services = kafka_services(cluster_.brokers());
    services.push_back(service("text", "CSVRecordSetWriter", {{"Include Header Line", "false"}}));
    ProcessorRun run(release.type, all, {.given = {std::move(given)}, .services = std::move(services)});
    EXPECT_EQ(run.problems(), Texts{}) << release.type;
    run.until_idle();
    EXPECT_EQ(run.out(relationship).size(), 1u) << release.type << (run.errors().empty() ? "" : run.errors()[0]);
    return cluster_.messages(topic, 2);
  }
  Given content(const Release& release, Attributes attributes = {}) const {
    return {release.records ? R"({"id":1})" : "text", std::move(attributes)};
  }
  std::string value(const Release& release) const { return release.records ? R"({"id":1})" : "text"; }

  MockCluster cluster_;
  int topics_ = 0;
};

TEST_F(PublishKafkaPropertiesTest, HowMessagesAreSent) {
  for (const auto& release : kPublishers) {
    const PropertyValues patient = release.of_nifi_2() ? PropertyValues{}
                                                       : PropertyValues{{"Acknowledgment Wait Time", "10 sec"},
                                                                        {"Max Metadata Wait Time", "10 sec"}};
    std::vector<PropertyValues> ways{
        {{"Compression Type", "gzip"}, {"Delivery Guarantee", "0"}},
        {{"Compression Type", "snappy"}, {"Delivery Guarantee", "1"}, {"Failure Strategy", "Rollback"}},
        with({{"Compression Type", "lz4"}, {"Max Request Size", "2 MB"}}, patient)};
    if (release.of_nifi_2()) ways.push_back({{"Compression Type", "zstd"}});
    for (const auto& way : ways) {
      const auto messages = publish(release, way, content(release));
      ASSERT_EQ(messages.size(), 1u) << release.type << way.begin()->first;
      EXPECT_EQ(messages[0].value, value(release));
    }
    const auto sent =
        publish(release, {{"Transactions Enabled", "true"}, {"Transactional ID Prefix", "mine"}}, content(release));
    EXPECT_EQ(sent.size(), 1u) << release.type;
  }
}

TEST_F(PublishKafkaPropertiesTest, KeysAndHeaders) {
  for (const auto& release : kPublishers) {
    const auto messages =
        publish(release, {{"FlowFile Attribute Header Pattern", "h.*"}, {"Header Encoding", "ISO-8859-1"}},
                content(release, {{"h1", "ä"}, {"other", "x"}}));
    ASSERT_EQ(messages.size(), 1u) << release.type;
    EXPECT_EQ(messages[0].headers, (std::vector<std::pair<std::string, std::string>>{{"h1", "\xE4"}})) << release.type;
    if (release.records) continue;
    EXPECT_EQ(publish(release, {{"Kafka Key", "${k}"}}, content(release, {{"k", "key"}})).at(0).key, "key");
    EXPECT_EQ(
        publish(release, {{"Kafka Key Attribute Encoding", "hex"}}, content(release, {{"kafka.key", "6B"}})).at(0).key,
        "k");
    if (release.of_nifi_2())
      EXPECT_EQ(
          publish(release, {{"Kafka Key Attribute Encoding", "do-not-add"}}, content(release, {{"kafka.key", "k"}}))
              .at(0)
              .key,
          std::nullopt);
    const auto parts = publish(release, {{"Message Demarcator", "|"}}, {"a|b"});
    EXPECT_EQ(parts.size(), 2u) << release.type;
    EXPECT_EQ(publish(release, {}, {""}).size(), 1u) << release.type;  // an empty message
  }
  const auto& releases = kPublishers;
  const Given wrapped{R"({"key":{"k":1},"value":{"x":2},"headers":{"h":"v"},"metadata":{"partition":1}})"};
  for (const auto& release : {releases[0], releases[2]}) {
    const PropertyValues reading =
        release.of_nifi_2() ? PropertyValues{{"Record Reader", "in"}, {"Record Writer", "out"}} : PropertyValues{};
    const auto messages = publish(release,
                                  with(reading, {{"Publish Strategy", "USE_WRAPPER"},
                                                 {"Record Key Writer", "text"},
                                                 {"Record Metadata Strategy", "Metadata From Record"}}),
                                  wrapped);
    ASSERT_EQ(messages.size(), 1u) << release.type;
    EXPECT_EQ(messages[0].key, "1\n") << release.type;
    EXPECT_EQ(messages[0].value, R"({"x":2})");
    EXPECT_EQ(messages[0].partition, 1);
    EXPECT_EQ(publish(release, with(reading, {{"Message Key Field", "id"}}), {R"({"id":7})"}).at(0).key, "7");
    publish(release, reading, {"no json"}, "failure");
  }
}

TEST_F(PublishKafkaPropertiesTest, Partitioners) {
  const std::string nifi = "org.apache.nifi.processors.kafka.pubsub.Partitioners";
  for (const auto& release : kPublishers) {
    for (const auto& [name, partition] : std::vector<std::pair<std::string, std::string>>{
             {nifi + "$RoundRobinPartitioner", ""},
             {nifi + ".RoundRobinPartitioner", ""},
             {"org.apache.kafka.clients.producer.RoundRobinPartitioner", ""},
             {nifi + "$ExpressionLanguagePartitioner", "${p}"},
             {nifi + ".ExpressionLanguagePartitioner", "${p}"},
             {nifi + "$RecordPathPartitioner", "/id"}}) {
      if (release.of_nifi_2() && (name == nifi + ".RoundRobinPartitioner" || name.ends_with("RecordPathPartitioner")))
        continue;
      if (!release.records && name.ends_with("RecordPathPartitioner")) continue;  // there is no record
      PropertyValues properties{{"Partitioner Class", name}};
      if (!partition.empty()) properties.insert({"Partition", partition});
      const auto messages = publish(release, properties, content(release, {{"p", "hello"}}));
      ASSERT_EQ(messages.size(), 1u) << release.type << name;
      // "hello".hashCode() is 99162322, and that of 1 is 1.
      if (!partition.empty()) EXPECT_EQ(messages[0].partition, partition == "${p}" ? 0 : 1) << release.type << name;
    }
  }
}

/// The oldest waits for nobody unless it is told to, and so cannot have transactions by itself. The older two take an
/// encoding of keys that is meant for consumers: what is not UTF-8 is hexadecimal to them.
TEST_F(PublishKafkaPropertiesTest, OlderReleases) {
  for (const Release& release :
       {Release{"PublishKafka_1_0", kPublishNames}, Release{"PublishKafkaRecord_1_0", kPublishNames, true},
        Release{"PublishKafka_2_0", kPublishNames}}) {
    const auto problems = [&](PropertyValues told) {
      told.insert({"Topic Name", "t"});
      if (release.records) told = records(told);
      return ProcessorRun(release.type, told, {.services = kafka_services(cluster_.brokers())}).problems();
    };
    Texts expected;
    if (release.type.ends_with("_1_0"))
      expected = {release.type + " 'subject', property 'Delivery Guarantee': transactions need 'all'"};
    EXPECT_EQ(problems({}), expected);
    EXPECT_EQ(problems({{"Delivery Guarantee", "all"}}), Texts{});
    EXPECT_EQ(publish(release, {{"Delivery Guarantee", "all"}}, content(release)).size(), 1u) << release.type;
    if (release.records) continue;
    const PropertyValues keyed{{"Kafka Key Attribute Encoding", "do-not-add"}};
    EXPECT_EQ(publish(release, keyed, content(release, {{"kafka.key", "6B"}})).at(0).key, "k") << release.type;
    publish(release, keyed, content(release, {{"kafka.key", "k"}}), "failure");
  }
}

TEST_F(PublishKafkaPropertiesTest, WhatIsTooLongFails) {
  for (const auto& release : kPublishers) {
    const auto longer = std::string(2000, 'x');
    publish(release, {{"Max Request Size", "1 KB"}}, {release.records ? "{\"id\":\"" + longer + "\"}" : longer},
            "failure");
  }
}

const std::map<std::string, std::string> kConsumeNames{{"Topics", "Topic Name(s)"},
                                                       {"Topic Format", "Topic Name Format"},
                                                       {"Auto Offset Reset", "Offset Reset"},
                                                       {"Header Name Pattern", "Headers to Add as Attributes (Regex)"},
                                                       {"Header Encoding", "Message Header Encoding"},
                                                       {"Record Reader", "Value Record Reader"},
                                                       {"Record Writer", "Record Value Writer"}};
const auto kConsumers = std::to_array<Release>(
    {{"ConsumeKafka"}, {"ConsumeKafka_2_6", kConsumeNames}, {"ConsumeKafkaRecord_2_6", kConsumeNames, true}});

/// All at the same time: a new group waits some seconds for more members before it begins.
class Consumers {
 public:
  explicit Consumers(MockCluster& cluster) : cluster_(cluster) {}
  enum class Group {
    IsNew,
    HasReadTwo,
    HasReadOnePartition,  // of two
    IsAhead               // of all messages that are left
  };
  /// From a topic of its own, with three messages.
  ProcessorRun& consume(const Release& release, PropertyValues properties, Group group = Group::IsNew) {
    const auto topic = "topic" + std::to_string(runs_.size());
    cluster_.make_topic(topic, group == Group::HasReadOnePartition ? 2 : 1);
    cluster_.put(topic, {{R"({"k":1})", R"({"a":1})", {{"h", "\xE4"}}},
                         {R"({"k":2})", R"({"a":2})", {{"h", "\xE4"}}},
                         {R"({"k":1})", R"({"a":3})", {{"h", "\xE4"}}}});
    if (group != Group::IsNew) cluster_.commit("group of " + topic, topic, group == Group::IsAhead ? 9 : 2);
    const auto strategy = properties.find("Processing Strategy");
    const bool records_wanted = release.records || (strategy != properties.end() && strategy->second == "RECORD");
    auto all =
        with(release.named(std::move(properties)),
             release.named({{"Topics", topic}, {"Auto Offset Reset", "earliest"}, {"Group ID", "group of " + topic}}));
    if (release.of_nifi_2())
      all.insert({"Kafka Connection Service", "kafka"});
    else
      all.insert({"Kafka Brokers", cluster_.brokers()});
    if (records_wanted) all = with(all, release.named({{"Record Reader", "in"}, {"Record Writer", "out"}}));
    std::vector<std::string> relationships;
    if (release.of_nifi_2() && !records_wanted) relationships.emplace_back("success");
    runs_.push_back(std::make_unique<ProcessorRun>(
        release.type, all,
        ProcessorRun::Options{.relationships = relationships, .services = kafka_services(cluster_.brokers())}));
    EXPECT_EQ(runs_.back()->problems(), Texts{}) << release.type;
    return *runs_.back();
  }
  void run() {
    std::vector<std::jthread> threads;
    for (const auto& each : runs_) threads.emplace_back([&each] { each->until_idle(); });
  }

 private:
  MockCluster& cluster_;
  std::vector<std::unique_ptr<ProcessorRun>> runs_;
};

TEST(ConsumeKafkaPropertiesTest, EachReleaseGivesWhatItIsTold) {
  MockCluster cluster;
  Consumers consumers(cluster);
  struct Started {
    const Release& release;
    ProcessorRun &headers, &keys, &without, &lost, &found;
  };
  std::vector<Started> started;
  constexpr std::pair<Consumers::Group, std::string_view> kLost[] = {
      {Consumers::Group::IsNew, "partition 0, and there is no reset policy"},
      {Consumers::Group::HasReadOnePartition, "partition 1, and there is no reset policy"},
      {Consumers::Group::IsAhead, "partition 0: fetch failed due to requested offset not available"}};
  for (const auto& release : kConsumers) {
    // In flowfiles of many messages each has a set of headers, and a key where it is said.
    PropertyValues apart{{"Separate By Key", "true"}};
    if (!release.records) apart.insert({"Message Demarcator", "|"});
    if (release.of_nifi_2()) apart.insert({{"Processing Strategy", "DEMARCATOR"}, {"Max Uncommitted Size", "1 MB"}});
    auto headers = PropertyValues{
        {"Header Name Pattern", "h"}, {"Header Encoding", "ISO-8859-1"}, {"Max Uncommitted Time", "50 millis"}};
    if (!release.of_nifi_2())
      headers = with(headers, {{"Honor Transactions", "false"},
                               {"Max Poll Records", "2"},
                               {"Communications Timeout", "20 sec"},
                               {"Topic Format", "pattern"}});
    started.push_back(
        {release, consumers.consume(release, headers),
         consumers.consume(release, with(apart, {{"Key Attribute Encoding", "hex"}})),
         consumers.consume(release, {{"Commit Offsets", "false"}, {"Key Attribute Encoding", "do-not-add"}}),
         consumers.consume(release, {{"Auto Offset Reset", "none"}}, kLost[started.size()].first),
         consumers.consume(release, {{"Auto Offset Reset", "none"}}, Consumers::Group::HasReadTwo)});
  }
  auto& hex = consumers.consume(kConsumers[0], {{"Header Name Pattern", "h"}, {"Header Format", "hex"}});
  std::vector<ProcessorRun*> keyed;
  for (const auto& release : {kConsumers[0], kConsumers[2]}) {
    auto properties =
        PropertyValues{{"Output Strategy", "USE_WRAPPER"}, {"Key Format", "record"}, {"Key Record Reader", "in"}};
    if (release.of_nifi_2()) properties.insert({"Processing Strategy", "RECORD"});
    keyed.push_back(&consumers.consume(release, properties));
  }
  consumers.run();
  for (const auto& [release, headers, keys, without, lost, found] : started) {
    const auto first = headers.out("success").at(0);
    EXPECT_EQ(first.at("h"), "ä") << release.type;
    ASSERT_EQ(keys.out("success").size(), 2u) << release.type;
    const auto apart = keys.out("success")[0];
    EXPECT_EQ(apart.at("kafka.count") == "(none)" ? apart.at("record.count") : apart.at("kafka.count"), "2")
        << release.type;
    EXPECT_EQ(apart.at("kafka.key"), release.of_nifi_2() ? "7b226b223a317d" : "7B226B223A317D") << release.type;
    EXPECT_EQ(without.out("success").at(0).at("kafka.key"), "(none)") << release.type;
    EXPECT_EQ(without.out("success").at(0).at("kafka.consumer.offsets.committed"), "false") << release.type;
    // Without an offset to begin at there is nothing but errors, once each time; where there is one it is the place.
    EXPECT_EQ(lost.out("success").size(), 0u) << release.type;
    ASSERT_EQ(lost.errors().size(), 1u) << release.type;
    const auto why = kLost[&release - &kConsumers[0]].second;
    EXPECT_NE(lost.errors()[0].find(why), std::string::npos) << lost.errors()[0];
    EXPECT_EQ(Texts{found.out("success").at(0).at("kafka.offset")}, Texts{"2"}) << release.type;
    EXPECT_EQ(found.errors(), Texts{}) << release.type;
  }
  EXPECT_EQ(hex.out("success").at(0).at("h"), "e4");
  for (auto* run : keyed)
    EXPECT_NE(run->contents("success").at(0).find(R"("key":{"k":1})"), std::string::npos)
        << run->contents("success").at(0);
}

}  // namespace
}  // namespace flow
