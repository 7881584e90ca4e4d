#pragma once

#include <compare>
#include <map>
#include <set>

#include "flow/el/pattern.h"
#include "flow/kafka/client.h"

namespace flow::kafka {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};
using Offsets = std::map<TopicPartition, std::int64_t>;

struct Header {
  std::string_view name, value;
};

/// A message of a topic; its texts live as long as it does.
class Message {
 public:
  explicit Message(MessageHandle handle) : handle_(std::move(handle)) {}
  std::string_view topic() const { return rd_kafka_topic_name(handle_->rkt); }
  std::int32_t partition() const { return handle_->partition; }
  std::int64_t offset() const { return handle_->offset; }
  std::int64_t timestamp_ms() const;  // -1: none
  std::optional<std::string_view> key() const;
  std::optional<std::string_view> value() const;  // none: a tombstone
  std::vector<Header> headers() const;
  std::uint64_t size() const { return handle_->len + handle_->key_len; }

 private:
  MessageHandle handle_;
};

/// One member of a consumer group. Offsets are committed when it is told to, never by itself.
class Consumer {
 public:
  struct Options {
    Settings settings;
    std::string group;
    std::vector<std::string> topics;
    std::optional<std::string> pattern;  // Java's; in place of topics
    std::chrono::milliseconds timeout{60'000};
    /// Commits where reading begins in partitions of which the group has no offset: what is read from there on is read
    /// again after a crash, also when reading began at the end of what there was.
    bool anchors = true;
    /// Where the group has no offset of a partition it reads none of them, as Java's consumer with the reset `none`.
    bool needs_offsets = false;
  };
  /// Before partitions go to another member: what was read of them must be committed now. `lost`: it is too late for
  /// that, the other may have begun.
  using Revoked = std::function<void(bool lost)>;

  /// Errors: InvalidValue. A cluster that cannot be reached is none: poll() tells.
  static base::Result<std::unique_ptr<Consumer>> open(Options options);
  ~Consumer();

  /// The next message, or nothing within that time. Errors: Unavailable when this consumer is of no use any more.
  base::Result<std::optional<Message>> poll(std::chrono::milliseconds wait, const Revoked& revoked);
  /// It knows its partitions, and has read all of them to their ends.
  bool at_end() const { return assigned_ && ends_.size() >= partitions_.size(); }
  /// Commits the offsets of what is to be read next. Errors: Unavailable.
  base::Status commit(const Offsets& next);
  /// Reads again from there, where the partitions are still its own. Errors: Unavailable.
  base::Status rewind(const Offsets& first);
  std::optional<std::string> take_trouble() { return client_->take_trouble(); }
  /// It reads nothing any more: another must take its place.
  bool is_spent() const { return spent_.has_value(); }
  /// No broker answered when it was last tried.
  bool is_cut_off() const { return client_->is_cut_off(); }

 private:
  explicit Consumer(Options options) : options_(std::move(options)) {}
  base::Status subscribe();
  base::Status subscribe(const std::vector<std::string>& topics);
  void rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);
  void check_offsets(rd_kafka_topic_partition_list_t* list);
  base::Status anchor(const TopicPartition& partition, std::int64_t offset);
  base::Result<std::optional<Message>> failed(const rd_kafka_message_t& message);

  const Options options_;
  std::unique_ptr<Client> client_;
  std::optional<el::Pattern> pattern_;
  std::vector<std::string> subscribed_;
  std::chrono::steady_clock::time_point listed_;
  const Revoked* revoked_ = nullptr;  // during poll()
  bool assigned_ = false;
  std::optional<std::string> spent_;  // why
  std::set<TopicPartition> partitions_;
  std::set<TopicPartition> ends_;
  std::set<TopicPartition> anchored_;
};

}  // namespace flow::kafka
