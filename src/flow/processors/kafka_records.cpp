// Records of messages, gathered into flowfiles of one schema each.
#include <algorithm>
#include <map>

#include "flow/processors/kafka_wrapper.h"

namespace flow {
namespace {

using Options = KafkaOutputOptions;
using record::Row;
using record::SchemaPtr;

/// The records of one flowfile in the making.
struct Group {
  SchemaPtr schema;  // as read
  Attributes attributes;
  KafkaRange range;
  std::optional<RecordOutput> output;
  // Only when schemas are merged: what waits until all are known.
  std::unique_ptr<record::Arena> arena;
  std::vector<Row> rows;
  std::vector<SchemaPtr> schemas;  // of the rows
};

class Records final : public KafkaOutput {
 public:
  explicit Records(const Options& options) : options_(options), wrapper_(options) {}

  base::Status add(Session& session, const kafka::Message& message) override {
    TRY(auto attributes, message_attributes(message, options_));
    FlowFile file;
    file.attributes = std::move(attributes);
    const auto read = read_message(session, file, message);
    if (read || !is_record_error(read.error())) return read;
    return fail(session, file, message, read.error().message);
  }

  base::Status finish(Session& session) override {
    for (auto& [key, groups] : groups_)
      for (auto& group : groups) TRY_VOID(finish(session, group, key.topic));
    groups_.clear();
    return {};
  }

 private:
  struct Key {
    std::string topic;
    std::int32_t partition;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<std::string> key;
    auto operator<=>(const Key&) const = default;
  };

  base::Status read_message(Session& session, const FlowFile& file, const kafka::Message& message) {
    TRY(auto key, key_of(message));
    auto& groups = groups_[std::move(key)];
    TRY(const auto reader,
        options_.services.reader->open({record::input_of(std::string(message.value().value_or(std::string_view{}))),
                                        session, file, record::ReadOptions{}}));
    record::Arena arena;
    const bool wraps = options_.shape != Options::Shape::Value;
    KafkaWrapper::Key wrapper_key;
    if (wraps) {
      TRY(wrapper_key, wrapper_.read_key(session, file, message, arena));
    }
    bool any = false;
    const auto use = [&](const Row* row, const SchemaPtr& schema) -> base::Status {
      any = true;
      if (!wraps) return add_row(session, file, message, *row, schema, groups);
      TRY(const auto wrapped, wrapper_.wrap(message, wrapper_key, row, schema, arena));
      return add_row(session, file, message, wrapped.row, wrapped.schema, groups);
    };
    TRY_VOID(record::for_each_row(*reader, [&](const Row& row) { return use(&row, reader->schema()); }));
    // A tombstone has a key to tell.
    if (!any && options_.shape == Options::Shape::Wrapper) return use(nullptr, record::make_schema({}));
    return {};
  }

  base::Result<Key> key_of(const kafka::Message& message) const {
    Key key{std::string(message.topic()), message.partition(), {}, {}};
    const bool one = options_.release == Options::Release::One;
    if (one && options_.separate_by_key && message.key()) key.key = std::string(*message.key());
    if (one || options_.shape == Options::Shape::Value) {
      TRY(const auto headers, header_attributes(message, options_));
      key.headers.assign(headers.begin(), headers.end());
    }
    return key;
  }

  base::Status add_row(Session& session, const FlowFile& file, const kafka::Message& message, const Row& row,
                       const SchemaPtr& schema, std::vector<Group>& groups) const {
    auto group = std::ranges::find_if(groups, [&](const Group& each) {
      return options_.merges_schemas || each.schema == schema || *each.schema == *schema;
    });
    if (group == groups.end()) {
      Group made{.schema = schema, .attributes = {}, .range = KafkaRange::of(message)};
      TRY(made.attributes, header_attributes_of(message));
      if (options_.merges_schemas) {
        made.arena = std::make_unique<record::Arena>();
      } else {
        TRY(auto written, options_.services.writer->schema(session, file, schema));
        TRY(made.output, RecordOutput::open(session, file, *options_.services.writer, std::move(written)));
      }
      groups.push_back(std::move(made));
      group = groups.end() - 1;
    } else {
      group->range.add(message);
    }
    if (!options_.merges_schemas) return group->output->write(row);
    group->schema = record::merged(*group->schema, *schema);
    if (group->schemas.empty() || group->schemas.back() != schema) group->schemas.push_back(schema);
    group->rows.push_back(record::deep_copy(row, *group->arena));
    return {};
  }

  base::Result<Attributes> header_attributes_of(const kafka::Message& message) const {
    if (options_.release == Options::Release::Two && options_.shape != Options::Shape::Value) return Attributes{};
    TRY(auto attributes, header_attributes(message, options_));
    if (options_.release == Options::Release::One && options_.separate_by_key)
      if (auto key = key_text(message.key(), options_)) attributes["kafka.key"] = std::move(*key);
    return attributes;
  }

  base::Status finish(Session& session, Group& group, const std::string& topic) const {
    auto& file = session.create();
    for (const auto& [name, value] : group.attributes) session.put_attribute(file, name, value);
    put_range(session, file, group.range, options_);
    if (options_.merges_schemas) {
      TRY(auto written, options_.services.writer->schema(session, file, group.schema));
      TRY(group.output, RecordOutput::open(session, file, *options_.services.writer, std::move(written)));
      for (const auto& row : group.rows) TRY_VOID(group.output->write(row));
    }
    TRY_VOID(group.output->finish(session, file));
    session.report(EventType::Receive, file, {.uri = options_.cluster + "/" + topic});
    session.transfer(file, "success");
    return {};
  }

  base::Status fail(Session& session, const FlowFile& described, const kafka::Message& message,
                    const std::string& why) const {
    session.log_error("a message of topic '" + std::string(message.topic()) + "', partition " +
                      std::to_string(message.partition()) + ", offset " + std::to_string(message.offset()) +
                      ", cannot be read as records: " + why);
    HeldContent content(session);
    TRY_VOID(content.append(message.value().value_or(std::string_view{})));
    TRY(auto claim, content.finish());
    auto& file = session.create();
    for (const auto& [name, value] : described.attributes) session.put_attribute(file, name, value);
    session.set_content(file, std::move(claim));
    session.transfer(file, options_.parse_failure, why);
    return {};
  }

  const Options& options_;
  KafkaWrapper wrapper_;
  std::map<Key, std::vector<Group>> groups_;
};

}  // namespace

std::unique_ptr<KafkaOutput> make_kafka_records(const KafkaOutputOptions& options) {
  return std::make_unique<Records>(options);
}

}  // namespace flow
