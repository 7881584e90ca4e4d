#include "flow/processors/kafka_messages.h"

#include <fmt/format.h>

#include <bit>

#include "flow/el/escapes.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/csv_checks.h"
#include "flow/record/convert.h"
#include "flow/record/value_text.h"

namespace flow {
namespace {

using record::Kind;
using record::Value;

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

Value field(const record::Row& row, std::string_view name) {
  if (const auto index = row.schema->find(name)) return row.fields[*index];
  for (const auto& entry : row.extra)
    if (entry.name == name) return entry.value;
  return {};
}

/// Java's hashCode of a field, which decides about the partition.
std::int32_t java_hash(const Value& value) {
  const auto of_long = [](std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    return static_cast<std::int32_t>(bits ^ (bits >> 32));
  };
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: return 0;
    case Kind::Boolean: return value.whole != 0 ? 1231 : 1237;
    case Kind::Byte:
    case Kind::Short:
    case Kind::Int: return static_cast<std::int32_t>(value.whole);
    case Kind::Float: return std::bit_cast<std::int32_t>(static_cast<float>(value.real));
    case Kind::Double: return of_long(std::bit_cast<std::int64_t>(value.real));
    case Kind::Long:
    case Kind::Timestamp:
    case Kind::Date:
    case Kind::Time: return of_long(value.whole);
    default: return value.is_text() ? java_hash_code(value.text()) : java_hash_code(record::plain_text(value));
  }
}

}  // namespace

struct KafkaMessages::Target {
  kafka::Producer& producer;
  kafka::Delivery& delivery;
  std::string topic;
  std::vector<std::pair<std::string, std::string>> header_texts;
  std::vector<kafka::Header> headers;
  std::optional<std::string> key;
  std::optional<std::int64_t> partition_number;
  std::optional<record::RecordPath> partition_path;
};

base::Result<std::string> key_bytes(const std::string& text, bool hexadecimal) {
  if (!hexadecimal) return text;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto byte = el::hex_value(std::string_view(text).substr(i, 2));
    if (!byte || text.size() - i < 2) return invalid(fmt::format("the key '{}' is no hexadecimal number", text));
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

base::Result<std::optional<std::string_view>> Demarcated::next() {
  for (auto from = begin_;;) {
    const auto end = buffer_.find(demarcator_, from);
    if (end == std::string::npos && !ended_) {
      buffer_.erase(0, begin_);
      begin_ = 0;
      from = buffer_.size() - std::min(buffer_.size(), demarcator_.size() - 1);
      if (from > bytes_max_) break;
      TRY(const auto more, source_.next());
      ended_ = more.empty();
      buffer_ += more;
      continue;
    }
    const auto size = (end == std::string::npos ? buffer_.size() : end) - begin_;
    if (size > bytes_max_) break;
    const auto part = std::string_view(buffer_).substr(begin_, size);
    begin_ = from = end == std::string::npos ? buffer_.size() : end + demarcator_.size();
    if (!part.empty()) return part;
    if (ended_ && begin_ >= buffer_.size()) return std::nullopt;
  }
  return invalid(fmt::format("a message is longer than 'Max Request Size', {} bytes", bytes_max_));
}

base::Status KafkaMessages::prepare(const Configuration& configuration) {
  configuration_ = &configuration;
  message_bytes_max_ = configuration.size("Max Request Size").value_or(std::uint64_t{1} << 20);
  // "do-not-add" is for attributes: NiFi 2 sends no key then, and to NiFi 1 what is not UTF-8 is hexadecimal.
  const auto encoding = configuration.text_or(names_.key_encoding, "utf-8");
  keys_ = encoding == "utf-8"                                ? Keys::Text
          : encoding == "do-not-add" && names_.are_of_nifi_2 ? Keys::None
                                                             : Keys::Hexadecimal;
  if (const auto pattern = configuration.text_or(names_.header_pattern, ""); !pattern.empty()) {
    TRY(auto compiled, el::Pattern::compile(pattern));
    header_pattern_ = std::move(compiled);
    TRY(auto set, character_set(configuration, names_.header_encoding));
    header_set_ = std::move(set);
  }
  services_ = RecordServices::of(configuration);
  if ((services_.reader == nullptr) != (services_.writer == nullptr))
    return in_property(configuration, "Record Reader", "goes with a Record Writer: set both or none");
  key_writer_ = configuration.service<record::WriterFactory>("Record Key Writer");
  wraps_ = configuration.text("Publish Strategy") == "USE_WRAPPER";
  metadata_from_record_ = configuration.text_or("Record Metadata Strategy", "").ends_with("Record") ||
                          configuration.text("Record Metadata Strategy") == "FROM_RECORD";
  const auto partitioner = configuration.text_or("Partitioner Class", configuration.text_or("Partitioner class", ""));
  partitioning_ = partitioner.ends_with("RoundRobinPartitioner")           ? Partitioning::RoundRobin
                  : partitioner.ends_with("ExpressionLanguagePartitioner") ? Partitioning::Expression
                  : partitioner.ends_with("RecordPathPartitioner")         ? Partitioning::RecordPath
                                                                           : Partitioning::ByKey;
  if ((partitioning_ == Partitioning::Expression || partitioning_ == Partitioning::RecordPath) &&
      !configuration.is_set("Partition"))
    return in_property(configuration, "Partition", "is required by this partitioner");
  return {};
}

base::Status KafkaMessages::send(const Session& session, const FlowFile& file, kafka::Producer& producer,
                                 kafka::Delivery& delivery) const {
  Target target{.producer = producer, .delivery = delivery};
  TRY_VOID(aim(target, session, file));
  if (services_.reader != nullptr) return send_records(session, file, target);
  TRY(const auto demarcator, configuration_->evaluate_or("Message Demarcator", session, file, ""));
  return demarcator.empty() ? send_whole(file, target) : send_parts(file, demarcator, target);
}

base::Result<std::vector<std::pair<std::string, std::string>>> KafkaMessages::headers_of(
    const Attributes& attributes) const {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!header_pattern_) return headers;
  for (const auto& [name, value] : attributes) {
    TRY(const auto matches, header_pattern_->matches(name));
    if (!matches) continue;
    TRY(auto bytes, header_set_->encode(value));
    headers.emplace_back(name, std::move(bytes));
  }
  return headers;
}

