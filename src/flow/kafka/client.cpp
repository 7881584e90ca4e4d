#include "flow/kafka/client.h"

#include <fmt/format.h>

#include <array>

#include "base/log.h"

namespace flow::kafka {
namespace {

using Metadata = struct rd_kafka_metadata;  // a function has the same name
using MetadataHandle = std::unique_ptr<const Metadata, Free<rd_kafka_metadata_destroy>>;

void log(const rd_kafka_t*, int level, const char*, const char* text) {
  if (level <= 3) LOG_DEBUG("flow.kafka {}", text);
}

base::Result<Conf> configured(const Settings& settings) {
  std::array<char, 512> why{};
  Conf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : settings) {
    const auto set = rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size());
    if (set == RD_KAFKA_CONF_INVALID)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("Kafka client: {}", why.data()));
  }
  return conf;
}

}  // namespace

base::Status Client::check(const Settings& settings) {
  TRY_VOID(configured(settings));
  return {};
}

base::Result<std::unique_ptr<Client>> Client::make(rd_kafka_type_t type, const Settings& settings,
                                                   const std::function<void(rd_kafka_conf_t*)>& prepare, void* owner) {
  TRY(auto conf, configured(settings));
  std::array<char, 512> why{};
  std::unique_ptr<Client> client(new Client(owner));
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), log);
  rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t*, int code, const char* reason, void* opaque) {
    Client::of(opaque).failed(code, reason);
  });
  prepare(conf.get());
  client->handle_.reset(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (client->handle_ == nullptr)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("Kafka client: {}", why.data()));
  (void)conf.release();  // it is the client's now
  return client;
}

void Client::failed(int code, std::string_view reason) {
  switch (code) {
    // One broker of several, or a connection that ended: it is tried again.
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE: transport_error_ = reason; return;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      cut_off_ = true;
      trouble_ = fmt::format("no broker answers: {}", transport_error_.empty() ? reason : transport_error_);
      return;
    case RD_KAFKA_RESP_ERR__FATAL: {
      std::array<char, 512> why{};
      rd_kafka_fatal_error(handle_.get(), why.data(), why.size());
      trouble_ = why.data();
      return;
    }
    default: trouble_ = reason;
  }
}

base::Result<int> Client::partitions_of(const std::string& topic, std::chrono::milliseconds timeout) const {
  const std::unique_ptr<rd_kafka_topic_t, Free<rd_kafka_topic_destroy>> handle(
      rd_kafka_topic_new(get(), topic.c_str(), nullptr));
  const Metadata* raw = nullptr;
  const auto code = rd_kafka_metadata(get(), 0, handle.get(), &raw, static_cast<int>(timeout.count()));
  const MetadataHandle metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable(fmt::format("cannot ask for the partitions of topic '{}': {}{}", topic, rd_kafka_err2str(code),
                                   transport_error_.empty() ? "" : "; " + transport_error_));
  if (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0)
    return base::fail(base::ErrorKind::NotFound, fmt::format("topic '{}' has no partitions", topic));
  return metadata->topics[0].partition_cnt;
}

base::Result<std::vector<std::string>> Client::topics(std::chrono::milliseconds timeout) const {
  const Metadata* raw = nullptr;
  const auto code = rd_kafka_metadata(get(), 1, nullptr, &raw, static_cast<int>(timeout.count()));
  const MetadataHandle metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable(fmt::format("cannot ask for the topics: {}{}", rd_kafka_err2str(code),
                                   transport_error_.empty() ? "" : "; " + transport_error_));
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  return names;
}

}  // namespace flow::kafka
