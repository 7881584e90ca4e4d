#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "flow/flow.h"
#include "flow/processors/processor_test.h"

namespace flow {
namespace {

namespace json = boost::json;

/// make (stopped when it made one) -> tag -> a funnel.
constexpr std::string_view kFlow =
    R"({"flowContents": {"identifier": "root", "name": "flow", "parameterContextName": "shared",
  "processors": [
    {"identifier": "make", "name": "make", "type": "org.apache.nifi.processors.standard.GenerateFlowFile", "schedulingPeriod": "1 hour",
     "properties": {"Custom Text": "made", "Data Format": "Text", "Unique FlowFiles": "false"}},
    {"identifier": "tag", "name": "tag", "type": "org.apache.nifi.processors.attributes.UpdateAttribute", "properties": {"kind": "#{kind}"}}],
  "funnels": [{"identifier": "end"}],
  "connections": [
    {"identifier": "c1", "source": {"id": "make"}, "destination": {"id": "tag"}, "selectedRelationships": ["success"]},
    {"identifier": "c2", "source": {"id": "tag"}, "destination": {"id": "end"}, "selectedRelationships": ["success"]}]}})";

class FlowEditTest : public ::testing::Test {
 protected:
  FlowEditTest() { open(); }
  void open() {
    flow_.reset();
    objects_.reset();
    objects_ = store::ObjectStore::open({.directory = folder_.at("objects")}, disk_, clock_).value();
    flow_ = Flow::open({.directory = folder_.at("flow")}, disk_, clock_, wall_, *objects_).value();
  }
  void import() { ASSERT_TRUE(flow_->import_definition(kFlow, "flow.json")); }
  void set_kind(const std::string& value) {
    SharedContext context{.id = "context", .name = "shared", .description = {}, .parameters = {}, .inherited = {}};
    context.parameters["kind"] = {.value = value, .sensitive = false, .description = {}};
    ASSERT_TRUE(flow_->set_contexts({context}));
  }
  void run() {
    clock_.advance(std::chrono::hours{1});
    ASSERT_TRUE(flow_->run_until_idle({.flow = "root"}));
  }
  ComponentStatus component(const std::string& id) const {
    for (const auto& row : flow_->status().components)
      if (row.id == id) return row;
    return {};
  }
  std::uint64_t queued(const std::string& id) const {
    for (const auto& row : flow_->status().connections)
      if (row.id == id) return row.files;
    return 0;
  }
  static json::array& list(json::object& document, std::string_view name) {
    return document.at("rootGroup").at(name).as_array();
  }

  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  SetWallClock wall_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::unique_ptr<Flow> flow_;
};

TEST_F(FlowEditTest, WhatIsEditedStaysSo) {
  import();
  set_kind("good");
  ASSERT_TRUE(flow_->start("root"));
  run();
  EXPECT_EQ(queued("c2"), 1u);
  const auto edited = flow_->edit("root", [](json::object& document) -> base::Status {
    list(document, "processors")[1].as_object()["name"] = "label it";
    return {};
  });
  ASSERT_TRUE(edited) << edited.error().message;
  // Queues, counts and who runs are as before.
  EXPECT_EQ(component("tag").name, "label it");
  EXPECT_EQ(component("tag").state, RunState::Running);
  EXPECT_EQ(component("tag").in.files, 1u);
  EXPECT_EQ(queued("c2"), 1u);
  open();
  EXPECT_EQ(component("tag").name, "label it");
  EXPECT_EQ(component("tag").state, RunState::Running);
  EXPECT_EQ(queued("c2"), 1u);
}