base::Result<std::optional<std::string>> KafkaMessages::key_of(const Session& session, const FlowFile& file) const {
  std::optional<std::string> text;
  if (keys_ == Keys::None) return text;
  if (configuration_->is_set("Kafka Key")) {
    TRY(text, configuration_->evaluate("Kafka Key", session, file));
  } else if (const auto found = file.attributes.find("kafka.key"); found != file.attributes.end()) {
    text = found->second;
  }
  if (!text) return text;
  TRY(auto bytes, key_bytes(*text, keys_ == Keys::Hexadecimal));
  return std::optional(std::move(bytes));
}

base::Status KafkaMessages::aim(Target& target, const Session& session, const FlowFile& file) const {
  TRY(target.topic, configuration_->evaluate_or("Topic Name", session, file, ""));
  if (target.topic.empty()) return invalid("'Topic Name' is empty for this flowfile");
  TRY(target.header_texts, headers_of(file.attributes));
  for (const auto& [name, value] : target.header_texts) target.headers.push_back({name, value});
  TRY(target.key, key_of(session, file));
  if (partitioning_ != Partitioning::Expression && partitioning_ != Partitioning::RecordPath) return {};
  TRY(const auto partition, configuration_->evaluate_or("Partition", session, file, ""));
  if (partitioning_ == Partitioning::Expression) {
    target.partition_number = java_hash_code(partition);
    return {};
  }
  TRY(auto path, record::RecordPath::compile(partition));
  target.partition_path = std::move(path);
  return {};
}

base::Result<std::optional<std::int32_t>> KafkaMessages::partition_of(const Target& target, const record::Row* row,
                                                                      std::string_view topic) const {
  std::int64_t number = 0;
  if (partitioning_ == Partitioning::RoundRobin) {
    number = turn_.fetch_add(1, std::memory_order_relaxed);
  } else if (target.partition_number) {
    number = *target.partition_number;
  } else if (target.partition_path && row != nullptr) {
    record::Arena arena;
    auto copy = record::deep_copy(*row, arena);
    TRY(const auto selected, target.partition_path->select(copy, arena));
    std::int64_t sum = 0;
    for (const auto& each : selected) sum += java_hash(each.value);
    number = static_cast<std::int32_t>(sum);
  } else {
    return std::nullopt;
  }
  TRY(const auto partition, target.producer.partition_for(topic, number));
  return std::optional(partition);
}

base::Status KafkaMessages::send_one(kafka::Outgoing message, const record::Row* row, const Target& target) const {
  if (message.value && message.value->size() > message_bytes_max_)
    return invalid(fmt::format("a message has {} bytes, more than 'Max Request Size', {}", message.value->size(),
                               message_bytes_max_));
  if (message.topic.empty()) message.topic = target.topic;
  if (!message.partition) {
    TRY(message.partition, partition_of(target, row, message.topic));
  }
  return target.producer.send(message, target.delivery);
}

