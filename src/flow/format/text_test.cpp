#include <gmock/gmock.h>

#include "flow/format/definition_writer.h"
#include "flow/format/format_fixtures.h"
#include "flow/format/outline.h"
#include "flow/format/text_format.h"
#include "flow/format/yaml_writer.h"

namespace flow {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Lists of components and parameters in an order of their own.
json::value sorted(const json::value& value) {
  if (const auto* object = value.if_object()) {
    json::object made;
    for (const auto& [name, inner] : *object) made[name] = sorted(inner);
    return made;
  }
  const auto* list = value.if_array();
  if (list == nullptr) return value;
  std::vector<json::value> entries;
  for (const auto& inner : *list) entries.push_back(sorted(inner));
  const auto key = [](const json::value& entry) {
    const auto* object = entry.if_object();
    const auto* name =
        object == nullptr ? nullptr : object->if_contains(object->contains("identifier") ? "identifier" : "name");
    return name == nullptr ? std::string{} : json::serialize(*name);
  };
  std::ranges::sort(entries, {}, key);
  return json::array(entries.begin(), entries.end());
}

TEST(YamlTextTest, ReadsBackToTheSame) {
  for (const std::string text : {"plain",
                                 "",
                                 " lead",
                                 "trail ",
                                 "true",
                                 "Yes",
                                 "null",
                                 "~",
                                 "1",
                                 "-1.5",
                                 "1e3",
                                 "0x10",
                                 "a: b",
                                 "a:b",
                                 "a #b",
                                 "#{p}",
                                 "it's",
                                 "\"q\"",
                                 "- dash",
                                 "line\nline",
                                 "line\n",
                                 "lines\n\n",
                                 "\nfirst",
                                 " a\nb",
                                 "a \nb",
                                 "tab\there",
                                 "a\n\tb",
                                 "a\n\nb",
                                 "[x]",
                                 "{x}",
                                 "*x",
                                 "&x",
                                 "!x",
                                 "%x",
                                 "@x",
                                 "`x",
                                 "?",
                                 "|",
                                 ">",
                                 "---",
                                 "...",
                                 "é",
                                 "a\x01",
                                 "\r\n",
                                 "${a:b('c'):d()}",
                                 "SELECT *\nFROM t -- x: y\nWHERE a = '#'",
                                 "C:\\dir",
                                 "2024-01-01",
                                 "a:",
                                 "=",
                                 "<<"}) {
    const json::value value = json::object{{"a", text}, {text, json::array{text, json::object{{"b", text}}}}};
    const auto yaml = yaml_text(value);
    const auto trees = parse_yaml(yaml, "t.yml", PlainScalars::Typed);
    ASSERT_TRUE(trees) << trees.error().message << "\n" << yaml;
    ASSERT_EQ(trees->size(), 1u) << yaml;
    EXPECT_EQ((*trees)[0].value, value) << yaml;
  }
  const auto value = json::parse(R"({"a":[],"b":{},"c":[1,-2,2.5,true,null,[[]],{"d":[{"e":1}]}]})");
  EXPECT_EQ(parse_yaml(yaml_text(value), "t.yml", PlainScalars::Typed)->at(0).value, value);
}

TEST(YamlTextTest, NumbersKeepTheirLastDigit) {
  for (const double number : {481.05631990785605, 1433.6684396759533, 0.1, -8.5, 1e300, 5e-324}) {
    const auto trees = parse_yaml(yaml_text(json::object{{"a", number}}), "t.yml", PlainScalars::Typed);
    EXPECT_EQ(trees->at(0).value.at("a").as_double(), number);
  }
}

class AsText : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Formats, AsText,
                         ::testing::Values("orders_definition.json", "orders_instance.json", "orders_flow.xml",
                                           "orders_template.xml", "orders_minifi.yml"));

TEST_P(AsText, ReadsBackToTheSameDefinition) {
  const auto definition = write_definition(read_flow(read_flow_file(GetParam()), GetParam()));
  const auto text = write_text(definition, Layout::Yes);
  const auto again = write_definition(read_flow(text, "orders.yml"));
  EXPECT_EQ(sorted(again), sorted(definition)) << text;
  EXPECT_EQ(write_text(again, Layout::Yes), text);
}

TEST_P(AsText, SaysTheSameWithoutItsLayout) {
  const auto flow = read_flow(read_flow_file(GetParam()), GetParam());
  const auto text = write_text(write_definition(flow), Layout::No);
  EXPECT_THAT(text, Not(HasSubstr("dentifier:")));
  EXPECT_THAT(text, Not(HasSubstr("position")));
  const auto again = read_flow(text, "orders.yml");
  const auto definition = write_definition(flow);
  EXPECT_THAT(differences(read_flow(definition_text(definition), "d.json"), again), IsEmpty()) << text;
  EXPECT_EQ(write_text(write_definition(again), Layout::No), text);
}

TEST(TextTest, IsWrittenForPeople) {
  const auto text = write_text(write_definition(read_flow(read_flow_file("orders_definition.json"), "f")), Layout::No);
  EXPECT_THAT(text, HasSubstr("freshet flow: 1\nname: orders\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "  make:\n    type: org.apache.nifi.processors.standard.GenerateFlowFile\n"
          "    bundle: org.apache.nifi:nifi-standard-nar:1.28.1\n    properties:\n      Batch Size: '#{batch}'\n"));
  EXPECT_THAT(text, HasSubstr("      Reader:\n        service: gold reader\n"));
  EXPECT_THAT(text, HasSubstr("  Funnel -> archive/in:\n    from: Funnel\n    to: archive/in\n"));
  EXPECT_THAT(text, HasSubstr("convert -> far away/vault:"));
  EXPECT_THAT(text, Not(HasSubstr("penaltyDuration")));
}