TEST_F(FlowEditTest, AnEditIsAllOrNothing) {
  import();
  set_kind("good");
  ASSERT_TRUE(flow_->start("root"));
  run();
  const auto remove = flow_->edit("root", [](json::object& document) -> base::Status {
    list(document, "connections").clear();
    return {};
  });
  ASSERT_FALSE(remove);
  EXPECT_EQ(remove.error().kind, base::ErrorKind::Conflict);
  const auto dangling = flow_->edit("root", [](json::object& document) -> base::Status {
    list(document, "processors").clear();
    return {};
  });
  ASSERT_FALSE(dangling);
  EXPECT_EQ(dangling.error().kind, base::ErrorKind::InvalidValue);
  const auto refused = flow_->edit("root", [](json::object& document) -> base::Status {
    list(document, "processors").clear();
    return base::fail(base::ErrorKind::Denied, "no");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(flow_->status().connections.size(), 2u);
  EXPECT_EQ(component("make").state, RunState::Running);
  EXPECT_EQ(queued("c2"), 1u);
  EXPECT_EQ(flow_->edit("nobody", [](json::object&) { return base::Status{}; }).error().kind,
            base::ErrorKind::NotFound);
}

TEST_F(FlowEditTest, ComponentsRememberThatTheyRun) {
  import();
  set_kind("good");
  ASSERT_TRUE(flow_->start("tag"));
  open();
  EXPECT_EQ(component("tag").state, RunState::Running);
  EXPECT_EQ(component("make").state, RunState::Stopped);
  ASSERT_TRUE(flow_->start("root"));
  ASSERT_TRUE(flow_->stop("make"));
  open();
  EXPECT_EQ(component("tag").state, RunState::Running);
  EXPECT_EQ(component("make").state, RunState::Stopped);
  ASSERT_TRUE(flow_->stop("root"));
  open();
  EXPECT_EQ(component("tag").state, RunState::Stopped);
}

TEST_F(FlowEditTest, SharedContextsReachTheFlowsThatNameThem) {
  import();
  EXPECT_EQ(component("tag").state, RunState::Invalid);  // there is no such context
  set_kind("good");
  EXPECT_EQ(component("tag").state, RunState::Stopped);
  ASSERT_TRUE(flow_->start("root"));
  run();
  set_kind("better");
  EXPECT_EQ(component("tag").state, RunState::Running);
  run();
  std::vector<std::string> kinds;
  const auto listed = flow_->list_queue("c2", 10);
  ASSERT_TRUE(listed);
  for (const auto& file : *listed) kinds.push_back(file->attribute("kind"));
  EXPECT_EQ(kinds, (Texts{"good", "better"}));
  open();
  EXPECT_EQ(flow_->contexts().at(0).parameters.at("kind").value, "better");
  EXPECT_EQ(component("tag").state, RunState::Running);
  // What is invalid is not kept.
  auto wrong = flow_->contexts();
  wrong[0].inherited = {"shared"};
  EXPECT_EQ(flow_->set_contexts(wrong).error().kind, base::ErrorKind::InvalidValue);
  wrong[0].inherited = {"missing"};
  EXPECT_EQ(flow_->set_contexts(wrong).error().kind, base::ErrorKind::InvalidValue);
  wrong[0].inherited.clear();
  wrong.push_back(wrong[0]);
  EXPECT_EQ(flow_->set_contexts(wrong).error().kind, base::ErrorKind::AlreadyExists);
  EXPECT_EQ(flow_->contexts().size(), 1u);
}

TEST_F(FlowEditTest, FlowsBecomeOne) {
  import();
  set_kind("good");
  ASSERT_TRUE(flow_->start("root"));
  run();
  ASSERT_TRUE(flow_->stop("make"));
  ASSERT_TRUE(
      flow_->import_definition(R"({"flowContents": {"identifier": "canvas", "name": "canvas"}})", "canvas.json"));
  const auto merged = flow_->merge("root", "canvas");
  ASSERT_TRUE(merged) << merged.error().message;
  const auto expect_merged = [&] {
    EXPECT_EQ(flow_->flows().size(), 1u);
    EXPECT_EQ(component("tag").flow, "canvas");
    EXPECT_EQ(component("tag").group, "root");
    EXPECT_EQ(component("tag").state, RunState::Running);
    EXPECT_EQ(component("make").state, RunState::Stopped);
    EXPECT_EQ(queued("c2"), 1u);
    EXPECT_EQ(flow_->status().orphans, 0u);
  };
  expect_merged();
  open();
  expect_merged();
  EXPECT_EQ(flow_->merge("root", "canvas").error().kind, base::ErrorKind::NotFound);
}

TEST_F(FlowEditTest, AComponentRunsOnce) {
  import();
  set_kind("good");
  ASSERT_TRUE(flow_->run_once("make"));
  EXPECT_EQ(queued("c1"), 1u);
  ASSERT_TRUE(flow_->run_once("make"));  // whatever its schedule says
  EXPECT_EQ(queued("c1"), 2u);
  EXPECT_EQ(component("make").state, RunState::Stopped);
  const auto listed = flow_->list_queue("c1", 1);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  const auto uuid = listed->front()->attribute("uuid");
  EXPECT_EQ(read_all(flow_->find_in_queue("c1", uuid).value()->content).value(), "made");
  EXPECT_EQ(flow_->find_in_queue("c2", uuid).error().kind, base::ErrorKind::NotFound);
  ASSERT_TRUE(flow_->start("root"));
  EXPECT_EQ(flow_->run_once("make").error().kind, base::ErrorKind::Conflict);
}

TEST_F(FlowEditTest, WhatIsNewInAFlowThatRunsStandsStill) {
  import();
  set_kind("good");
  ASSERT_TRUE(flow_->start("root"));
  const auto edited = flow_->edit("root", [](json::object& document) -> base::Status {
    auto& processors = list(document, "processors");
    auto copy = processors[0].as_object();
    copy["identifier"] = copy["instanceIdentifier"] = "new";
    copy["autoTerminatedRelationships"] = json::array{"success"};
    processors.push_back(std::move(copy));
    auto funnel = list(document, "funnels")[0].as_object();
    funnel["identifier"] = funnel["instanceIdentifier"] = "new end";
    list(document, "funnels").push_back(std::move(funnel));
    return {};
  });
  ASSERT_TRUE(edited) << edited.error().message;
  const auto expect_still = [&] {
    EXPECT_EQ(component("new").state, RunState::Stopped);
    EXPECT_EQ(component("new end").state, RunState::Running);
    EXPECT_EQ(component("make").state, RunState::Running);
  };
  expect_still();
  open();
  expect_still();
  ASSERT_TRUE(flow_->start("new"));
  EXPECT_EQ(component("new").state, RunState::Running);
}

TEST_F(FlowEditTest, PropertiesAreCheckedBeforeTheyAreSet) {
  import();
  set_kind("good");
  struct Case {
    PropertyValues properties;
    std::size_t problems;
  };
  for (const auto& c : std::vector<Case>{{{}, 0},
                                         {{{"Batch Size", "2"}}, 0},
                                         {{{"Batch Size", "some"}}, 1},
                                         {{{"Batch Size", "some"}, {"Data Format", "Picture"}}, 2},
                                         {{{"Custom Text", std::nullopt}}, 0}}) {
    const auto problems = flow_->check_properties("make", c.properties);
    ASSERT_TRUE(problems);
    EXPECT_EQ(problems->size(), c.problems);
  }
  EXPECT_EQ(flow_->check_properties("tag", {{"kind", "#{unknown}"}}).value().size(), 1u);
  EXPECT_EQ(flow_->check_properties("end", {}).error().kind, base::ErrorKind::NotFound);
  EXPECT_EQ(component("make").state, RunState::Stopped);
}

}  // namespace
}  // namespace flow
