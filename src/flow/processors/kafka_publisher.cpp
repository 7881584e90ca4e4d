#include "flow/processors/kafka_publisher.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/processors/failure.h"
#include "flow/services/kafka_connection.h"

namespace flow {
namespace {

constexpr std::size_t kBatchFiles = 500;
constexpr std::uint64_t kBatchBytes = 1 << 20;
constexpr std::size_t kAllAtATime = 10'000;

bool has_open_offsets(const FlowFile& file) { return file.attribute("kafka.consumer.offsets.committed") == "false"; }

/// What a batch publishes. When offsets of a consumer are to be committed with it, it is all that waits: nothing that
/// was read before those offsets may be left out.
std::vector<FlowFile*> take_batch(Session& session) {
  std::vector<FlowFile*> files;
  std::uint64_t bytes = 0;
  bool offsets = false;
  while (files.size() < kBatchFiles && bytes < kBatchBytes) {
    auto* const file = session.get();
    if (file == nullptr) break;
    bytes += file->size();
    offsets = offsets || has_open_offsets(*file);
    files.push_back(file);
  }
  while (offsets) {
    const auto more = session.get(kAllAtATime);
    if (more.empty()) break;
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

std::optional<std::int64_t> number(const FlowFile& file, std::string_view name) {
  const auto text = file.attribute(name);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos || text.size() > 18) return {};
  return std::strtoll(text.c_str(), nullptr, 10);
}

class KafkaPublisher final : public Processor {
 public:
  explicit KafkaPublisher(const PublishNames& names) : names_(names), messages_(names) {}

  base::Status prepare(const Configuration& configuration, const Services&) override {
    if (const auto service = configuration.service<KafkaConnection>("Kafka Connection Service")) {
      connection_ = service->connection();
      uri_ = kafka::cluster_uri(connection_);
    } else {
      TRY(connection_, read_kafka_connection(configuration));
      uri_ = kafka::cluster_uri_1(connection_);
      one_event_ = true;
    }
    rolls_back_ = configuration.text("Failure Strategy") == "Rollback";
    transactional_ = configuration.flag(names_.transactions);
    id_prefix_ = configuration.text_or(names_.id_prefix, "");
    const auto acks = configuration.text_or("Delivery Guarantee", "all");
    if (transactional_ && acks != "all")
      return base::fail(
          base::ErrorKind::InvalidValue,
          fmt::format("{}, property 'Delivery Guarantee': transactions need 'all'", configuration.error_prefix()));
    // As the Java client does by itself; whatever else a dynamic property says counts for more.
    settings_ = {{"partitioner", "murmur2_random"}, {"enable.idempotence", acks == "all" ? "true" : "false"}};
    settings_.insert(settings_.end(), connection_.settings.begin(), connection_.settings.end());
    settings_.emplace_back("acks", acks);
    settings_.emplace_back("compression.type", configuration.text_or("Compression Type", "none"));
    const auto most = configuration.size("Max Request Size").value_or(std::uint64_t{1} << 20);
    settings_.emplace_back("message.max.bytes", std::to_string(std::max<std::uint64_t>(most, 1000)));
    if (const auto checked = kafka::Client::check(settings_); !checked)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: {}", configuration.error_prefix(), checked.error().message));
    return messages_.prepare(configuration);
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    const auto files = take_batch(session);
    if (files.empty()) return {};
    auto producer = take_producer(session);
    if (!producer) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), producer.error().message));
      session.rollback(false);
      session.yield();
      return {};
    }
    auto& batch = **producer;
    const auto outcomes = publish(session, files, batch);
    route(configuration, session, files, outcomes);
    batch.end_batch();
    if (!batch.is_broken()) give_back(std::move(*producer));
    return {};
  }

  void stopped() override {
    const std::lock_guard lock(producers_mutex_);
    producers_.clear();
  }

 private:
  /// Of one flowfile: how many messages were sent where, or why it failed.
  struct Published {
    std::uint64_t messages = 0;
    std::map<std::string, std::uint64_t, std::less<>> by_topic = {};
  };
  using Outcome = base::Result<Published>;

  base::Result<std::unique_ptr<kafka::Producer>> take_producer(Session& session) {
    {
      const std::lock_guard lock(producers_mutex_);
      if (!producers_.empty()) {
        auto producer = std::move(producers_.back());
        producers_.pop_back();
        return producer;
      }
    }
    kafka::Producer::Options options{.settings = settings_,
                                     .transactional_id = {},
                                     .block_max = connection_.block_max,
                                     .ack_wait = connection_.ack_wait};
    if (transactional_) options.transactional_id = id_prefix_ + session.new_uuid();
    return kafka::Producer::open(std::move(options));
  }
  void give_back(std::unique_ptr<kafka::Producer> producer) {
    const std::lock_guard lock(producers_mutex_);
    producers_.push_back(std::move(producer));
  }

  std::vector<Outcome> publish(const Session& session, const std::vector<FlowFile*>& files,
                               kafka::Producer& producer) const {
    std::vector<Outcome> outcomes;
    std::vector<kafka::Delivery*> deliveries;
    auto batch = producer.begin();
    for (const auto* file : files) {
      auto& delivery = producer.add_delivery();
      deliveries.push_back(&delivery);
      outcomes.emplace_back(Published{});
      if (!batch) continue;
      if (auto sent = messages_.send(session, *file, producer, delivery); !sent) {
        if (transactional_) batch = base::fail(sent.error());
        outcomes.back() = std::move(sent).failure();
      }
    }
    if (batch && transactional_) batch = add_offsets(files, producer);
    if (batch) batch = producer.commit();
    bool failed = !batch;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto& delivery = *deliveries[i];
      if (outcomes[i] && delivery.failure) outcomes[i] = kafka::unavailable(*delivery.failure);
      failed = failed || !outcomes[i];
      if (outcomes[i]) outcomes[i] = Published{delivery.acknowledged, delivery.sent_to};
    }
    if (failed) producer.abort();
    if (!failed) return outcomes;
    // Without transactions what was acknowledged is there, and need not be sent again.
    auto cause = batch ? std::string("another flowfile of it failed") : batch.error().message;
    if (transactional_) cause = "the transaction was aborted: " + cause;
    for (std::size_t i = 0; i < files.size(); ++i)
      if (outcomes[i] && (transactional_ || deliveries[i]->acknowledged < deliveries[i]->sent))
        outcomes[i] = kafka::unavailable(deliveries[i]->failure.value_or(cause));
    return outcomes;
  }

  static base::Status add_offsets(const std::vector<FlowFile*>& files, kafka::Producer& producer) {
    std::map<std::string, kafka::Offsets> groups;
    for (const auto* file : files) {
      if (!has_open_offsets(*file)) continue;
      const auto topic = file->attribute("kafka.topic"), group = file->attribute("kafka.consumer.id");
      const auto partition = number(*file, "kafka.partition");
      auto offset = number(*file, "kafka.max.offset");
      if (!offset) offset = number(*file, "kafka.offset");
      if (topic.empty() || group.empty() || !partition || !offset) continue;
      auto& next = groups[group][{topic, static_cast<std::int32_t>(*partition)}];
      next = std::max(next, *offset + 1);
    }
    for (const auto& [group, offsets] : groups) TRY_VOID(producer.add_offsets(group, offsets));
    return {};
  }

  void route(const Configuration& configuration, Session& session, const std::vector<FlowFile*>& files,
             const std::vector<Outcome>& outcomes) const {
    const auto failed = std::ranges::find_if(outcomes, [](const auto& outcome) { return !outcome; });
    if (failed != outcomes.end() && rolls_back_) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), failed->error().message));
      session.rollback(false);
      session.yield();
      return;
    }
    bool cut_off = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (outcomes[i]) {
        session.put_attribute(*files[i], "msg.count", std::to_string(outcomes[i]->messages));
        report(session, *files[i], *outcomes[i]);
        session.transfer(*files[i], "success");
      } else {
        cut_off = cut_off || outcomes[i].error().kind == base::ErrorKind::Unavailable;
        send_penalised_to_failure(configuration, session, *files[i], outcomes[i].error().message);
      }
    }
    if (cut_off) session.yield();
  }

  /// NiFi 1 has one event, NiFi 2 one for each topic.
  void report(Session& session, const FlowFile& file, const Published& published) const {
    for (const auto& [topic, messages] : published.by_topic) {
      const auto details = one_event_ ? fmt::format("Sent {} messages", published.messages)
                                      : fmt::format("Sent {} of {} records", messages, published.messages);
      session.report(EventType::Send, file, {.uri = uri_ + "/" + topic, .details = details});
      if (one_event_) return;
    }
  }

  const PublishNames& names_;
  KafkaMessages messages_;
  kafka::Connection connection_;
  kafka::Settings settings_;
  std::string uri_;         // of the cluster
  bool one_event_ = false;  // of a flowfile, whatever topics its messages went to
  bool rolls_back_ = false;
  bool transactional_ = false;
  std::string id_prefix_;
  std::mutex producers_mutex_;
  std::vector<std::unique_ptr<kafka::Producer>> producers_;  // that nobody uses
};

}  // namespace

std::unique_ptr<Processor> make_kafka_publisher(const PublishNames& names) {
  return std::make_unique<KafkaPublisher>(names);
}

}  // namespace flow
