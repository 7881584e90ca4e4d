#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace store::s3 {

enum class ReceiverKind { Webhook, Queue };

/// Where a server may send the events of its buckets, as the person who runs it says.
struct EventDestination {
  std::string arn;  // by which rules of buckets name it
  std::string url;  // http or https
  ReceiverKind kind = ReceiverKind::Webhook;
  std::string token;  // a webhook's bearer token; empty: none. Never shown.

  bool operator==(const EventDestination&) const = default;
};

/// "ARN=URL". A URL with sqs+http or sqs+https, of a host of SQS, or with a path as SQS has it (/123456789012/orders)
/// is that of a queue; all others are webhooks. Errors: InvalidValue.
base::Result<EventDestination> parse_event_destination(std::string_view text);

}  // namespace store::s3
