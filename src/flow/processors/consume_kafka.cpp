// What NiFi 2 and the three generations of NiFi 1 call consuming from Kafka.
#include "flow/processors/consume_kafka.h"

#include <fmt/format.h>

#include "flow/processors/checked_property.h"
#include "flow/processors/kafka_consumer.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

using Output = KafkaOutputOptions;

constexpr Allowed kFormats[] = {{"names"}, {"pattern"}};
constexpr Allowed kResets[] = {{"earliest"}, {"latest"}, {"none"}};
constexpr Allowed kKeys[] = {
    {"utf-8", "UTF-8 Encoded"}, {"hex", "Hex Encoded"}, {"do-not-add", "Do Not Add Key as Attribute"}};
constexpr Allowed kShapes1[] = {{"USE_VALUE", "Use Content as Value"}, {"USE_WRAPPER", "Use Wrapper"}};
constexpr Allowed kShapes2[] = {{"USE_VALUE", "Use Content as Value"},
                                {"USE_WRAPPER", "Use Wrapper"},
                                {"INJECT_METADATA", "Inject Metadata"},
                                {"INJECT_OFFSET", "Inject Offset"}};
constexpr Allowed kKeyFormats[] = {{"string", "String"}, {"byte-array", "Byte Array"}, {"record", "Record"}};
constexpr Allowed kHeaderFormats[] = {{"string", "String"}, {"hex", "Hex Encoded"}};
constexpr Allowed kStrategies[] = {{"FLOW_FILE"}, {"DEMARCATOR"}, {"RECORD"}};
constexpr Allowed kConflicts[] = {{"CREATE_NEW_FLOWFILE", "Create New FlowFile"},
                                  {"CONTINUE_WITH_MERGED_SCHEMA", "Continue with Merged Schema"}};

