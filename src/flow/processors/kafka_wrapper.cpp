#include "flow/processors/kafka_wrapper.h"

#include <algorithm>

namespace flow {
namespace {

using Options = KafkaOutputOptions;
using record::DataType;
using record::Field;
using record::Kind;
using record::Type;
using record::Value;

const DataType kHeaders = record::map_of({Type::String});

}  // namespace

base::Result<KafkaWrapper::Key> KafkaWrapper::read_key(const Session& session, const FlowFile& attributes,
                                                       const kafka::Message& message, record::Arena& arena) const {
  const auto bytes = message.key();
  // NiFi 1 takes a missing key for an empty one.
  const bool empty_for_none = options_.release == Options::Release::One;
  switch (options_.key_format) {
    case Options::KeyFormat::Text: {
      Key key{{Type::String}, {}};
      if (bytes || empty_for_none) key.value = Value::of(Kind::String, bytes.value_or(std::string_view{}));
      return key;
    }
    case Options::KeyFormat::Bytes: {
      Key key{record::array_of({Type::Byte}), {}};
      if (bytes || empty_for_none) key.value = Value::of(Kind::Bytes, bytes.value_or(std::string_view{}));
      return key;
    }
    case Options::KeyFormat::Record: break;
  }
  if (!bytes || bytes->empty()) return Key{record::record_of(record::make_schema({})), {}};
  TRY(auto reader,
      options_.key_reader->open({record::input_of(std::string(*bytes)), session, attributes, record::ReadOptions{}}));
  Key key{{}, {}, std::move(reader), std::make_unique<record::Batch>()};
  TRY_VOID(key.reader->read(*key.batch));
  key.type = record::record_of(key.reader->schema());
  if (!key.batch->rows.empty()) key.value = Value::of(arena.make(key.batch->rows.front()));
  return key;
}

base::Result<Value> KafkaWrapper::headers_of(const kafka::Message& message, record::Arena& arena) const {
  const auto headers = message.headers();
  auto entries = arena.array<record::Entry>(headers.size());
  std::size_t count = 0;
  for (const auto& [name, bytes] : headers) {
    TRY(const auto text, header_text(bytes, options_));
    const auto value = Value::of(Kind::String, arena.text(text));
    // Of several with one name the last counts, as in a map of Java.
    auto* const end = entries.data() + count;
    auto* const found = std::find_if(entries.data(), end, [&](const auto& entry) { return entry.name == name; });
    if (found == end) ++count;
    *found = {arena.text(name), value};
  }
  return Value::of(std::span<const record::Entry>(entries.data(), count));
}

record::SchemaPtr KafkaWrapper::metadata_schema(const DataType& key) const {
  std::vector<Field> fields{{.name = "topic", .type = {Type::String}},
                            {.name = "partition", .type = {Type::Int}},
                            {.name = "offset", .type = {Type::Long}},
                            {.name = "timestamp", .type = {Type::Timestamp}}};
  if (options_.shape == Options::Shape::Metadata) {
    fields.push_back({.name = "key", .type = key});
    fields.push_back({.name = "headers", .type = kHeaders});
  }
  return record::make_schema(std::move(fields));
}

record::SchemaPtr KafkaWrapper::schema_for(const DataType& key, const record::SchemaPtr& value) {
  if (made_ != nullptr && value_ == value && key_ == key) return made_;
  value_ = value;
  key_ = key;
  metadata_ = metadata_schema(key);
  std::vector<Field> fields;
  if (options_.shape != Options::Shape::Wrapper) {
    fields = value->fields();
    fields.push_back(options_.shape == Options::Shape::Offset
                         ? Field{.name = "kafkaOffset", .type = {Type::Long}}
                         : Field{.name = "kafkaMetadata", .type = record::record_of(metadata_)});
  } else {
    const Field own_key{.name = "key", .type = key};
    const Field own_value{.name = "value", .type = record::record_of(value)};
    const Field headers{.name = "headers", .type = kHeaders};
    const Field metadata{.name = "metadata", .type = record::record_of(metadata_)};
    fields = options_.release == Options::Release::One ? std::vector{own_key, own_value, headers, metadata}
                                                       : std::vector{metadata, headers, own_key, own_value};
  }
  made_ = record::make_schema(std::move(fields));
  return made_;
}

base::Result<KafkaWrapper::Wrapped> KafkaWrapper::wrap(const kafka::Message& message, const Key& key,
                                                       const record::Row* row, const record::SchemaPtr& schema,
                                                       record::Arena& arena) {
  Wrapped wrapped{schema_for(key.type, schema), {}};
  auto values = arena.array<Value>(wrapped.schema->size());
  wrapped.row = {.schema = wrapped.schema.get(), .fields = values.data()};
  TRY(const auto headers, headers_of(message, arena));
  auto details = arena.array<Value>(metadata_->size());
  details[0] = Value::of(Kind::String, message.topic());
  details[1] = Value::of(Kind::Int, std::int64_t{message.partition()});
  details[2] = Value::of(Kind::Long, message.offset());
  details[3] = Value::of(Kind::Timestamp, message.timestamp_ms() * 1000);
  if (details.size() > 4) {
    details[4] = key.value;
    details[5] = headers;
  }
  const auto metadata = Value::of(arena.make(record::Row{.schema = metadata_.get(), .fields = details.data()}));
  if (options_.shape == Options::Shape::Wrapper) {
    const auto value = row == nullptr ? Value{} : Value::of(arena.make(*row));
    const bool one = options_.release == Options::Release::One;
    values[one ? 0 : 2] = key.value;
    values[one ? 1 : 3] = value;
    values[one ? 2 : 1] = headers;
    values[one ? 3 : 0] = metadata;
    return wrapped;
  }
  if (row != nullptr) {
    std::ranges::copy(row->values(), values.begin());
    wrapped.row.extra = row->extra;
  }
  values.back() = options_.shape == Options::Shape::Offset ? Value::of(Kind::Long, message.offset()) : metadata;
  return wrapped;
}

}  // namespace flow
