#include <gmock/gmock.h>

#include "flow/description.h"
#include "flow/format/agent_tables.h"
#include "flow/format/definition_writer.h"
#include "flow/format/format_fixtures.h"

namespace flow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A flow of one processor and a connection from it to itself.
FlowDefinition agent(const std::string& type, const std::string& properties, const std::string& relationship = "x") {
  return read_flow(
      "Flow Controller: {name: n}\nProcessors:\n- name: p\n  id: p1\n  class: " + type +
          "\n  auto-terminated relationships list: [" + relationship + "]\n  Properties: {" + properties +
          "}\nConnections:\n- {name: c, id: c1, source id: p1, destination id: p1, source relationship name: " +
          relationship + "}\nRemote Process Groups: []\n",
      "config.yml");
}
std::string property(const FlowDefinition& flow, const std::string& key) {
  const auto& properties = flow.processors.at(0).properties;
  const auto found = properties.find(key);
  return found == properties.end() ? "(none)" : found->second.value_or("(null)");
}
std::vector<std::string> told(const FlowDefinition& flow, Finding::Kind kind) {
  std::vector<std::string> texts;
  for (const auto& finding : flow.findings)
    if (finding.kind == kind) texts.push_back(finding.text);
  return texts;
}

TEST(AgentMigrationTest, ClassesAreFoundByTheirLastPart) {
  for (const std::string package : {"org.apache.nifi.minifi.processors.", "org.apache.nifi.processors.standard.", ""})
    EXPECT_EQ(agent(package + "PutS3Object", "").processors[0].type, "org.apache.nifi.processors.aws.s3.PutS3Object");
  EXPECT_EQ(agent("org.apache.nifi.minifi.processors.PutOPCProcessor", "").processors[0].type,
            "org.apache.nifi.minifi.processors.PutOPCProcessor");
  const auto flow = read_flow(
      "Flow Controller: {name: n}\nProcessors: []\nConnections: []\nController Services:\n"
      "- {name: s, id: s1, class: org.apache.nifi.minifi.controllers.SSLContextService, Properties: {CA Certificate: "
      "/ca.pem, Private Key: /key.pem}}\n",
      "config.yml");
  EXPECT_EQ(flow.services.at(0).type, "org.apache.nifi.ssl.StandardSSLContextService");
  EXPECT_EQ(flow.services[0].properties.at("Truststore Filename"), "/ca.pem");
  EXPECT_EQ(flow.services[0].properties.at("Truststore Type"), "PEM");
  EXPECT_THAT(told(flow, Finding::Kind::NoEffect), ElementsAre(HasSubstr("'Private Key' of MiNiFi C++")));
}

TEST(AgentMigrationTest, AgentsMaySaveAsNifiDoes) {
  const auto flow = read_flow(
      R"({"encodingVersion":{"majorVersion":2},"rootGroup":{"identifier":"r","name":"n","processors":[
         {"identifier":"1","name":"a","type":"org.apache.nifi.minifi.processors.GetFile","properties":{}},
         {"identifier":"2","name":"b","type":"org.apache.nifi.processors.standard.GetFile","properties":{}},
         {"identifier":"3","name":"c","type":"org.apache.nifi.minifi.aws.processors.ListS3","properties":
          {"AWS Credentials Provider service":"keys"}}],"controllerServices":[{"identifier":"4","instanceIdentifier":"5",
          "name":"keys","type":"org.apache.nifi.minifi.aws.controllers.AWSCredentialsService"}]}})",
      "flow.json");
  EXPECT_EQ(flow.processors.at(2).properties.at("AWS Credentials Provider service"), "5");  // by its name
  EXPECT_EQ(flow.processors.at(0).type, flow.processors.at(1).type);
  EXPECT_EQ(property(flow, "File Filter"), ".*");
  EXPECT_FALSE(flow.processors[1].properties.contains("File Filter"));
}

TEST(AgentMigrationTest, PropertiesHaveTheirNamesAndValuesHere) {
  struct Case {
    std::string type, properties, key, expected;
  };
  for (const Case& c : std::vector<Case>{
           {"GetFile", "", "File Filter", ".*"},
           {"GetFile", "File Filter: x", "File Filter", "x"},
           {"InvokeHTTP", "'Content-type': text/plain", "Request Content-Type", "text/plain"},
           {"InvokeHTTP", "", "Request Content-Type", "application/octet-stream"},
           {"InvokeHTTP", "Content-Type: text/plain", "Request Content-Type", "(none)"},
           {"InvokeHTTP", "Follow Redirects: false", "Follow Redirects", "False"},
           {"PutS3Object", "Storage Class: StandardIA", "Storage Class", "STANDARD_IA"},
           {"PutFile", "Maximum File Count: -1", "Maximum File Count", ""},
           {"PutFile", "", "Directory", "."},
           {"RouteText", "Routing Strategy: Dynamic Routing", "Routing Strategy",
            "Route to each matching Property Name"},
           {"TailFile", "tail-mode: Multiple file", "tail-mode", "Multiple files"},
           {"HashContent", "Hash Attribute: sum, Hash Algorithm: SHA256", "Hash Attribute Name", "sum"},
           {"HashContent", "Hash Algorithm: SHA256", "Hash Algorithm", "SHA-256"},
           {"PublishKafka", "Known Brokers: 'h:1'", "Kafka Brokers", "h:1"},
           {"PublishKafka", "Compress Codec: gzip", "Compression Type", "gzip"},
           {"ConsumeKafka", "Headers To Add As Attributes: 'a.b, c'", "Headers to Add as Attributes (Regex)",
            "a\\.b|c"},
           {"ConsumeKafka", "Kafka Connection Service: k", "Offset Reset", "(none)"},
           {"MergeContent", "Batch Size: 3", "Batch Size", "(none)"},
           {"MergeContent", "Minimum Group Size: 0", "Minimum Group Size", "0 B"},
       })
    EXPECT_EQ(property(agent(c.type, c.properties), c.key), c.expected) << c.type << " " << c.properties;
  EXPECT_EQ(agent("PublishKafka", "").processors[0].type, "org.apache.nifi.processors.kafka.pubsub.PublishKafka_2_6");
}