constexpr Property kProperties2[] = {
    {.name = "Kafka Connection Service", .required = true, .service = KafkaConnection::kApi},
    {.name = "Group ID", .required = true},
    {.name = "Topic Format",
     .help = "Names with commas, or one Java pattern",
     .fallback = "names",
     .required = true,
     .allowed = kFormats},
    {.name = "Topics", .required = true, .scope = Scope::Environment},
    {.name = "Auto Offset Reset",
     .old_name = "auto.offset.reset",
     .help = "Where a group begins that has no offset",
     .fallback = "latest",
     .required = true,
     .allowed = kResets},
    {.name = "Commit Offsets",
     .help = "False: PublishKafka commits them with its transaction",
     .fallback = "true",
     .required = true,
     .allowed = kKafkaTruths},
    {.name = "Max Uncommitted Size", .kind = Property::Kind::Size},
    {.name = "Max Uncommitted Time",
     .help = "How long messages are gathered before they go on",
     .fallback = "100 millis",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Header Name Pattern", .help = "Headers that become attributes", .kind = Property::Kind::Pattern},
    {.name = "Header Format", .fallback = "string", .required = true, .allowed = kHeaderFormats},
    {.name = "Header Encoding", .fallback = "UTF-8", .required = true},
    {.name = "Processing Strategy",
     .help = "A flowfile for each message, for many with a demarcator between them, or of records",
     .fallback = "FLOW_FILE",
     .required = true,
     .allowed = kStrategies},
    {.name = "Header Name Prefix", .help = "Before the names of attributes; for FLOW_FILE only"},
    {.name = "Record Reader", .service = record::ReaderFactory::kApi},
    {.name = "Record Writer", .service = record::WriterFactory::kApi},
    {.name = "Output Strategy", .fallback = "USE_VALUE", .required = true, .allowed = kShapes2},
    {.name = "Schema Conflict Resolution",
     .help = "Records of different schemas: in flowfiles of their own, or of all their fields",
     .fallback = "CREATE_NEW_FLOWFILE",
     .required = true,
     .allowed = kConflicts},
    {.name = "Key Attribute Encoding", .fallback = "utf-8", .required = true, .allowed = kKeys},
    {.name = "Key Format", .fallback = "byte-array", .required = true, .allowed = kKeyFormats},
    {.name = "Key Record Reader", .service = record::ReaderFactory::kApi},
    {.name = "Message Demarcator"},
    {.name = "Separate By Key", .fallback = "false", .required = true, .allowed = kKafkaTruths},
};

constexpr std::array<Property, 11> kCommon1{{
    {.name = "Topic Name(s)", .old_name = "topic", .required = true, .scope = Scope::Environment},
    {.name = "Topic Name Format",
     .old_name = "topic_type",
     .help = "Names with commas, or one Java pattern",
     .fallback = "names",
     .required = true,
     .allowed = kFormats},
    {.name = "Group ID", .old_name = "group.id", .required = true, .scope = Scope::Environment},
    {.name = "Commit Offsets",
     .help = "False: PublishKafka commits them with its transaction",
     .fallback = "true",
     .allowed = kKafkaTruths},
    {.name = "Max Uncommitted Time",
     .old_name = "max-uncommit-offset-wait",
     .help = "How long messages are gathered before they go on",
     .fallback = "1 secs",
     .kind = Property::Kind::Duration},
    {.name = "Honor Transactions",
     .old_name = "honor-transactions",
     .fallback = "true",
     .required = true,
     .allowed = kKafkaTruths},
    {.name = "Offset Reset",
     .old_name = "auto.offset.reset",
     .help = "Where a group begins that has no offset",
     .fallback = "latest",
     .required = true,
     .allowed = kResets},
    {.name = "Message Header Encoding", .old_name = "message-header-encoding", .fallback = "UTF-8"},
    {.name = "Headers to Add as Attributes (Regex)", .old_name = "header-name-regex", .kind = Property::Kind::Pattern},
    {.name = "Max Poll Records",
     .old_name = "max.poll.records",
     .help = "Of messages that become a flowfile each: how many are committed at a time",
     .fallback = "10000",
     .kind = Property::Kind::Integer},
    {.name = "Communications Timeout", .fallback = "60 secs", .required = true, .kind = Property::Kind::Duration},
}};
constexpr std::array<Property, 3> kContents1{{
    {.name = "Key Attribute Encoding",
     .old_name = "key-attribute-encoding",
     .fallback = "utf-8",
     .required = true,
     .allowed = kKeys},
    {.name = "Message Demarcator",
     .old_name = "message-demarcator",
     .help = "Between the messages of a flowfile; without it each is one",
     .scope = Scope::Environment},
    {.name = "Separate By Key", .old_name = "separate-by-key", .fallback = "false", .allowed = kKafkaTruths},
}};
constexpr std::array<Property, 7> kRecords1{{
    {.name = "Value Record Reader",
     .old_name = "record-reader",
     .required = true,
     .service = record::ReaderFactory::kApi},
    {.name = "Record Value Writer",
     .old_name = "record-writer",
     .required = true,
     .service = record::WriterFactory::kApi},
    {.name = "Output Strategy",
     .old_name = "output-strategy",
     .fallback = "USE_VALUE",
     .required = true,
     .allowed = kShapes1},
    {.name = "Key Format",
     .old_name = "key-format",
     .fallback = "byte-array",
     .required = true,
     .allowed = kKeyFormats},
    {.name = "Key Record Reader", .old_name = "key-record-reader", .service = record::ReaderFactory::kApi},
    {.name = "Key Attribute Encoding",
     .old_name = "key-attribute-encoding",
     .fallback = "utf-8",
     .required = true,
     .allowed = kKeys},
    {.name = "Separate By Key", .old_name = "separate-by-key", .fallback = "false", .allowed = kKafkaTruths},
}};
constexpr auto kProperties1 = joined(kKafkaClientProperties1, kCommon1, kContents1);
constexpr auto kRecordProperties1 = joined(kKafkaClientProperties1, kCommon1, kRecords1);

std::vector<std::string> topics_of(std::string_view text) {
  std::vector<std::string> topics;
  while (!text.empty()) {
    auto name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(name.size() + 1, text.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) topics.emplace_back(name);
  }
  return topics;
}

base::Status read_topics(const Configuration& configuration, std::string_view topics, std::string_view format,
                         KafkaConsuming& consuming) {
  const auto text = configuration.text_or(topics, "");
  if (configuration.text(format) == "pattern") {
    if (auto pattern = el::Pattern::compile(text); !pattern)
      return in_property(configuration, topics, pattern.error().message);
    consuming.pattern = text;
    return {};
  }
  consuming.topics = topics_of(text);
  if (consuming.topics.empty()) return in_property(configuration, topics, "names no topic");
  return {};
}

base::Status read_headers(const Configuration& configuration, std::string_view pattern, std::string_view encoding,
                          Output& output) {
  if (const auto text = configuration.text_or(pattern, ""); !text.empty()) {
    TRY(auto compiled, el::Pattern::compile(text));
    output.header_pattern = std::move(compiled);
  }
  TRY(output.header_set, character_set(configuration, encoding));
  return {};
}

base::Status read_records(const Configuration& configuration, std::string_view reader, std::string_view writer,
                          Output& output) {
  output.strategy = Output::Strategy::Records;
  output.services = {configuration.service<record::ReaderFactory>(reader),
                     configuration.service<record::WriterFactory>(writer)};
  if (output.services.reader == nullptr) return in_property(configuration, reader, "is required");
  if (output.services.writer == nullptr) return in_property(configuration, writer, "is required");
  const auto shape = configuration.text_or("Output Strategy", "USE_VALUE");
  output.shape = shape == "USE_WRAPPER"       ? Output::Shape::Wrapper
                 : shape == "INJECT_METADATA" ? Output::Shape::Metadata
                 : shape == "INJECT_OFFSET"   ? Output::Shape::Offset
                                              : Output::Shape::Value;
  const auto format = configuration.text_or("Key Format", "byte-array");
  output.key_format = format == "string"   ? Output::KeyFormat::Text
                      : format == "record" ? Output::KeyFormat::Record
                                           : Output::KeyFormat::Bytes;
  output.key_reader = configuration.service<record::ReaderFactory>("Key Record Reader");
  const bool has_key = output.shape == Output::Shape::Wrapper || output.shape == Output::Shape::Metadata;
  if (has_key && output.key_format == Output::KeyFormat::Record && output.key_reader == nullptr)
    return in_property(configuration, "Key Record Reader", "is required");
  return {};
}

/// What has the same name in both releases.
void read_common(const Configuration& configuration, KafkaConsuming& consuming) {
  auto& output = consuming.output;
  output.group = configuration.text_or("Group ID", "");
  output.commits_offsets = configuration.text("Commit Offsets") != "false";
  const auto encoding = configuration.text_or("Key Attribute Encoding", "utf-8");
  output.key_encoding = encoding == "hex"          ? Output::KeyEncoding::Hex
                        : encoding == "do-not-add" ? Output::KeyEncoding::None
                                                   : Output::KeyEncoding::Utf8;
  output.separate_by_key = configuration.flag("Separate By Key");
  consuming.uncommitted_max = configuration.duration("Max Uncommitted Time").value_or(std::chrono::seconds{1});
}

base::Result<KafkaConsuming> read_2(const Configuration& configuration) {
  KafkaConsuming consuming;
  auto& output = consuming.output;
  consuming.connection = configuration.service<KafkaConnection>("Kafka Connection Service")->connection();
  output.cluster = kafka::cluster_uri(consuming.connection);
  read_common(configuration, consuming);
  TRY_VOID(read_topics(configuration, "Topics", "Topic Format", consuming));
  consuming.offset_reset = configuration.text_or("Auto Offset Reset", "latest");
  consuming.uncommitted_bytes_max = configuration.size("Max Uncommitted Size");
  TRY_VOID(read_headers(configuration, "Header Name Pattern", "Header Encoding", output));
  output.hexadecimal_headers = configuration.text("Header Format") == "hex";
  const auto strategy = configuration.text_or("Processing Strategy", "FLOW_FILE");
  if (strategy == "FLOW_FILE") output.header_prefix = configuration.text_or("Header Name Prefix", "");
  if (strategy == "DEMARCATOR") {
    output.strategy = Output::Strategy::Demarcated;
    output.demarcator = configuration.text_or("Message Demarcator", "");
  }
  if (strategy == "RECORD") TRY_VOID(read_records(configuration, "Record Reader", "Record Writer", output));
  output.merges_schemas = configuration.text("Schema Conflict Resolution") == "CONTINUE_WITH_MERGED_SCHEMA";
  return consuming;
}

base::Result<KafkaConsuming> read_1(const Configuration& configuration) {
  KafkaConsuming consuming;
  auto& output = consuming.output;
  TRY(consuming.connection, read_kafka_connection(configuration));
  output.cluster = kafka::cluster_uri_1(consuming.connection);
  read_common(configuration, consuming);
  TRY_VOID(read_topics(configuration, "Topic Name(s)", "Topic Name Format", consuming));
  consuming.offset_reset = configuration.text_or("Offset Reset", "latest");
  output.release = Output::Release::One;
  output.parse_failure = "parse.failure";
  TRY_VOID(read_headers(configuration, "Headers to Add as Attributes (Regex)", "Message Header Encoding", output));
  if (configuration.is_set("Value Record Reader")) {
    TRY_VOID(read_records(configuration, "Value Record Reader", "Record Value Writer", output));
  } else if (auto demarcator = configuration.text("Message Demarcator"); demarcator && !demarcator->empty()) {
    output.strategy = Output::Strategy::Demarcated;
    output.demarcator = std::move(*demarcator);
  }
  return consuming;
}

constexpr Relationship kSuccess[] = {{"success"}};
constexpr Relationship kRelationships1[] = {{"success"}, {"parse.failure", true}};
constexpr Relationship kRelationships2[] = {{"success"}, {"parse failure", true}};

std::unique_ptr<Processor> make_1() { return make_kafka_consumer(read_1); }

constexpr Description consumer_1(std::string_view type, std::string_view bundle) {
  return {.type = type,
          .bundle = bundle,
          .help = "Reads messages of Kafka topics as a member of a consumer group.",
          .properties = kProperties1,
          .relationships = kSuccess,
          .input = Input::Forbidden,
          .dynamic = true,
          .dynamic_scope = Scope::Environment,
          .make = make_1};
}
constexpr Description record_consumer_1(std::string_view type, std::string_view bundle) {
  auto description = consumer_1(type, bundle);
  description.help = "Reads messages of Kafka topics as records, as a member of a consumer group.";
  description.properties = kRecordProperties1;
  description.relationships = kRelationships1;
  return description;
}

}  // namespace

