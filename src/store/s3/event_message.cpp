#include "store/s3/event_message.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "http/message.h"
#include "store/object_store.h"
#include "store/s3/documents/json_reader.h"
#include "store/s3/documents/text.h"
#include "store/s3/iso_time.h"

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

bool is_older(std::string_view sequencer, std::string_view than) {
  const auto width = std::max(sequencer.size(), than.size());
  const auto padded = [&](std::string_view text) { return std::string(width - text.size(), '0') + to_lower(text); };
  return padded(sequencer) < padded(than);
}

}  // namespace store::s3
