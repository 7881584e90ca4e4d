#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "flow/format/definition.h"
#include "flow/format/format_fixtures.h"
#include "flow/format/sensitive_values.h"
#include "http/gzip.h"

namespace flow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

FlowDefinition read(const std::string& name, const std::string& key = {}) {
  return read_flow(read_flow_file(name), name, key);
}

std::string error_of(std::string_view text, std::string_view name = "f.json") {
  const auto flow = read_definition(text, name);
  return flow ? "no error" : flow.error().message;
}

template <class T>
const T& named(const std::vector<T>& list, std::string_view name) {
  static const T kNone{};
  const auto found = std::ranges::find(list, name, &T::name);
  EXPECT_NE(found, list.end()) << name;
  return found == list.end() ? kNone : *found;
}

std::string group_name(const FlowDefinition& flow, const std::string& id) {
  for (const auto& group : flow.groups)
    if (group.id == id) return group.name;
  return "?" + id;
}

std::string component_name(const FlowDefinition& flow, const std::string& id) {
  for (const auto& processor : flow.processors)
    if (processor.id == id) return processor.name;
  for (const auto& port : flow.ports)
    if (port.id == id) return port.name;
  return "?" + id;
}

std::vector<std::string> wires(const FlowDefinition& flow) {
  std::vector<std::string> list;
  for (const auto& connection : flow.connections)
    list.push_back(fmt::format("{}: {} -{}-> {}", group_name(flow, connection.group),
                               component_name(flow, connection.source), fmt::join(connection.relationships, ","),
                               component_name(flow, connection.destination)));
  return list;
}

std::vector<std::string> findings(const FlowDefinition& flow, Finding::Kind kind) {
  std::vector<std::string> list;
  for (const auto& finding : flow.findings)
    if (finding.kind == kind) list.push_back(finding.where + ": " + finding.text);
  return list;
}

class EveryFormat : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Formats, EveryFormat,
                         ::testing::Values("orders_definition.json", "orders_instance.json", "orders_flow.xml",
                                           "orders_template.xml", "orders_minifi.yml"));

TEST_P(EveryFormat, HoldsTheSameFlow) {
  const bool is_minifi = std::string_view(GetParam()) == "orders_minifi.yml";
  const bool is_template = std::string_view(GetParam()) == "orders_template.xml";
  const auto flow = read(GetParam(), kTestSensitiveKey);
  EXPECT_EQ(flow.name, "orders");
  ASSERT_EQ(flow.groups.size(), 2u);
  EXPECT_EQ(flow.groups[1].name, "archive");
  EXPECT_EQ(flow.groups[1].parent, flow.root);
  EXPECT_THAT(wires(flow), UnorderedElementsAre("orders: make -success-> tag", "orders: tag -success-> Funnel",
                                                "orders: Funnel --> in", "orders: Funnel --> convert",
                                                "orders: convert -success-> vault", "archive: in --> keep"));
  const auto& make = named(flow.processors, "make");
  EXPECT_EQ(make.group, flow.root);
  EXPECT_EQ(make.properties.at("Batch Size"), "#{batch}");
  EXPECT_EQ(make.scheduling_period, "1 min");
  const auto& tag = named(flow.processors, "tag");
  EXPECT_EQ(tag.properties.at("kind"), "${filename:substringBefore('.')}");
  EXPECT_EQ(tag.run_duration, 25);
  const auto& convert = named(flow.processors, "convert");
  EXPECT_EQ(convert.type, "org.apache.nifi.processors.nowhere.TurnIntoGold");
  EXPECT_THAT(convert.auto_terminated, ElementsAre("failure"));
  EXPECT_EQ(convert.properties.at("Purity"), "24");
  EXPECT_EQ(convert.properties.at("Reader"), named(flow.services, "gold reader").id);
  EXPECT_THAT(convert.references, ElementsAre("Reader"));
  EXPECT_EQ(named(flow.services, "gold reader").properties.at("Karat"), "18");
  const auto& keep = named(flow.processors, "keep");
  EXPECT_EQ(keep.properties.at("Log Level"), "info");
  EXPECT_EQ(keep.properties.at("log-prefix"), std::nullopt);
  EXPECT_EQ(named(flow.ports, "vault").kind, PortKind::RemoteInput);
  EXPECT_THAT(named(flow.ports, "vault").refused, HasSubstr("site-to-site is not supported"));
  const auto& first = flow.connections[0];
  EXPECT_EQ(first.objects_max, 50u);
  EXPECT_EQ(first.bytes_max, is_minifi ? "100 MB" : "1 GB");
  EXPECT_EQ(flow.connections[1].expiration, "1 hour");
  EXPECT_THAT(findings(flow, Finding::Kind::Ghost), ::testing::Contains(HasSubstr("remote process group 'far away'")));
  if (!is_template) {  // which have no contexts
    EXPECT_EQ(flow.groups[0].parameter_context, "orders");
    EXPECT_EQ(flow.contexts.at("orders").parameters.at("batch").value, "2");
    EXPECT_TRUE(flow.contexts.at("orders").parameters.at("password").sensitive);
    EXPECT_THAT(flow.contexts.at("orders").inherited, ElementsAre("everywhere"));
  }
  if (is_minifi) return;  // which has none of these
  EXPECT_EQ(tag.retry_count, 3);
  EXPECT_THAT(tag.retried, ElementsAre("success"));
  EXPECT_TRUE(tag.backoff_yields);
  EXPECT_EQ(tag.max_backoff, "2 mins");
  EXPECT_EQ(convert.annotation_data, "<rules/>");
  EXPECT_EQ(convert.scheduled_state, "DISABLED");
  EXPECT_EQ(convert.bundle, "org.apache.nifi:nifi-gold-nar:1.28.1");
  EXPECT_EQ(make.properties.at("generate-ff-custom-text"), std::nullopt);
  EXPECT_THAT(first.prioritizers, ElementsAre("org.apache.nifi.prioritizer.FirstInFirstOutPrioritizer"));
}

