#include "store/s3/documents/lifecycle.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/message.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

using std::chrono::nanoseconds;

constexpr base::Instant kNever{INT64_MAX};

base::Instant add_days(base::Instant from, int days, nanoseconds day) {
  if (days > 0 && day.count() > (INT64_MAX - from.ns) / days) return kNever;
  return {from.ns + days * day.count()};
}

/// Real days end at midnight.
base::Instant end_of_days(base::Instant from, int days, nanoseconds day) {
  const auto end = add_days(from, days, day);
  if (day != kLifecycleDay) return end;
  const auto since_midnight = end.ns % kNanosecondsPerDay;
  if (since_midnight == 0) return end;
  return add_days({end.ns - since_midnight}, 1, day);
}

bool has_tags(const ObjectFacts& object, const Tags& wanted) {
  return std::ranges::all_of(wanted,
                             [&](const Tag& tag) { return std::ranges::find(object.tags, tag) != object.tags.end(); });
}

/// A delete marker has neither tags nor a size.
bool has_size(const ObjectFacts& object, const LifecycleFilter& filter) {
  if (!filter.size_greater_than && !filter.size_less_than) return true;
  const auto size = static_cast<std::int64_t>(object.size);
  return !object.is_delete_marker && size > filter.size_greater_than.value_or(-1) &&
         size < filter.size_less_than.value_or(INT64_MAX);
}

bool is_for(const LifecycleRule& rule, const ObjectFacts& object) {
  return rule.enabled && object.key.starts_with(rule.filter.prefix.value_or("")) &&
         has_tags(object, rule.filter.tags) && has_size(object, rule.filter);
}

/// When the rule ends a current object, or a marker as old as one.
std::optional<base::Instant> end_of_current(const LifecycleRule& rule, const ObjectFacts& object, nanoseconds day) {
  if (!rule.expiration) return std::nullopt;
  if (rule.expiration->days) return end_of_days(object.last_modified, *rule.expiration->days, day);
  return rule.expiration->date;
}

LifecycleAction action_of(const LifecycleRule& rule, const ObjectFacts& object, base::Instant now, nanoseconds day) {
  if (!object.is_latest) {
    const auto& rest = rule.noncurrent_expiration;
    const bool is_due = rest && object.newer_noncurrent_versions >= rest->newer_to_keep.value_or(0) &&
                        end_of_days(object.became_noncurrent, rest->days, day) <= now;
    return is_due ? LifecycleAction::DeleteNoncurrent : LifecycleAction::None;
  }
  const auto end = end_of_current(rule, object, day);
  const bool is_due = end && *end <= now;
  if (!object.is_delete_marker) return is_due ? LifecycleAction::ExpireCurrent : LifecycleAction::None;
  // A marker goes once it hides nothing: at once where the rule is about markers, else when an object would.
  const bool wants_markers = rule.expiration && rule.expiration->expired_object_delete_marker.value_or(false);
  return object.is_only_version && (wants_markers || is_due) ? LifecycleAction::RemoveDeleteMarker
                                                             : LifecycleAction::None;
}

void keep_earlier(std::optional<LifecycleEvent>& earliest, base::Instant at, const std::string& rule_id) {
  if (!earliest || at < earliest->at) earliest = LifecycleEvent{at, rule_id};
}

}  // namespace

LifecycleAction due_action(const LifecycleConfiguration& configuration, const ObjectFacts& object, base::Instant now,
                           nanoseconds day) {
  for (const auto& rule : configuration.rules) {
    if (!is_for(rule, object)) continue;
    const auto action = action_of(rule, object, now, day);
    if (action != LifecycleAction::None) return action;
  }
  return LifecycleAction::None;
}

std::optional<LifecycleEvent> expiration_of(const LifecycleConfiguration& configuration, const ObjectFacts& object,
                                            nanoseconds day) {
  std::optional<LifecycleEvent> earliest;
  if (!object.is_latest || object.is_delete_marker) return earliest;
  for (const auto& rule : configuration.rules) {
    if (!is_for(rule, object)) continue;
    if (const auto end = end_of_current(rule, object, day)) keep_earlier(earliest, *end, rule.id);
  }
  return earliest;
}

std::optional<LifecycleEvent> abort_of_upload(const LifecycleConfiguration& configuration, std::string_view key,
                                              base::Instant initiated, nanoseconds day) {
  std::optional<LifecycleEvent> earliest;
  for (const auto& rule : configuration.rules)
    if (rule.enabled && rule.abort_upload_days && key.starts_with(rule.filter.prefix.value_or("")))
      keep_earlier(earliest, end_of_days(initiated, *rule.abort_upload_days, day), rule.id);
  return earliest;
}

std::optional<std::string> expiration_header(const LifecycleConfiguration& configuration, const ObjectFacts& object) {
  const auto event = expiration_of(configuration, object);
  if (!event) return std::nullopt;
  return fmt::format("expiry-date=\"{}\", rule-id=\"{}\"", http_time(event->at), http::percent_encode(event->rule_id));
}

}  // namespace store::s3
