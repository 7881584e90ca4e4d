#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "flow/format/definition_writer.h"
#include "flow/format/format_fixtures.h"

namespace flow {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a flow says, without ids: by names, in order.
std::string summary(const FlowDefinition& flow) {
  std::map<std::string, std::string> paths;
  for (const auto& group : flow.groups)
    paths[group.id] = (group.parent.empty() ? "" : paths[group.parent]) + "/" + group.name;
  const auto named = [&](const auto& component) { return paths[component.group] + "/" + component.name; };
  std::vector<std::string> lines;
  for (const auto& service : flow.services) paths[service.id] = named(service);
  const auto configured = [&](const ConfiguredDefinition& component) {
    auto line = named(component) + " " + component.type.substr(component.type.rfind('.') + 1);
    for (const auto& [key, value] : component.properties)
      if (value) {
        const auto service = paths.find(*value);
        line += fmt::format(" {}={}", key, service == paths.end() ? *value : service->second);
      }
    return line;
  };
  for (const auto& p : flow.processors) {
    paths[p.id] = named(p);
    lines.push_back(fmt::format("{} {} {} {} {} {} ends={} retries={} {}", configured(p), p.scheduling_period,
                                p.penalty_duration, p.run_duration, p.concurrent_tasks, p.annotation_data,
                                fmt::join(p.auto_terminated, ","), fmt::join(p.retried, ","), p.retry_count));
  }
  for (const auto& service : flow.services) lines.push_back(configured(service));
  for (const auto& port : flow.ports) paths[port.id] = named(port);
  for (const auto& c : flow.connections)
    lines.push_back(fmt::format("{}: {} -{}-> {} {} {} {}", paths[c.group], paths[c.source],
                                fmt::join(c.relationships, ","), paths[c.destination], c.objects_max, c.bytes_max,
                                c.expiration));
  for (const auto& [name, context] : flow.contexts) {
    lines.push_back(fmt::format("context {} of {}", name, fmt::join(context.inherited, ",")));
    for (const auto& [parameter, definition] : context.parameters)
      lines.push_back(fmt::format("  {} {} {}", parameter, definition.sensitive,
                                  definition.sensitive ? "" : definition.value.value_or("(none)")));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

TEST(DefinitionWriterTest, ADefinitionComesOutAsItWas) {
  const auto text = read_flow_file("orders_definition.json");
  const auto flow = read_flow(text, "orders_definition.json");
  EXPECT_EQ(json::value(write_definition(flow)), json::parse(text));
  // Also what nobody interprets, and what is left out.
  const std::string odd =
      R"({"flowContents":{"identifier":"r","name":"n","future":[1,{"a":null}],"labels":[{"label":"x","bends":1}],
          "processors":[{"identifier":"p","type":"no.such.Type","more":{"b":2},"properties":{"x":null,"y":""}}]},
          "snapshotMetadata":{"version":7},"future":true})";
  EXPECT_EQ(json::value(write_definition(read_flow(odd, "odd.json"))), json::parse(odd));
}

class WrittenAsDefinition : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Formats, WrittenAsDefinition,
                         ::testing::Values("orders_definition.json", "orders_instance.json", "orders_flow.xml",
                                           "orders_template.xml", "orders_minifi.yml"));

TEST_P(WrittenAsDefinition, SaysTheSameWithoutSecrets) {
  // Without the key: what it would open stands in no definition.
  const auto flow = read_flow(read_flow_file(GetParam()), GetParam());
  for (const auto keys : {WrittenKeys::AsSaved, WrittenKeys::Current}) {
    const auto written = write_definition(flow, keys);
    const auto text = definition_text(written);
    EXPECT_EQ(json::parse(text), json::value(written));
    EXPECT_THAT(text, Not(HasSubstr("enc{")));
    const auto again = read_flow(text, "again.json");
    EXPECT_EQ(again.form, FlowForm::Definition);
    if (keys == WrittenKeys::AsSaved) {
      EXPECT_EQ(summary(again), summary(flow));
    }
    // What was written once is written the same again.
    EXPECT_EQ(json::value(write_definition(again)), json::value(written));
  }
}

TEST_P(WrittenAsDefinition, HoldsNoOpenedSecret) {
  const auto flow = read_flow(read_flow_file(GetParam()), GetParam(), kTestSensitiveKey);
  for (const auto keys : {WrittenKeys::AsSaved, WrittenKeys::Current}) {
    const auto text = definition_text(write_definition(flow, keys));
    EXPECT_THAT(text, Not(HasSubstr("saffron")));
    EXPECT_THAT(text, Not(HasSubstr("open sesame")));
  }
}

TEST_P(WrittenAsDefinition, IsComplete) {
  const auto written = write_definition(read_flow(read_flow_file(GetParam()), GetParam()), WrittenKeys::Current);
  const auto& root = written.at("flowContents").as_object();
  for (const auto* name : {"processGroups", "remoteProcessGroups", "processors", "inputPorts", "outputPorts",
                           "connections", "labels", "funnels", "controllerServices"})
    EXPECT_TRUE(root.contains(name) && root.at(name).is_array()) << name;
  for (const auto& processor : root.at("processors").as_array())
    for (const auto* name : {"identifier",
                             "groupIdentifier",
                             "name",
                             "type",
                             "bundle",
                             "properties",
                             "propertyDescriptors",
                             "schedulingPeriod",
                             "schedulingStrategy",
                             "executionNode",
                             "penaltyDuration",
                             "yieldDuration",
                             "bulletinLevel",
                             "runDurationMillis",
                             "concurrentlySchedulableTaskCount",
                             "autoTerminatedRelationships",
                             "scheduledState",
                             "retryCount",
                             "retriedRelationships",
                             "backoffMechanism",
                             "maxBackoffPeriod",
                             "componentType",
                             "position",
                             "style"})
      EXPECT_TRUE(processor.as_object().contains(name)) << name;
  for (const auto& processor : root.at("processors").as_array())
    EXPECT_EQ(processor.at("schedulingStrategy").as_string(), "TIMER_DRIVEN");
  for (const auto& connection : root.at("connections").as_array())
    for (const auto* end : {"source", "destination"})
      for (const auto* name : {"id", "groupId", "type", "name"})
        EXPECT_FALSE(connection.at(end).as_object().at(name).as_string().empty()) << end << name;
  EXPECT_EQ(written.at("flowEncodingVersion").as_string(), "1.0");
}

TEST(DefinitionWriterTest, LabelsBendsAndPositionsOfXmlAreKept) {
  for (const auto* name : {"orders_flow.xml", "orders_template.xml"}) {
    const auto written = write_definition(read_flow(read_flow_file(name), name));
    const auto& root = written.at("flowContents").as_object();
    const auto& label = root.at("labels").at(0).as_object();
    EXPECT_EQ(label.at("label").as_string(), "Orders of the day");
    EXPECT_EQ(label.at("style").at("font-size").as_string(), "18px");
    EXPECT_EQ(root.at("connections").at(0).at("bends"), json::parse(R"([{"x":100.0,"y":200.5}])")) << name;
    EXPECT_EQ(root.at("processors").at(0).at("position"), json::parse(R"({"x":20.0,"y":-8.5})")) << name;
  }
}

}  // namespace
}  // namespace flow