TEST_P(EveryFormat, MayBePacked) {
  const auto plain = read(GetParam());
  const auto packed = read_definition(http::gzip(read_flow_file(GetParam())), "f.gz");
  ASSERT_TRUE(packed) << packed.error().message;
  EXPECT_EQ(packed->root, plain.root);
  EXPECT_EQ(wires(*packed), wires(plain));
}

TEST(FormatTest, AnInstanceHasItsOwnIdsAndADefinitionVersionedOnes) {
  EXPECT_EQ(read("orders_definition.json").root, "5e6f7a8b-0000-3000-8000-000000000001");
  EXPECT_EQ(read("orders_instance.json").root, "0a1b2c3d-0000-1000-0000-000000000001");
  EXPECT_EQ(read("orders_flow.xml").root, "0a1b2c3d-0000-1000-0000-000000000001");
}

TEST(FormatTest, WhatIsEncryptedIsOpenedWithTheKey) {
  for (const auto* name : {"orders_instance.json", "orders_flow.xml"}) {
    const auto flow = read(name, kTestSensitiveKey);
    EXPECT_EQ(named(flow.processors, "convert").properties.at("Secret Ingredient"), "saffron") << name;
    EXPECT_EQ(flow.contexts.at("orders").parameters.at("password").value, "open sesame") << name;
    const auto without = read(name);
    EXPECT_EQ(named(without.processors, "convert").properties.at("Secret Ingredient"), std::nullopt) << name;
    EXPECT_EQ(findings(without, Finding::Kind::MissingSecret).size(), 2u) << name;
    const auto wrong = read_definition(read_flow_file(name), name, "another key of NiFi");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("has 2 problems"));
    EXPECT_THAT(wrong.error().message, HasSubstr("processor 'convert': 'Secret Ingredient' cannot be decrypted"));
  }
}

TEST(FormatTest, KeysAreDerivedAsNiFiDoes) {
  struct Case {
    std::string_view encrypted, password, plain;
  };
  // Made with Python's cryptography package.
  for (const Case& c : std::to_array<Case>({
           {"enc{6465666768696a6b6c6d6e6f707172736d190219269daf9714bd60d22d5e1ae7a34a054741c0}", "a key of 20 letters!",
            "pepper"},
       })) {
    SensitiveValues values{std::string(c.password)};
    const auto plain = values.open(c.encrypted);
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(*plain, c.plain);
  }
  EXPECT_THAT(SensitiveValues("short").open("enc{" + std::string(80, '0') + "}").error().message,
              HasSubstr("12 characters"));
  EXPECT_THAT(SensitiveValues("a key of 20 letters!").open("enc{zz}").error().message,
              HasSubstr("not an encrypted value"));
}

