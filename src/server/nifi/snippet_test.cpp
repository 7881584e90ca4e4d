#include "server/nifi/api_test.h"

namespace server::nifi {
namespace {

/// A group with GenerateFlowFile, which leads to LogMessage, and an empty group beside it.
class SnippetTest : public ApiTest {
 protected:
  SnippetTest() {
    group_ = make_group("group");
    other_ = make_group("other");
    make_ = make_processor(group_, "GenerateFlowFile", {{"schedulingPeriod", "1 hour"}});
    log_ = make_processor(group_, "LogMessage", {{"autoTerminatedRelationships", json::array{"success"}}});
    move(make_, 100, 50);
    move(log_, 300, 200);
    connection_ = text_at(json::parse(connect(group_, make_, log_).body).as_object(), "id");
  }
  void move(const std::string& processor, double x, double y) {
    ok("PUT", "processors/" + processor,
       entity({{"position", json::object{{"x", x}, {"y", y}}}},
              ok("GET", "processors/" + processor).at("revision").at("version").as_int64()));
  }
  static json::object ids(std::initializer_list<std::string> list) {
    json::object made;
    for (const auto& id : list) made[id] = json::object{{"version", 0}};
    return made;
  }
  Answer try_snippet(const std::string& parent, json::object members) {
    members["parentGroupId"] = parent;
    return call("POST", "snippets", json::object{{"snippet", std::move(members)}});
  }
  std::string snippet(const std::string& parent, json::object members) {
    const auto answer = try_snippet(parent, std::move(members));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return text_at(json::parse(answer.body).at("snippet").as_object(), "id");
  }
  std::string all() {
    return snippet(group_, {{"processors", ids({make_, log_})}, {"connections", ids({connection_})}});
  }
  Answer move_to(const std::string& id, const std::string& group) {
    return call("PUT", "snippets/" + id, json::object{{"snippet", json::object{{"id", id}, {"parentGroupId", group}}}});
  }
  Answer copy_to(const std::string& id, const std::string& group) {
    return call("POST", "process-groups/" + group + "/snippet-instance",
                json::object{{"snippetId", id}, {"originX", 10.0}, {"originY", 20.0}});
  }
  std::size_t count(const std::string& group, const std::string& what) {
    return list("process-groups/" + group + "/" + what, what).size();
  }

