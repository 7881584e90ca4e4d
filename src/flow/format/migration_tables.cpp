#include "flow/format/migration_tables.h"

namespace flow {
namespace {

constexpr std::string_view kS3 = "org.apache.nifi.processors.aws.s3.";

constexpr ValueChange kValueChanges[] = {
    {"PutS3Object", "Storage Class", "", "Standard", "STANDARD"},
    {"PutS3Object", "Storage Class", "", "ReducedRedundancy", "REDUCED_REDUNDANCY"},
    {"PutS3Object", "Storage Class", "", "Glacier", "GLACIER"},
    {"PutS3Object", "Storage Class", "", "StandardInfrequentAccess", "STANDARD_IA"},
    {"PutS3Object", "Storage Class", "", "OneZoneInfrequentAccess", "ONEZONE_IA"},
    {"PutS3Object", "Storage Class", "", "IntelligentTiering", "INTELLIGENT_TIERING"},
    {"PutS3Object", "Storage Class", "", "DeepArchive", "DEEP_ARCHIVE"},
    {"PutS3Object", "Storage Class", "", "Outposts", "OUTPOSTS"},
    {"PutS3Object", "Storage Class", "", "GlacierInstantRetrieval", "GLACIER_IR"},
    {"PutS3Object", "Storage Class", "", "Snow", "SNOW"},
    {kS3, "Canned ACL", "canned-acl", "LogDeliveryWrite", std::nullopt},
    {"ValidateRecord", "Schema Access Strategy", "schema-access-strategy", "schema-name-property", "schema-name"},
    {"PublishKafka", "partitioner.class", "Partitioner Class",
     "org.apache.nifi.processors.kafka.pubsub.Partitioners.RoundRobinPartitioner",
     "org.apache.kafka.clients.producer.RoundRobinPartitioner"},
};

constexpr DroppedKey kDroppedKeys[] = {
    {kS3, "Signer Override"},
    {kS3, "custom-signer-class-name"},
    {kS3, "Custom Signer Class Name"},
    {kS3, "custom-signer-module-location"},
    {kS3, "Custom Signer Module Location"},
    {"PutS3Object", "Write Permission User List"},
    {"PutS3Object", "Owner"},
    {"PutS3Object", "Expiration Time Rule"},
    {"DBCPConnectionPool", "kerberos-principal"},
    {"DBCPConnectionPool", "kerberos-password"},
    {"DBCPConnectionPool", "kerberos-credentials-service"},
    {"QueryRecord", "cache-schema"},
    {"ListFile", "Distributed Cache Service"},
    {"ListS3", "Distributed Cache Service"},
    {"ListSFTP", "Distributed Cache Service"},
    {"ListFTP", "Distributed Cache Service"},
    {"ListHDFS", "Distributed Cache Service"},
    {"ListHTTP", "Distributed Cache Service"},
    {"ListDatabaseTables", "Distributed Cache Service"},
    {"ListAzureBlobStorage", "Distributed Cache Service"},
    {"ListGCSBucket", "Distributed Cache Service"},
    {"ListSFTP", "Remote Poll Batch Size"},
    {"ListenHTTP", "Max Data to Receive per Second"},
    {"CSVRecordSetWriter", "schema-protocol-version"},
    {"JsonRecordSetWriter", "schema-protocol-version"},
    {"AvroRecordSetWriter", "schema-protocol-version"},
    {"ParquetRecordSetWriter", "schema-protocol-version"},
    {"XMLRecordSetWriter", "schema-protocol-version"},
};

constexpr std::optional<std::string_view> kNone;

constexpr ChangedDefault kChangedDefaults[] = {
    {"GetFile", "Polling Interval", "", "0 sec", "30 sec", 2, 7, 1},
    {"JsonRecordSetWriter", "Allow Scientific Notation", "", "true", "false", 9999, 0, 0},  // when absent, always
    {"Kafka3ConnectionService", "security.protocol", "", "PLAINTEXT", "SSL", 2, 11, 0},
    {"Kafka3ConnectionService", "bootstrap.servers", "", "localhost:9092", kNone, 2, 6, 0},
    {"ConsumeKafka", "Max Uncommitted Time", "max-uncommit-offset-wait", "1 sec", "100 millis", 2, 6, 0},
};

constexpr RenamedRelationship kRenamedRelationships[] = {
    {"PutElasticsearchJson", "success", "original"},
    {"PutElasticsearchRecord", "success", "original"},
    {"PutElasticsearchRecord", "successful_records", "successful"},
};

}  // namespace

bool is_of_type(std::string_view full_type, std::string_view type) {
  if (type.ends_with('.')) return full_type.starts_with(type);
  return full_type.substr(full_type.rfind('.') + 1) == type;
}

std::span<const ValueChange> value_changes() { return kValueChanges; }
std::span<const DroppedKey> dropped_keys() { return kDroppedKeys; }
std::span<const ChangedDefault> changed_defaults() { return kChangedDefaults; }
std::span<const RenamedRelationship> renamed_relationships() { return kRenamedRelationships; }

}  // namespace flow
