#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>

#include "flow/kafka/consumer.h"

namespace flow::kafka {

/// What becomes a message; the texts are copied when it is sent.
struct Outgoing {
  std::string_view topic;
  std::optional<std::int32_t> partition;  // none: by the key, as the Java client does it
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // none: a tombstone
  std::span<const Header> headers;
};

/// How the messages of one flowfile fared.
struct Delivery {
  std::uint64_t sent = 0;
  std::uint64_t returned = 0;  // of those, whatever became of them
  std::uint64_t acknowledged = 0;
  std::map<std::string, std::uint64_t, std::less<>> sent_to;  // by topic
  std::optional<std::string> failure;                         // the first one; none for what was not tried any more
};

/// Sends messages in batches that fail or succeed together where there are transactions.
class Producer {
 public:
  struct Options {
    Settings settings;
    std::optional<std::string> transactional_id;  // none: without transactions
    std::chrono::milliseconds block_max{5'000};
    std::chrono::milliseconds ack_wait{5'000};
  };
  /// Errors: InvalidValue for settings; Unavailable when the cluster cannot be reached for transactions.
  static base::Result<std::unique_ptr<Producer>> open(Options options);
  ~Producer();

  base::Status begin();
  /// For the messages of one flowfile, until the batch ends.
  Delivery& add_delivery() { return deliveries_.emplace_back(); }
  /// Waits while too many messages are on their way. Errors: Unavailable; InvalidValue for this message.
  base::Status send(const Outgoing& message, Delivery& delivery);
  /// The partition of a number, whatever it is, among those of the topic. Errors: Unavailable.
  base::Result<std::int32_t> partition_for(std::string_view topic, std::int64_t number);
  /// What was read for this batch is done when the batch is: by the members of a consumer group.
  base::Status add_offsets(const std::string& group, const Offsets& next);
  /// Waits for all acknowledgements, and commits. Failures of messages are in their deliveries. Errors: Unavailable;
  /// the batch must be aborted then.
  base::Status commit();
  /// What was sent is taken back where there are transactions, and not sent any more where it is on its way still.
  void abort();
  /// After a failure that it does not recover from: another one must be made.
  bool is_broken() const { return broken_; }
  void end_batch() { deliveries_.clear(); }

 private:
  explicit Producer(Options options) : options_(std::move(options)) {}
  void learn(const std::string& topic);
  base::Status check(rd_kafka_error_t* raw, std::string_view what);
  base::Status await_all();
  std::uint64_t waiting() const;
  std::string reason_or(std::string_view otherwise);

  const Options options_;
  std::deque<Delivery> deliveries_;  // messages on their way point at them
  std::unique_ptr<Client> client_;
  bool in_transaction_ = false;
  bool broken_ = false;
  struct Partitions {
    int count = 0;
    std::chrono::steady_clock::time_point asked;
  };
  std::map<std::string, Partitions, std::less<>> partitions_;
  std::set<std::string> topics_;  // that messages went to
};

}  // namespace flow::kafka
