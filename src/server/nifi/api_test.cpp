#include "server/nifi/api_test.h"

#include <map>
#include <sstream>

namespace server::nifi {
namespace {

TEST_F(ApiTest, RefusesByStatusAndText) {
  const auto group = make_group("group");
  const auto processor = make_processor(group, "GenerateFlowFile");
  struct Case {
    std::string method, path;
    json::value body;
    int status;
    std::string told;
  };
  const json::object stale = entity({{"name", "x"}}, 7);
  for (const auto& c : std::vector<Case>{
           {"GET", "no/such/call", nullptr, 404, "docs/flow.md"},
           {"GET", "processors/unknown", nullptr, 404, "Unable to find Processor with id 'unknown'."},
           {"GET", "connections/unknown", nullptr, 404, "unknown"},
           {"GET", "process-groups/unknown", nullptr, 404, "unknown"},
           {"GET", "parameter-contexts/unknown", nullptr, 404, "unknown"},
           {"GET", "flowfile-queues/unknown/listing-requests/x", nullptr, 404, "no request"},
           {"PUT", "processors/" + processor, stale, 409, "[7] is not the most up-to-date revision"},
           {"PUT", "process-groups/" + group, stale, 409, "revision"},
           {"DELETE", "processors/" + processor + "?version=7", nullptr, 409, "revision"},
           {"POST", "process-groups/" + group + "/processors", entity({{"type", "no.such.Type"}}), 400, "no.such.Type"},
           {"POST", "process-groups/" + group + "/process-groups", entity(json::object{}), 400, "name"},
           {"POST", "process-groups/" + group + "/connections", entity(json::object{}), 400, "source"},
           {"POST", "process-groups/" + group + "/processors", "text", 400, "JSON object"},
           {"PUT", "processors/" + processor + "/run-status", json::object{{"state", "WALKING"}}, 400, "WALKING"},
           {"PUT", "processors/" + processor + "/run-status", json::object{{"state", "RUNNING"}}, 409, "invalid"},
           {"DELETE", "process-groups/root", nullptr, 409, "root"},
           {"POST", "controller/registry-clients", json::object{}, 409, "registries"},
           {"GET", "controller/cluster", nullptr, 409, "cluster"},
       }) {
    const auto answer = call(c.method, c.path, c.body);
    EXPECT_EQ(answer.status, c.status) << c.method << " " << c.path << ": " << answer.body;
    EXPECT_NE(answer.body.find(c.told), std::string::npos) << c.method << " " << c.path << ": " << answer.body;
  }
}

TEST_F(ApiTest, AFlowIsMadeOfNothing) {
  const auto group = make_group("group");
  const auto make = make_processor(group, "GenerateFlowFile", {{"schedulingPeriod", "1 hour"}});
  const auto log = make_processor(group, "LogMessage", {{"autoTerminatedRelationships", json::array{"success"}}});
  EXPECT_EQ(connect(group, make, log).status, 201);
  EXPECT_EQ(array_at(*object_at(ok("GET", "processors/" + make), "component"), "validationErrors").size(), 0u);
  ok("PUT", "flow/process-groups/" + group, json::object{{"id", group}, {"state", "RUNNING"}});
  ASSERT_TRUE(flow_->run_until_idle());
  const auto status = *object_at(ok("GET", "processors/" + log), "status");
  EXPECT_EQ(status.at("aggregateSnapshot").at("flowFilesIn").to_number<int>(), 1);
  EXPECT_EQ(call("DELETE", "process-groups/" + group).status, 409);
  ok("PUT", "flow/process-groups/" + group, json::object{{"id", group}, {"state", "STOPPED"}});
  ok("DELETE", "process-groups/" + group);
  EXPECT_TRUE(list("process-groups/root/process-groups", "processGroups").empty());
}

TEST_F(ApiTest, ComponentsMayBeInTheRootGroup) {
  const auto make = make_processor("root", "GenerateFlowFile");
  const auto log = make_processor("root", "LogMessage");
  EXPECT_EQ(connect("root", make, log).status, 201);
  const auto canvas = ok("GET", "flow/process-groups/root");
  const auto& shown = canvas.at("processGroupFlow").at("flow");
  EXPECT_EQ(shown.at("processors").as_array().size(), 2u);
  EXPECT_EQ(shown.at("connections").as_array().size(), 1u);
  // What is in a group is another flow, until it is connected.
  const auto group = make_group("group");
  const auto other = make_group("other");
  const auto inside = make_processor(group, "LogMessage");
  const auto port = [&](const std::string& of, const std::string& kind) {
    return text_at(ok("POST", "process-groups/" + of + "/" + kind, entity({{"name", "port"}})), "id");
  };
  const auto in = port(group, "input-ports"), out = port(other, "output-ports");
  EXPECT_EQ(flow_->flows().size(), 3u);
  EXPECT_EQ(connect(other, make, in).status, 409);
  EXPECT_EQ(connect("root", make, in).status, 201);
  EXPECT_EQ(connect("root", out, in).status, 201);
  EXPECT_EQ(flow_->flows().size(), 1u);
  EXPECT_EQ(list("process-groups/root/process-groups", "processGroups").size(), 2u);
  EXPECT_EQ(ok("GET", "processors/" + inside).at("component").at("parentGroupId"), json::value(group));
}

TEST_F(ApiTest, AnUploadIsNewWithANameAndAReplacementWithout) {
  EXPECT_EQ(import(""), "root-of-file");
  EXPECT_EQ(import(""), "root-of-file");
  EXPECT_EQ(list("process-groups/root/process-groups", "processGroups").size(), 1u);
  const auto one = import("one"), two = import("two"), inner = import("inner", one);
  EXPECT_NE(one, two);
  EXPECT_EQ(list("process-groups/root/process-groups", "processGroups").size(), 3u);
  EXPECT_EQ(list("process-groups/" + one + "/process-groups", "processGroups").size(), 1u);
  EXPECT_EQ(list("process-groups/" + inner + "/processors", "processors").size(), 2u);
  // The own one of the flow that keeps its ids, and the one that the others share.
  const auto contexts = list("flow/parameter-contexts", "parameterContexts");
  ASSERT_EQ(contexts.size(), 2u);
  EXPECT_EQ(contexts[0].at("component").at("boundProcessGroups").as_array().size(), 3u);
  // As in NiFi, services are disabled.
  const auto state = [&](const std::string& group) {
    const auto services =
        ok("GET", "flow/process-groups/" + group + "/controller-services?includeAncestorGroups=false");
    return text_at(services.at("controllerServices").at(0).at("component").as_object(), "state");
  };
  EXPECT_EQ(state(two), "DISABLED");
  EXPECT_EQ(state("root-of-file"), "ENABLED");
  ok("PUT", "flow/process-groups/" + two + "/controller-services", json::object{{"id", two}, {"state", "ENABLED"}});
  EXPECT_EQ(state(two), "ENABLED");
}

TEST_F(ApiTest, AServiceThatCannotBeEnabledYetKeepsTrying) {
  const auto made = ok("POST", "process-groups/root/controller-services",
                       entity({{"type", "org.apache.nifi.lookup.SimpleCsvFileLookupService"},
                               {"properties", json::object{{"csv-file", "/nowhere/countries.csv"},
                                                           {"lookup-key-column", "code"},
                                                           {"lookup-value-column", "name"}}}}));
  const auto id = text_at(made, "id");
  const auto version = [&] { return ok("GET", "controller-services/" + id).at("revision").at("version").as_int64(); };
  const auto set = [&](std::string_view state) {
    return ok("PUT", "controller-services/" + id + "/run-status",
              json::object{{"state", state}, {"revision", json::object{{"version", version()}}}});
  };
  const auto enabling = set("ENABLED").at("component").as_object();
  EXPECT_EQ(text_at(enabling, "state"), "ENABLING");
  EXPECT_EQ(text_at(enabling, "validationStatus"), "VALID");
  EXPECT_NE(json::serialize(ok("GET", "flow/bulletin-board")).find("could not be enabled"), std::string::npos);
  EXPECT_EQ(call("PUT", "controller-services/" + id, entity({{"name", "other"}}, version())).status, 409);
  EXPECT_EQ(call("DELETE", "controller-services/" + id + "?version=" + std::to_string(version())).status, 409);
  EXPECT_EQ(text_at(set("DISABLED").at("component").as_object(), "state"), "DISABLED");
  ok("DELETE", "controller-services/" + id + "?version=" + std::to_string(version()));
}

TEST_F(ApiTest, APropertyHasOneSpellingAndSensitiveValuesAreHidden) {
  const auto group = import("group");
  const auto id = text_at(list("process-groups/" + group + "/processors", "processors")[1].as_object(), "id");
  const auto update = [&](json::object properties) {
    const auto version = ok("GET", "processors/" + id).at("revision").at("version").as_int64();
    return ok("PUT", "processors/" + id,
              entity({{"config", json::object{{"properties", std::move(properties)}}}}, version))
        .at("component")
        .at("config")
        .at("properties")
        .as_object();
  };
  EXPECT_EQ(text_at(update({{"log-message", "a"}}), "log-message"), "a");
  const auto renamed = update({{"Log Message", "b"}});
  EXPECT_EQ(text_at(renamed, "Log Message"), "b");
  EXPECT_FALSE(renamed.contains("log-message"));

  const auto context = text_at(list("flow/parameter-contexts", "parameterContexts")[0].as_object(), "id");
  const auto set = [&](json::object parameter) {
    const auto version = ok("GET", "parameter-contexts/" + context).at("revision").at("version").as_int64();
    return ok("POST", "parameter-contexts/" + context + "/update-requests",
              entity({{"id", context}, {"parameters", json::array{json::object{{"parameter", std::move(parameter)}}}}},
                     version));
  };
  const auto request = set({{"name", "key"}, {"sensitive", true}, {"value", "secret"}});
  EXPECT_EQ(json::serialize(request).find("secret"), std::string::npos);
  const auto shown = json::serialize(ok("GET", "parameter-contexts/" + context));
  EXPECT_NE(shown.find("********"), std::string::npos);
  EXPECT_EQ(shown.find("secret"), std::string::npos);
  const auto request_id = text_at(*object_at(request, "request"), "requestId");
  ok("GET", "parameter-contexts/" + context + "/update-requests/" + request_id);
  ok("DELETE", "parameter-contexts/" + context + "/update-requests/" + request_id);
  EXPECT_EQ(call("GET", "parameter-contexts/" + context + "/update-requests/" + request_id).status, 404);
  set({{"name", "text"}});  // nothing but a name: it goes
  EXPECT_EQ(array_at(*object_at(ok("GET", "parameter-contexts/" + context), "component"), "parameters").size(), 1u);
}

TEST_F(ApiTest, AGroupIsReplacedByANewerVersion) {
  const auto group = import("group");
  const auto before = list("process-groups/" + group + "/processors", "processors");
  auto newer = json::parse(kDefinition);
  auto& contents = newer.as_object().at("flowContents").as_object();
  contents.at("processors").at(1).as_object()["name"] = "log it";
  contents.at("processors")
      .as_array()
      .push_back(json::object{
          {"identifier", "new"}, {"name", "new"}, {"type", "org.apache.nifi.processors.standard.LogMessage"}});
  const auto version = ok("GET", "process-groups/" + group).at("revision");
  ok("POST", "process-groups/" + group + "/replace-requests",
     json::object{{"processGroupRevision", version}, {"versionedFlowSnapshot", newer}});
  const auto after = list("process-groups/" + group + "/processors", "processors");
  ASSERT_EQ(after.size(), 3u);
  EXPECT_EQ(after[0].at("id"), before[0].at("id"));
  EXPECT_EQ(after[1].at("id"), before[1].at("id"));
  EXPECT_EQ(text_at(after[1].at("component").as_object(), "name"), "log it");
  EXPECT_EQ(text_at(*object_at(ok("GET", "process-groups/" + group), "component"), "name"), "group");
}

TEST_F(ApiTest, FiguresAreThereForPrometheus) {
  const auto group = make_group("a \"group\"");
  const auto make =
      make_processor(group, "GenerateFlowFile",
                     {{"schedulingPeriod", "1 hour"}, {"properties", json::object{{"Custom Text", "five5"}}}});
  const auto log = make_processor(group, "LogMessage");
  const auto connection = text_at(json::parse(connect(group, make, log).body).as_object(), "id");
  ok("PUT", "processors/" + make + "/run-status",
     json::object{{"revision", ok("GET", "processors/" + make).at("revision")}, {"state", "RUN_ONCE"}});
  const auto answer = call("GET", "flow/metrics/prometheus");
  EXPECT_TRUE(answer.content_type.starts_with("text/plain"));
  std::istringstream lines(answer.body);
  const auto value = [&](std::string_view name, std::string_view label) {
    std::istringstream all(answer.body);
    for (std::string line; std::getline(all, line);)
      if (line.starts_with(std::string(name) + "{") && line.find(label) != std::string::npos)
        return line.substr(line.rfind(' ') + 1);
    return std::string("none");
  };
  EXPECT_EQ(value("nifi_amount_items_queued", "component_id=\"" + connection), "1");
  EXPECT_EQ(value("nifi_size_content_queued_total", "component_name=\"a \\\"group\\\"\""), "5");
  EXPECT_EQ(value("nifi_size_content_queued_total", "component_type=\"RootProcessGroup\""), "5");
  EXPECT_EQ(value("nifi_amount_items_output", "component_id=\"" + make), "1");
  EXPECT_EQ(value("nifi_backpressure_object_threshold", connection), "10000");
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(line.starts_with("# ") || (line.starts_with("nifi_") && line.find("} ") != std::string::npos)) << line;
}

TEST_F(ApiTest, RunStatusIsToldOfSeveralProcessors) {
  const auto group = make_group("group");
  const auto log = make_processor(group, "LogMessage"), list = make_processor(group, "ListFile");
  const auto answer = ok("POST", "processors/run-status-details/queries",
                         json::object{{"processorIds", json::array{log, "unknown", group, list}}});
  const auto& details = answer.at("runStatusDetails").as_array();
  ASSERT_EQ(details.size(), 2u);
  EXPECT_EQ(details[0].at("runStatusDetails").at("id"), json::value(log));
  EXPECT_EQ(details[0].at("runStatusDetails").at("runStatus"), json::value("Invalid"));
  EXPECT_FALSE(details[1].at("runStatusDetails").at("validationErrors").as_array().empty());
}

TEST_F(ApiTest, BulletinsAreFoundByExpressions) {
  const auto outer = make_group("outer"), inner = make_group("inner", outer), other = make_group("other");
  std::map<std::string, std::string> processors;  // by group
  for (const auto& group : {outer, inner, other}) {
    const auto id = make_processor(group, "ListFile",
                                   {{"properties", json::object{{"Input Directory", "/no/such/directory"}}},
                                    {"autoTerminatedRelationships", json::array{"success"}}});
    ok("PUT", "processors/" + id + "/run-status",
       json::object{{"revision", ok("GET", "processors/" + id).at("revision")}, {"state", "RUN_ONCE"}});
    processors[group] = id;
  }
  const auto sources = [&](std::initializer_list<std::pair<std::string, std::string>> query) {
    const auto answer =
        api_->answer({.method = "GET", .path = "flow/bulletin-board", .query = query, .content_type = {}, .body = {}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto board = json::parse(answer.body).at("bulletinBoard");
    std::vector<std::string> ids;
    for (const auto& bulletin : board.at("bulletins").as_array())
      ids.push_back(text_at(bulletin.as_object(), "sourceId"));
    return ids;
  };
  using Ids = std::vector<std::string>;
  const auto first = processors[outer], second = processors[inner], third = processors[other];
  EXPECT_EQ(sources({}), (Ids{first, second, third}));
  EXPECT_EQ(sources({{"groupId", outer}}), (Ids{first}));
  EXPECT_EQ(sources({{"groupId", outer + "|" + inner}}), (Ids{first, second}));
  EXPECT_EQ(sources({{"groupId", outer}, {"includeDescendantGroups", "true"}}), (Ids{first, second}));
  EXPECT_EQ(sources({{"sourceId", third}}), (Ids{third}));
  EXPECT_EQ(sources({{"sourceName", "^List"}, {"limit", "2"}}), (Ids{second, third}));
  EXPECT_EQ(sources({{"message", "no such planet"}}), (Ids{}));
  const auto newest = ok("GET", "flow/bulletin-board?limit=1").at("bulletinBoard").at("bulletins").at(0).at("id");
  EXPECT_EQ(sources({{"after", json::serialize(newest)}}), (Ids{}));
  EXPECT_EQ(call("GET", "flow/bulletin-board?groupId=(").status, 400);
  EXPECT_EQ(call("GET", "flow/bulletin-board?limit=some").status, 400);
}

}  // namespace
}  // namespace server::nifi
