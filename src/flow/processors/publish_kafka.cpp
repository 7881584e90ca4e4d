// What NiFi 2 and the three generations of NiFi 1 call publishing to Kafka.
#include "flow/processors/publish_kafka.h"

#include "flow/processors/kafka_publisher.h"
#include "flow/services/kafka_connection.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

constexpr Allowed kGuarantees[] = {
    {"all", "Guarantee Replicated Delivery"}, {"1", "Guarantee Single Node Delivery"}, {"0", "Best Effort"}};
constexpr Allowed kCompressions[] = {{"none"}, {"gzip"}, {"snappy"}, {"lz4"}, {"zstd"}};
constexpr Allowed kCompressions1[] = {{"none"}, {"gzip"}, {"snappy"}, {"lz4"}};
constexpr Allowed kFailures[] = {{"Route to Failure"}, {"Rollback"}};
constexpr Allowed kKeys[] = {{"utf-8", "UTF-8 Encoded"}, {"hex", "Hex Encoded"}};
constexpr Allowed kKeys2[] = {
    {"utf-8", "UTF-8 Encoded"}, {"hex", "Hex Encoded"}, {"do-not-add", "Do Not Add Key as Attribute"}};
constexpr Allowed kStrategies[] = {{"USE_VALUE", "Use Content as Record Value"}, {"USE_WRAPPER", "Use Wrapper"}};
constexpr Allowed kMetadata1[] = {{"Metadata From Record"}, {"Use Configured Values"}};
constexpr Allowed kMetadata2[] = {{"FROM_RECORD", "Metadata From Record"},
                                  {"FROM_PROPERTIES", "Use Configured Values"}};
constexpr Allowed kByKey{"org.apache.kafka.clients.producer.internals.DefaultPartitioner", "DefaultPartitioner"};
constexpr Allowed kByExpression{"org.apache.nifi.processors.kafka.pubsub.Partitioners.ExpressionLanguagePartitioner",
                                "Expression Language Partitioner"};
// Classes within a class: Java's name has a dollar, what a flow of NiFi 2 came from may have a point.
constexpr Allowed kPartitioners1[] = {
    {"org.apache.nifi.processors.kafka.pubsub.Partitioners$RoundRobinPartitioner", "RoundRobinPartitioner"},
    {"org.apache.nifi.processors.kafka.pubsub.Partitioners.RoundRobinPartitioner"},
    {"org.apache.kafka.clients.producer.RoundRobinPartitioner"},
    kByKey,
    {"org.apache.nifi.processors.kafka.pubsub.Partitioners$ExpressionLanguagePartitioner",
     "Expression Language Partitioner"},
    kByExpression,
    {"org.apache.nifi.processors.kafka.pubsub.Partitioners$RecordPathPartitioner", "RecordPath Partitioner"},
};
constexpr std::span<const Allowed> kContentPartitioners1(kPartitioners1, std::size(kPartitioners1) - 1);
constexpr Allowed kPartitioners2[] = {
    {"org.apache.kafka.clients.producer.RoundRobinPartitioner", "RoundRobinPartitioner"},
    kByKey,
    kByExpression,
    {"org.apache.nifi.processors.kafka.pubsub.Partitioners$RoundRobinPartitioner"},
    {"org.apache.nifi.processors.kafka.pubsub.Partitioners$ExpressionLanguagePartitioner"},
};

