#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "flow/format/definition_writer.h"
#include "flow/format/format_fixtures.h"
#include "flow/format/renumber.h"
#include "flow/format/subflow.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr const char* kFiles[] = {"orders_definition.json", "orders_instance.json", "orders_flow.xml",
                                  "orders_template.xml", "orders_minifi.yml"};

FlowDefinition read_file(const char* name) { return read_flow(read_flow_file(name), name, kTestSensitiveKey); }
FlowDefinition read_again(const FlowDefinition& flow) {
  return read_flow(json::serialize(write_instance(flow)), "again.json");
}

template <class Definition>
std::vector<std::string> sorted(const std::vector<Definition>& list, auto&& line) {
  std::vector<std::string> lines;
  for (const auto& component : list) lines.push_back(line(component));
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> processors(const FlowDefinition& flow) {
  return sorted(flow.processors, [](const ProcessorDefinition& p) {
    auto line = fmt::format("{} {} {} {} {} {} {} {} {}", p.id, p.group, p.name, p.type, p.scheduling_period,
                            p.scheduled_state, fmt::join(p.auto_terminated, ","), fmt::join(p.retried, ","), p.bundle);
    for (const auto& [key, value] : p.properties) line += fmt::format(" {}={}", key, value.value_or("(none)"));
    return line;
  });
}
std::vector<std::string> services(const FlowDefinition& flow) {
  return sorted(flow.services, [](const ServiceDefinition& s) {
    return fmt::format("{} {} {} {} {}", s.id, s.group, s.name, s.type, s.scheduled_state);
  });
}
std::vector<std::string> ports(const FlowDefinition& flow) {
  return sorted(flow.ports, [](const PortDefinition& p) {
    return fmt::format("{} {} {} {} {}", p.id, p.group, p.name, static_cast<int>(p.kind), p.disabled);
  });
}
std::vector<std::string> connections(const FlowDefinition& flow) {
  return sorted(flow.connections, [](const ConnectionDefinition& c) {
    return fmt::format("{} {} {} {} {} {} {} {}", c.id, c.group, c.source, c.destination,
                       fmt::join(c.relationships, ","), c.objects_max, c.bytes_max, c.expiration);
  });
}
std::vector<std::string> contexts(const FlowDefinition& flow) {
  std::vector<std::string> lines;
  for (const auto& [name, context] : flow.contexts)
    for (const auto& [parameter, defined] : context.parameters)
      lines.push_back(fmt::format("{} {} {} {} {}", name, fmt::join(context.inherited, ","), parameter,
                                  defined.sensitive, defined.value.value_or("(none)")));
  return lines;
}
std::vector<std::string> groups(const FlowDefinition& flow) {
  return sorted(flow.groups, [](const GroupDefinition& g) {
    return fmt::format("{} {} {} {}", g.id, g.parent, g.name, g.parameter_context);
  });
}

void expect_same(const FlowDefinition& flow, const FlowDefinition& again, const std::string& what) {
  EXPECT_EQ(groups(again), groups(flow)) << what;
  EXPECT_EQ(processors(again), processors(flow)) << what;
  EXPECT_EQ(services(again), services(flow)) << what;
  EXPECT_EQ(ports(again), ports(flow)) << what;
  EXPECT_EQ(connections(again), connections(flow)) << what;
  EXPECT_EQ(contexts(again), contexts(flow)) << what;
}

TEST(InstanceTest, AFlowOfAnyKindIsTheSameWhenItIsReadAgain) {
  for (const auto* name : kFiles) {
    const auto flow = read_file(name);
    const auto again = read_again(flow);
    EXPECT_EQ(again.form, FlowForm::Instance);
    expect_same(flow, again, name);
    expect_same(again, read_again(again), name);
  }
}

TEST(InstanceTest, NewIdsKeepWhatRefersToWhat) {
  for (const auto* name : kFiles) {
    const auto flow = read_file(name);
    auto renumbered = flow;
    renumber(renumbered, [](const std::string& id, const std::string&) { return "new-" + id; });
    EXPECT_EQ(renumbered.root, "new-" + flow.root);
    const auto again = read_again(renumbered);
    expect_same(renumbered, again, name);
    for (const auto& connection : again.connections) {
      EXPECT_TRUE(connection.source.starts_with("new-")) << connection.source;
      EXPECT_TRUE(connection.destination.starts_with("new-")) << connection.destination;
    }
    // And back: nothing was lost.
    auto back = again;
    renumber(back, [](const std::string& id, const std::string&) { return id.substr(4); });
    expect_same(flow, back, name);
  }
}

TEST(InstanceTest, AGroupIsAFlowOfItsOwn) {
  const auto flow = read_file("orders_definition.json");
  const auto archive = std::ranges::find(flow.groups, "archive", &GroupDefinition::name);
  ASSERT_NE(archive, flow.groups.end());
  const auto part = subflow(flow, archive->id);
  EXPECT_EQ(part.root, archive->id);
  EXPECT_EQ(part.groups.size(), 1u);
  ASSERT_EQ(part.processors.size(), 1u);
  EXPECT_EQ(part.processors[0].name, "keep");
  EXPECT_EQ(part.connections.size(), 1u);
  const auto read = read_flow(json::serialize(write_definition(part)), "part.json");
  EXPECT_EQ(read.processors.size(), 1u);
}

}  // namespace
}  // namespace flow
