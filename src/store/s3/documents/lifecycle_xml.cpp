#include <algorithm>
#include <array>
#include <set>

#include "store/s3/documents/lifecycle.h"
#include "store/s3/documents/text.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

/// Lifecycle configurations from XML and back.
namespace store::s3 {
namespace {

constexpr std::size_t kRulesMax = 1000;
constexpr std::size_t kIdCharactersMax = 255;
constexpr int kNewerVersionsMax = 100;
constexpr std::array<std::string_view, 6> kStorageClasses{"STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
                                                          "GLACIER",     "GLACIER_IR", "DEEP_ARCHIVE"};

S3Failure invalid_request(std::string message) { return refuse(400, "InvalidRequest", std::move(message)); }

/// An integer of at least `least`. Errors: 400 MalformedXML, 400 InvalidArgument.
S3Result<std::optional<int>> read_count(const XmlElement& element, std::string_view name, int least) {
  TRY(const auto value, element.integer_of(name));
  if (!value) return std::optional<int>{};
  if (*value < least || *value > INT32_MAX)
    return invalid_argument("'" + std::string(name) + "' of " + std::string(element.name()) + " must be at least " +
                            std::to_string(least));
  return std::optional(static_cast<int>(*value));
}

S3Result<std::optional<base::Instant>> read_date(const XmlElement& element) {
  const auto text = element.text_of("Date");
  if (!text) return std::optional<base::Instant>{};
  const auto date = parse_iso_time(trim(*text));
  if (!date) return invalid_argument("'Date' is no date in ISO 8601 format");
  if (date->ns % kNanosecondsPerDay != 0) return invalid_argument("'Date' must be at midnight GMT");
  return date;
}

S3Result<std::string> read_storage_class(const XmlElement& element) {
  auto name = element.text_of("StorageClass");
  if (!name) return malformed_xml("StorageClass is missing");
  if (std::ranges::find(kStorageClasses, *name) == kStorageClasses.end())
    return refuse(501, "NotImplemented", "The storage class is not implemented: " + *name);
  return std::move(*name);
}

S3Result<std::optional<std::int64_t>> read_size(const XmlElement& element, std::string_view name) {
  TRY(const auto size, element.integer_of(name));
  if (size && *size < 0) return invalid_argument("'" + std::string(name) + "' must not be negative");
  return size;
}

/// Adds the conditions of a Filter, or of the And inside it.
S3Result<void> read_filter_elements(const XmlElement& element, LifecycleFilter& filter) {
  if (auto prefix = element.text_of("Prefix")) {
    const auto known = filter.prefix.value_or("");
    if (!prefix->starts_with(known) && !known.starts_with(*prefix))
      return malformed_xml("the Filter has two prefixes that no key has both");
    if (!filter.prefix || prefix->size() > known.size()) filter.prefix = std::move(prefix);
  }
  for (const auto& tag : element.children("Tag")) {
    TRY(auto read, read_tag(tag));
    filter.tags.push_back(std::move(read));
  }
  TRY(const auto greater, read_size(element, "ObjectSizeGreaterThan"));
  TRY(const auto less, read_size(element, "ObjectSizeLessThan"));
  if (greater) filter.size_greater_than = greater;
  if (less) filter.size_less_than = less;
  return {};
}

S3Result<void> read_filter(const XmlElement& rule_element, LifecycleRule& rule) {
  const auto filter = rule_element.child("Filter");
  auto prefix = rule_element.text_of("Prefix");
  if (filter.has_value() == prefix.has_value()) return malformed_xml("a Rule needs one of Filter and Prefix");
  rule.has_filter = filter.has_value();
  rule.filter.prefix = std::move(prefix);
  if (!filter) return {};
  TRY_VOID(read_filter_elements(*filter, rule.filter));
  if (const auto all = filter->child("And")) TRY_VOID(read_filter_elements(*all, rule.filter));
  TRY_VOID(check_tags(rule.filter.tags, TagHolder::Object));
  const auto greater = rule.filter.size_greater_than, less = rule.filter.size_less_than;
  if (greater && less && *less - *greater < 2)
    return invalid_request("'ObjectSizeLessThan' must leave a size above 'ObjectSizeGreaterThan'");
  return {};
}

S3Result<void> read_expiration(const XmlElement& rule_element, LifecycleRule& rule) {
  const auto element = rule_element.child("Expiration");
  if (!element) return {};
  LifecycleExpiration expiration;
  TRY(expiration.days, read_count(*element, "Days", 1));
  TRY(expiration.date, read_date(*element));
  TRY(expiration.expired_object_delete_marker, element->flag_of("ExpiredObjectDeleteMarker"));
  const int count =
      (expiration.days ? 1 : 0) + (expiration.date ? 1 : 0) + (expiration.expired_object_delete_marker ? 1 : 0);
  if (count != 1) return malformed_xml("an Expiration needs one of Days, Date and ExpiredObjectDeleteMarker");
  if (expiration.expired_object_delete_marker && !rule.filter.tags.empty())
    return invalid_request("ExpiredObjectDeleteMarker cannot be specified with Tags.");
  rule.expiration = expiration;
  return {};
}

S3Result<NoncurrentExpiration> read_noncurrent(const XmlElement& element, int least_days) {
  TRY(const auto days, read_count(element, "NoncurrentDays", least_days));
  if (!days) return malformed_xml("NoncurrentDays is missing");
  TRY(const auto newer, read_count(element, "NewerNoncurrentVersions", 1));
  if (newer.value_or(0) > kNewerVersionsMax) return invalid_argument("'NewerNoncurrentVersions' must not exceed 100");
  return NoncurrentExpiration{*days, newer};
}

S3Result<void> read_noncurrent_expiration(const XmlElement& rule_element, LifecycleRule& rule) {
  if (const auto element = rule_element.child("NoncurrentVersionExpiration")) {
    TRY(rule.noncurrent_expiration, read_noncurrent(*element, 1));
  }
  for (const auto& element : rule_element.children("NoncurrentVersionTransition")) {
    TRY(const auto when, read_noncurrent(element, 0));
    TRY(auto storage_class, read_storage_class(element));
    rule.noncurrent_transitions.push_back({when, std::move(storage_class)});
  }
  return {};
}

S3Result<void> read_transitions(const XmlElement& rule_element, LifecycleRule& rule) {
  for (const auto& element : rule_element.children("Transition")) {
    LifecycleTransition transition;
    TRY(transition.days, read_count(element, "Days", 0));
    TRY(transition.date, read_date(element));
    TRY(transition.storage_class, read_storage_class(element));
    if (transition.days.has_value() == transition.date.has_value())
      return malformed_xml("a Transition needs one of Days and Date");
    rule.transitions.push_back(std::move(transition));
  }
  return {};
}

S3Result<void> read_abort(const XmlElement& rule_element, LifecycleRule& rule) {
  const auto element = rule_element.child("AbortIncompleteMultipartUpload");
  if (!element) return {};
  TRY(rule.abort_upload_days, read_count(*element, "DaysAfterInitiation", 1));
  if (!rule.abort_upload_days) return malformed_xml("DaysAfterInitiation is missing");
  if (!rule.filter.tags.empty() || rule.filter.size_greater_than || rule.filter.size_less_than)
    return invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags or sizes.");
  return {};
}

S3Result<LifecycleRule> read_rule(const XmlElement& element) {
  LifecycleRule rule;
  rule.id = element.text_of("ID").value_or("");
  if (code_points(rule.id).value_or(0) > kIdCharactersMax)
    return invalid_argument("ID length should not exceed allowed limit of 255");
  const auto status = element.text_of("Status");
  if (status != "Enabled" && status != "Disabled") return malformed_xml("Status is neither Enabled nor Disabled");
  rule.enabled = status == "Enabled";
  TRY_VOID(read_filter(element, rule));
  TRY_VOID(read_expiration(element, rule));
  TRY_VOID(read_noncurrent_expiration(element, rule));
  TRY_VOID(read_transitions(element, rule));
  TRY_VOID(read_abort(element, rule));
  if (!rule.expiration && !rule.noncurrent_expiration && !rule.abort_upload_days && rule.transitions.empty() &&
      rule.noncurrent_transitions.empty())
    return invalid_request("At least one action needs to be specified in a rule");
  return rule;
}

/// Gives each rule without one an ID that no other has.
S3Result<void> complete_ids(std::vector<LifecycleRule>& rules) {
  std::set<std::string> known;
  for (const auto& rule : rules)
    if (!rule.id.empty() && !known.insert(rule.id).second)
      return invalid_argument("Rule ID must be unique. Found same ID for more than one rule: " + rule.id);
  int number = 0;
  for (auto& rule : rules)
    while (rule.id.empty())
      if (auto id = "rule-" + std::to_string(++number); known.insert(id).second) rule.id = std::move(id);
  return {};
}

void write_count(XmlWriter& xml, std::string_view name, const std::optional<int>& count) {
  if (count) xml.number(name, static_cast<std::uint64_t>(*count));
}

void write_filter(XmlWriter& xml, const LifecycleFilter& filter) {
  xml.open("Filter");
  const auto conditions = (filter.prefix ? 1u : 0u) + filter.tags.size() + (filter.size_greater_than ? 1u : 0u) +
                          (filter.size_less_than ? 1u : 0u);
  if (conditions > 1) xml.open("And");
  if (filter.prefix) xml.text("Prefix", *filter.prefix);
  for (const auto& tag : filter.tags) write_tag(xml, tag);
  if (filter.size_greater_than) xml.text("ObjectSizeGreaterThan", std::to_string(*filter.size_greater_than));
  if (filter.size_less_than) xml.text("ObjectSizeLessThan", std::to_string(*filter.size_less_than));
  if (conditions > 1) xml.close();
  xml.close();
}

void write_noncurrent(XmlWriter& xml, const NoncurrentExpiration& when) {
  write_count(xml, "NoncurrentDays", when.days);
  write_count(xml, "NewerNoncurrentVersions", when.newer_to_keep);
}

void write_actions(XmlWriter& xml, const LifecycleRule& rule) {
  if (const auto& expiration = rule.expiration) {
    xml.open("Expiration");
    write_count(xml, "Days", expiration->days);
    if (expiration->date) xml.text("Date", iso_time(*expiration->date));
    if (expiration->expired_object_delete_marker)
      xml.flag("ExpiredObjectDeleteMarker", *expiration->expired_object_delete_marker);
    xml.close();
  }
  for (const auto& transition : rule.transitions) {
    xml.open("Transition");
    write_count(xml, "Days", transition.days);
    if (transition.date) xml.text("Date", iso_time(*transition.date));
    xml.text("StorageClass", transition.storage_class).close();
  }
  if (rule.noncurrent_expiration) {
    xml.open("NoncurrentVersionExpiration");
    write_noncurrent(xml, *rule.noncurrent_expiration);
    xml.close();
  }
  for (const auto& transition : rule.noncurrent_transitions) {
    xml.open("NoncurrentVersionTransition");
    write_noncurrent(xml, transition.when);
    xml.text("StorageClass", transition.storage_class).close();
  }
  if (!rule.abort_upload_days) return;
  xml.open("AbortIncompleteMultipartUpload");
  write_count(xml, "DaysAfterInitiation", rule.abort_upload_days);
  xml.close();
}

}  // namespace

S3Result<LifecycleConfiguration> parse_lifecycle(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "LifecycleConfiguration"));
  LifecycleConfiguration configuration;
  for (const auto& element : document.root().children("Rule")) {
    TRY(auto rule, read_rule(element));
    configuration.rules.push_back(std::move(rule));
  }
  if (configuration.rules.empty() || configuration.rules.size() > kRulesMax)
    return malformed_xml("there must be 1 to 1000 Rules");
  TRY_VOID(complete_ids(configuration.rules));
  return configuration;
}

std::string print_lifecycle(const LifecycleConfiguration& configuration) {
  XmlWriter xml("LifecycleConfiguration");
  for (const auto& rule : configuration.rules) {
    xml.open("Rule").text("ID", rule.id);
    if (rule.has_filter) {
      write_filter(xml, rule.filter);
    } else {
      xml.text("Prefix", rule.filter.prefix.value_or(""));
    }
    xml.text("Status", rule.enabled ? "Enabled" : "Disabled");
    write_actions(xml, rule);
    xml.close();
  }
  return xml.take();
}

}  // namespace store::s3
