#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace flow::kafka {

template <auto destroy>
struct Free {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, Free<rd_kafka_conf_destroy>>;
using TopicConf = std::unique_ptr<rd_kafka_topic_conf_t, Free<rd_kafka_topic_conf_destroy>>;
using Handle = std::unique_ptr<rd_kafka_t, Free<rd_kafka_destroy>>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, Free<rd_kafka_message_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Free<rd_kafka_topic_partition_list_destroy>>;
using Trouble = std::unique_ptr<rd_kafka_error_t, Free<rd_kafka_error_destroy>>;
using GroupMetadata =
    std::unique_ptr<rd_kafka_consumer_group_metadata_t, Free<rd_kafka_consumer_group_metadata_destroy>>;

/// What went wrong with the cluster; all of it may pass.
inline base::Failure<base::Error> unavailable(std::string message) {
  return base::fail(base::ErrorKind::Unavailable, std::move(message));
}

}  // namespace flow::kafka
