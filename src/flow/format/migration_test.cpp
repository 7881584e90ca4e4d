#include "flow/format/migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "flow/format/definition_writer.h"
#include "flow/format/format_fixtures.h"

namespace flow {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ConfiguredDefinition configured(std::string type, PropertyValues properties, std::string version = "1.28.1") {
  ConfiguredDefinition made;
  made.id = "c1";
  made.group = "g";
  made.name = "it";
  made.type = std::move(type);
  made.bundle = "org.apache.nifi:some-nar:" + version;
  made.properties = std::move(properties);
  return made;
}

const std::string kS3 = "org.apache.nifi.processors.aws.s3.";
const std::string kStandard = "org.apache.nifi.processors.standard.";

/// "key=value" of all that is set, sorted; null is "key".
std::string text_of(const PropertyValues& properties) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : properties) parts.push_back(value ? key + "=" + *value : key);
  return fmt::format("{}", fmt::join(parts, "; "));
}

TEST(MigrationTest, ValuesAndKeysOfNewerVersions) {
  struct Case {
    std::string type;
    PropertyValues before;
    std::string after;  // as NiFi 2.x has it
  };
  const std::string credentials = "AWS Credentials Provider Service";
  for (const Case& c : std::vector<Case>{
           {kS3 + "PutS3Object",
            {{"Storage Class", "Standard"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=STANDARD"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "ReducedRedundancy"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=REDUCED_REDUNDANCY"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "Glacier"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=GLACIER"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "StandardInfrequentAccess"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=STANDARD_IA"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "OneZoneInfrequentAccess"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=ONEZONE_IA"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "IntelligentTiering"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=INTELLIGENT_TIERING"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "DeepArchive"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=DEEP_ARCHIVE"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "Outposts"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=OUTPOSTS"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "GlacierInstantRetrieval"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=GLACIER_IR"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "Snow"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=SNOW"},
           {kS3 + "PutS3Object",
            {{"Storage Class", "#{class}"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Storage Class=#{class}"},
           {kS3 + "FetchS3Object",
            {{"Region", "attribute-defined-region"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Custom Region=${s3.region}; Region=use-custom-region"},
           {kS3 + "ListS3",
            {{"Region", "us-west-2"}, {"Signer Override", "Default Signature"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; Region=us-west-2"},
           {kS3 + "DeleteS3Object",
            {{"canned-acl", "LogDeliveryWrite"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s; canned-acl"},
           {kS3 + "PutS3Object",
            {{"server-side-encryption", "None"}, {credentials, "s"}},
            "AWS Credentials Provider Service=s"},
           {"org.apache.nifi.json.JsonTreeReader", {{"Allow Comments", "true"}}, "Parsing Strategy=LENIENT"},
           {"org.apache.nifi.json.JsonPathReader", {{"Allow Comments", "false"}}, "Parsing Strategy=STANDARD"},
           {"org.apache.nifi.schemaregistry.services.AvroSchemaRegistry",
            {{"avro-reg-validated-field-names", "true"}, {"s", "{}"}},
            "Validation Strategy=VALIDATE; s={}"},
           {"org.apache.nifi.schemaregistry.services.AvroSchemaRegistry",
            {{"avro-reg-validated-field-names", "false"}},
            "Validation Strategy=NONE"},
           {kStandard + "ValidateRecord",
            {{"schema-access-strategy", "schema-name-property"}},
            "Schema Access Strategy=schema-name"},
           {kStandard + "PutSFTP",
            {{"Ciphers Allowed", "aes128-ctr"}},
            "Algorithm Negotiation=CUSTOM; Ciphers Allowed=aes128-ctr"},
           {kStandard + "PutSFTP", {{"Ciphers Allowed", std::nullopt}}, "Ciphers Allowed"},
           {"org.apache.nifi.dbcp.DBCPConnectionPool",
            {{"kerberos-principal", "p"},
             {"kerberos-password", "w"},
             {"kerberos-credentials-service", "k"},
             {"Database User", "u"}},
            "Database User=u"},
           {kStandard + "QueryRecord", {{"cache-schema", "true"}, {"q", "SELECT 1"}}, "q=SELECT 1"},
           {kStandard + "ListSFTP", {{"Distributed Cache Service", "d"}}, ""},
           {kStandard + "ListenHTTP",
            {{"Max Data to Receive per Second", "1 MB"}, {"Listening Port", "80"}},
            "Listening Port=80"},
           {"org.apache.nifi.json.JsonRecordSetWriter", {}, "Allow Scientific Notation=true"},
           {"org.apache.nifi.json.JsonRecordSetWriter",
            {{"Allow Scientific Notation", "false"}},
            "Allow Scientific Notation=false"},
       })
    EXPECT_EQ(text_of(migrate(configured(c.type, c.before), MigrationPurpose::Export).properties), c.after) << c.type;
}

TEST(MigrationTest, SettingsThatBecameServices) {
  struct Case {
    std::string type;
    PropertyValues before;
    std::string key;
    std::string service, properties;
  };
  const std::string aws = "AWSCredentialsProviderControllerService", proxy = "StandardProxyConfigurationService";
  for (const Case& c : std::vector<Case>{
           {kS3 + "PutS3Object",
            {{"Access Key", "#{a}"}, {"Secret Key", "#{s}"}},
            "AWS Credentials Provider Service",
            aws,
            "Access Key ID=#{a}; Secret Access Key=#{s}"},
           {"org.apache.nifi.processors.aws.sqs.PutSQS",
            {{"Credentials File", "/etc/aws"}, {"Access Key", "half"}},
            "AWS Credentials Provider Service",
            aws,
            "Credentials File=/etc/aws"},
           {"org.apache.nifi.processors.aws.sqs.PutSQS",
            {},
            "AWS Credentials Provider Service",
            aws,
            "Use Anonymous Credentials=true"},
           {"org.apache.nifi.processors.aws.sqs.PutSQS",
            {{"AWS Credentials Provider service", "s"},
             {"Proxy Host", "p"},
             {"Proxy Host Port", "81"},
             {"proxy-user-name", "u"},
             {"proxy-user-password", "w"}},
            "Proxy Configuration Service",
            proxy,
            "Proxy Server Host=p; Proxy Server Port=81; Proxy Type=HTTP; Proxy User Name=u; Proxy User Password=w"},
           {kStandard + "InvokeHTTP",
            {{"Proxy Type", "http"}, {"Proxy Host", "p"}, {"Proxy Port", "81"}, {"invokehttp-proxy-user", "u"}},
            "Proxy Configuration Service",
            proxy,
            "Proxy Server Host=p; Proxy Server Port=81; Proxy Type=HTTP; Proxy User Name=u"},
           {kS3 + "PutS3Object",
            {{"server-side-encryption", "AES256"}, {"AWS Credentials Provider service", "s"}},
            "Encryption Service",
            "StandardS3EncryptionService",
            "Encryption Strategy=SSE_S3"},
           {"org.apache.nifi.json.JsonTreeReader",
            {{"schema-access-strategy", "confluent-encoded"}},
            "Schema Reference Reader",
            "ConfluentEncodedSchemaReferenceReader",
            ""},
           {"org.apache.nifi.avro.AvroRecordSetWriter",
            {{"Schema Write Strategy", "confluent-encoded"}},
            "Schema Reference Writer",
            "ConfluentEncodedSchemaReferenceWriter",
            ""},
       }) {
    const auto migrated = migrate(configured(c.type, c.before), MigrationPurpose::Export);
    ASSERT_EQ(migrated.services.size(), 1u) << c.type;
    const auto& service = migrated.services[0];
    EXPECT_EQ(migrated.properties.at(c.key), service.id);
    EXPECT_THAT(migrated.references, ElementsAre(c.key));
    EXPECT_EQ(service.type.substr(service.type.rfind('.') + 1), c.service);
    EXPECT_EQ(text_of(service.properties), c.properties);
    EXPECT_EQ(service.group, "g");
    EXPECT_EQ(service.scheduled_state, "ENABLED");
    for (const auto* old : {"Access Key", "Secret Key", "Credentials File", "Proxy Host", "proxy-user-password",
                            "server-side-encryption"})
      EXPECT_FALSE(migrated.properties.contains(old)) << old;
    // Ids depend on nothing but component and purpose.
    EXPECT_EQ(service.id, migrate(configured(c.type, c.before), MigrationPurpose::Export).services[0].id);
  }
}

TEST(MigrationTest, WhatOurComponentsReadThemselvesStaysWhenAFlowRuns) {
  const auto put = migrate(
      configured(kS3 + "PutS3Object", {{"Access Key", "a"}, {"Secret Key", "s"}, {"server-side-encryption", "AES256"}}),
      MigrationPurpose::Run);
  EXPECT_EQ(put.properties.at("Access Key"), "a");
  ASSERT_EQ(put.services.size(), 2u);
  EXPECT_EQ(put.properties.at("AWS Credentials Provider Service"), put.services[0].id);
  EXPECT_EQ(put.properties.at("Encryption Service"), put.services[1].id);
  // Keys that the file lacks were probably left out of it: nobody is made anonymous.
  EXPECT_TRUE(migrate(configured(kS3 + "PutS3Object", {}), MigrationPurpose::Run).services.empty());
}

TEST(MigrationTest, DefaultsAreThoseOfTheVersion) {
  struct Case {
    std::string type, version, key;
    std::optional<std::string> value;
  };
  const std::string kafka = "org.apache.nifi.kafka.service.Kafka3ConnectionService";
  for (const Case& c : std::vector<Case>{
           {kStandard + "GetFile", "1.14.0", "Polling Interval", "0 sec"},
           {kStandard + "GetFile", "2.7.0", "Polling Interval", "0 sec"},
           {kStandard + "GetFile", "2.7.1", "Polling Interval", "30 sec"},
           {kStandard + "GetFile", "2.12.0-SNAPSHOT", "Polling Interval", "30 sec"},
           {kStandard + "GetFile", "", "Polling Interval", "0 sec"},
           {kafka, "2.0.0", "security.protocol", "PLAINTEXT"},
           {kafka, "2.11.0", "security.protocol", "SSL"},
           {kafka, "2.0.0", "bootstrap.servers", "localhost:9092"},
           {kafka, "2.6.0", "bootstrap.servers", std::nullopt},
           {"org.apache.nifi.kafka.processors.ConsumeKafka", "2.0.0", "Max Uncommitted Time", "1 sec"},
           {"org.apache.nifi.kafka.processors.ConsumeKafka", "2.6.0", "Max Uncommitted Time", "100 millis"},
       }) {
    const auto migrated = migrate(configured(c.type, {}, c.version), MigrationPurpose::Run);
    const auto found = migrated.properties.find(c.key);
    EXPECT_EQ(found == migrated.properties.end() ? std::nullopt : found->second, c.value) << c.type << c.version;
  }
}

TEST(MigrationTest, RelationshipsThatHaveANewName) {
  const auto flow = read_flow(
      R"({"flowContents":{"identifier":"r","processors":[
      {"identifier":"p","name":"search","type":"org.apache.nifi.processors.elasticsearch.PutElasticsearchJson","autoTerminatedRelationships":["failure","success"]},
      {"identifier":"q","name":"log","type":"org.apache.nifi.processors.standard.LogAttribute"}],
      "connections":[{"identifier":"c","source":{"id":"p"},"destination":{"id":"q"},"selectedRelationships":["success","retry"]}]}})",
      "f.json");
  EXPECT_THAT(flow.connections[0].relationships, ElementsAre("original", "retry"));
  EXPECT_THAT(flow.processors[0].auto_terminated, ElementsAre("failure", "original"));
  EXPECT_THAT(flow.findings,
              Contains(::testing::Field(&Finding::text, HasSubstr("relationship 'success' is called 'original' now"))));
}

TEST(MigrationTest, AnImportTellsAndTheFileKeepsItsOldKeys) {
  const std::string text =
      R"({"flowContents":{"identifier":"r","processors":[{"identifier":"p","name":"put","type":"org.apache.nifi.processors.aws.s3.PutS3Object",
      "properties":{"Storage Class":"Glacier","Access Key":"#{a}","Secret Key":"#{s}"}}]}})";
  const auto flow = read_flow(text, "f.json");
  EXPECT_EQ(flow.processors[0].properties.at("Storage Class"), "GLACIER");
  ASSERT_EQ(flow.services.size(), 1u);
  EXPECT_THAT(flow.findings, Contains(::testing::Field(
                                 &Finding::text, "processor 'put': 'Storage Class' was 'Glacier' and is 'GLACIER'")));
  EXPECT_THAT(flow.findings, Contains(::testing::Field(&Finding::where, "f.json: $.flowContents.processors[0]")));
  EXPECT_EQ(boost::json::value(write_definition(flow)), boost::json::parse(text));
  const auto current = write_definition(flow, WrittenKeys::Current);
  const auto& root = current.at("flowContents").as_object();
  const auto& properties = root.at("processors").at(0).at("properties").as_object();
  EXPECT_EQ(properties.at("AWS Credentials Provider Service"), root.at("controllerServices").at(0).at("identifier"));
  EXPECT_FALSE(properties.contains("Access Key"));
  EXPECT_EQ(root.at("controllerServices").at(0).at("properties").at("Secret Access Key").as_string(), "#{s}");
}

}  // namespace
}  // namespace flow
