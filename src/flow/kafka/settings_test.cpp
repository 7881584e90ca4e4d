#include "flow/kafka/settings.h"

#include <gtest/gtest.h>

#include <array>

namespace flow::kafka {
namespace {

TEST(KafkaSettingsTest, JavaNamesBecomeThoseOfTheLibrary) {
  struct Case {
    std::string_view name, value;
    Settings settings;
  };
  for (const Case& c : std::vector<Case>{
           {"linger.ms", "7", {{"linger.ms", "7"}}},
           {"fetch.max.wait.ms", "9", {{"fetch.wait.max.ms", "9"}}},
           {"max.request.size", "1024", {{"message.max.bytes", "1024"}}},
           {"buffer.memory", "33554432", {{"queue.buffering.max.kbytes", "32768"}}},
           {"receive.buffer.bytes", "-1", {{"socket.receive.buffer.bytes", "0"}}},
           {"auto.offset.reset", "none", {{"auto.offset.reset", "error"}}},
           {"auto.offset.reset", "earliest", {{"auto.offset.reset", "earliest"}}},
           {"ssl.endpoint.identification.algorithm", "", {{"ssl.endpoint.identification.algorithm", "none"}}},
           {"partition.assignment.strategy",
            "org.apache.kafka.clients.consumer.RangeAssignor, "
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
            {{"partition.assignment.strategy", "range"}}},
           {"partition.assignment.strategy",
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
            {{"partition.assignment.strategy", "cooperative-sticky"}}},
           {"sasl.jaas.config",
            R"(org.apache.kafka.common.security.plain.PlainLoginModule required username="me" password="a\"b";)",
            {{"sasl.username", "me"}, {"sasl.password", "a\"b"}}},
           {"interceptor.classes", "x.Y", {}},
           {"metadata.max.idle.ms", "1", {}},
       })
    EXPECT_EQ(translate(c.name, c.value), c.settings) << c.name;
}

TEST(KafkaSettingsTest, KnowsWhichPropertiesThereAre) {
  for (const auto* name : {"linger.ms", "acks", "message.max.bytes", "fetch.wait.max.ms", "delivery.timeout.ms",
                           "request.timeout.ms", "max.in.flight.requests.per.connection", "session.timeout.ms"})
    EXPECT_TRUE(is_setting(name)) << name;
  EXPECT_FALSE(is_setting("no.such.thing"));
}

TEST(ClusterUriTest, IsThatOfNifi) {
  struct Case {
    std::string brokers, protocol, two, one;
  };
  for (const Case& c : std::to_array<Case>({
           {"h:9092", "PLAINTEXT", "kafka://h:9092", "PLAINTEXT://h:9092"},
           {" a:1 , b:2", "SASL_SSL", "kafkas://a:1", "SASL_SSL:// a:1 , b:2"},
           {"SASL_PLAINTEXT://a:1,b:2", "SASL_PLAINTEXT", "kafka://a:1", "SASL_PLAINTEXT://SASL_PLAINTEXT://a:1,b:2"},
           {"a:1", "SSL", "kafkas://a:1", "SSL://a:1"},
       })) {
    const Connection connection{.settings = {}, .brokers = c.brokers, .protocol = c.protocol};
    EXPECT_EQ(cluster_uri(connection), c.two);
    EXPECT_EQ(cluster_uri_1(connection), c.one);
  }
}

}  // namespace
}  // namespace flow::kafka
