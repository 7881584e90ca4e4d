#include "flow/advice.h"

#include <gmock/gmock.h>

#include "flow/format/format_fixtures.h"
#include "flow/parameters.h"

namespace flow {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ParameterContext context(std::map<std::string, ParameterDefinition> parameters,
                         std::vector<std::string> inherited = {}) {
  return {.parameters = std::move(parameters), .inherited = std::move(inherited), .saved = nullptr};
}

TEST(ParametersTest, OwnValuesWinThenTheFirstInherited) {
  FlowDefinition flow;
  flow.contexts["own"] = context({{"a", {.value = "1"}}, {"empty", {}}}, {"first", "second"});
  flow.contexts["first"] = context({{"a", {.value = "2"}}, {"b", {.value = "3"}}}, {"deep"});
  flow.contexts["second"] = context({{"b", {.value = "4"}}, {"c", {.value = "5"}}, {"d", {.value = "6"}}}, {"own"});
  flow.contexts["deep"] = context({{"c", {.value = "7"}}});
  struct Case {
    std::string_view name;
    std::optional<std::string> value;
  };
  for (const Case& c :
       std::to_array<Case>({{"a", "1"}, {"b", "3"}, {"c", "7"}, {"d", "6"}, {"empty", ""}, {"none", std::nullopt}}))
    EXPECT_EQ(find_parameter_value(flow, "own", c.name), c.value) << c.name;
  EXPECT_EQ(find_parameter_value(flow, "no such context", "a"), std::nullopt);
}

TEST(ParametersTest, ReferencesAreFoundAndEscapesAreNot) {
  struct Case {
    std::string_view text;
    std::vector<std::string> names;
  };
  for (const Case& c : std::vector<Case>{{"#{a}", {"a"}},
                                         {"x#{a b}y${#{c}}", {"a b", "c"}},
                                         {"##{a}", {}},
                                         {"###{a}", {"a"}},
                                         {"#{a", {}},
                                         {"{a}", {}}})
    EXPECT_EQ(referred_parameters(c.text), c.names) << c.text;
}

TEST(ParametersTest, WhatNiFiRefusesIsTold) {
  const auto flow = read_flow(
      R"({"flowContents":{"identifier":"r","parameterContextName":"c","processors":[{"identifier":"p","name":"p","type":"T",
      "properties":{"Password":"#{open}","Token":"a#{hidden}","Text":"#{hidden}","Fine":"#{open}","Key":"#{hidden}"},
      "propertyDescriptors":{"Text":{"sensitive":false},"Password":{"sensitive":true},"Token":{"sensitive":true},"Key":{"sensitive":true}}}]},
      "parameterContexts":{"c":{"name":"c","inheritedParameterContexts":["d","lost"],"parameters":[{"name":"open","sensitive":false,"value":"1"},
      {"name":"hidden","sensitive":true},{"name":"given","sensitive":true}]},
      "d":{"name":"d","inheritedParameterContexts":["c"],"parameters":[{"name":"open","sensitive":true,"value":"2"}]}}})",
      "f.json");
  std::vector<std::string> texts;
  for (const auto& finding : check_parameters(flow, {"given"})) texts.push_back(finding.text);
  EXPECT_THAT(texts,
              Contains("processor 'p', property 'Password': NiFi takes a sensitive parameter only (parameter 'open')"));
  EXPECT_THAT(texts, Contains(HasSubstr("property 'Token': NiFi takes one sensitive parameter and nothing beside it")));
  EXPECT_THAT(texts, Contains(HasSubstr("property 'Text': NiFi takes no sensitive parameter here")));
  EXPECT_THAT(texts, Not(Contains(HasSubstr("property 'Fine'"))));
  EXPECT_THAT(texts, Not(Contains(HasSubstr("property 'Key'"))));
  EXPECT_THAT(texts,
              Contains("parameter 'hidden' of context 'c' is sensitive and has no value (--secret 'hidden=..')"));
  EXPECT_THAT(texts, Not(Contains(HasSubstr("parameter 'given'"))));
  EXPECT_THAT(texts, Contains("parameter context 'c' inherits from 'lost', which is not in the file"));
  EXPECT_THAT(texts, Contains("parameter context 'c' inherits from itself"));
  EXPECT_THAT(texts, Contains(HasSubstr("parameter 'open' is sensitive in one of the contexts 'c' and 'd'")));
}

TEST(AdviceTest, TrapsAreNamedWithTheirPlace) {
  const auto flow = read_flow(
      R"({"flowContents":{"identifier":"r","processors":[
      {"identifier":"g","name":"make","type":"org.apache.nifi.processors.standard.GenerateFlowFile"},
      {"identifier":"f","name":"get","type":"org.apache.nifi.processors.standard.GetFile","properties":{"Keep Source File":"true"}},
      {"identifier":"s","name":"put","type":"org.apache.nifi.processors.aws.s3.PutS3Object","autoTerminatedRelationships":["success","failure"],
       "properties":{"Object Key":"latest.csv","Secret Key":"abc"},"propertyDescriptors":{"Secret Key":{"sensitive":true},"Access Key":{"sensitive":true}}}],
      "connections":[{"identifier":"c","source":{"id":"g","name":"make"},"destination":{"id":"s","name":"put"},"flowFileExpiration":"2 min",
       "backPressureObjectThreshold":0,"backPressureDataSizeThreshold":"0 B"}]}})",
      "f.json");
  const auto findings = advise(flow, {});
  const auto told = [](std::string text) { return Contains(Field(&Finding::text, std::move(text))); };
  EXPECT_THAT(findings, told("processor 'make': makes flowfiles as fast as it can (scheduling period 0)"));
  EXPECT_THAT(findings, told("processor 'get': keeps its source files and so reads them again at each run"));
  EXPECT_THAT(
      findings,
      told("processor 'put': 'Object Key' is 'latest.csv' for every flowfile: each object replaces the one before"));
  EXPECT_THAT(findings,
              told("processor 'put': what goes to 'failure' is dropped (auto-terminated); it is counted, and gone"));
  EXPECT_THAT(
      findings,
      told("processor 'put': sensitive property 'Access Key' is not in the file; when it was set, set it again"));
  EXPECT_THAT(findings, told("processor 'put': sensitive property 'Secret Key' stands in the file; a sensitive "
                             "parameter would keep it out"));
  EXPECT_THAT(findings, told("the connection from 'make' to 'put' has no limits: no back pressure"));
  EXPECT_THAT(findings, told("the connection from 'make' to 'put' drops flowfiles that are older than 2 min"));
  EXPECT_THAT(findings, Contains(Field(&Finding::where, "f.json: $.flowContents.processors[2]")));
  const auto quiet = read_flow(
      R"({"flowContents":{"identifier":"r","processors":[{"identifier":"g","name":"make","schedulingPeriod":"1 min","type":"org.apache.nifi.processors.standard.GenerateFlowFile"}]}})",
      "f.json");
  EXPECT_THAT(advise(quiet, {}), IsEmpty());
}

}  // namespace
}  // namespace flow
