// The flow with which NiFi shows what it is for: messages of Kafka, gathered into objects.
#include <gtest/gtest.h>

#include <algorithm>

#include "flow/flow.h"
#include "flow/format/format_fixtures.h"
#include "flow/kafka/mock_cluster.h"
#include "flow/processors/processor_test.h"
#include "flow/services/mock_registry.h"

namespace flow {
namespace {

TEST(KafkaFlowTest, MessagesBecomeObjects) {
  const std::string schema =
      R"("schema":"{\"type\":\"record\",\"name\":\"o\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"}]}")";
  MockRegistry registry(
      {{"/schemas/ids/7", "{" + schema + "}"},
       {"/schemas/ids/7/versions", R"([{"subject":"orders-value","version":1}])"},
       {"/subjects/orders-value/versions/latest", R"({"subject":"orders-value","version":1,"id":7,)" + schema + "}"}});
  kafka::MockCluster cluster;
  const std::string reference("\0\0\0\0\x07", 5);
  for (const auto* topic : {"orders", "returns"}) {
    cluster.make_topic(topic);
    cluster.put(topic, {{std::nullopt, reference + R"({"a":1})"}, {std::nullopt, reference + R"({"a":2})"}});
  }

  const Folder folder;
  base::PosixDisk disk;
  base::VirtualClock clock;
  SetWallClock wall;
  const auto objects = store::ObjectStore::open({.directory = folder.at("objects")}, disk, clock).value();
  const auto flow = Flow::open({.directory = folder.at("flow")}, disk, clock, wall, *objects).value();
  const auto imported = flow->import_definition(read_flow_file("messages_to_objects.json"), "messages_to_objects.json",
                                                {{"Topic Names", "orders, returns"},
                                                 {"Reading Group", "objects"},
                                                 {"Where to Begin", "earliest"},
                                                 {"Brokers", cluster.brokers()},
                                                 {"Security Protocol", "PLAINTEXT"},
                                                 {"User", "me"},
                                                 {"Password", "secret"},
                                                 {"Registry Addresses", registry.url()},
                                                 {"Longest Wait", "1 min"},
                                                 {"Bucket", "landing"},
                                                 {"Key Prefix", "from kafka"},
                                                 {"Access Key ID", "a"},
                                                 {"Secret Access Key", "b"}});
  ASSERT_TRUE(imported) << imported.error().message;
  ASSERT_EQ(imported->problems, Texts{});
  ASSERT_TRUE(flow->start());
  const auto run = [&] {
    clock.advance(std::chrono::minutes{2});
    ASSERT_TRUE(flow->run_until_idle({.sleep = [&](std::chrono::nanoseconds time) { wall.advance(time); }}));
  };
  run();
  EXPECT_EQ(cluster.committed("objects", "orders"), 2);
  EXPECT_EQ(cluster.committed("objects", "returns"), 2);
  run();  // into bins
  run();  // which are old enough now
  const auto listing = objects->list("landing", {});
  ASSERT_TRUE(listing) << listing.error().message;
  ASSERT_EQ(listing->objects.size(), 2u);
  for (const auto& object : listing->objects) {
    EXPECT_TRUE(object.key.starts_with("from kafka/")) << object.key;
    EXPECT_EQ(object.size, std::string("{\"a\":1}\n{\"a\":2}").size());
  }
}

}  // namespace
}  // namespace flow