TEST(AgentMigrationTest, RelationshipsHaveTheirNamesHere) {
  const auto relationships = [](const std::string& type, const std::string& name) {
    const auto flow = agent(type, "", name);
    EXPECT_EQ(flow.connections.at(0).relationships, flow.processors.at(0).auto_terminated);
    return flow.connections.at(0).relationships;
  };
  EXPECT_THAT(relationships("InvokeHTTP", "no retry"), ElementsAre("No Retry"));
  EXPECT_THAT(relationships("ExtractText", "success"), ElementsAre("matched", "unmatched"));
  EXPECT_THAT(relationships("RouteOnAttribute", "failure"), IsEmpty());
  EXPECT_THAT(agent("AttributesToJSON", "", "success").processors[0].auto_terminated,
              ElementsAre("success", "failure"));
}

TEST(AgentMigrationTest, WhatCannotBeSaidIsTold) {
  EXPECT_THAT(
      told(agent("InvokeHTTP", "Disable Peer Verification: true"), Finding::Kind::NoEffect),
      ElementsAre("processor 'p': 'Disable Peer Verification' of MiNiFi C++ means nothing here: servers are always "
                  "verified"));
  EXPECT_THAT(told(agent("InvokeHTTP", "Disable Peer Verification: false"), Finding::Kind::NoEffect), IsEmpty());
  EXPECT_THAT(told(agent("PublishKafka", "Security Pass Phrase: abc"), Finding::Kind::NoEffect),
              ElementsAre(Not(HasSubstr("abc"))));
  EXPECT_THAT(told(agent("TailFile", ""), Finding::Kind::Trap), ElementsAre(HasSubstr("a flowfile of each line")));
  EXPECT_THAT(told(agent("TailFile", "Result Mode: Flow file per batch"), Finding::Kind::Trap), IsEmpty());
}

/// What a flow of an agent becomes is NiFi's: read again it is not translated once more.
TEST(AgentMigrationTest, ItIsWrittenInNifisWords) {
  const auto flow = agent("PublishKafka", "Known Brokers: 'h:1', Topic Name: t");
  const auto again = read_flow(definition_text(write_definition(flow)), "d.json");
  EXPECT_EQ(again.processors.at(0).type, flow.processors[0].type);
  EXPECT_EQ(property(again, "Kafka Brokers"), "h:1");
  EXPECT_EQ(property(again, "Known Brokers"), "(none)");
}

/// The tables name what there is.
TEST(AgentMigrationTest, TablesFitTheComponents) {
  const auto described = [](std::string_view type) -> const Description* {
    for (const auto& other : agent_types())
      if (other.name == type) type = other.type;
    const auto* found = find_description(type);
    return found != nullptr ? found : find_description(type, service_descriptions());
  };
  const auto has = [&](std::string_view type, std::string_view key) {
    const auto* description = described(type);
    EXPECT_NE(description, nullptr) << type;
    return description != nullptr && std::ranges::any_of(description->properties, [&](const Property& property) {
             return property.name == key || property.old_name == key;
           });
  };
  for (const auto& row : agent_keys()) {
    EXPECT_TRUE(has(row.type, row.to) || row.to == "client.id") << row.type << " " << row.to;
    EXPECT_FALSE(has(row.type, row.from)) << row.type << " " << row.from;
  }
  for (const auto& row : agent_values()) EXPECT_TRUE(has(row.type, row.key)) << row.type << " " << row.key;
  for (const auto& row : agent_defaults()) EXPECT_TRUE(has(row.type, row.key)) << row.type << " " << row.key;
  for (const auto& row : agent_losses())
    if (row.key != "Use Default Credentials") EXPECT_FALSE(has(row.type, row.key)) << row.type << " " << row.key;
  for (const auto& row : agent_relationships()) {
    const auto* description = described(row.type);
    ASSERT_NE(description, nullptr) << row.type;
    if (!row.to.empty())
      EXPECT_EQ(std::ranges::count(description->relationships, row.to, &Relationship::name), 1) << row.type << row.to;
  }
}

}  // namespace
}  // namespace flow
