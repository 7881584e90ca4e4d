#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace flow::kafka {

/// Properties of librdkafka; a later one of the same name counts.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// What a property of the Java client is to librdkafka: several settings, one, or none when it has no effect here.
/// Names that neither knows are passed on as they are, for NiFi's users may know librdkafka's.
Settings translate(std::string_view java_name, std::string_view value);

/// Whether librdkafka knows a property of that name.
bool is_setting(const std::string& name);

/// How clients reach a cluster, and how long they wait for it.
struct Connection {
  Settings settings;
  std::string brokers;
  std::string protocol = "PLAINTEXT";
  std::chrono::milliseconds request_timeout{60'000};
  std::chrono::milliseconds block_max{5'000};  // until a producer knows the cluster
  std::chrono::milliseconds ack_wait{5'000};   // without one more acknowledgement
  std::uint64_t poll_messages_max = 10'000;
};

/// What provenance calls the cluster: "kafka://host:port" of the first broker, "kafkas" with TLS.
std::string cluster_uri(const Connection& connection);
/// The same in NiFi 1: "PLAINTEXT://host:port,host:port".
std::string cluster_uri_1(const Connection& connection);

}  // namespace flow::kafka
