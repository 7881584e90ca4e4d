#include "store/s3/event_receiver.h"

#include <fmt/format.h>

#include "store/s3/body.h"
#include "store/s3/endpoint.h"
#include "store/s3/event_message.h"
#include "store/s3/queue_client.h"

namespace store::s3 {
namespace {

constexpr std::size_t kQueueBatch = 10;
constexpr std::size_t kWebhookPage = 100;  // their deletion is one commit
constexpr std::uint64_t kAnswerBytesMax = 1 << 20;

class Webhook final : public EventReceiver {
 public:
  Webhook(http::Client client, std::string target, const EventDestination& destination, std::size_t records_per_request)
      : client_(std::move(client)), target_(std::move(target)), records_per_request_(records_per_request) {
    headers_.add("Content-Type", "application/json");
    headers_.add("User-Agent", "freshet");
    if (!destination.token.empty()) headers_.add("Authorization", "Bearer " + destination.token);
  }

  std::size_t messages_max() const override { return kWebhookPage; }

  Receipt send(std::span<const WaitingMessage> messages, const std::stop_token& stop) override {
    Receipt receipt;
    for (std::size_t at = 0; at < messages.size() && !receipt.trouble;) {
      std::vector<std::string> texts{messages[at].text};
      while (texts.size() < records_per_request_ && at + texts.size() < messages.size() &&
             can_join(texts.back(), messages[at + texts.size()].text))
        texts.push_back(messages[at + texts.size()].text);
      if (auto posted = post(join_event_messages(texts), stop); !posted) {
        receipt.trouble = posted.error();
        break;
      }
      for (const auto end = at + texts.size(); at < end; ++at) receipt.accepted.push_back(messages[at].number);
    }
    return receipt;
  }

 private:
  base::Status post(std::string body, const std::stop_token& stop) {
    const http::Request request{.method = "POST", .target = target_, .headers = headers_};
    TRY(const auto answer, client_.send(request, source_of(body_of(std::move(body))), stop));
    if (answer.status / 100 == 2) return {};
    return base::fail(base::ErrorKind::Unavailable, fmt::format("the webhook answered {}", answer.status));
  }

  http::Client client_;
  const std::string target_;
  const std::size_t records_per_request_;
  http::Headers headers_;
};

base::Result<std::unique_ptr<EventReceiver>> make_webhook(const EventDestination& destination,
                                                          const ReceiverOptions& options) {
  TRY(const auto url, http::parse_url(destination.url));
  http::Client::Options client{.host = url.host, .port = url.port, .timeout = options.timeout};
  client.body_bytes_max = kAnswerBytesMax;
  client.proxy = proxy_for(url.scheme, url.host, options.environment);
  if (url.scheme == "https") {
    TRY(client.tls, http::ClientTls::make({.ca_bundle = options.environment.variable("AWS_CA_BUNDLE").value_or("")}));
  }
  return std::make_unique<Webhook>(http::Client(std::move(client)), url.target, destination,
                                   options.records_per_request);
}

class Queue final : public EventReceiver {
 public:
  explicit Queue(QueueClient client) : client_(std::move(client)) {}

  std::size_t messages_max() const override { return kQueueBatch; }

  Receipt send(std::span<const WaitingMessage> messages, const std::stop_token& stop) override {
    std::vector<std::string> bodies;
    for (const auto& message : messages) bodies.push_back(message.text);
    const auto failures = client_.send_batch(bodies, stop);
    Receipt receipt;
    for (std::size_t i = 0, failed = 0; i < messages.size(); ++i) {
      if (failed < failures.size() && failures[failed].index == i)
        ++failed;
      else
        receipt.accepted.push_back(messages[i].number);
    }
    if (!failures.empty()) receipt.trouble = failures.front().error;
    return receipt;
  }

 private:
  QueueClient client_;
};

}  // namespace

base::Result<std::unique_ptr<EventReceiver>> make_receiver(const EventDestination& destination,
                                                           const ReceiverOptions& options,
                                                           const base::WallClock& wall_clock) {
  if (destination.kind == ReceiverKind::Webhook) return make_webhook(destination, options);
  // Without retries of its own: the delivery knows better when to try again.
  TRY(auto client, QueueClient::connect({.url = destination.url,
                                         .environment = &options.environment,
                                         .retry = {.attempts_max = 1},
                                         .timeout = options.timeout},
                                        wall_clock));
  return std::make_unique<Queue>(std::move(client));
}

}  // namespace store::s3
