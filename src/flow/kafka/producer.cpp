#include "flow/kafka/producer.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow::kafka {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::minutes kPartitionsKept{5};
constexpr std::chrono::milliseconds kLearnMax{1000};
constexpr std::size_t kTopicsKept = 10'000;
constexpr int kPoll = 50;           // milliseconds
constexpr int kCommitAttempts = 3;  // as the Java processors

int milliseconds(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* const delivery = static_cast<Delivery*>(message->_private);
  if (delivery == nullptr) return;
  ++delivery->returned;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++delivery->acknowledged;
    return;
  }
  const bool given_up =
      message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
  if (!given_up && !delivery->failure)
    delivery->failure =
        fmt::format("topic '{}': {}", rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
}

}  // namespace

base::Result<std::unique_ptr<Producer>> Producer::open(Options options) {
  auto settings = options.settings;
  if (options.transactional_id) settings.emplace_back("transactional.id", *options.transactional_id);
  std::unique_ptr<Producer> producer(new Producer(std::move(options)));
  TRY(producer->client_,
      Client::make(
          RD_KAFKA_PRODUCER, settings, [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_dr_msg_cb(conf, delivered); },
          producer.get()));
  if (producer->options_.transactional_id)
    TRY_VOID(producer->check(
        rd_kafka_init_transactions(producer->client_->get(), milliseconds(producer->options_.block_max)),
        "cannot begin to use transactions"));
  return producer;
}

Producer::~Producer() {
  if (client_ == nullptr) return;
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_poll(client_->get(), 0);
}

/// Why nothing came of it, as far as the brokers said.
std::string Producer::reason_or(std::string_view otherwise) {
  rd_kafka_poll(client_->get(), 0);
  if (auto trouble = client_->take_trouble()) return std::move(*trouble);
  if (!client_->last_transport_error().empty()) return client_->last_transport_error();
  return std::string(otherwise);
}

base::Status Producer::check(rd_kafka_error_t* raw, std::string_view what) {
  const Trouble trouble(raw);
  if (trouble == nullptr) return {};
  if (rd_kafka_error_is_fatal(trouble.get()) != 0) broken_ = true;
  return unavailable(fmt::format("{}: {}", what, reason_or(rd_kafka_error_string(trouble.get()))));
}

base::Status Producer::begin() {
  if (!options_.transactional_id || in_transaction_) return {};
  TRY_VOID(check(rd_kafka_begin_transaction(client_->get()), "cannot begin a transaction"));
  in_transaction_ = true;
  return {};
}

/// A topic that is not known when its first message comes would be looked for a second later.
void Producer::learn(const std::string& topic) {
  if (topics_.size() > kTopicsKept) topics_.clear();
  if (topics_.insert(topic).second) (void)client_->partitions_of(topic, std::min(options_.block_max, kLearnMax));
}

base::Status Producer::send(const Outgoing& message, Delivery& delivery) {
  const std::string topic(message.topic);
  if (topic.find('\0') != std::string::npos)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the name of a topic has a NUL: {}", topic));
  learn(topic);
  rd_kafka_headers_t* headers = nullptr;
  if (!message.headers.empty()) {
    headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers)
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
  }
  const auto key = message.key.value_or(std::string_view{});
  const auto value = message.value.value_or(std::string_view{});
  // An empty text is not the same as none.
  const auto pointer = [](const std::optional<std::string_view>& text) -> const void* {
    if (!text) return nullptr;
    return text->data() == nullptr ? "" : text->data();
  };
  const auto until = Steady::now() + options_.block_max;
  for (;;) {
    auto code =
        rd_kafka_producev(client_->get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                          RD_KAFKA_V_PARTITION(message.partition.value_or(RD_KAFKA_PARTITION_UA)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(pointer(message.key), key.size()),
                          RD_KAFKA_V_VALUE(const_cast<void*>(pointer(message.value)), value.size()),
                          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++delivery.sent;
      ++delivery.sent_to[topic];
      return {};
    }
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && Steady::now() < until) {
      rd_kafka_poll(client_->get(), kPoll);
      continue;
    }
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
      return unavailable(
          fmt::format("the messages on their way do not become fewer: {}", reason_or("no broker acknowledges them")));
    if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__STATE) broken_ = true;
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("cannot send a message to topic '{}': {}", topic, rd_kafka_err2str(code)));
  }
}

base::Result<std::int32_t> Producer::partition_for(std::string_view topic, std::int64_t number) {
  const auto now = Steady::now();
  auto known = partitions_.find(topic);
  if (known == partitions_.end() || now - known->second.asked > kPartitionsKept) {
    TRY(const auto count, client_->partitions_of(std::string(topic), options_.block_max));
    known = partitions_.insert_or_assign(std::string(topic), Partitions{count, now}).first;
  }
  return static_cast<std::int32_t>(std::abs(number) % known->second.count);
}

base::Status Producer::add_offsets(const std::string& group, const Offsets& next) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(next.size())));
  for (const auto& [at, offset] : next)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = offset;
  const GroupMetadata metadata(rd_kafka_consumer_group_metadata_new(group.c_str()));
  return check(rd_kafka_send_offsets_to_transaction(client_->get(), list.get(), metadata.get(),
                                                    milliseconds(options_.block_max)),
               fmt::format("cannot commit the offsets of group '{}' with the transaction", group));
}

std::uint64_t Producer::waiting() const {
  std::uint64_t waiting = 0;
  for (const auto& delivery : deliveries_) waiting += delivery.sent - delivery.returned;
  return waiting;
}

/// The time runs anew with each acknowledgement: a slow broker is none that is away.
base::Status Producer::await_all() {
  auto until = Steady::now() + options_.ack_wait;
  for (auto left = waiting(); left > 0;) {
    rd_kafka_flush(client_->get(), kPoll);
    const auto now = waiting();
    if (now < left) until = Steady::now() + options_.ack_wait;
    left = now;
    if (left > 0 && Steady::now() > until)
      return unavailable(fmt::format("{} messages were not acknowledged within {} ms: {}", left,
                                     options_.ack_wait.count(), reason_or("no broker answered")));
  }
  return {};
}

base::Status Producer::commit() {
  TRY_VOID(await_all());
  if (!in_transaction_) return {};
  for (const auto& delivery : deliveries_)
    if (delivery.failure) return {};  // it is to be aborted
  for (int attempt = 1;; ++attempt) {
    Trouble trouble(rd_kafka_commit_transaction(client_->get(), milliseconds(options_.ack_wait)));
    if (trouble != nullptr && rd_kafka_error_is_retriable(trouble.get()) != 0 && attempt < kCommitAttempts) continue;
    TRY_VOID(check(trouble.release(), "cannot commit the transaction"));
    in_transaction_ = false;
    return {};
  }
}

void Producer::abort() {
  if (in_transaction_) {
    in_transaction_ = false;
    if (!check(rd_kafka_abort_transaction(client_->get(), milliseconds(options_.block_max)), "")) broken_ = true;
  } else if (waiting() > 0) {
    rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_->get(), kPoll);
  }
  // Messages that may still come back would point at deliveries that are gone.
  if (waiting() > 0) broken_ = true;
}

}  // namespace flow::kafka
