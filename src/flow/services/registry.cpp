#include <array>

#include "flow/description.h"
#include "flow/services/avro_services.h"
#include "flow/services/aws_credentials.h"
#include "flow/services/confluent_reference.h"
#include "flow/services/confluent_registry.h"
#include "flow/services/connection_pool.h"
#include "flow/services/csv_services.h"
#include "flow/services/http_context_map.h"
#include "flow/services/json_path_reader.h"
#include "flow/services/json_services.h"
#include "flow/services/kafka_connection.h"
#include "flow/services/lookup.h"
#include "flow/services/map_cache.h"
#include "flow/services/oauth2_access_token.h"
#include "flow/services/parquet_services.h"
#include "flow/services/proxy_configuration.h"
#include "flow/services/s3_encryption.h"
#include "flow/services/schema_access.h"
#include "flow/services/snowflake_ingest.h"
#include "flow/services/ssl_context.h"

namespace flow {
namespace {

// clang-format off: a line each, so that changes meet rarely
constexpr std::array kAll{
    &kAvroReaderService,
    &kAvroSchemaRegistry,
    &kAvroWriterService,
    &kAwsCredentialsService,
    &kConfluentReferenceReader,
    &kConfluentReferenceWriter,
    &kConfluentSchemaRegistry,
    &kCsvReaderService,
    &kCsvRecordLookupService,
    &kCsvWriterService,
    &kDatabaseRecordLookupService,
    &kHttpContextMap,
    &kDbcpConnectionPool,
    &kDbcpConnectionPoolLookup,
    &kHikariConnectionPool,
    &kJsonPathReaderService,
    &kJsonTreeReaderService,
    &kJsonWriterService,
    &kOauth2AccessTokenService,
    &kKafkaConnectionService,
    &kMapCacheClientService,
    &kMapCacheServerService,
    &kParquetReaderService,
    &kParquetWriterService,
    &kPrivateKeyService,
    &kProxyConfigurationService,
    &kRestLookupService,
    &kRestrictedSslContextService,
    &kS3EncryptionService,
    &kSchemaCacheService,
    &kSimpleCsvLookupService,
    &kSimpleDatabaseLookupService,
    &kSimpleKeyValueLookupService,
    &kSnowflakeConnectionPool,
    &kSnowflakeIngestService,
    &kSslContextService,
};
// clang-format on

}  // namespace

std::span<const Description* const> service_descriptions() { return kAll; }

}  // namespace flow