TEST(FormatTest, EveryProblemIsToldWithItsPlace) {
  EXPECT_EQ(
      error_of(R"({"flowContents":{"identifier":"r","name":"x","processors":[
      {"identifier":"a","name":"one","properties":{"In":[1]},"type":"T","schedulingPeriod":5},
      {"name":"two","autoTerminatedRelationships":"success"}],
      "connections":[{"identifier":"c","source":{"id":"a"},"destination":{"id":"nowhere"}}]}})"),
      "f.json has 6 problems:\n"
      "  f.json: $.flowContents.processors[0].properties.In: processor 'one': property 'In' must be a text or null\n"
      "  f.json: $.flowContents.processors[0].schedulingPeriod: processor 'one': 'schedulingPeriod' must be a text\n"
      "  f.json: $.flowContents.processors[1]: processor 'two' has no 'identifier'\n"
      "  f.json: $.flowContents.processors[1]: processor 'two' has no 'type'\n"
      "  f.json: $.flowContents.processors[1].autoTerminatedRelationships: processor 'two': "
      "'autoTerminatedRelationships' must be a list\n"
      "  f.json: $.flowContents.connections[0].destination: connection 'c' refers to component 'nowhere', which the "
      "file does not contain");
  struct Case {
    std::string_view name, text, message;
  };
  for (const Case& c : std::to_array<Case>({
           {"f.json", "", "f.json: the file is empty"},
           {"f.json", "{\"a\":\n  nul}", "f.json: not valid JSON: syntax error (line 2, column 3)"},
           {"f.json", "{\"a\":", "f.json: not valid JSON: incomplete JSON (line 1, column 6)"},
           {"f.json", "{} x", "f.json: not valid JSON: extra data (line 1, column 4)"},
           {"f.json", "{}",
            "f.json: not a flow definition: neither 'flowContents' nor 'rootGroup' nor 'Flow Controller' is there"},
           {"f.json", R"({"flowContents":7})", "f.json: $.flowContents: the flow: 'flowContents' must be an object"},
           {"f.json", R"({"reportingTasks":[]})", "f.json: holds reporting tasks and no flow"},
           {"f.xml", "<template>\n<name>x</name>\n", "f.xml:2: not valid XML: Start-end tags mismatch"},
           {"f.xml", "<template>\n<name>\xe9</name>\n</template>", "f.xml:2: not UTF-8: the byte 0xe9"},
           {"f.yml", "Flow Controller:\n  name: \"a\xff\"\n", "f.yml:2: not UTF-8: the byte 0xff"},
           {"f.xml", "<project/>", "f.xml: not a flow: neither a template nor a flow.xml (its root is 'project')"},
           {"f.xml",
            "<template><name>x</name><snippet>\n <processors><id>1</id><name>p</name>\n  "
            "<config><runDurationMillis>soon</runDurationMillis></config></processors>\n <connections><id>2</id>\n"
            "<source><id>1</id></source><destination><id>9</id></destination></connections></snippet></template>",
            "f.xml has 3 problems:\n"
            "  f.xml:2: processor 'p' has no 'type'\n"
            "  f.xml:2: processor 'p': 'runDurationMillis' must be a whole number\n"
            "  f.xml:4: connection '2' refers to component '9', which the file does not contain"},
           {"f.yml", "Flow Controller:\n  name: [x\n", "f.yml:3: not valid YAML: end of sequence flow not found"},
           {"f.yml", ",a: b", "f.yml:1: not valid YAML: this begins no document"},
           {"f.yml", "- a\n, b\n", "f.yml:2: not valid YAML: this begins no document"},
           {"f.yml", "a: 1\n", "f.yml: not a flow: no JSON, no XML, and no YAML with a 'Flow Controller'"},
           {"f.yml",
            "Flow Controller:\n  name: x\nProcessors:\n  - name: a\n    Properties:\n      In: {x: 1}\nConnections:\n"
            "  - name: c\n    source name: a\n    destination name: b\n",
            "f.yml has 3 problems:\n"
            "  f.yml:4: processor 'a' has no 'type'\n"
            "  f.yml:6: processor 'a': property 'In' must be a text or null\n"
            "  f.yml:8: connection 'c' refers to component 'b', which the file does not contain"},
           {"f.json", R"({"Flow Controller":{"name":"x"},"Processors":[{"name":"a","id":"1"}]})",
            "f.json: $.Processors[0]: processor 'a' has no 'type'"},
       }))
    EXPECT_EQ(error_of(c.text, c.name), c.message) << c.text;
}

