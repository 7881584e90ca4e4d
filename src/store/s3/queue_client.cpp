#include "store/s3/queue_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/log.h"
#include "store/checksum.h"
#include "store/s3/connecting.h"
#include "store/s3/documents/text.h"

namespace store::s3 {

namespace json = boost::json;

struct QueueClient::Entry {
  json::object members;
  std::size_t bytes = 0;  // of its message
  std::string md5;        // that the server must have found; empty: not looked at
};

namespace {

constexpr std::size_t kEntriesMax = 10;
constexpr std::size_t kBatchBytesMax = 256 << 10;        // of the messages of one request, as every server takes it
constexpr std::chrono::milliseconds kAnswerTime{5'000};  // beyond the longest wait for messages
constexpr std::chrono::seconds kWaitMax{20};

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::string_view member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? view(value->get_string()) : std::string_view{};
}

const json::object& object_of(const json::object& object, std::string_view name) {
  static const json::object kNone;
  const auto* found = object.if_contains({name.data(), name.size()});
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

/// The objects of an array, which is absent when it would be empty.
std::vector<const json::object*> objects_of(const json::object& object, std::string_view name) {
  std::vector<const json::object*> found;
  const auto* member = object.if_contains({name.data(), name.size()});
  if (member == nullptr || !member->is_array()) return found;
  for (const auto& entry : member->get_array())
    if (entry.is_object()) found.push_back(&entry.get_object());
  return found;
}

json::string text(std::string_view bytes) { return json::string(bytes.data(), bytes.size()); }
std::string md5_hex(std::string_view bytes) { return to_hex(md5(bytes)); }

base::Error damaged(std::string_view id) {
  return {.kind = base::ErrorKind::Internal,
          .message = fmt::format("a message of the queue was damaged on its way, by its MD5: {}", id)};
}

QueueMessage read_message(const json::object& message) {
  QueueMessage read{.id = std::string(member(message, "MessageId")),
                    .receipt = std::string(member(message, "ReceiptHandle")),
                    .body = std::string(member(message, "Body"))};
  const auto& attributes = object_of(message, "Attributes");
  if (const auto count = to_integer(member(attributes, "ApproximateReceiveCount")))
    read.receive_count = static_cast<int>(std::clamp<std::int64_t>(*count, 1, 1'000'000));
  const auto sent_ms = to_integer(member(attributes, "SentTimestamp"));
  if (sent_ms && *sent_ms > 0 && *sent_ms < INT64_MAX / 1'000'000) read.sent = base::Instant{*sent_ms * 1'000'000};
  return read;
}

base::Error refused_entry(const json::object& failed) {
  const auto* fault = failed.if_contains("SenderFault");
  const bool ours = fault != nullptr && fault->is_bool() && fault->get_bool();
  return {.kind = ours ? base::ErrorKind::InvalidValue : base::ErrorKind::Unavailable,
          .message = fmt::format("{}: {}", member(failed, "Code"), member(failed, "Message"))};
}

}  // namespace

std::string region_of_queue_host(std::string_view host) {
  std::vector<std::string_view> labels;
  for (auto rest = host; !rest.empty();) {
    const auto dot = rest.find('.');
    labels.push_back(rest.substr(0, dot));
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  }
  const auto is_region = [](std::string_view label) {
    return std::ranges::count(label, '-') >= 2 && label.back() >= '0' && label.back() <= '9';
  };
  for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
    const bool service = labels[i] == "sqs" || labels[i] == "sqs-fips";
    if (service && is_region(labels[i + 1])) return std::string(labels[i + 1]);
    if (labels[i + 1] == "queue" && is_region(labels[i])) return std::string(labels[i]);
  }
  return host == "queue.amazonaws.com" ? "us-east-1" : "";
}

QueueClient::QueueClient(std::string url, std::unique_ptr<Connected> connected)
    : url_(std::move(url)), connected_(std::move(connected)) {}
QueueClient::~QueueClient() = default;
QueueClient::QueueClient(QueueClient&&) noexcept = default;

base::Result<QueueClient> QueueClient::connect(Options options, const base::WallClock& wall_clock) {
  TRY(const auto url, http::parse_url(options.url));
  if (url.target == "/")
    return base::fail(base::ErrorKind::InvalidValue, "the URL of a queue ends with its name: " + options.url);
  if (options.region.empty()) options.region = region_of_queue_host(url.host);
  const Environment& environment = environment_of(options.environment);
  Caller::Options made{.retry = options.retry, .body_hash = BodyHash::Always, .service = "sqs"};
  TRY(made.endpoint,
      resolve_endpoint({.endpoint = options.url, .region = options.region}, environment, Profiles::load(environment)));
  made.pool.connect_timeout = options.connect_timeout;
  made.pool.timeout = std::max(options.timeout, kWaitMax + kAnswerTime);
  TRY(auto connected, connect_caller(std::move(made),
                                     {.key = options.key,
                                      .session_token = options.session_token,
                                      .anonymous = options.anonymous,
                                      .environment = options.environment,
                                      .sleeper = options.sleeper,
                                      .retry_seed = options.retry_seed,
                                      .verify_certificates = options.verify_certificates,
                                      .ca_bundle = options.ca_bundle},
                                     wall_clock));
  return QueueClient(std::move(options.url), std::make_unique<Connected>(std::move(connected)));
}

base::Result<json::object> QueueClient::ask(std::string_view action, const json::object& request,
                                            const std::stop_token& stop) {
  const auto body = body_of(json::serialize(request));
  auto answer = connected_->caller->call({.method = "POST",
                                          .headers = {{"Content-Type", "application/x-amz-json-1.0"},
                                                      {"X-Amz-Target", fmt::format("AmazonSQS.{}", action)}},
                                          .body = &body,
                                          .stop = stop});
  if (!answer) return base::fail(to_error(answer.error(), action, url_));
  const auto& received = answer->response.body;
  if (received.empty()) return json::object{};  // of actions that have nothing to say
  boost::system::error_code error;
  auto parsed = json::parse({received.data(), received.size()}, error);
  if (error || !parsed.is_object())
    return base::fail(base::ErrorKind::Internal,
                      fmt::format("the answer of the queue is no JSON object ({} {})", action, url_));
  return std::move(parsed.get_object());
}

base::Result<std::vector<QueueMessage>> QueueClient::receive(const ReceiveOptions& options) {
  json::object request{{"QueueUrl", text(url_)},
                       {"MaxNumberOfMessages", options.messages_max},
                       {"WaitTimeSeconds", std::min(options.wait, kWaitMax).count()},
                       // The second is the name by which older servers know the first.
                       {"MessageSystemAttributeNames", {"ApproximateReceiveCount", "SentTimestamp"}},
                       {"AttributeNames", {"ApproximateReceiveCount", "SentTimestamp"}}};
  if (options.visibility) request["VisibilityTimeout"] = options.visibility->count();
  TRY(const auto answer, ask("ReceiveMessage", request, options.stop));
  std::vector<QueueMessage> messages;
  std::optional<base::Error> trouble;
  for (const auto* message : objects_of(answer, "Messages")) {
    auto read = read_message(*message);
    if (http::equal_without_case(member(*message, "MD5OfBody"), md5_hex(read.body))) {
      messages.push_back(std::move(read));
      continue;
    }
    LOG_WARN("s3.queue_message_damaged queue={} message={}", url_, read.id);
    trouble = damaged(read.id);
  }
  if (trouble && messages.empty()) return base::fail(std::move(*trouble));
  return messages;
}

void QueueClient::ask_batch(std::string_view action, std::vector<Entry> entries, std::size_t first,
                            const std::stop_token& stop, std::vector<QueueFailure>& failures) {
  json::array listed;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].members["Id"] = text(std::to_string(i));
    listed.push_back(std::move(entries[i].members));
  }
  const auto answer = ask(action, json::object{{"QueueUrl", text(url_)}, {"Entries", std::move(listed)}}, stop);
  std::map<std::size_t, base::Error> failed;
  std::vector<bool> told(entries.size());
  const auto entry_of = [&](const json::object& outcome) -> std::optional<std::size_t> {
    const auto id = to_integer(member(outcome, "Id"));
    if (!id || *id < 0 || static_cast<std::size_t>(*id) >= entries.size()) return std::nullopt;
    told[static_cast<std::size_t>(*id)] = true;
    return static_cast<std::size_t>(*id);
  };
  if (answer) {
    for (const auto* outcome : objects_of(*answer, "Failed"))
      if (const auto index = entry_of(*outcome)) failed.emplace(*index, refused_entry(*outcome));
    for (const auto* outcome : objects_of(*answer, "Successful"))
      if (const auto index = entry_of(*outcome); index && !entries[*index].md5.empty())
        if (!http::equal_without_case(member(*outcome, "MD5OfMessageBody"), entries[*index].md5))
          failed.emplace(*index, damaged(member(*outcome, "MessageId")));
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!answer)
      failed.emplace(i, answer.error());
    else if (!told[i])
      failed.emplace(i,
                     base::Error{.kind = base::ErrorKind::Internal,
                                 .message = fmt::format("the queue says nothing of an entry ({} {})", action, url_)});
  }
  for (auto& [index, error] : failed) failures.push_back({first + index, std::move(error)});
}