  std::string group_, other_, make_, log_, connection_;
};

TEST_F(SnippetTest, ComponentsAreCopiedUnderNewIds) {
  const auto id = all();
  for (const auto& into : {group_, other_, std::string("root")}) {
    const auto answer = copy_to(id, into);
    ASSERT_EQ(answer.status, 201) << into << answer.body;
    const auto flow = json::parse(answer.body).at("flow");
    ASSERT_EQ(flow.at("processors").as_array().size(), 2u);
    ASSERT_EQ(flow.at("connections").as_array().size(), 1u);
    std::map<std::string, json::value> positions;  // by type
    for (const auto& processor : flow.at("processors").as_array()) {
      EXPECT_NE(text_at(processor.as_object(), "id"), make_);
      const auto type = text_at(processor.at("component").as_object(), "type");
      positions[type.substr(type.rfind('.') + 1)] = processor.at("position");
      EXPECT_EQ(text_at(processor.at("component").as_object(), "state"), "STOPPED");
    }
    EXPECT_EQ(positions["GenerateFlowFile"], (json::value{{"x", 10.0}, {"y", 20.0}}));
    EXPECT_EQ(positions["LogMessage"], (json::value{{"x", 210.0}, {"y", 170.0}}));
    const auto& ends = flow.at("connections").at(0).at("component");
    EXPECT_NE(text_at(ends.at("source").as_object(), "id"), make_);
  }
  EXPECT_EQ(count(group_, "processors"), 4u);
  EXPECT_EQ(count(other_, "processors"), 2u);
  EXPECT_EQ(ok("GET", "processors/" + make_).at("position"), (json::value{{"x", 100.0}, {"y", 50.0}}));
}

TEST_F(SnippetTest, ACopyIntoAFlowThatRunsStandsStill) {
  ok("PUT", "flow/process-groups/" + group_, json::object{{"id", group_}, {"state", "RUNNING"}});
  const auto flow = json::parse(copy_to(all(), group_).body).at("flow");
  for (const auto& processor : flow.at("processors").as_array())
    EXPECT_EQ(text_at(processor.at("component").as_object(), "state"), "STOPPED");
  EXPECT_EQ(text_at(ok("GET", "processors/" + log_).at("component").as_object(), "state"), "RUNNING");
}

TEST_F(SnippetTest, AGroupIsCopiedWithAllThatIsInIt) {
  const auto inner = make_group("inner", group_);
  ok("POST", "process-groups/" + inner + "/labels", entity({{"label", "text"}}));
  make_processor(inner, "LogMessage");
  const auto id = snippet("root", {{"processGroups", ids({group_})}});
  EXPECT_EQ(copy_to(id, "root").status, 201);
  EXPECT_EQ(list("process-groups/root/process-groups", "processGroups").size(), 3u);
  EXPECT_EQ(flow_->flows().size(), 3u);  // the others go on while one of them is changed
  const auto into = copy_to(id, other_);
  ASSERT_EQ(into.status, 201) << into.body;
  const auto copied = text_at(json::parse(into.body).at("flow").at("processGroups").at(0).as_object(), "id");
  EXPECT_EQ(count(copied, "processors"), 2u);
  EXPECT_EQ(count(copied, "connections"), 1u);
  const auto below =
      text_at(list("process-groups/" + copied + "/process-groups", "processGroups")[0].as_object(), "id");
  EXPECT_NE(below, inner);
  const auto label = [&](const std::string& group) {
    return text_at(list("process-groups/" + group + "/labels", "labels")[0].as_object(), "id");
  };
  EXPECT_NE(label(below), label(inner));
}

TEST_F(SnippetTest, ACopyHasTheParametersOfItsOriginal) {
  const auto original = import("");  // its context is its own
  ok("PUT",
     "parameter-contexts/" +
         text_at(ok("GET", "process-groups/" + original).at("component").at("parameterContext").as_object(), "id"),
     entity(
         {{"parameters", json::array{json::object{{"parameter", json::object{{"name", "text"}, {"value", "set"}}}}}}}));
  const auto id = snippet("root", {{"processGroups", ids({original})}});
  for (const auto& into : {std::string("root"), other_}) {
    const auto answer = copy_to(id, into);
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto copied = text_at(json::parse(answer.body).at("flow").at("processGroups").at(0).as_object(), "id");
    const auto group = ok("GET", "process-groups/" + copied);
    const auto context = text_at(group.at("component").at("parameterContext").as_object(), "id");
    const auto parameters = ok("GET", "parameter-contexts/" + context).at("component").at("parameters").as_array();
    std::map<std::string, json::value> values;
    for (const auto& entry : parameters) {
      const auto& parameter = entry.at("parameter").as_object();
      values[text_at(parameter, "name")] = parameter.contains("value") ? parameter.at("value") : json::value();
    }
    EXPECT_EQ(values["text"], json::value("set"));
    for (const auto& processor : list("process-groups/" + copied + "/processors", "processors"))
      EXPECT_TRUE(processor.at("component").at("validationErrors").as_array().empty()) << processor;
  }
}

TEST_F(SnippetTest, WhatWasCopiedIsPasted) {
  const auto fetch =
      text_at(ok("POST", "process-groups/" + group_ + "/processors",
                 entity({{"type", "org.apache.nifi.processors.aws.s3.FetchS3Object"},
                         {"config", json::object{{"properties", json::object{{"Secret Key", "hidden"}}}}}})),
              "id");
  const auto inner = make_group("inner", group_);
  make_processor(inner, "LogMessage");
  const auto copied = ok("POST", "process-groups/" + group_ + "/copy",
                         json::object{{"processors", json::array{make_, log_, fetch}},
                                      {"connections", json::array{connection_}},
                                      {"processGroups", json::array{inner}}});
  EXPECT_EQ(copied.at("processors").as_array().size(), 3u);
  EXPECT_EQ(copied.at("processGroups").at(0).at("processors").as_array().size(), 1u);
  EXPECT_EQ(json::serialize(copied).find("hidden"), std::string::npos);
  const auto pasted = [&](const std::string& group) {
    const auto answer =
        ok("PUT", "process-groups/" + group + "/paste",
           json::object{{"copyResponse", copied}, {"revision", ok("GET", "process-groups/" + group).at("revision")}});
    return answer.at("flow").as_object();
  };
  for (const auto& into : {group_, other_}) {
    const auto flow = pasted(into);
    ASSERT_EQ(flow.at("processors").as_array().size(), 3u);
    ASSERT_EQ(flow.at("connections").as_array().size(), 1u);
    ASSERT_EQ(flow.at("processGroups").as_array().size(), 1u);
    for (const auto& processor : flow.at("processors").as_array())
      if (text_at(processor.at("component").as_object(), "name") == "FetchS3Object")
        EXPECT_EQ(processor.at("component").at("config").at("properties").at("Secret Key"), json::value("********"));
  }
  EXPECT_EQ(call("POST", "process-groups/" + other_ + "/copy", json::object{{"processors", json::array{make_}}}).status,
            409);
  EXPECT_EQ(call("PUT", "process-groups/" + other_ + "/paste", json::object()).status, 400);
}

TEST_F(SnippetTest, ComponentsMoveWithWhatIsQueued) {
  ok("PUT", "processors/" + make_ + "/run-status",
     json::object{{"revision", ok("GET", "processors/" + make_).at("revision")}, {"state", "RUN_ONCE"}});
  const auto queued = [&] {
    return ok("GET", "connections/" + connection_).at("status").at("aggregateSnapshot").at("flowFilesQueued");
  };
  ASSERT_EQ(queued().to_number<int>(), 1);
  const auto inner = make_group("inner", group_);
  const auto id = all();
  for (const auto& into : {inner, other_, group_}) {
    const auto answer = move_to(id, into);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(ok("GET", "processors/" + make_).at("component").at("parentGroupId"), json::value(into));
    EXPECT_EQ(count(into, "connections"), 1u);
    EXPECT_EQ(queued().to_number<int>(), 1);
  }
  // Groups, too; into the root group, and out of it.
  const auto whole = snippet("root", {{"processGroups", ids({group_})}});
  ASSERT_EQ(move_to(whole, other_).status, 200);
  EXPECT_EQ(text_at(ok("GET", "process-groups/" + group_).at("component").as_object(), "parentGroupId"), other_);
  EXPECT_EQ(queued().to_number<int>(), 1);
  ASSERT_EQ(move_to(whole, "root").status, 200);
  EXPECT_EQ(list("process-groups/root/process-groups", "processGroups").size(), 2u);
}

TEST_F(SnippetTest, WhatIsConnectedStaysTogether) {
  const auto inner = make_group("inner", group_);
  EXPECT_EQ(move_to(snippet(group_, {{"processors", ids({log_})}}), other_).status, 409);
  EXPECT_EQ(move_to(snippet(group_, {{"connections", ids({connection_})}}), other_).status, 409);
  EXPECT_EQ(call("DELETE", "snippets/" + snippet(group_, {{"processors", ids({log_})}})).status, 409);
  EXPECT_EQ(move_to(snippet("root", {{"processGroups", ids({group_})}}), inner).status, 409);
  EXPECT_EQ(try_snippet(other_, {{"processors", ids({log_})}}).status, 409);
  EXPECT_EQ(try_snippet(group_, {{"processors", ids({"unknown"})}}).status, 404);
  EXPECT_EQ(try_snippet("", {}).status, 400);
  EXPECT_EQ(move_to("unknown", other_).status, 404);
  EXPECT_EQ(copy_to("unknown", other_).status, 404);
}

TEST_F(SnippetTest, ComponentsAreRemovedTogether) {
  ok("PUT", "flow/process-groups/" + group_, json::object{{"id", group_}, {"state", "RUNNING"}});
  const auto id = all();
  EXPECT_EQ(call("DELETE", "snippets/" + id).status, 409);
  ok("PUT", "flow/process-groups/" + group_, json::object{{"id", group_}, {"state", "STOPPED"}});
  ok("DELETE", "snippets/" + id);
  EXPECT_EQ(count(group_, "processors"), 0u);
  EXPECT_EQ(call("DELETE", "snippets/" + id).status, 404);
  ok("DELETE", "snippets/" + snippet("root", {{"processGroups", ids({group_, other_})}}));
  EXPECT_TRUE(list("process-groups/root/process-groups", "processGroups").empty());
}

}  // namespace
}  // namespace server::nifi