TEST(FormatTest, RemotePortsConnectorsAndConcurrencyAreKeptAndNamed) {
  const auto flow = read("orders_instance.json");
  EXPECT_THAT(findings(flow, Finding::Kind::Ghost),
              UnorderedElementsAre(HasSubstr("$.rootGroup.remoteProcessGroups[0]: remote process group 'far away'"),
                                   HasSubstr("connector 'mover' (org.apache.nifi.nowhere.MoverConnector)"),
                                   HasSubstr("reporting task 'tell'")));
  const auto batch = read_definition(
      R"({"flowContents":{"identifier":"r","processGroups":[{"identifier":"g","name":"one by one","flowFileConcurrency":
         "SINGLE_FLOWFILE_PER_NODE","flowFileOutboundPolicy":"BATCH_OUTPUT","inputPorts":[{"identifier":"i","name":"in"}]}]}})",
      "f.json");
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(named(batch->groups, "one by one").concurrency, GroupConcurrency::SingleFlowFile);
  EXPECT_TRUE(named(batch->groups, "one by one").batch_output);
  EXPECT_EQ(named(batch->ports, "in").refused, "");
}

TEST(FormatTest, CopiesOfAVersionedFlowStayApart) {
  const std::string inner =
      R"("inputPorts":[{"identifier":"in","instanceIdentifier":"%1"}],"processors":[{"identifier":"p","instanceIdentifier":"%2",
      "name":"p","type":"T"}],"connections":[{"identifier":"c","instanceIdentifier":"%3","source":{"id":"in","groupId":"x"},"destination":{"id":"p","groupId":"x"}}])";
  const auto flow = read_definition(R"({"flowContents":{"identifier":"r","processGroups":[{"identifier":"a",)" + inner +
                                        R"(},{"identifier":"b",)" + inner + "}]}}",
                                    "f.json");
  ASSERT_TRUE(flow) << flow.error().message;
  ASSERT_EQ(flow->processors.size(), 2u);
  EXPECT_NE(flow->processors[0].id, flow->processors[1].id);
  ASSERT_EQ(flow->connections.size(), 2u);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(flow->connections[i].destination, flow->processors[i].id);
    EXPECT_EQ(flow->connections[i].source, flow->ports[i].id);
  }
}

TEST(FormatTest, ExternalServicesAreFoundByName) {
  const auto text = [](std::string_view name) {
    return fmt::format(
        R"({{"flowContents":{{"identifier":"r","controllerServices":[{{"identifier":"s","name":"reader","type":"R"}}],
        "processGroups":[{{"identifier":"g","processors":[{{"identifier":"p","name":"p","type":"T","properties":{{"Record Reader":"ext"}},
        "propertyDescriptors":{{"Record Reader":{{"identifiesControllerService":true}}}}}}]}}]}},
        "externalControllerServices":{{"ext":{{"identifier":"ext","name":"{}"}}}}}})",
        name);
  };
  EXPECT_EQ(read_definition(text("reader"), "f.json")->processors[0].properties.at("Record Reader"), "s");
  const auto missing = read_definition(text("other"), "f.json");
  ASSERT_TRUE(missing);
  EXPECT_THAT(
      findings(*missing, Finding::Kind::MissingService),
      ElementsAre("f.json: $.flowContents.processGroups[0].processors[0].properties['Record Reader']: processor "
                  "'p': 'Record Reader' refers to the controller service 'other', which is not in the file"));
}

TEST(FormatTest, ASubFlowThatIsInARegistryIsNamed) {
  const auto flow = read_definition(
      R"({"flowContents":{"identifier":"r","processGroups":[{"identifier":"g","name":"shared","processors":[],
      "versionedFlowCoordinates":{"bucketId":"b1","flowId":"f1","version":"3"}}]}})",
      "f.json");
  EXPECT_THAT(findings(*flow, Finding::Kind::MissingFlow),
              ElementsAre(HasSubstr("process group 'shared' is empty: its contents are flow f1 of bucket b1")));
}

}  // namespace
}  // namespace flow
