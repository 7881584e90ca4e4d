#include "flow/kafka/consumer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace flow::kafka {
namespace {

constexpr std::chrono::minutes kTopicsListedAgain{5};
constexpr std::chrono::seconds kTopicsListedSoon{1};  // none matched
constexpr std::string_view kInternalTopics[] = {"__consumer_offsets", "__transaction_state"};

TopicPartition of(const rd_kafka_topic_partition_t& entry) { return {entry.topic, entry.partition}; }

PartitionList list_of(const Offsets& offsets) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [at, offset] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = offset;
  return list;
}

std::optional<std::string_view> bytes(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(data), size);
}

}  // namespace

std::int64_t Message::timestamp_ms() const { return rd_kafka_message_timestamp(handle_.get(), nullptr); }
std::optional<std::string_view> Message::key() const { return bytes(handle_->key, handle_->key_len); }
std::optional<std::string_view> Message::value() const { return bytes(handle_->payload, handle_->len); }

std::vector<Header> Message::headers() const {
  std::vector<Header> headers;
  rd_kafka_headers_t* raw = nullptr;
  if (rd_kafka_message_headers(handle_.get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(raw, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    headers.push_back({name, bytes(value, size).value_or(std::string_view{})});
  return headers;
}

base::Result<std::unique_ptr<Consumer>> Consumer::open(Options options) {
  auto settings = options.settings;
  settings.emplace_back("group.id", options.group);
  settings.emplace_back("enable.auto.commit", "false");
  settings.emplace_back("enable.auto.offset.store", "false");
  settings.emplace_back("enable.partition.eof", "true");
  std::unique_ptr<Consumer> consumer(new Consumer(std::move(options)));
  if (consumer->options_.pattern) {
    TRY(auto pattern, el::Pattern::compile(*consumer->options_.pattern));
    consumer->pattern_ = std::move(pattern);
  }
  const auto prepare = [](rd_kafka_conf_t* conf) {
    rd_kafka_conf_set_rebalance_cb(
        conf, [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
          static_cast<Consumer*>(Client::of(opaque).owner())->rebalance(code, partitions);
        });
  };
  TRY(consumer->client_, Client::make(RD_KAFKA_CONSUMER, settings, prepare, consumer.get()));
  rd_kafka_poll_set_consumer(consumer->client_->get());
  if (!consumer->pattern_) TRY_VOID(consumer->subscribe(consumer->options_.topics));
  return consumer;
}

Consumer::~Consumer() {
  if (client_ != nullptr) rd_kafka_consumer_close(client_->get());
}

/// librdkafka's own patterns are not Java's: the topics are listed, and those that match are subscribed to.
base::Status Consumer::subscribe() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::steady_clock::duration wait =
      subscribed_.empty() ? std::chrono::steady_clock::duration(kTopicsListedSoon) : kTopicsListedAgain;
  if (listed_.time_since_epoch().count() != 0 && now - listed_ < wait) return {};
  listed_ = now;
  auto topics = client_->topics(std::min<std::chrono::milliseconds>(options_.timeout, std::chrono::seconds{5}));
  if (!topics) {
    client_->set_trouble(topics.error().message);
    return {};
  }
  std::vector<std::string> chosen;
  for (auto& topic : *topics) {
    if (std::ranges::find(kInternalTopics, topic) != std::end(kInternalTopics)) continue;
    TRY(const auto matches, pattern_->matches(topic));
    if (matches) chosen.push_back(std::move(topic));
  }
  std::ranges::sort(chosen);
  if (chosen == subscribed_) return {};
  return subscribe(chosen);
}

base::Status Consumer::subscribe(const std::vector<std::string>& topics) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const auto& topic : topics) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(client_->get(), list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("cannot subscribe: {}", rd_kafka_err2str(code)));
  subscribed_ = topics;
  return {};
}

void Consumer::rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
  auto* const client = client_->get();
  // None while it joins again: a consumer may be closed just then.
  const char* const protocol = rd_kafka_rebalance_protocol(client);
  const bool cooperative = protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    for (int i = 0; i < list->cnt; ++i) partitions_.insert(of(list->elems[i]));
    assigned_ = true;
    if (options_.needs_offsets) check_offsets(list);
    LOG_INFO("flow.kafka_partitions_assigned group={} partitions={}", options_.group, partitions_.size());
    if (cooperative)
      (void)Trouble(rd_kafka_incremental_assign(client, list));
    else
      rd_kafka_assign(client, list);
    return;
  }
  if (revoked_ != nullptr) (*revoked_)(rd_kafka_assignment_lost(client) != 0);
  for (int i = 0; i < list->cnt; ++i)
    for (auto* set : {&partitions_, &ends_, &anchored_}) set->erase(of(list->elems[i]));
  assigned_ = cooperative && !partitions_.empty();
  LOG_INFO("flow.kafka_partitions_revoked group={} partitions={}", options_.group, partitions_.size());
  if (cooperative)
    (void)Trouble(rd_kafka_incremental_unassign(client, list));
  else
    rd_kafka_assign(client, nullptr);
}

