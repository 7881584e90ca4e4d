#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/s3/s3_error.h"

namespace store::s3 {

enum class DestinationKind { Queue, Topic, CloudFunction };

/// Which events of which keys go where.
struct NotificationRule {
  DestinationKind kind = DestinationKind::Queue;
  std::string id;
  std::string destination;          // an ARN
  std::vector<std::string> events;  // "s3:ObjectCreated:*"
  std::string prefix;
  std::string suffix;

  bool operator==(const NotificationRule&) const = default;
};

struct NotificationConfiguration {
  std::vector<NotificationRule> rules;
  bool event_bridge = false;  // all events, wherever the rules send them

  bool operator==(const NotificationConfiguration&) const = default;
};

/// A NotificationConfiguration; an empty one takes all rules away. A rule without an Id has one made up
/// ("notification-1").
/// Errors: 400 MalformedXML; 400 InvalidArgument for an event that there is none of, a filter that is neither a prefix
/// nor a suffix or is there twice, a value of more than 1024 bytes, an Id of more than 255 characters or one that is
/// there twice, and for two rules that a single event could meet.
/// Source: Amazon S3 User Guide, "Configuring event notifications using object key name filtering".
S3Result<NotificationConfiguration> parse_notification(std::string_view xml);
std::string print_notification(const NotificationConfiguration& configuration);

/// Errors: 400 InvalidArgument when `exists` knows one of the destinations not; the error says which in its details.
S3Result<void> check_destinations(const NotificationConfiguration& configuration,
                                  const std::function<bool(DestinationKind kind, std::string_view arn)>& exists);

/// The rules that want the event ("s3:ObjectCreated:Put", with or without "s3:") of the key. They point into the
/// configuration.
std::vector<const NotificationRule*> match(const NotificationConfiguration& configuration, std::string_view event,
                                           std::string_view key);

}  // namespace store::s3
