#include "store/s3/event_destination.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/url.h"

namespace store::s3 {
namespace {

constexpr std::string_view kQueueScheme = "sqs+";
constexpr std::size_t kAccountDigits = 12;

base::Failure<base::Error> bad(std::string_view why) {
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("not a destination of events (wanted ARN=URL, as "
                                "arn:freshet:sqs:us-east-1:000000000000:orders=http://127.0.0.1:8000/events): {}",
                                why));
}

/// arn:partition:service:region:account:name
bool is_arn(std::string_view text) {
  return text.starts_with("arn:") && std::ranges::count(text, ':') >= 5 && !text.ends_with(':') &&
         std::ranges::none_of(text, [](char c) { return c <= ' ' || c == 0x7F; });
}

bool has_path_of_queue(std::string_view target) {
  const auto account = target.substr(0, target.find('/', 1));
  if (account.size() != 1 + kAccountDigits || target.size() < account.size() + 2) return false;
  const auto name = target.substr(account.size() + 1);
  return account.find_first_not_of("0123456789", 1) == std::string_view::npos &&
         name.find_first_of("/?") == std::string_view::npos;
}

bool has_host_of_queues(std::string_view host) {
  return host.starts_with("sqs.") || host.starts_with("sqs-fips.") || host.find(".sqs.") != std::string_view::npos ||
         host.ends_with("queue.amazonaws.com");
}

}  // namespace

base::Result<EventDestination> parse_event_destination(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return bad("there is no '='");
  EventDestination destination{.arn = std::string(text.substr(0, equals)), .url = std::string(text.substr(equals + 1))};
  if (!is_arn(destination.arn)) return bad(fmt::format("not an ARN: {}", destination.arn));
  const bool named_queue = destination.url.starts_with(kQueueScheme);
  if (named_queue) destination.url.erase(0, kQueueScheme.size());
  const auto url = http::parse_url(destination.url);
  if (!url) return bad(url.error().message);
  if (named_queue || has_host_of_queues(url->host) || has_path_of_queue(url->target))
    destination.kind = ReceiverKind::Queue;
  if (destination.kind == ReceiverKind::Queue && url->target == "/")
    return bad("the URL of a queue ends with its name");
  return destination;
}

}  // namespace store::s3
