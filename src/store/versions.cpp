#include "store/versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "store/state.h"

namespace store {
namespace {

constexpr std::string_view kNull = "null";

/// Scrambles the sequence, so that half of a version's name checks the other half: a name that was never given out is
/// told from that of a version which is gone.
std::uint64_t check_of(std::uint64_t sequence) {
  auto mixed = (sequence ^ 0x9E3779B97F4A7C15U) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 29)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 32);
}

std::string version_name(std::uint64_t sequence) { return fmt::format("{:016x}{:016x}", sequence, check_of(sequence)); }

base::Error not_a_version(std::string_view version) {
  return {base::ErrorKind::InvalidValue, 0, {}, fmt::format("Invalid version id specified: {}", version), {}};
}

/// Versions of a key in their own space, the newest first.
base::Result<std::vector<FoundVersion>> other_versions(const Transaction& transaction, const std::string& bucket,
                                                       const std::string& key) {
  TRY(auto entries, transaction.scan(index_key::versions(bucket, key)));
  std::vector<FoundVersion> found;
  for (auto& [place, value] : entries) {
    TRY(auto record, decode_object(value));
    found.push_back({std::move(place), std::move(record)});
  }
  return found;
}

base::Status forget(Transaction& transaction, const FoundVersion& version) {
  TRY_VOID(transaction.drop_references(extents_of(version.record.contents)));
  transaction.erase(version.place);
  return {};
}

/// Only a bucket that ever kept versions has more than the current object of a key.
base::Status forget_null_version(Transaction& transaction, const std::string& bucket, const std::string& key) {
  TRY(const auto others, other_versions(transaction, bucket, key));
  for (const auto& other : others)
    if (other.record.details.info.is_null_version) TRY_VOID(forget(transaction, other));
  return {};
}

/// Takes the current object, if any, out of the way of a new version or delete marker.
base::Status retire_current(Transaction& transaction, const BucketInfo& bucket, const std::string& key,
                            const std::optional<ObjectRecord>& current) {
  const auto place = index_key::object(bucket.name, key);
  const bool replaces_null = bucket.versioning != Versioning::Enabled;
  if (current && replaces_null && current->details.info.is_null_version) {
    TRY_VOID(forget(transaction, {place, *current}));
  } else if (current) {
    transaction.put(index_key::version(bucket.name, key, current->details.info.sequence), encode(*current));
    transaction.erase(place);
  }
  if (bucket.versioning == Versioning::Suspended) return forget_null_version(transaction, bucket.name, key);
  return {};
}

/// After the current version went: the newest of the others becomes the current one, unless it is a delete marker.
base::Status promote_newest(Transaction& transaction, const std::string& bucket, const std::string& key) {
  TRY(const auto others, transaction.scan(index_key::versions(bucket, key), 1));
  if (others.empty()) return {};
  TRY(const auto record, decode_object(others.front().second));
  if (record.is_delete_marker) return {};
  transaction.put(index_key::object(bucket, key), others.front().second);
  transaction.erase(others.front().first);
  return {};
}

base::Status check_write_conditions(const WriteConditions& conditions, const std::string& bucket,
                                    const std::string& key, const std::optional<ObjectRecord>& old) {
  const auto& [if_match, if_none_match] = conditions;
  if (!if_match.empty() && !old) return base::fail(no_such_key(bucket, key));
  if (!if_match.empty() && !matches(if_match, old->details.info.etag))
    return base::fail(precondition_failed("If-Match"));
  if (!if_none_match.empty() && old && matches(if_none_match, old->details.info.etag))
    return base::fail(precondition_failed("If-None-Match"));
  return {};
}

