#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/keys.h"
#include "store/s3/environment.h"
#include "store/s3/retry.h"

namespace store::s3 {

struct Connected;

struct QueueMessage {
  std::string id;
  std::string receipt;  // names this delivery: what deletes it, or hides it longer
  std::string body;
  int receive_count = 1;                // this time included
  std::optional<base::Instant> sent{};  // where the server says
};

/// One entry of a batch that was not carried out; all others were.
struct QueueFailure {
  std::size_t index = 0;  // in what was given
  base::Error error;
};

struct ReceiveOptions {
  int messages_max = 10;                                // 1 to 10
  std::chrono::seconds wait{20};                        // for the first one, 0 to 20 s
  std::optional<std::chrono::seconds> visibility = {};  // how long others do not see them; none: the queue's own
  std::stop_token stop = {};                            // ends the wait at once
};

/// A client of one SQS queue (or of what speaks like one: ElasticMQ, LocalStack, moto), for any number of threads.
/// Errors: those of http::Client; NotFound for a queue that is not there, Denied, InvalidValue, Unavailable by the
/// server's answer, whose code and message they carry. Repeats what may be repeated: a message that was sent may be
/// there twice. Source: Amazon SQS API Reference (AWS JSON 1.0).
class QueueClient {
 public:
  struct Options {
    std::string url;     // of the queue: https://sqs.eu-west-1.amazonaws.com/123456789012/orders
    std::string region;  // empty: the one in the URL, else by the environment, else us-east-1
    AccessKey key;       // without one: the credentials that the environment leads to
    std::string session_token;
    bool anonymous = false;                     // go on without a key when none is found
    const Environment* environment = nullptr;   // none: an empty one
    Sleeper* sleeper = nullptr;                 // none: the system's
    std::optional<std::uint64_t> retry_seed{};  // none: chance
    RetryPolicy::Options retry{};               // AWS_MAX_ATTEMPTS counts for more
    bool verify_certificates = true;
    std::string ca_bundle{};  // PEM; empty: AWS_CA_BUNDLE, beside the system's authorities
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{30'000};  // of each read and write; longer than any wait for messages
  };
  /// What the options point to, and the clock, outlive the client. Nothing is sent yet.
  /// Errors: InvalidValue for what is no URL of a queue, or a bundle that cannot be read.
  static base::Result<QueueClient> connect(Options options, const base::WallClock& wall_clock);
  ~QueueClient();
  QueueClient(QueueClient&&) noexcept;

  const std::string& url() const { return url_; }

  /// None when none came in time. A message that was damaged on its way (by its MD5) is left out, and comes again;
  /// Errors: also Internal when all were damaged, Cancelled by the stop.
  base::Result<std::vector<QueueMessage>> receive(const ReceiveOptions& options = {});

  // Any number of entries, ten in each request. Returns those that failed: of a request without an answer, all.
  std::vector<QueueFailure> delete_batch(std::span<const std::string> receipts, const std::stop_token& stop = {});
  /// Hides the messages for so long from now (0: everybody sees them at once), 12 hours at most.
  std::vector<QueueFailure> change_visibility_batch(std::span<const std::string> receipts,
                                                    std::chrono::seconds visibility, const std::stop_token& stop = {});
  /// In the order given, fewer than ten in a request where they are long.
  std::vector<QueueFailure> send_batch(std::span<const std::string> bodies, const std::stop_token& stop = {});

  base::Status send(const std::string& body, const std::stop_token& stop = {});

 private:
  struct Entry;
  QueueClient(std::string url, std::unique_ptr<Connected> connected);
  base::Result<boost::json::object> ask(std::string_view action, const boost::json::object& request,
                                        const std::stop_token& stop);
  /// One request of a batch. `first` is the index of its first entry.
  void ask_batch(std::string_view action, std::vector<Entry> entries, std::size_t first, const std::stop_token& stop,
                 std::vector<QueueFailure>& failures);
  std::vector<QueueFailure> ask_batches(std::string_view action, std::vector<Entry> entries,
                                        const std::stop_token& stop);

  std::string url_;
  std::unique_ptr<Connected> connected_;
};

/// The region that a queue's host names: "sqs.eu-west-1.amazonaws.com", "eu-west-1.queue.amazonaws.com"; empty: none.
std::string region_of_queue_host(std::string_view host);

}  // namespace store::s3