constexpr Property kProperties2[] = {
    {.name = "Kafka Connection Service", .required = true, .service = KafkaConnection::kApi},
    {.name = "Topic Name", .required = true, .scope = Scope::FlowFile},
    {.name = "Failure Strategy", .fallback = "Route to Failure", .required = true, .allowed = kFailures},
    {.name = "Delivery Guarantee", .old_name = "acks", .fallback = "all", .required = true, .allowed = kGuarantees},
    {.name = "Compression Type",
     .old_name = "compression.type",
     .fallback = "none",
     .required = true,
     .allowed = kCompressions},
    {.name = "Max Request Size",
     .old_name = "max.request.size",
     .help = "No message may be longer",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Transactions Enabled", .fallback = "true", .required = true, .allowed = kKafkaTruths},
    {.name = "Transactional ID Prefix", .scope = Scope::Environment},
    {.name = "Partitioner Class",
     .old_name = "partitioner.class",
     .help = "By key as the Java client does it, in turn, or by 'Partition'",
     .fallback = kByKey.value,
     .required = true,
     .allowed = kPartitioners2},
    {.name = "Partition", .old_name = "partition", .scope = Scope::FlowFile},
    {.name = "Message Demarcator",
     .help = "Cuts the content into messages; without it and a reader it is one message",
     .scope = Scope::FlowFile},
    {.name = "Record Reader", .service = record::ReaderFactory::kApi},
    {.name = "Record Writer", .service = record::WriterFactory::kApi},
    {.name = "Publish Strategy",
     .help = "A record is the value of a message, or says its key, value, headers and metadata",
     .fallback = "USE_VALUE",
     .required = true,
     .allowed = kStrategies},
    {.name = "Message Key Field", .help = "Of the record", .scope = Scope::FlowFile},
    {.name = "FlowFile Attribute Header Pattern",
     .help = "Attributes of these names become headers",
     .kind = Property::Kind::Pattern},
    {.name = "Header Encoding", .fallback = "UTF-8", .required = true, .scope = Scope::Environment},
    {.name = "Kafka Key", .help = "Without it the attribute kafka.key counts", .scope = Scope::FlowFile},
    {.name = "Kafka Key Attribute Encoding", .fallback = "utf-8", .required = true, .allowed = kKeys2},
    {.name = "Record Key Writer", .service = record::WriterFactory::kApi},
    {.name = "Record Metadata Strategy", .fallback = "FROM_PROPERTIES", .required = true, .allowed = kMetadata2},
};
constexpr PublishNames kNames2{
    "Transactions Enabled", "Transactional ID Prefix",      "FlowFile Attribute Header Pattern",
    "Header Encoding",      "Kafka Key Attribute Encoding", true};

// NiFi 1.x.
constexpr std::array<Property, 13> kCommon1{{
    {.name = "Topic Name", .old_name = "topic", .required = true, .scope = Scope::FlowFile},
    {.name = "Delivery Guarantee", .old_name = "acks", .fallback = "all", .required = true, .allowed = kGuarantees},
    {.name = "Failure Strategy", .fallback = "Route to Failure", .required = true, .allowed = kFailures},
    {.name = "Use Transactions",
     .old_name = "use-transactions",
     .fallback = "true",
     .required = true,
     .allowed = kKafkaTruths},
    {.name = "Transactional Id Prefix", .old_name = "transactional-id-prefix", .scope = Scope::Environment},
    {.name = "Attributes to Send as Headers (Regex)",
     .old_name = "attribute-name-regex",
     .kind = Property::Kind::Pattern},
    {.name = "Message Header Encoding", .old_name = "message-header-encoding", .fallback = "UTF-8"},
    {.name = "Max Request Size",
     .old_name = "max.request.size",
     .help = "No message may be longer",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Acknowledgment Wait Time",
     .old_name = "ack.wait.time",
     .help = "How long no acknowledgement may come before what is not acknowledged has failed",
     .fallback = "5 secs",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Max Metadata Wait Time",
     .old_name = "max.block.ms",
     .fallback = "5 sec",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Duration},
    {.name = "Partitioner class",
     .old_name = "partitioner.class",
     .help = "By key as the Java client does it, in turn, or by 'Partition'",
     .fallback = kByKey.value,
     .allowed = kPartitioners1},
    {.name = "Partition", .old_name = "partition", .scope = Scope::FlowFile},
    {.name = "Compression Type",
     .old_name = "compression.type",
     .fallback = "none",
     .required = true,
     .allowed = kCompressions1},
}};
constexpr std::array<Property, 3> kContents1{{
    {.name = "Message Demarcator",
     .old_name = "message-demarcator",
     .help = "Cuts the content into messages; without it it is one message",
     .scope = Scope::FlowFile},
    {.name = "Kafka Key",
     .old_name = "kafka-key",
     .help = "Without it the attribute kafka.key counts",
     .scope = Scope::FlowFile},
    {.name = "Key Attribute Encoding",
     .old_name = "key-attribute-encoding",
     .fallback = "utf-8",
     .required = true,
     .allowed = kKeys},
}};
constexpr std::array<Property, 6> kRecords1{{
    kRecordReader,
    kRecordWriter,
    {.name = "Message Key Field", .old_name = "message-key-field", .help = "Of the record", .scope = Scope::FlowFile},
    {.name = "Publish Strategy",
     .old_name = "publish-strategy",
     .help = "A record is the value of a message, or says its key, value, headers and metadata",
     .fallback = "USE_VALUE",
     .required = true,
     .allowed = kStrategies},
    {.name = "Record Key Writer", .old_name = "record-key-writer", .service = record::WriterFactory::kApi},
    {.name = "Record Metadata Strategy", .fallback = "Use Configured Values", .required = true, .allowed = kMetadata1},
}};
constexpr auto changed(auto table, std::string_view name, auto change) {
  for (auto& property : table)
    if (property.name == name) change(property);
  return table;
}
constexpr auto kProperties1 = changed(joined(kKafkaClientProperties1, kCommon1, kContents1), "Partitioner class",
                                      [](Property& property) { property.allowed = kContentPartitioners1; });
constexpr auto kRecordProperties1 = joined(kKafkaClientProperties1, kCommon1, kRecords1);

// The older two of the three may leave the attribute kafka.key alone; the oldest waits for nobody unless told so.
constexpr auto kProperties20 =
    changed(kProperties1, "Key Attribute Encoding", [](Property& property) { property.allowed = kKeys2; });
constexpr auto with_best_effort = [](Property& property) { property.fallback = "0"; };
constexpr auto kProperties10 = changed(kProperties20, "Delivery Guarantee", with_best_effort);
constexpr auto kRecordProperties10 = changed(kRecordProperties1, "Delivery Guarantee", with_best_effort);
constexpr PublishNames kNames1{"Use Transactions", "Transactional Id Prefix", "Attributes to Send as Headers (Regex)",
                               "Message Header Encoding", "Key Attribute Encoding"};

constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};
constexpr std::string_view kHelp = "Sends contents as messages to a Kafka topic.";
constexpr std::string_view kRecordHelp = "Sends each record of a content as a message to a Kafka topic.";