base::Status KafkaMessages::send_whole(const FlowFile& file, const Target& target) const {
  kafka::Outgoing message{.key = target.key, .headers = target.headers};
  if (file.size() == 0 && file.attribute("kafka.tombstone") == "true") return send_one(message, nullptr, target);
  if (file.size() > message_bytes_max_)
    return invalid(
        fmt::format("the content has {} bytes, more than 'Max Request Size', {}", file.size(), message_bytes_max_));
  TRY(const auto content, read_all(file.content));
  message.value = content;
  return send_one(message, nullptr, target);
}

base::Status KafkaMessages::send_parts(const FlowFile& file, const std::string& demarcator,
                                       const Target& target) const {
  ContentReader reader(file.content);
  Demarcated parts(reader, demarcator, message_bytes_max_);
  for (;;) {
    TRY(const auto part, parts.next());
    if (!part) return {};
    TRY_VOID(send_one({.key = target.key, .value = *part, .headers = target.headers}, nullptr, target));
  }
}

base::Status KafkaMessages::send_records(const Session& session, const FlowFile& file, const Target& target) const {
  TRY(const auto reader, services_.reader->open(session, file));
  if (wraps_)
    return record::for_each_row(*reader,
                                [&](const record::Row& row) { return send_wrapper(session, file, row, target); });
  TRY(const auto schema, services_.writer->schema(session, file, reader->schema()));
  TRY(const auto key_field, configuration_->evaluate_or("Message Key Field", session, file, ""));
  return record::for_each_row(*reader, [&](const record::Row& row) -> base::Status {
    TextSink value;
    TRY(const auto writer, services_.writer->open_alone(session, file, schema, value));
    TRY_VOID(writer->write(row));
    TRY_VOID(writer->finish());
    auto key = target.key;
    if (!key_field.empty()) {
      const auto* key_writer = key_writer_ != nullptr ? key_writer_.get() : services_.writer.get();
      TRY(key, bytes_of(session, file, field(row, key_field), key_writer));
    }
    return send_one({.key = key, .value = value.text(), .headers = target.headers}, &row, target);
  });
}

/// A record that says all of its message: key, value, headers and, when that is wanted, topic and partition.
base::Status KafkaMessages::send_wrapper(const Session& session, const FlowFile& file, const record::Row& row,
                                         const Target& target) const {
  TRY(const auto key, bytes_of(session, file, field(row, "key"), key_writer_.get()));
  TRY(const auto value, bytes_of(session, file, field(row, "value"), services_.writer.get()));
  std::vector<std::pair<std::string, std::string>> texts;
  const auto add = [&](std::string_view name, const Value& text) {
    if (!text.is_null()) texts.emplace_back(name, record::plain_text(text));
  };
  const auto given = field(row, "headers");
  if (given.kind == Kind::Map)
    for (const auto& entry : given.entries()) add(entry.name, entry.value);
  if (given.kind == Kind::Record)
    for (std::size_t i = 0; i < given.row->schema->size(); ++i) add((*given.row->schema)[i].name, given.row->fields[i]);
  std::vector<kafka::Header> headers;
  for (const auto& [name, text] : texts) headers.push_back({name, text});
  kafka::Outgoing message{.key = key, .value = value, .headers = headers};
  std::string topic;
  if (const auto metadata = field(row, "metadata"); metadata_from_record_ && metadata.kind == Kind::Record) {
    if (const auto named = field(*metadata.row, "topic"); !named.is_null()) topic = record::plain_text(named);
    if (const auto at = field(*metadata.row, "partition"); at.is_number())
      message.partition = static_cast<std::int32_t>(record::whole_of(at));
  }
  message.topic = topic;
  return send_one(message, &row, target);
}

base::Result<std::optional<std::string>> KafkaMessages::bytes_of(const Session& session, const FlowFile& file,
                                                                 const Value& value,
                                                                 const record::WriterFactory* writer) const {
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: return std::nullopt;
    case Kind::Bytes: return std::optional(std::string(value.text()));
    case Kind::Array: {
      std::string bytes;
      for (const auto& item : value.items()) {
        if (!item.is_number()) return invalid("an array in place of a key or value holds more than bytes");
        bytes += static_cast<char>(record::whole_of(item));
      }
      return std::optional(std::move(bytes));
    }
    case Kind::Record: {
      if (writer == nullptr) return invalid("the key is a record: set 'Record Key Writer'");
      // The row's schema is its reader's, which outlives this call.
      const record::SchemaPtr own(record::SchemaPtr{}, value.row->schema);
      TRY(const auto schema, writer->schema(session, file, own));
      TextSink sink;
      TRY(const auto open, writer->open_alone(session, file, schema, sink));
      TRY_VOID(open->write(*value.row));
      TRY_VOID(open->finish());
      return std::optional(std::move(sink.text()));
    }
    default: return std::optional(record::plain_text(value));
  }
}

}  // namespace flow
