#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "flow/kafka/handles.h"
#include "flow/kafka/settings.h"

namespace flow::kafka {

/// A client of librdkafka and what it complained about. Used by one thread at a time.
class Client {
 public:
  /// `prepare` sets the callbacks of its kind. Errors: InvalidValue for a setting that librdkafka refuses.
  static base::Result<std::unique_ptr<Client>> make(rd_kafka_type_t type, const Settings& settings,
                                                    const std::function<void(rd_kafka_conf_t*)>& prepare, void* owner);
  /// Whether a client can have these. Errors: InvalidValue.
  static base::Status check(const Settings& settings);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return handle_.get(); }
  void* owner() const { return owner_; }
  /// What keeps it from its work and was not told yet: no broker answers, say.
  std::optional<std::string> take_trouble() { return std::exchange(trouble_, std::nullopt); }
  void set_trouble(std::string text) { trouble_ = std::move(text); }
  /// Until a broker answers again, as far as it is known.
  bool is_cut_off() const { return cut_off_; }
  void answered() { cut_off_ = false; }
  /// How many partitions a topic has. Errors: Unavailable; NotFound.
  base::Result<int> partitions_of(const std::string& topic, std::chrono::milliseconds timeout) const;
  base::Result<std::vector<std::string>> topics(std::chrono::milliseconds timeout) const;
  /// The last thing that a broker or its address had to say, for messages of what failed.
  const std::string& last_transport_error() const { return transport_error_; }

  static Client& of(void* opaque) { return *static_cast<Client*>(opaque); }

 private:
  explicit Client(void* owner) : owner_(owner) {}
  void failed(int code, std::string_view reason);

  void* const owner_;
  std::optional<std::string> trouble_;
  std::string transport_error_;
  bool cut_off_ = false;
  Handle handle_;  // goes first: it may call back
};

}  // namespace flow::kafka