std::int64_t whole_seconds(base::Instant instant) { return instant.ns / 1'000'000'000; }

base::Status check_remove_conditions(const RemoveOptions& options, const ObjectInfo& info) {
  if (!options.if_match.empty() && !matches(options.if_match, info.etag))
    return base::fail(precondition_failed("If-Match"));
  if (options.if_last_modified && whole_seconds(*options.if_last_modified) != whole_seconds(info.last_modified))
    return base::fail(precondition_failed("x-amz-if-match-last-modified-time"));
  if (options.if_size && *options.if_size != info.size) return base::fail(precondition_failed("x-amz-if-match-size"));
  return {};
}

base::Status check_unlocked(const Transaction& transaction, const ObjectDetails& details, bool bypass_governance) {
  const auto& [retention, legal_hold] = details.lock;
  const bool retained = retention && retention->until > transaction.now() &&
                        (retention->mode == RetentionMode::Compliance || !bypass_governance);
  if (!retained && !legal_hold) return {};
  return base::fail(base::ErrorKind::Denied, "the object version is locked: " + details.info.key);
}

void append_removal(Transaction& transaction, const BucketInfo& bucket, const std::string& key, const Removed& removed,
                    const RemoveOptions& options) {
  append_event(transaction,
               {.sequence = transaction.next_sequence(),
                .kind = options.cause == RemovalCause::Request ? EventKind::Delete : EventKind::ExpirationDelete,
                .bucket = bucket.name,
                .key = key,
                .time = transaction.now(),
                .version = bucket.versioning == Versioning::Never ? std::string{} : removed.version,
                .origin = options.origin});
}

base::Result<Removed> remove_named(Transaction& transaction, const BucketInfo& bucket, const std::string& key,
                                   const RemoveOptions& options) {
  TRY(const auto found, find_version(transaction, bucket.name, key, options.version));
  if (!found) return Removed{.version = options.version};
  TRY_VOID(check_remove_conditions(options, found->record.details.info));
  TRY_VOID(check_unlocked(transaction, found->record.details, options.bypass_governance));
  const Removed removed{true, found->record.is_delete_marker, options.version};
  TRY_VOID(forget(transaction, *found));
  append_removal(transaction, bucket, key, removed, options);
  // With the current object gone, or the marker that hid the others, the newest of the rest shows.
  TRY(const auto current, transaction.get(index_key::object(bucket.name, key)));
  if (!current) TRY_VOID(promote_newest(transaction, bucket.name, key));
  return removed;
}

/// Hides the current version behind a delete marker.
base::Result<Removed> write_delete_marker(Transaction& transaction, const BucketInfo& bucket, const std::string& key,
                                          const std::optional<ObjectRecord>& current, const RemoveOptions& options) {
  TRY_VOID(retire_current(transaction, bucket, key, current));
  ObjectRecord marker{.is_delete_marker = true};
  auto& info = marker.details.info;
  info = {.bucket = bucket.name, .key = key, .last_modified = transaction.now()};
  info.sequence = transaction.next_sequence();
  info.is_null_version = bucket.versioning != Versioning::Enabled;
  info.owner = bucket.owner;
  transaction.put(index_key::version(bucket.name, key, info.sequence), encode(marker));
  append_event(transaction, {.sequence = info.sequence,
                             .kind = options.cause == RemovalCause::Request ? EventKind::DeleteMarkerCreated
                                                                            : EventKind::ExpirationDeleteMarkerCreated,
                             .bucket = bucket.name,
                             .key = key,
                             .time = info.last_modified,
                             .version = version_id(info),
                             .origin = options.origin});
  return Removed{current.has_value(), true, version_id(info)};
}

}  // namespace

void append_event(Transaction& transaction, const ObjectEvent& event) {
  transaction.put(index_key::event(event.sequence), encode(event));
}

std::string version_id(const ObjectInfo& info) {
  return info.is_null_version ? std::string(kNull) : version_name(info.sequence);
}

base::Result<std::optional<std::uint64_t>> parse_version_id(std::string_view version) {
  if (version == kNull) return std::nullopt;
  std::uint64_t sequence = 0;
  const auto half = version.substr(0, 16);
  const auto [end, error] = std::from_chars(half.data(), half.data() + half.size(), sequence, 16);
  if (error != std::errc{} || end != half.data() + half.size() || version != version_name(sequence))
    return base::fail(not_a_version(version));
  return std::optional(sequence);
}

bool matches(std::string_view condition, std::string_view etag) { return condition == "*" || condition == etag; }

base::Error precondition_failed(std::string_view condition) {
  return {base::ErrorKind::Conflict, 0, {}, fmt::format("precondition failed: {}", condition), {}};
}
base::Error no_such_version(const std::string& key, const std::string& version) {
  return {base::ErrorKind::NotFound, 0, {}, fmt::format("no such version: {} of {}", version, key), {}};
}

base::Result<BucketInfo> require_bucket(const Transaction& transaction, const std::string& bucket) {
  TRY(const auto found, transaction.get(index_key::bucket(bucket)));
  if (!found) return base::fail(no_such_bucket(bucket));
  return decode_bucket(bucket, *found);
}

