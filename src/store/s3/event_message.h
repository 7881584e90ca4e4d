#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/object.h"

namespace store::s3 {

/// What happened to an object, as a notification tells it.
struct NotifiedEvent {
  std::string name;  // "ObjectCreated:Put": never with "s3:"
  std::string bucket;
  std::string key;                    // decoded
  std::optional<std::uint64_t> size;  // none: not told, as of a removal
  std::string etag;                   // without quotes; empty: not told
  std::string version;                // empty: not told
  std::string sequencer;              // hexadecimal; see is_older
  std::optional<base::Instant> time;

  bool operator==(const NotifiedEvent&) const = default;
};

/// The events of a message as a queue or a webhook gets it, in their order. It may be the envelope of a topic (SNS).
/// None for a message without Records: s3:TestEvent, or the greeting of a topic. Errors: InvalidValue, for what is no
/// JSON or no event of S3, and says where. Any version 2.x of the record is read. Source: Amazon S3 User Guide, "Event
/// message structure".
base::Result<std::vector<NotifiedEvent>> parse_event_message(std::string_view text);

/// "ObjectCreated:Put"; that of EventKind::Configured is "TestEvent".
std::string_view event_name(EventKind kind);

/// What a message says beside the event.
struct EventContext {
  std::string region;
  std::string configuration;  // id of the rule
  std::string bucket_owner;   // id
};
/// One record, version 2.1, in a message of its own.
std::string print_event_message(const ObjectEvent& event, const EventContext& context);
/// What S3 sends when somebody said where a bucket's events go.
std::string print_test_message(const ObjectEvent& event);

/// Whether both are messages of records, which can be one message.
bool can_join(std::string_view message, std::string_view next);
/// At least one; of several, each can_join the next.
std::string join_event_messages(std::span<const std::string> messages);

/// Whether the first of two sequencers of one key came before the second.
bool is_older(std::string_view sequencer, std::string_view than);

}  // namespace store::s3
