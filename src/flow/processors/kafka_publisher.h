#pragma once

#include <memory>

#include "flow/engine/processor.h"
#include "flow/processors/kafka_messages.h"

namespace flow {

/// The processor behind all the names under which NiFi publishes to Kafka. With transactions a batch of flowfiles is
/// one; the transaction is committed before the session, so that a crash gives duplicates and loses nothing.
/// `names` outlives it.
std::unique_ptr<Processor> make_kafka_publisher(const PublishNames& names);

}  // namespace flow
