#include "store/s3/event_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "http/message.h"
#include "store/object_store.h"
#include "store/s3/documents/json_reader.h"
#include "store/s3/documents/text.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

namespace json = boost::json;

base::Failure<base::Error> bad(std::string_view why) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("no message of S3 events: {}", why));
}

const json::value* find(const json::object& object, std::string_view name) {
  return object.if_contains({name.data(), name.size()});
}

/// A text member; empty where it is absent.
base::Result<std::string> text_of(const json::object& object, std::string_view name, std::string_view where) {
  const auto* value = find(object, name);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) return bad(fmt::format("{}.{} is no text", where, name));
  return std::string(value->get_string().data(), value->get_string().size());
}

base::Result<std::string> required_text(const json::object& object, std::string_view name, std::string_view where) {
  TRY(auto text, text_of(object, name, where));
  if (text.empty()) return bad(fmt::format("{}.{} is missing", where, name));
  return text;
}

base::Result<const json::object*> required_object(const json::object& object, std::string_view name,
                                                  std::string_view where) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->is_object()) return bad(fmt::format("{}.{} is missing", where, name));
  return &value->get_object();
}

base::Status check_origin(const json::object& record, std::string_view where) {
  TRY(const auto version, text_of(record, "eventVersion", where));
  if (!version.empty() && version != "2" && !version.starts_with("2."))
    return bad(fmt::format("{}.eventVersion is not 2.x: {}", where, version));
  TRY(const auto source, text_of(record, "eventSource", where));
  if (!source.empty() && !source.ends_with(":s3"))
    return bad(fmt::format("{}.eventSource is not S3: {}", where, source));
  return {};
}

base::Result<std::optional<std::uint64_t>> read_size(const json::object& object, std::string_view where) {
  const auto* size = find(object, "size");
  if (size == nullptr || size->is_null()) return std::nullopt;
  boost::system::error_code error;
  const auto number = size->is_number() ? size->to_number<std::uint64_t>(error) : 0;
  if (!size->is_number() || error) return bad(fmt::format("{}.size is no size", where));
  return std::optional(number);
}

std::string strip(std::string text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

base::Status read_object(const json::object& object, const std::string& where, NotifiedEvent& event) {
  TRY(const auto key, required_text(object, "key", where));
  event.key = http::percent_decode(key, http::PlusMeans::Space);
  if (const auto valid = check_key(event.key); !valid)
    return bad(fmt::format("{}.key: {}", where, valid.error().message));
  TRY(event.size, read_size(object, where));
  TRY(event.etag, text_of(object, "eTag", where));
  std::erase(event.etag, '"');
  TRY(event.version, text_of(object, "versionId", where));
  TRY(event.sequencer, text_of(object, "sequencer", where));
  return {};
}

base::Result<NotifiedEvent> read_record(const json::value& value, const std::string& where) {
  if (!value.is_object()) return bad(where + " is no object");
  const auto& record = value.get_object();
  TRY_VOID(check_origin(record, where));
  NotifiedEvent event;
  TRY(auto name, required_text(record, "eventName", where));
  event.name = strip(std::move(name), "s3:");  // MinIO writes it
  TRY(const auto time, text_of(record, "eventTime", where));
  event.time = parse_iso_time(time);
  TRY(const auto* s3, required_object(record, "s3", where));
  TRY(const auto* bucket, required_object(*s3, "bucket", where + ".s3"));
  TRY(event.bucket, required_text(*bucket, "name", where + ".s3.bucket"));
  TRY(const auto* object, required_object(*s3, "object", where + ".s3"));
  TRY_VOID(read_object(*object, where + ".s3.object", event));
  return event;
}

base::Result<json::value> read_json(std::string_view text, std::string_view what) {
  auto parsed = parse_json(text, "");
  if (!parsed) return bad(fmt::format("{}: {}", what, parsed.error().message));
  if (!parsed->is_object()) return bad(fmt::format("{} is no JSON object", what));
  return std::move(*parsed);
}

constexpr std::string_view kRecordsHead = R"({"Records":[)";
constexpr std::string_view kRecordsTail = "]}";

json::string text(std::string_view bytes) { return json::string(bytes.data(), bytes.size()); }

/// As HTML forms write it, but for the slash.
std::string form_encode(std::string_view key) {
  auto encoded = http::percent_encode(key, "/ ");
  std::ranges::replace(encoded, ' ', '+');
  return encoded;
}

json::object object_of(const ObjectEvent& event) {
  json::object object{{"key", text(form_encode(event.key))}};
  if (is_creation(event.kind)) {
    object["size"] = event.size;
    object["eTag"] = text(event.etag);
  }
  if (!event.version.empty()) object["versionId"] = text(event.version);
  object["sequencer"] = text(fmt::format("{:016X}", event.sequence));
  return object;
}

/// What a topic wrapped, if it did.
base::Result<std::optional<std::string>> message_of_topic(const json::object& message) {
  TRY(const auto type, text_of(message, "Type", "the message"));
  if (type != "Notification" || find(message, "Records") != nullptr) return std::nullopt;
  TRY(auto inner, required_text(message, "Message", "the message"));
  return std::optional(std::move(inner));
}

}  // namespace