const Description kConsumeKafka{
    .type = "org.apache.nifi.kafka.processors.ConsumeKafka",
    .bundle = "org.apache.nifi:nifi-kafka-nar",
    .help = "Reads messages of Kafka topics as a member of a consumer group.",
    .properties = kProperties2,
    .relationships = kRelationships2,
    .input = Input::Forbidden,
    .make = [] { return make_kafka_consumer(read_2); },
};
const Description kConsumeKafka10 =
    consumer_1("org.apache.nifi.processors.kafka.pubsub.ConsumeKafka_1_0", "org.apache.nifi:nifi-kafka-1-0-nar");
const Description kConsumeKafka20 =
    consumer_1("org.apache.nifi.processors.kafka.pubsub.ConsumeKafka_2_0", "org.apache.nifi:nifi-kafka-2-0-nar");
const Description kConsumeKafka26 =
    consumer_1("org.apache.nifi.processors.kafka.pubsub.ConsumeKafka_2_6", "org.apache.nifi:nifi-kafka-2-6-nar");
const Description kConsumeKafkaRecord10 = record_consumer_1(
    "org.apache.nifi.processors.kafka.pubsub.ConsumeKafkaRecord_1_0", "org.apache.nifi:nifi-kafka-1-0-nar");
const Description kConsumeKafkaRecord20 = record_consumer_1(
    "org.apache.nifi.processors.kafka.pubsub.ConsumeKafkaRecord_2_0", "org.apache.nifi:nifi-kafka-2-0-nar");
const Description kConsumeKafkaRecord26 = record_consumer_1(
    "org.apache.nifi.processors.kafka.pubsub.ConsumeKafkaRecord_2_6", "org.apache.nifi:nifi-kafka-2-6-nar");

}  // namespace flow
