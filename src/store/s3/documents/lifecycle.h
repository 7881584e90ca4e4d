#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

/// Which objects a rule is for: those that meet all of it.
struct LifecycleFilter {
  std::optional<std::string> prefix;
  Tags tags;
  std::optional<std::int64_t> size_greater_than;
  std::optional<std::int64_t> size_less_than;

  bool operator==(const LifecycleFilter&) const = default;
};

/// When current objects end: one of the three.
struct LifecycleExpiration {
  std::optional<int> days;
  std::optional<base::Instant> date;                 // midnight UTC
  std::optional<bool> expired_object_delete_marker;  // whether markers go that hide nothing any more

  bool operator==(const LifecycleExpiration&) const = default;
};

/// Stored and printed only: there is one storage class here.
struct LifecycleTransition {
  std::optional<int> days;
  std::optional<base::Instant> date;
  std::string storage_class;

  bool operator==(const LifecycleTransition&) const = default;
};

struct NoncurrentExpiration {
  int days = 0;                      // since another version took its place
  std::optional<int> newer_to_keep;  // of the noncurrent ones

  bool operator==(const NoncurrentExpiration&) const = default;
};

/// As LifecycleTransition.
struct NoncurrentTransition {
  NoncurrentExpiration when;
  std::string storage_class;

  bool operator==(const NoncurrentTransition&) const = default;
};

struct LifecycleRule {
  std::string id;
  bool enabled = true;
  bool has_filter = true;  // false: the document has a bare Prefix, as before there were filters
  LifecycleFilter filter;
  std::optional<LifecycleExpiration> expiration;
  std::optional<NoncurrentExpiration> noncurrent_expiration;
  std::optional<int> abort_upload_days;
  std::vector<LifecycleTransition> transitions;
  std::vector<NoncurrentTransition> noncurrent_transitions;

  bool operator==(const LifecycleRule&) const = default;
};

struct LifecycleConfiguration {
  std::vector<LifecycleRule> rules;

  bool operator==(const LifecycleConfiguration&) const = default;
};

/// A LifecycleConfiguration. A rule without an ID has one made up ("rule-1").
/// A filter may have several conditions without And, as some servers let it; all of them count.
/// Errors: 400 MalformedXML for another Status, no or more than 1000 rules, both or none of Prefix and Filter, an
/// Expiration with not exactly one of its elements; 400 InvalidArgument for an ID of more than 255 characters or one
/// that is there twice, days below 1 (0 in a transition), a date that is none or not midnight UTC, sizes below 0; 400
/// InvalidRequest for a rule without action, one whose action cannot have its filter, and sizes that leave nothing; 400
/// InvalidTag; 501 NotImplemented for unknown storage classes.
/// Source: Amazon S3 API Reference, "PutBucketLifecycleConfiguration".
S3Result<LifecycleConfiguration> parse_lifecycle(std::string_view xml);
std::string print_lifecycle(const LifecycleConfiguration& configuration);

/// What rules ask about one version.
struct ObjectFacts {
  std::string key;
  std::uint64_t size = 0;
  Tags tags;
  base::Instant last_modified;
  bool is_latest = true;
  bool is_delete_marker = false;
  bool is_only_version = false;       // of its key
  base::Instant became_noncurrent;    // of a version that is not the latest
  int newer_noncurrent_versions = 0;  // the same
};

enum class LifecycleAction {
  None,
  ExpireCurrent,       // delete as a client does: for good, or by a marker where there are versions
  DeleteNoncurrent,    // this version, for good
  RemoveDeleteMarker,  // this marker, for good
};

/// A day as real rules have it. A shorter one makes rules due within a test, and is not rounded to midnight.
inline constexpr std::chrono::nanoseconds kLifecycleDay = std::chrono::hours{24};

/// What is due for the version.
/// Source: Amazon S3 User Guide, "Lifecycle configuration elements" and "Expiring objects".
LifecycleAction due_action(const LifecycleConfiguration& configuration, const ObjectFacts& object, base::Instant now,
                           std::chrono::nanoseconds day = kLifecycleDay);

/// Something that a rule will do.
struct LifecycleEvent {
  base::Instant at;
  std::string rule_id;
};

/// When the current object ends, and by which rule: the first in time.
std::optional<LifecycleEvent> expiration_of(const LifecycleConfiguration& configuration, const ObjectFacts& object,
                                            std::chrono::nanoseconds day = kLifecycleDay);

/// When an upload that began at `initiated` is to be aborted if it is not complete: x-amz-abort-date and
/// x-amz-abort-rule-id of CreateMultipartUpload.
std::optional<LifecycleEvent> abort_of_upload(const LifecycleConfiguration& configuration, std::string_view key,
                                              base::Instant initiated, std::chrono::nanoseconds day = kLifecycleDay);

/// The header x-amz-expiration of the current object, none where no rule ends it. Its days are real ones always: it
/// tells people a date.
std::optional<std::string> expiration_header(const LifecycleConfiguration& configuration, const ObjectFacts& object);

}  // namespace store::s3
