#pragma once

// A Kafka cluster for tests: librdkafka's own, in this process, reached by sockets.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "flow/kafka/handles.h"

namespace flow::kafka {

struct MockMessage {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::int32_t partition = 0;
  bool operator==(const MockMessage&) const = default;
};

class MockCluster {
 public:
  explicit MockCluster(int brokers = 1)
      : handle_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(handle_.get(), brokers)) {
    ASSERT(cluster_ != nullptr);
  }
  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
  rd_kafka_mock_cluster_t* get() const { return cluster_.get(); }
  void make_topic(const std::string& name, int partitions = 1) {
    rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1);
  }
  void set_down(bool down) {
    if (down)
      rd_kafka_mock_broker_set_down(cluster_.get(), 1);
    else
      rd_kafka_mock_broker_set_up(cluster_.get(), 1);
  }

  void put(const std::string& topic, const std::vector<MockMessage>& messages) {
    const auto producer = client(RD_KAFKA_PRODUCER, {});
    for (const auto& message : messages) {
      auto* headers = rd_kafka_headers_new(message.headers.size());
      for (const auto& [name, value] : message.headers)
        rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
      const auto data = [](const std::optional<std::string>& text) { return text ? text->data() : nullptr; };
      const auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
      const auto code = rd_kafka_producev(
          producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(message.partition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(data(message.key), size(message.key)),
          RD_KAFKA_V_VALUE(const_cast<char*>(data(message.value)), size(message.value)), RD_KAFKA_V_HEADERS(headers),
          RD_KAFKA_V_TIMESTAMP(1'700'000'000'000), RD_KAFKA_V_END);
      ASSERT(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ASSERT(rd_kafka_flush(producer.get(), 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  /// All messages of a topic, partition by partition.
  std::vector<MockMessage> messages(const std::string& topic, int partitions = 1) {
    // The end is only seen by asking again, which waits for more messages as long as it is told to. Without a group:
    // there is nothing to join and to leave.
    const auto consumer = client(RD_KAFKA_CONSUMER, {{"enable.partition.eof", "true"}, {"fetch.wait.max.ms", "5"}});
    const std::unique_ptr<rd_kafka_topic_t, Free<rd_kafka_topic_destroy>> handle(
        rd_kafka_topic_new(consumer.get(), topic.c_str(), nullptr));
    // Else it would be a second until it looks for the leaders.
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(consumer.get(), 0, handle.get(), &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(metadata);
    for (std::int32_t partition = 0; partition < partitions; ++partition)
      rd_kafka_consume_start(handle.get(), partition, RD_KAFKA_OFFSET_BEGINNING);
    std::vector<MockMessage> found;
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
      while (std::chrono::steady_clock::now() < until) {
        const MessageHandle message(rd_kafka_consume(handle.get(), partition, 100));
        if (message == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) found.push_back(read(*message));
      }
      rd_kafka_consume_stop(handle.get(), partition);
    }
    return found;
  }

  /// As if a member of the group had.
  void commit(const std::string& group, const std::string& topic, std::int64_t next) {
    const auto consumer = client(RD_KAFKA_CONSUMER, {{"group.id", group}});
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0)->offset = next;
    ASSERT(rd_kafka_commit(consumer.get(), list.get(), 0) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  /// -1: the group has none.
  std::int64_t committed(const std::string& group, const std::string& topic, std::int32_t partition = 0) {
    const auto consumer = client(RD_KAFKA_CONSUMER, {{"group.id", group}});
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
    ASSERT(rd_kafka_committed(consumer.get(), list.get(), 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return list->elems[0].offset < 0 ? -1 : list->elems[0].offset;
  }

 private:
  Handle client(rd_kafka_type_t type, const std::map<std::string, std::string>& settings) const {
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers().c_str(), nullptr, 0);
    for (const auto& [name, value] : settings) rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
    Handle handle(rd_kafka_new(type, conf, nullptr, 0));
    ASSERT(handle != nullptr);
    return handle;
  }
  static MockMessage read(const rd_kafka_message_t& message) {
    const auto text = [](const void* data, std::size_t size) {
      return data == nullptr ? std::nullopt : std::optional(std::string(static_cast<const char*>(data), size));
    };
    MockMessage read{.key = text(message.key, message.key_len),
                     .value = text(message.payload, message.len),
                     .headers = {},
                     .partition = message.partition};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return read;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      read.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    return read;
  }

  Handle handle_;
  std::unique_ptr<rd_kafka_mock_cluster_t, Free<rd_kafka_mock_cluster_destroy>> cluster_;  // goes before its client
};

}  // namespace flow::kafka
