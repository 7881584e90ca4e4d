#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "flow/processors/record_test_services.h"
#include "flow/services/mock_registry.h"
#include "flow/web/test_server.h"
#include "http/test_certificate.h"

namespace flow {
namespace {

const std::string kSchema =
    R"("schema":"{\"type\":\"record\",\"name\":\"o\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"}]}")";
const std::string kReference("\0\0\0\0\x07", 5);

class ConfluentRegistryTest : public ::testing::Test {
 protected:
  ServiceDefinition registry(PropertyValues more = {}) const {
    more.insert({"Schema Registry URLs", "http://127.0.0.1:1, " + registry_.url() + "/"});
    return service("registry", "ConfluentSchemaRegistry", std::move(more));
  }
  MockRegistry registry_{
      {{"/schemas/ids/7", "{" + kSchema + "}"},
       {"/schemas/ids/7/versions", R"([{"subject":"old","version":1},{"subject":"orders-value","version":3}])"},
       {"/subjects/orders-value/versions/latest", R"({"subject":"orders-value","version":3,"id":7,)" + kSchema + "}"},
       {"/subjects/orders-value/versions/2", R"({"subject":"orders-value","version":2,"id":6,)" + kSchema + "}"}}};
};

TEST_F(ConfluentRegistryTest, ContentsSayTheirSchemas) {
  const std::vector<ServiceDefinition> services{
      registry({{"Authentication Type", "BASIC"}, {"Username", "me"}, {"Password", "secret"}}),
      service("reference", "ConfluentEncodedSchemaReferenceReader"),
      service("in", "JsonTreeReader",
              {{"Schema Access Strategy", "schema-reference-reader"},
               {"Schema Reference Reader", "reference"},
               {"Schema Registry", "registry"}}),
      service("out", "JsonRecordSetWriter", {{"Schema Write Strategy", "schema-name"}})};
  ProcessorRun run(
      "ConvertRecord", records(),
      {.given = {{kReference + R"({"a":5})"}, {kReference + R"({"a":6})"}, {R"({"a":6})"}}, .services = services});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{R"([{"a":5}])", R"([{"a":6}])"}));
  EXPECT_EQ(run.out("success")[0].at("schema.name"), "orders-value");
  EXPECT_EQ(run.only("failure").at("record.error.message"),
            "the content does not begin with Confluent's schema reference");
  EXPECT_EQ(registry_.requests(), 2);  // what was asked once is known
  EXPECT_EQ(registry_.authorization(), "Basic bWU6c2VjcmV0");
}

TEST_F(ConfluentRegistryTest, WritersPutTheReferenceBeforeTheRecords) {
  for (const auto& [version, id] : {std::pair{"", '\x07'}, {"2", '\x06'}}) {
    const std::vector<ServiceDefinition> services{
        registry(), service("reference", "ConfluentEncodedSchemaReferenceWriter"), service("in", "JsonTreeReader"),
        service("out", "AvroRecordSetWriter",
                {{"Schema Access Strategy", "schema-name"},
                 {"Schema Name", "orders-value"},
                 {"Schema Version", version},
                 {"Schema Registry", "registry"},
                 {"Schema Write Strategy", "schema-reference-writer"},
                 {"Schema Reference Writer", "reference"}})};
    ProcessorRun run("ConvertRecord", records(), {.given = {{R"({"a":5})"}}, .services = services});
    run.until_idle();
    const std::string expected{'\0', '\0', '\0', '\0', id, '\x0a'};  // the record: a zigzag 5
    EXPECT_EQ(run.only("success").content, expected);
  }
}

TEST_F(ConfluentRegistryTest, EveryReaderFindsItsSchema) {
  struct Case {
    std::string reader, content;
    PropertyValues properties = {};
  };
  for (const auto& c : std::to_array<Case>({{"CSVReader", "5\n"},
                                            {"JsonTreeReader", R"({"a":5})"},
                                            {"JsonPathReader", R"({"x":5})", {{"a", "$.x"}}},
                                            {"AvroReader", "\x0a"}})) {
    for (const auto* strategy : {"schema-reference-reader", "confluent-encoded", "schema-name"}) {
      auto properties = c.properties;
      properties.insert({{"Schema Access Strategy", strategy},
                         {"Schema Registry", "registry"},
                         {"Schema Reference Reader", "reference"},
                         {"Schema Name", "orders-value"},
                         {"Schema Version", "2"}});
      const auto content = std::string_view(strategy) == "schema-name" ? c.content : kReference + c.content;
      ProcessorRun run("ConvertRecord", records(),
                       {.given = {{content}},
                        .services = {registry(), service("reference", "ConfluentEncodedSchemaReferenceReader"),
                                     service("in", c.reader, properties), service("out", "JsonRecordSetWriter")}});
      EXPECT_EQ(run.problems(), Texts{}) << c.reader << strategy;
      run.until_idle();
      EXPECT_EQ(run.contents("success"), (Texts{R"([{"a":5}])"})) << c.reader << " " << strategy;
    }
  }
}

