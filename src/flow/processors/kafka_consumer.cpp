#include "flow/processors/kafka_consumer.h"

#include <fmt/format.h>

#include <deque>
#include <memory>

namespace flow {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{10};                            // for the first message of a trigger
constexpr milliseconds kRest{20};                                 // of a consumer that found nothing
constexpr std::chrono::milliseconds kSlice{50};                   // of a trigger: others want the thread, too
constexpr std::uint64_t kHeldBytesMax = std::uint64_t{64} << 20;  // of records that wait for their schema

/// A member of the group and what it has read but not committed.
class Reading {
 public:
  Reading(const KafkaConsuming& consuming, std::unique_ptr<kafka::Consumer> consumer)
      : consuming_(consuming), consumer_(std::move(consumer)) {}
  /// What was read comes again, to this member of the group or another.
  ~Reading() {
    output_.reset();
    if (session_ != nullptr) session_->rollback(false);
  }

  kafka::Consumer& consumer() { return *consumer_; }
  bool is_open() const { return session_ != nullptr; }
  base::Instant began() const { return began_; }
  std::uint64_t messages() const { return messages_; }
  bool is_full() const {
    const auto& output = consuming_.output;
    return (consuming_.uncommitted_bytes_max && bytes_ > *consuming_.uncommitted_bytes_max) ||
           (output.strategy == KafkaOutputOptions::Strategy::Each &&
            messages_ >= consuming_.connection.poll_messages_max) ||
           (output.merges_schemas && bytes_ > kHeldBytesMax);
  }

  base::Status add(const Session& session, base::Instant now, const kafka::Message& message) {
    if (session_ == nullptr) {
      session_ = session.sibling();
      output_ = make_kafka_output(consuming_.output);
      began_ = now;
    }
    const kafka::TopicPartition at{std::string(message.topic()), message.partition()};
    first_.try_emplace(at, message.offset());
    TRY_VOID(output_->add(*session_, message));
    next_[at] = message.offset() + 1;
    bytes_ += message.size();
    ++messages_;
    return {};
  }

  /// The flowfiles first, durably; then the offsets.
  base::Status commit() {
    if (session_ == nullptr) return {};
    // It may come later than this returns: when the disk is full.
    const auto durable = std::make_shared<bool>(false);
    session_->after_commit([durable] { *durable = true; });
    TRY_VOID(output_->finish(*session_));
    TRY_VOID(session_->commit());
    const auto next = std::exchange(next_, {});
    clear();
    if (!*durable) return kafka::unavailable("the flowfiles could not be made durable");
    if (consuming_.output.commits_offsets) TRY_VOID(consumer_->commit(next));
    return {};
  }

  /// Back to where it was: the messages are read again.
  base::Status drop() {
    if (session_ == nullptr) return {};
    const auto first = std::exchange(first_, {});
    output_.reset();
    session_->rollback(false);
    clear();
    return consumer_->rewind(first);
  }

 private:
  void clear() {
    output_.reset();
    session_.reset();
    first_.clear();
    next_.clear();
    bytes_ = messages_ = 0;
  }

