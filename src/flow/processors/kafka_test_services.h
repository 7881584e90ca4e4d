#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flow/processors/record_test_services.h"

namespace flow {

inline PropertyValues with(PropertyValues properties, const PropertyValues& more) {
  properties.insert(more.begin(), more.end());
  return properties;
}

/// A connection "kafka" to those brokers, a reader "in" and a writer "out" of JSON.
inline std::vector<ServiceDefinition> kafka_services(const std::string& brokers, PropertyValues connection = {}) {
  connection.insert({{"bootstrap.servers", brokers},
                     // The mock cluster waits nearly that long for members that have left, and three seconds at first.
                     {"session.timeout.ms", "5000"},
                     {"heartbeat.interval.ms", "500"},
                     {"fetch.max.wait.ms", "10"}});
  return {service("kafka", "Kafka3ConnectionService", std::move(connection)), service("in", "JsonTreeReader"),
          service("out", "JsonRecordSetWriter", {{"output-grouping", "output-oneline"}})};
}

}  // namespace flow