std::unique_ptr<Processor> make_1() { return make_kafka_publisher(kNames1); }

constexpr Description publisher_1(std::string_view type, std::string_view bundle,
                                  std::span<const Property> properties) {
  return {.type = type,
          .bundle = bundle,
          .help = kHelp,
          .properties = properties,
          .relationships = kRelationships,
          .dynamic = true,
          .dynamic_scope = Scope::Environment,
          .make = make_1};
}
constexpr Description record_publisher_1(std::string_view type, std::string_view bundle,
                                         std::span<const Property> properties) {
  auto description = publisher_1(type, bundle, properties);
  description.help = kRecordHelp;
  return description;
}

}  // namespace

const Description kPublishKafka{
    .type = "org.apache.nifi.kafka.processors.PublishKafka",
    .bundle = "org.apache.nifi:nifi-kafka-nar",
    .help = "Sends contents, parts of them or records as messages to a Kafka topic.",
    .properties = kProperties2,
    .relationships = kRelationships,
    .make = [] { return make_kafka_publisher(kNames2); },
};
const Description kPublishKafka10 = publisher_1("org.apache.nifi.processors.kafka.pubsub.PublishKafka_1_0",
                                                "org.apache.nifi:nifi-kafka-1-0-nar", kProperties10);
const Description kPublishKafka20 = publisher_1("org.apache.nifi.processors.kafka.pubsub.PublishKafka_2_0",
                                                "org.apache.nifi:nifi-kafka-2-0-nar", kProperties20);
const Description kPublishKafka26 = publisher_1("org.apache.nifi.processors.kafka.pubsub.PublishKafka_2_6",
                                                "org.apache.nifi:nifi-kafka-2-6-nar", kProperties1);
const Description kPublishKafkaRecord10 =
    record_publisher_1("org.apache.nifi.processors.kafka.pubsub.PublishKafkaRecord_1_0",
                       "org.apache.nifi:nifi-kafka-1-0-nar", kRecordProperties10);
const Description kPublishKafkaRecord20 =
    record_publisher_1("org.apache.nifi.processors.kafka.pubsub.PublishKafkaRecord_2_0",
                       "org.apache.nifi:nifi-kafka-2-0-nar", kRecordProperties1);
const Description kPublishKafkaRecord26 =
    record_publisher_1("org.apache.nifi.processors.kafka.pubsub.PublishKafkaRecord_2_6",
                       "org.apache.nifi:nifi-kafka-2-6-nar", kRecordProperties1);

}  // namespace flow
