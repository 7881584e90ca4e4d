#include "store/s3/documents/notification.h"

#include <algorithm>
#include <array>
#include <set>

#include "store/s3/documents/text.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kIdCharactersMax = 255;
constexpr std::size_t kFilterBytesMax = 1024;

/// Source: Amazon S3 User Guide, "Supported event types for SQS, SNS, and Lambda".
constexpr std::array<std::string_view, 28> kEvents{
    "s3:TestEvent",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
};

struct KindNames {
  DestinationKind kind;
  std::string_view rule;
  std::string_view destination;
};
// In the order of the schema.
constexpr std::array kKinds{
    KindNames{DestinationKind::Topic, "TopicConfiguration", "Topic"},
    KindNames{DestinationKind::Queue, "QueueConfiguration", "Queue"},
    KindNames{DestinationKind::CloudFunction, "CloudFunctionConfiguration", "CloudFunction"},
};

S3Result<void> read_filter_rule(const XmlElement& element, NotificationRule& rule, std::set<std::string>& seen) {
  const auto name = to_lower(trim(element.text_of("Name").value_or("")));
  if (name != "prefix" && name != "suffix") return invalid_argument("filter rule name must be either prefix or suffix");
  if (!seen.insert(name).second) return invalid_argument("Cannot specify more than one " + name + " rule in a filter.");
  auto value = element.text_of("Value").value_or("");
  if (value.size() > kFilterBytesMax) return invalid_argument("Size of filter rule value cannot exceed 1024 bytes");
  (name == "prefix" ? rule.prefix : rule.suffix) = std::move(value);
  return {};
}

S3Result<void> read_filter(const XmlElement& element, NotificationRule& rule) {
  const auto filter = element.child("Filter");
  const auto key = filter ? filter->child("S3Key") : std::nullopt;
  if (!key) return {};
  std::set<std::string> seen;
  for (const auto& filter_rule : key->children("FilterRule")) TRY_VOID(read_filter_rule(filter_rule, rule, seen));
  return {};
}

S3Result<NotificationRule> read_rule(const XmlElement& element, const KindNames& names) {
  NotificationRule rule{.kind = names.kind, .id = element.text_of("Id").value_or("")};
  if (code_points(rule.id).value_or(0) > kIdCharactersMax)
    return invalid_argument("ID length should not exceed allowed limit of 255");
  auto destination = element.text_of(names.destination);
  if (!destination) return malformed_xml(std::string(names.destination) + " is missing");
  rule.destination = std::string(trim(*destination));
  if (!rule.destination.starts_with("arn:")) return invalid_argument("The ARN could not be parsed");
  for (const auto& event : element.children("Event")) rule.events.push_back(event.text());
  if (rule.events.empty()) return malformed_xml("a rule has no Event");
  for (const auto& event : rule.events)
    if (std::ranges::find(kEvents, event) == kEvents.end())
      return invalid_argument("The event '" + event + "' is not supported for notifications");
  TRY_VOID(read_filter(element, rule));
  return rule;
}

/// Whether the pattern, which may end with *, has the event.
bool has_event(std::string_view pattern, std::string_view event) {
  if (!pattern.ends_with('*')) return pattern == event;
  return event.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool share_event(const NotificationRule& left, const NotificationRule& right) {
  return std::ranges::any_of(left.events, [&](const std::string& one) {
    return std::ranges::any_of(
        right.events, [&](const std::string& other) { return has_event(one, other) || has_event(other, one); });
  });
}

/// Whether one key could have both beginnings and both ends.
bool share_key(const NotificationRule& left, const NotificationRule& right) {
  const bool share_prefix = left.prefix.starts_with(right.prefix) || right.prefix.starts_with(left.prefix);
  const bool share_suffix = left.suffix.ends_with(right.suffix) || right.suffix.ends_with(left.suffix);
  return share_prefix && share_suffix;
}

S3Result<void> check_overlaps(const std::vector<NotificationRule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (share_event(rules[i], rules[k]) && share_key(rules[i], rules[k]))
        return invalid_argument(
            "Configurations overlap. Configurations on the same bucket cannot share a common event type.");
  return {};
}

S3Result<void> complete_ids(std::vector<NotificationRule>& rules) {
  std::set<std::string> known;
  for (const auto& rule : rules)
    if (!rule.id.empty() && !known.insert(rule.id).second)
      return invalid_argument("Same ID used for multiple configurations. IDs must be unique: " + rule.id);
  int number = 0;
  for (auto& rule : rules)
    while (rule.id.empty())
      if (auto id = "notification-" + std::to_string(++number); known.insert(id).second) rule.id = std::move(id);
  return {};
}

void write_filter(XmlWriter& xml, const NotificationRule& rule) {
  if (rule.prefix.empty() && rule.suffix.empty()) return;
  xml.open("Filter").open("S3Key");
  if (!rule.prefix.empty()) xml.open("FilterRule").text("Name", "prefix").text("Value", rule.prefix).close();
  if (!rule.suffix.empty()) xml.open("FilterRule").text("Name", "suffix").text("Value", rule.suffix).close();
  xml.close().close();
}

}  // namespace

S3Result<NotificationConfiguration> parse_notification(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "NotificationConfiguration"));
  NotificationConfiguration configuration;
  for (const auto& element : document.root().children()) {
    if (element.name() == "EventBridgeConfiguration") {
      configuration.event_bridge = true;
      continue;
    }
    const auto names = std::ranges::find(kKinds, element.name(), &KindNames::rule);
    if (names == kKinds.end()) return malformed_xml("unknown element " + std::string(element.name()));
    TRY(auto rule, read_rule(element, *names));
    configuration.rules.push_back(std::move(rule));
  }
  TRY_VOID(check_overlaps(configuration.rules));
  TRY_VOID(complete_ids(configuration.rules));
  return configuration;
}

std::string print_notification(const NotificationConfiguration& configuration) {
  XmlWriter xml("NotificationConfiguration");
  for (const auto& rule : configuration.rules) {
    const auto names = std::ranges::find(kKinds, rule.kind, &KindNames::kind);
    xml.open(names->rule).text("Id", rule.id).text(names->destination, rule.destination);
    for (const auto& event : rule.events) xml.text("Event", event);
    write_filter(xml, rule);
    xml.close();
  }
  if (configuration.event_bridge) xml.open("EventBridgeConfiguration").close();
  return xml.take();
}

S3Result<void> check_destinations(const NotificationConfiguration& configuration,
                                  const std::function<bool(DestinationKind kind, std::string_view arn)>& exists) {
  for (const auto& rule : configuration.rules)
    if (!exists(rule.kind, rule.destination))
      return S3Failure(S3Error{400,
                               "InvalidArgument",
                               "Unable to validate the following destination configurations",
                               {{"ArgumentName", rule.destination},
                                {"ArgumentValue", "The destination does not exist or cannot be reached."}}});
  return {};
}

std::vector<const NotificationRule*> match(const NotificationConfiguration& configuration, std::string_view event,
                                           std::string_view key) {
  const auto name = event.starts_with("s3:") ? std::string(event) : "s3:" + std::string(event);
  std::vector<const NotificationRule*> found;
  for (const auto& rule : configuration.rules) {
    const bool wants = std::ranges::any_of(rule.events, [&](const auto& pattern) { return has_event(pattern, name); });
    if (wants && key.starts_with(rule.prefix) && key.ends_with(rule.suffix)) found.push_back(&rule);
  }
  return found;
}

}  // namespace store::s3