base::Result<std::vector<NotifiedEvent>> parse_event_message(std::string_view text) {
  TRY(auto message, read_json(text, "the message"));
  TRY(const auto wrapped, message_of_topic(message.get_object()));
  if (wrapped) {
    TRY(message, read_json(*wrapped, "the topic's message"));
  }
  std::vector<NotifiedEvent> events;
  const auto* records = find(message.get_object(), "Records");
  if (records == nullptr) return events;
  if (!records->is_array()) return bad("Records is no array");
  for (std::size_t i = 0; i < records->get_array().size(); ++i) {
    TRY(auto event, read_record(records->get_array()[i], fmt::format("Records[{}]", i)));
    events.push_back(std::move(event));
  }
  return events;
}

std::string_view event_name(EventKind kind) {
  switch (kind) {
    case EventKind::Put: return "ObjectCreated:Put";
    case EventKind::Copy: return "ObjectCreated:Copy";
    case EventKind::CompleteMultipartUpload: return "ObjectCreated:CompleteMultipartUpload";
    case EventKind::Post: return "ObjectCreated:Post";
    case EventKind::Delete: return "ObjectRemoved:Delete";
    case EventKind::DeleteMarkerCreated: return "ObjectRemoved:DeleteMarkerCreated";
    case EventKind::ExpirationDelete: return "LifecycleExpiration:Delete";
    case EventKind::ExpirationDeleteMarkerCreated: return "LifecycleExpiration:DeleteMarkerCreated";
    case EventKind::Configured: return "TestEvent";
  }
  return {};
}

std::string print_event_message(const ObjectEvent& event, const EventContext& context) {
  const auto principal = [](std::string_view id) { return json::object{{"principalId", text(id)}}; };
  const json::object bucket{{"name", text(event.bucket)},
                            {"ownerIdentity", principal(context.bucket_owner)},
                            {"arn", text("arn:aws:s3:::" + event.bucket)}};
  const json::object record{
      {"eventVersion", "2.1"},
      {"eventSource", "aws:s3"},
      {"awsRegion", text(context.region)},
      {"eventTime", text(iso_time(event.time))},
      {"eventName", text(event_name(event.kind))},
      {"userIdentity", principal(event.origin.user)},
      {"requestParameters", json::object{{"sourceIPAddress", text(event.origin.address)}}},
      {"responseElements", json::object{{"x-amz-request-id", text(event.origin.request)}, {"x-amz-id-2", "freshet"}}},
      {"s3", json::object{{"s3SchemaVersion", "1.0"},
                          {"configurationId", text(context.configuration)},
                          {"bucket", bucket},
                          {"object", object_of(event)}}}};
  return std::string(kRecordsHead).append(json::serialize(record)).append(kRecordsTail);
}

std::string print_test_message(const ObjectEvent& event) {
  return json::serialize(json::object{{"Service", "Amazon S3"},
                                      {"Event", "s3:TestEvent"},
                                      {"Time", text(iso_time(event.time))},
                                      {"Bucket", text(event.bucket)},
                                      {"RequestId", text(event.origin.request)},
                                      {"HostId", "freshet"}});
}

bool can_join(std::string_view message, std::string_view next) {
  return message.starts_with(kRecordsHead) && next.starts_with(kRecordsHead);
}

std::string join_event_messages(std::span<const std::string> messages) {
  auto joined = messages.front();
  for (const std::string_view next : messages.subspan(1)) {
    joined.resize(joined.size() - kRecordsTail.size());
    joined.append(",").append(next.substr(kRecordsHead.size()));
  }
  return joined;
}

bool is_older(std::string_view sequencer, std::string_view than) {
  const auto width = std::max(sequencer.size(), than.size());
  const auto padded = [&](std::string_view text) { return std::string(width - text.size(), '0') + to_lower(text); };
  return padded(sequencer) < padded(than);
}

}  // namespace store::s3
