#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

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

/// Whether the first of two sequencers of one key came before the second.
bool is_older(std::string_view sequencer, std::string_view than);

}  // namespace store::s3