std::vector<QueueFailure> QueueClient::ask_batches(std::string_view action, std::vector<Entry> entries,
                                                   const std::stop_token& stop) {
  std::vector<QueueFailure> failures;
  for (std::size_t at = 0; at < entries.size();) {
    const std::size_t first = at;
    std::vector<Entry> batch;
    std::size_t bytes = 0;
    for (; at < entries.size() && batch.size() < kEntriesMax; ++at) {
      bytes += entries[at].bytes;
      if (!batch.empty() && bytes > kBatchBytesMax) break;
      batch.push_back(std::move(entries[at]));
    }
    ask_batch(action, std::move(batch), first, stop, failures);
  }
  return failures;
}

std::vector<QueueFailure> QueueClient::delete_batch(std::span<const std::string> receipts,
                                                    const std::stop_token& stop) {
  std::vector<Entry> entries;
  for (const auto& receipt : receipts) entries.push_back({.members = {{"ReceiptHandle", text(receipt)}}, .md5 = {}});
  return ask_batches("DeleteMessageBatch", std::move(entries), stop);
}

std::vector<QueueFailure> QueueClient::change_visibility_batch(std::span<const std::string> receipts,
                                                               std::chrono::seconds visibility,
                                                               const std::stop_token& stop) {
  std::vector<Entry> entries;
  for (const auto& receipt : receipts)
    entries.push_back(
        {.members = {{"ReceiptHandle", text(receipt)}, {"VisibilityTimeout", visibility.count()}}, .md5 = {}});
  return ask_batches("ChangeMessageVisibilityBatch", std::move(entries), stop);
}

std::vector<QueueFailure> QueueClient::send_batch(std::span<const std::string> bodies, const std::stop_token& stop) {
  std::vector<Entry> entries;
  for (const auto& body : bodies)
    entries.push_back({.members = {{"MessageBody", text(body)}}, .bytes = body.size(), .md5 = md5_hex(body)});
  return ask_batches("SendMessageBatch", std::move(entries), stop);
}

base::Status QueueClient::send(const std::string& body, const std::stop_token& stop) {
  TRY(const auto answer, ask("SendMessage", json::object{{"QueueUrl", text(url_)}, {"MessageBody", text(body)}}, stop));
  if (!http::equal_without_case(member(answer, "MD5OfMessageBody"), md5_hex(body)))
    return base::fail(damaged(member(answer, "MessageId")));
  return {};
}

}  // namespace store::s3