TEST_F(ConfluentRegistryTest, ValidateRecordTakesAVersion) {
  ProcessorRun run("ValidateRecord",
                   records({{"Schema Access Strategy", "schema-name"},
                            {"Schema Registry", "registry"},
                            {"Schema Name", "orders-value"},
                            {"Schema Version", "${version}"}}),
                   {.given = {{R"({"a":5})", {{"version", "2"}}}, {R"({"a":5})", {{"version", "9"}}}},
                    .services = {registry(), service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")}});
  run.until_idle();
  EXPECT_EQ(run.contents("valid"), (Texts{R"([{"a":5}])"}));
  EXPECT_EQ(run.out("failure").size(), 1u);  // there is no version 9
}

/// But that of Parquet, whose files begin with a mark of their own.
TEST_F(ConfluentRegistryTest, EveryWriterMayPutTheReferenceBeforeTheRecords) {
  const std::string reference("\0\0\0\0\x06", 5);
  for (const auto& [writer, begins] :
       std::to_array<std::pair<std::string, std::string>>({{"CSVRecordSetWriter", reference},
                                                           {"JsonRecordSetWriter", reference},
                                                           {"AvroRecordSetWriter", reference},
                                                           {"ParquetRecordSetWriter", "PAR1\x15"}})) {
    for (const auto* strategy : {"schema-reference-writer", "confluent-encoded"}) {
      ProcessorRun run("ConvertRecord", records(),
                       {.given = {{R"({"a":5})"}},
                        .services = {registry(), service("reference", "ConfluentEncodedSchemaReferenceWriter"),
                                     service("in", "JsonTreeReader"),
                                     service("out", writer,
                                             {{"Schema Access Strategy", "schema-name"},
                                              {"Schema Name", "orders-value"},
                                              {"Schema Version", "2"},
                                              {"Schema Registry", "registry"},
                                              {"Schema Write Strategy", strategy},
                                              {"Schema Reference Writer", "reference"}})}});
      EXPECT_EQ(run.problems(), Texts{}) << writer;
      run.until_idle();
      EXPECT_EQ(run.only("success").content.substr(0, 5), begins) << writer << strategy;
    }
  }
}

/// A writer has no content that could refer to a schema, before it writes it.
TEST_F(ConfluentRegistryTest, NoWriterFindsItsSchemaByContent) {
  for (const auto* writer :
       {"CSVRecordSetWriter", "JsonRecordSetWriter", "AvroRecordSetWriter", "ParquetRecordSetWriter"}) {
    ProcessorRun run("ConvertRecord", records(),
                     {.given = {{R"({"a":5})", {{"avro.schema", R"({"type":"record","name":"r","fields":[]})"}}}},
                      .services = {registry(), service("reference", "ConfluentEncodedSchemaReferenceReader"),
                                   service("in", "JsonTreeReader"),
                                   service("out", writer,
                                           {{"Schema Access Strategy", "schema-reference-reader"},
                                            {"Schema Registry", "registry"},
                                            {"Schema Reference Reader", "reference"}})}});
    EXPECT_EQ(run.problems().size(), 1u) << writer;
    const auto out = run.engine().status().services.back();
    ASSERT_EQ(out.problems.size(), 1u) << writer;
    EXPECT_NE(out.problems[0].find("'Schema Access Strategy'"), std::string::npos) << out.problems[0];
    const auto* description = find_description(writer, service_descriptions());
    ASSERT_NE(description, nullptr);
    const auto property =
        std::ranges::find(description->properties, "Schema Reference Reader", &Property::name);  // NiFi shows it
    ASSERT_NE(property, description->properties.end());
    EXPECT_TRUE(property->no_effect) << writer;
  }
}

TEST_F(ConfluentRegistryTest, WhatIsUnknownFailsAndWhatDoesNotAnswerIsAskedAgain) {
  const auto services = [](ServiceDefinition registry_service) {
    return std::vector<ServiceDefinition>{
        std::move(registry_service),
        service("in", "JsonTreeReader",
                {{"Schema Access Strategy", "confluent-encoded"}, {"Schema Registry", "registry"}}),
        service("out", "JsonRecordSetWriter")};
  };
  const std::string other("\0\0\0\0\x08", 5);
  ProcessorRun unknown("ConvertRecord", records(), {.given = {{other + "{}"}}, .services = services(registry())});
  unknown.until_idle();
  EXPECT_NE(unknown.only("failure").at("record.error.message").find("no schema at /schemas/ids/8"), std::string::npos);
  ProcessorRun away("ConvertRecord", records(),
                    {.given = {{other + "{}"}},
                     .services = services(service("registry", "ConfluentSchemaRegistry",
                                                  {{"Schema Registry URLs", "http://127.0.0.1:1"}}))});
  away.until_idle();
  EXPECT_EQ(away.waiting(), 1u);
  EXPECT_EQ(away.errors().size(), 1u);
}

TEST_F(ConfluentRegistryTest, AnswersAreKeptForAWhile) {
  const auto requests = [&](PropertyValues properties, std::chrono::seconds between) {
    const auto before = registry_.requests();
    properties.insert({"Communications Timeout", "10 s"});
    ProcessorRun run(
        "ConvertRecord", records(),
        {.given = {{kReference + R"({"a":5})"}, {kReference + R"({"a":6})", {}, between}},
         .services = {registry(std::move(properties)),
                      service("in", "JsonTreeReader",
                              {{"Schema Access Strategy", "confluent-encoded"}, {"Schema Registry", "registry"}}),
                      service("out", "JsonRecordSetWriter")}});
    EXPECT_EQ(run.problems(), Texts{});
    run.until_idle();
    run.advance(between + std::chrono::seconds{1});
    run.until_idle();
    EXPECT_EQ(run.out("success").size(), 2u);
    return registry_.requests() - before;
  };
  const auto once = requests({}, std::chrono::seconds{20});
  EXPECT_EQ(requests({{"Cache Expiration", "10 s"}}, std::chrono::seconds{20}), 2 * once);
  EXPECT_EQ(requests({{"Cache Size", "0"}}, std::chrono::seconds{20}), 2 * once);
}

TEST(ConfluentRegistryTlsTest, StoresOfEitherKind) {
  const http::TestCertificate certificate, person("DNS:person");
  const http::ServerTls tls{
      .key = {.path = certificate.key_store(), .type = http::KeyStore::Type::Pkcs12, .password = "changeit"},
      .trust = http::KeyStore{.path = person.authority()},
      .clients = http::ClientAuthentication::Required};
  web::TestServer server(
      [](const web::TestServer::Seen& request) {
        return request.target == "/schemas/ids/7" ? http::Response{.body = "{" + kSchema + "}"}
               : request.target == "/schemas/ids/7/versions"
                   ? http::Response{.body = R"([{"subject":"orders-value","version":3}])"}
                   : http::Response{.status = 404};
      },
      {.tls = tls});
  // A PEM store of a key holds the key and its certificate.
  const Folder folder;
  const auto text = [](const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  folder.write("person.pem", text(person.key()) + text(person.chain()));
  for (const auto& [keys, type, trusted, trusted_type] :
       {std::tuple(person.key_store(), "PKCS12", certificate.trust_store(), "PKCS12"),
        std::tuple(folder.at("person.pem"), "PEM", certificate.authority(), "PEM")}) {
    for (const auto* context : {"StandardSSLContextService", "StandardRestrictedSSLContextService"}) {
      ProcessorRun run(
          "ConvertRecord", records(),
          {.given = {{kReference + R"({"a":5})"}},
           .services = {service("registry", "ConfluentSchemaRegistry",
                                {{"Schema Registry URLs", "https://localhost:" + std::to_string(server.port())},
                                 {"SSL Context Service", "ssl"}}),
                        service("ssl", context,
                                {{"Keystore Filename", keys},
                                 {"Keystore Type", type},
                                 {"Keystore Password", "changeit"},
                                 {"Key Password", "changeit"},
                                 {"Truststore Filename", trusted},
                                 {"Truststore Type", trusted_type},
                                 {"Truststore Password", "changeit"}}),
                        service("in", "JsonTreeReader",
                                {{"Schema Access Strategy", "confluent-encoded"}, {"Schema Registry", "registry"}}),
                        service("out", "JsonRecordSetWriter")}});
      EXPECT_EQ(run.problems(), Texts{}) << type;
      run.until_idle();
      EXPECT_EQ(run.contents("success"), (Texts{R"([{"a":5}])"})) << type << " " << context;
    }
  }
}

}  // namespace
}  // namespace flow