base::Result<std::optional<ObjectRecord>> find_object(const Transaction& transaction, const std::string& bucket,
                                                      const std::string& key) {
  TRY(const auto found, transaction.get(index_key::object(bucket, key)));
  if (!found) return std::nullopt;
  TRY(auto record, decode_object(*found));
  return std::optional<ObjectRecord>(std::move(record));
}

base::Result<std::optional<FoundVersion>> find_version(const Transaction& transaction, const std::string& bucket,
                                                       const std::string& key, const std::string& version) {
  TRY(auto current, find_object(transaction, bucket, key));
  if (current && (version.empty() || version_id(current->details.info) == version))
    return std::optional(FoundVersion{index_key::object(bucket, key), std::move(*current)});
  if (version.empty()) return std::nullopt;
  TRY(const auto sequence, parse_version_id(version));
  if (!sequence) {
    TRY(auto others, other_versions(transaction, bucket, key));
    for (auto& other : others)
      if (other.record.details.info.is_null_version) return std::optional(std::move(other));
    return std::nullopt;
  }
  auto place = index_key::version(bucket, key, *sequence);
  TRY(const auto found, transaction.get(place));
  if (!found) return std::nullopt;
  TRY(auto record, decode_object(*found));
  if (record.details.info.is_null_version) return std::nullopt;
  return std::optional(FoundVersion{std::move(place), std::move(record)});
}

base::Status make_visible(Transaction& transaction, ObjectRecord& record, EventKind kind,
                          const CommitOptions& options) {
  auto& info = record.details.info;
  TRY(const auto bucket, require_bucket(transaction, info.bucket));
  const auto token = options.token ? index_key::token(options.token->source, options.token->id) : std::string{};
  if (options.token) {
    TRY(const auto known, transaction.get(token));
    if (known) {
      TRY(record, decode_object(*known));
      return {};
    }
  }
  TRY(const auto old, find_object(transaction, info.bucket, info.key));
  TRY_VOID(check_write_conditions(options.conditions, info.bucket, info.key, old));

  info.sequence = transaction.next_sequence();
  info.last_modified = old ? std::max(transaction.now(), old->details.info.last_modified) : transaction.now();
  info.is_null_version = bucket.versioning != Versioning::Enabled;
  info.storage_class = record.details.attributes.storage_class;
  TRY_VOID(transaction.add_references(extents_of(record.contents)));
  TRY_VOID(retire_current(transaction, bucket, info.key, old));
  transaction.put(index_key::object(info.bucket, info.key), encode(record));
  if (options.token) transaction.put(token, encode(record));
  append_event(transaction, {.sequence = info.sequence,
                             .kind = kind,
                             .bucket = info.bucket,
                             .key = info.key,
                             .size = info.size,
                             .etag = info.etag,
                             .time = info.last_modified,
                             .version = bucket.versioning == Versioning::Never ? std::string{} : version_id(info),
                             .origin = options.origin});
  return {};
}

base::Result<Removed> remove_version(Transaction& transaction, const BucketInfo& bucket, const std::string& key,
                                     const RemoveOptions& options) {
  if (!options.version.empty()) return remove_named(transaction, bucket, key, options);
  TRY(const auto current, find_object(transaction, bucket.name, key));
  if (current) {
    const auto& info = current->details.info;
    if (options.if_sequence != 0 && options.if_sequence != info.sequence) return Removed{};
    TRY_VOID(check_remove_conditions(options, info));
  } else if (options.if_sequence != 0) {
    return Removed{};
  } else {
    // A delete marker hides the object but is there for conditions.
    const bool conditional = !options.if_match.empty() || options.if_last_modified || options.if_size;
    TRY(const auto others, transaction.scan(index_key::versions(bucket.name, key), 1));
    if (conditional && others.empty()) return Removed{};
    if (!others.empty()) {
      TRY(const auto marker, decode_listed(others.front().second));
      TRY_VOID(check_remove_conditions(options, marker.info));
    }
  }
  if (bucket.versioning != Versioning::Never) return write_delete_marker(transaction, bucket, key, current, options);
  if (!current) return Removed{};
  TRY_VOID(forget(transaction, {index_key::object(bucket.name, key), *current}));
  const Removed removed{.existed = true};
  append_removal(transaction, bucket, key, removed, options);
  return removed;
}

}  // namespace store