  const KafkaConsuming& consuming_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<KafkaOutput> output_;  // goes before its session
  kafka::Offsets first_, next_;
  std::uint64_t bytes_ = 0, messages_ = 0;
  base::Instant began_;
};

class KafkaConsumer final : public Processor {
 public:
  explicit KafkaConsumer(std::function<base::Result<KafkaConsuming>(const Configuration&)> read)
      : read_(std::move(read)) {}

  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(consuming_, read_(configuration));
    const auto checked = kafka::Client::check(options().settings);
    if (!checked)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: {}", configuration.error_prefix(), checked.error().message));
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration&) const override {
    std::vector<std::string> names{"success"};
    if (consuming_.output.strategy == KafkaOutputOptions::Strategy::Records)
      names.push_back(consuming_.output.parse_failure);
    return names;
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    TRY(auto reading, take());
    const auto outcome = read(*reading, services.wall_clock, session);
    if (!outcome) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), outcome.error().message));
      session.yield();
      // Then this member leaves the group; the next begins where offsets were committed.
      if (reading->consumer().is_spent() || !reading->drop()) return {};
    } else if (auto trouble = reading->consumer().take_trouble()) {
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), *trouble));
      if (!*outcome) session.yield();
    } else if (!*outcome) {
      session.rest_for(kRest);
    }
    give_back(std::move(reading));
    return {};
  }

  void stopped() override {
    const std::lock_guard lock(readings_mutex_);
    readings_.clear();
  }

 private:
  kafka::Consumer::Options options() const {
    kafka::Consumer::Options options{.settings = {{"allow.auto.create.topics", "true"}},
                                     .group = consuming_.output.group,
                                     .topics = consuming_.topics,
                                     .pattern = consuming_.pattern,
                                     .timeout = consuming_.connection.request_timeout,
                                     .anchors = consuming_.output.commits_offsets,
                                     .needs_offsets = consuming_.offset_reset == "none"};
    auto& settings = options.settings;
    settings.insert(settings.end(), consuming_.connection.settings.begin(), consuming_.connection.settings.end());
    for (auto& setting : kafka::translate("auto.offset.reset", consuming_.offset_reset))
      settings.push_back(std::move(setting));
    return options;
  }

  base::Result<std::unique_ptr<Reading>> take() {
    {
      const std::lock_guard lock(readings_mutex_);
      if (!readings_.empty()) {
        auto reading = std::move(readings_.front());
        readings_.pop_front();
        return reading;
      }
    }
    TRY(auto consumer, kafka::Consumer::open(options()));
    return std::make_unique<Reading>(consuming_, std::move(consumer));
  }
  void give_back(std::unique_ptr<Reading> reading) {
    const std::lock_guard lock(readings_mutex_);
    readings_.push_back(std::move(reading));
  }

  /// What there is, for a moment; commits when it was long enough. Answers whether anything came.
  base::Result<bool> read(Reading& reading, const base::WallClock& clock, Session& session) const {
    base::Status handed_over;
    const kafka::Consumer::Revoked revoked = [&](bool lost) {
      handed_over = lost ? reading.drop() : reading.commit();
      if (!handed_over) (void)reading.drop();
    };
    const auto until = std::chrono::steady_clock::now() + kSlice;
    bool any = false;
    auto wait = kFirstWait;
    while (!reading.is_full() && std::chrono::steady_clock::now() < until) {
      TRY(const auto message, reading.consumer().poll(wait, revoked));
      TRY_VOID(std::move(handed_over));
      handed_over = {};
      if (!message) break;
      any = true;
      wait = milliseconds{0};
      TRY_VOID(reading.add(session, clock.now(), *message));
    }
    if (reading.is_open()) {
      const auto left = consuming_.uncommitted_max - (clock.now() - reading.began());
      if (reading.is_full() || left.count() <= 0) {
        TRY_VOID(reading.commit());
        any = true;
      } else if (!any) {
        session.ask_again_after(std::min<std::chrono::nanoseconds>(left, milliseconds{100}));
      }
    } else if (!reading.consumer().at_end() && !reading.consumer().is_cut_off()) {
      session.ask_again_after(milliseconds{1});  // it has not seen all that there is yet
    }
    if (any) session.did_work();
    return any;
  }

  const std::function<base::Result<KafkaConsuming>(const Configuration&)> read_;
  KafkaConsuming consuming_;
  std::mutex readings_mutex_;
  std::deque<std::unique_ptr<Reading>> readings_;  // that no task uses
};

}  // namespace

std::unique_ptr<Processor> make_kafka_consumer(std::function<base::Result<KafkaConsuming>(const Configuration&)> read) {
  return std::make_unique<KafkaConsumer>(std::move(read));
}

}  // namespace flow