TEST(TextTest, TheOrderOfTheFileDoesNotCount) {
  const auto flow = [](std::string_view one, std::string_view two) {
    return write_text(
        write_definition(read_flow(
            fmt::format(R"({{"flowContents":{{"identifier":"r","name":"n","processors":[{},{}]}}}})", one, two),
            "f.json")),
        Layout::No);
  };
  const std::string a = R"({"identifier":"1","name":"same","type":"x.A","properties":{"k":"1"}})",
                    b = R"({"identifier":"2","name":"same","type":"x.A","properties":{"k":"2"}})";
  EXPECT_EQ(flow(a, b), flow(b, a));
  EXPECT_THAT(flow(a, b), HasSubstr("  same:\n"));
  EXPECT_THAT(flow(a, b), HasSubstr("  'same #2':\n    name: same\n"));
}

TEST(TextTest, DynamicPropertiesKeepTheirOrder) {
  const auto flow = [](std::string_view properties, std::string_view type) {
    return write_definition(read_flow(
        fmt::format(
            R"({{"flowContents":{{"identifier":"r","name":"n","processors":[{{"identifier":"1","name":"p","type":"{}","properties":{{{}}}}}]}}}})",
            type, properties),
        "f.json"));
  };
  using Keys = std::vector<std::string>;
  struct Case {
    std::string_view type, properties;
    Keys expected;
  };
  const std::string_view saved =
      R"("/z":"1","replacement-value-strategy":"literal-value","/a":"/z","record-reader":"r","/m":"2")";
  for (const auto& c : {Case{"org.apache.nifi.processors.standard.UpdateRecord", saved,
                             Keys{"record-reader", "replacement-value-strategy", "/z", "/a", "/m"}},
                        Case{"x.Unknown", R"("b":"1","a":"2")", Keys{"b", "a"}}})
    for (const auto layout : {Layout::Yes, Layout::No}) {
      const auto text = write_text(flow(c.properties, c.type), layout);
      const auto again = read_flow(text, "t.yml");
      EXPECT_EQ(again.processors.at(0).order, c.expected) << text;
      EXPECT_THAT(write_text(write_definition(again), layout), HasSubstr(text.substr(0, text.find("---"))));
    }
  EXPECT_EQ(
      write_text(flow(R"("Log Payload":"true","Log Level":"warn")", "org.apache.nifi.processors.standard.LogAttribute"),
                 Layout::No),
      write_text(flow(R"("Log Level":"warn","Log Payload":"true")", "org.apache.nifi.processors.standard.LogAttribute"),
                 Layout::No));
}

TEST(TextTest, OrderSurvivesEveryForm) {
  const std::vector<std::string> order{"/z", "/a", "/m"};
  const std::string properties = R"("/z":"1","/a":"/z","/m":"2")";
  const auto instance = read_flow(
      R"({"encodingVersion":{"majorVersion":2},"rootGroup":{"identifier":"r","name":"n","processors":[{"identifier":"1","name":"p",
         "type":"org.apache.nifi.processors.standard.UpdateRecord","properties":{)" +
          properties + "}}]}}",
      "flow.json");
  EXPECT_EQ(instance.processors.at(0).order, order);
  for (const auto& text : {definition_text(write_definition(instance)), json::serialize(write_instance(instance)),
                           write_text(write_definition(instance), Layout::No)})
    EXPECT_EQ(read_flow(text, "f").processors.at(0).order, order) << text;
}

TEST(TextTest, NamesWithSlashesAreNames) {
  const auto definition = write_definition(read_flow(
      R"({"flowContents":{"identifier":"r","name":"n","processors":[{"identifier":"1","name":"a/b","type":"T"},{"identifier":"2","name":"c\\d","type":"T"}],
      "connections":[{"identifier":"c","source":{"id":"1","groupId":"r"},"destination":{"id":"2","groupId":"r"},"selectedRelationships":["ok"]}]}})",
      "f.json"));
  const auto again = read_flow(write_text(definition, Layout::No), "t.yml");
  ASSERT_EQ(again.connections.size(), 1u);
  EXPECT_EQ(again.connections[0].source, std::ranges::find(again.processors, "a/b", &ProcessorDefinition::name)->id);
}

TEST(TextTest, ProblemsHaveTheirLine) {
  const auto error = [](const std::string& text) {
    const auto flow = read_definition(text, "t.yml");
    return flow ? "none" : flow.error().message;
  };
  EXPECT_EQ(error("freshet flow: 1\nname: n\nprocessors:\n  a:\n    type: T\n    properties:\n      Reader:\n        "
                  "service: lost\n"
                  "connections:\n  a -> b:\n    from: a\n    to: b\n"),
            "t.yml has 2 problems:\n"
            "  t.yml:7: property 'Reader' refers to the service 'lost', which the file does not contain\n"
            "  t.yml:10: connection 'a -> b': 'to' is 'b', which the file does not contain");
  EXPECT_EQ(error("freshet flow: 1\nname: n\nprocessors:\n  a:\n    bundle: x\n"),
            "t.yml:5: 'x' must be group:artifact:version");
  EXPECT_EQ(error("freshet flow: 1\nname: n\nprocessors:\n  - a\n"),
            "t.yml:3: 'processors' must have components by name");
  EXPECT_EQ(error("freshet flow: 1\nname: n\nprocessors:\n  a:\n    schedulingPeriod: 5 sec\n"),
            "t.yml:4: processor 'a' has no 'type'");
}

}  // namespace
}  // namespace flow