/// Reading begins where the list says then.
void Consumer::check_offsets(rd_kafka_topic_partition_list_t* list) {
  const auto code = rd_kafka_committed(client_->get(), list, static_cast<int>(options_.timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return;  // the library asks again, and tells when there is none
  for (int i = 0; i < list->cnt && !spent_; ++i)
    if (const auto& entry = list->elems[i];
        entry.err == RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset == RD_KAFKA_OFFSET_INVALID)
      spent_ = fmt::format("group '{}' has no offset of topic '{}', partition {}, and there is no reset policy",
                           options_.group, entry.topic, entry.partition);
}

base::Result<std::optional<Message>> Consumer::poll(std::chrono::milliseconds wait, const Revoked& revoked) {
  if (pattern_) TRY_VOID(subscribe());
  revoked_ = &revoked;
  MessageHandle handle(rd_kafka_consumer_poll(client_->get(), static_cast<int>(wait.count())));
  revoked_ = nullptr;
  if (spent_) return unavailable(*spent_);
  if (handle == nullptr) return std::nullopt;
  if (handle->err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(*handle);
  client_->answered();
  Message message(std::move(handle));
  const TopicPartition at{std::string(message.topic()), message.partition()};
  if (!ends_.empty()) ends_.erase(at);
  if (options_.anchors && !anchored_.contains(at)) {
    if (const auto anchored = anchor(at, message.offset()); !anchored) {
      client_->set_trouble(anchored.error().message);
      TRY_VOID(rewind({{at, message.offset()}}));
      return std::nullopt;
    }
  }
  return message;
}

base::Result<std::optional<Message>> Consumer::failed(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    client_->answered();
    ends_.insert({rd_kafka_topic_name(message.rkt), message.partition});
    return std::nullopt;
  }
  const bool no_offset = message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;  // nor a policy for that
  if (no_offset || rd_kafka_fatal_error(client_->get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    spent_ = rd_kafka_message_errstr(&message);
    if (no_offset)
      spent_ =
          fmt::format("topic '{}', partition {}: {}", rd_kafka_topic_name(message.rkt), message.partition, *spent_);
    return unavailable(*spent_);
  }
  client_->set_trouble(rd_kafka_message_errstr(&message));
  return std::nullopt;
}

base::Status Consumer::anchor(const TopicPartition& partition, std::int64_t offset) {
  const auto asked = list_of({{partition, RD_KAFKA_OFFSET_INVALID}});
  const auto code = rd_kafka_committed(client_->get(), asked.get(), static_cast<int>(options_.timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable(fmt::format("cannot ask for the committed offsets: {}", rd_kafka_err2str(code)));
  if (asked->elems[0].offset == RD_KAFKA_OFFSET_INVALID) TRY_VOID(commit({{partition, offset}}));
  anchored_.insert(partition);
  return {};
}

base::Status Consumer::commit(const Offsets& next) {
  if (next.empty()) return {};
  const auto list = list_of(next);
  const auto code = rd_kafka_commit(client_->get(), list.get(), 0);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return unavailable(fmt::format("cannot commit offsets of group '{}': {}", options_.group, rd_kafka_err2str(code)));
  return {};
}

base::Status Consumer::rewind(const Offsets& first) {
  Offsets own;
  for (const auto& [at, offset] : first)
    if (partitions_.contains(at)) own.emplace(at, offset);
  if (own.empty()) return {};
  const auto list = list_of(own);
  const Trouble trouble(
      rd_kafka_seek_partitions(client_->get(), list.get(), static_cast<int>(options_.timeout.count())));
  if (trouble != nullptr)
    return unavailable(fmt::format("cannot read again what was rolled back: {}", rd_kafka_error_string(trouble.get())));
  for (int i = 0; i < list->cnt; ++i)
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return unavailable(fmt::format("cannot read again what was rolled back of topic '{}', partition {}: {}",
                                     list->elems[i].topic, list->elems[i].partition,
                                     rd_kafka_err2str(list->elems[i].err)));
  for (const auto& [at, offset] : own) ends_.erase(at);
  return {};
}

}  // namespace flow::kafka
