#pragma once

#include <functional>
#include <memory>

#include "flow/engine/processor.h"
#include "flow/processors/kafka_output.h"
#include "flow/services/kafka_connection.h"

namespace flow {

/// What a consuming processor is told, under whichever names.
struct KafkaConsuming {
  kafka::Connection connection;
  std::vector<std::string> topics;
  std::optional<std::string> pattern;  // in place of topics
  std::string offset_reset;
  std::chrono::nanoseconds uncommitted_max{};
  std::optional<std::uint64_t> uncommitted_bytes_max;
  KafkaOutputOptions output;
};

/// The processor behind all the names under which NiFi consumes from Kafka. Each of its tasks is a member of the group.
/// Offsets are committed when the flowfiles are durable: a crash gives duplicates and loses nothing.
std::unique_ptr<Processor> make_kafka_consumer(std::function<base::Result<KafkaConsuming>(const Configuration&)> read);

}  // namespace flow
