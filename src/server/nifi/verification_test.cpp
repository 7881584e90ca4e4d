#include "server/nifi/api_test.h"

namespace server::nifi {
namespace {

class VerificationTest : public ApiTest {
 protected:
  VerificationTest() : group_(make_group("group")) {}
  json::object verify(const std::string& component, json::object properties) {
    const auto id = component.substr(component.find('/') + 1);
    return ok("POST", component + "/config/verification-requests",
              json::object{{"request", json::object{{"componentId", id},
                                                    {"properties", std::move(properties)},
                                                    {"attributes", json::object{{"filename", "a"}}}}}});
  }
  /// The outcome of each step, and what it says.
  static std::vector<std::pair<std::string, std::string>> results(const json::object& entity) {
    std::vector<std::pair<std::string, std::string>> list;
    for (const auto& result : entity.at("request").at("results").as_array())
      list.emplace_back(text_at(result.as_object(), "outcome"), text_at(result.as_object(), "explanation"));
    return list;
  }

  const std::string group_;
};

TEST_F(VerificationTest, AProcessorIsCheckedWithPropertiesThatItDoesNotHave) {
  const auto id = make_processor(group_, "ReplaceText", {{"properties", json::object{{"Search Value", "a"}}}});
  const auto fine = verify("processors/" + id, {{"Search Value", "[a-z]+"}});
  EXPECT_TRUE(flag_at(*object_at(fine, "request"), "complete"));
  ASSERT_EQ(results(fine).size(), 1u);
  EXPECT_EQ(results(fine)[0].first, "SUCCESSFUL");
  for (const auto& properties : std::vector<json::object>{
           {{"Search Value", "[a-z"}}, {{"Maximum Buffer Size", "much"}}, {{"Evaluation Mode", "Twice"}}}) {
    const auto wrong = verify("processors/" + id, properties);
    ASSERT_EQ(results(wrong).size(), 1u) << json::serialize(wrong);
    EXPECT_EQ(results(wrong)[0].first, "FAILED");
    EXPECT_NE(results(wrong)[0].second.find(properties.begin()->key()), std::string::npos) << results(wrong)[0].second;
  }
  // The older spelling of a key counts as well; what is not named is what it was.
  EXPECT_EQ(results(verify("processors/" + id, {{"Regular Expression", "("}}))[0].first, "FAILED");
  const auto saved = ok("GET", "processors/" + id).at("component").at("config").at("properties");
  EXPECT_EQ(saved.at("Search Value"), json::value("a"));

  const auto path =
      "processors/" + id + "/config/verification-requests/" + text_at(*object_at(fine, "request"), "requestId");
  EXPECT_EQ(ok("GET", path), fine);
  ok("DELETE", path);
  EXPECT_EQ(call("GET", path).status, 404);
}

TEST_F(VerificationTest, AServiceIsCheckedBeforeItIsEnabled) {
  const auto id = text_at(ok("POST", "process-groups/" + group_ + "/controller-services",
                             entity({{"type", "org.apache.nifi.csv.CSVReader"}})),
                          "id");
  EXPECT_EQ(results(verify("controller-services/" + id, json::object()))[0].first, "SUCCESSFUL");
  EXPECT_EQ(results(verify("controller-services/" + id, {{"CSV Format", "no such format"}}))[0].first, "FAILED");
  ok("PUT", "controller-services/" + id + "/run-status",
     json::object{{"revision", ok("GET", "controller-services/" + id).at("revision")}, {"state", "ENABLED"}});
  const auto refused =
      call("POST", "controller-services/" + id + "/config/verification-requests",
           json::object{{"request", json::object{{"componentId", id}, {"properties", json::object()}}}});
  EXPECT_EQ(refused.status, 409) << refused.body;
}

TEST_F(VerificationTest, AnAnalysisNamesTheAttributesThatAreRead) {
  const auto id = make_processor(group_, "ReplaceText");
  const json::object properties{
      {"Replacement Value",
       "${filename:append(${kind}):replace('x', ${\"with space\"})} ${anyAttribute('a', 'b'):contains('c')} ${now()}"},
      {"Search Value", "${"},
      {"Evaluation Mode", nullptr}};
  const auto answer =
      ok("POST", "processors/" + id + "/config/analysis",
         json::object{{"configurationAnalysis", json::object{{"componentId", id}, {"properties", properties}}}});
  const auto& analysis = answer.at("configurationAnalysis").as_object();
  EXPECT_TRUE(flag_at(analysis, "supportsVerification"));
  std::set<std::string> names;
  for (const auto& [name, value] : analysis.at("referencedAttributes").as_object()) names.emplace(name);
  EXPECT_EQ(names, (std::set<std::string>{"filename", "kind", "with space", "a", "b"}));
}

TEST_F(VerificationTest, WrongRequestsAreRefused) {
  const auto id = make_processor(group_, "ReplaceText");
  const auto path = "processors/" + id + "/config/verification-requests";
  for (const auto& request : std::vector<json::object>{json::object(),
                                                       {{"componentId", id}},
                                                       {{"componentId", "other"}, {"properties", json::object()}},
                                                       {{"componentId", id}, {"properties", json::object{{"a", 1}}}}})
    EXPECT_EQ(call("POST", path, json::object{{"request", request}}).status, 400) << json::serialize(request);
  EXPECT_EQ(call("POST", "processors/unknown/config/verification-requests",
                 json::object{{"request", json::object{{"componentId", "unknown"}, {"properties", json::object()}}}})
                .status,
            404);
}

}  // namespace
}  // namespace server::nifi
