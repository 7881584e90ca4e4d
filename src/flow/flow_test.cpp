#include "flow/flow_test.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/disk_faulty.h"
#include "flow/format/format_fixtures.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

TEST_F(FlowTest, CronDrivenComponentsRunAtTheirTimes) {
  auto text = definition({processor("make", kStandard + "GenerateFlowFile", "", R"("success")")}, {});
  const std::string timer = R"("schedulingPeriod":"0 sec")";
  text.replace(text.find(timer), timer.size(),
               R"("schedulingStrategy":"CRON_DRIVEN","schedulingPeriod":"0 0 * * * ?")");
  start(text);
  const auto tasks = [&] {
    run();
    return flow_->status().components.at(0).tasks;
  };
  EXPECT_EQ(tasks(), 0u);
  clock_.advance(std::chrono::hours{1});
  EXPECT_EQ(tasks(), 1u);
  EXPECT_EQ(tasks(), 1u);
  clock_.advance(std::chrono::hours{5});
  EXPECT_EQ(tasks(), 2u);  // what was missed is not made up
}

TEST_F(FlowTest, FilesBecomeObjects) {
  start(list_fetch_put());
  write("a.csv", "id\n1\n");
  write("b.csv", "id\n2\n");
  write(".hidden", "no");
  write("below/c.csv", "");
  const auto report = run();
  EXPECT_EQ(report.queued, 0u);
  EXPECT_EQ(keys(), (Keys{"in/a.csv", "in/b.csv", "in/c.csv"}));
  EXPECT_EQ(objects_->get("landing", "in/a.csv").value(), "id\n1\n");
  EXPECT_EQ(objects_->get("landing", "in/c.csv").value(), "");
  EXPECT_EQ(component("put").terminated.at("success").files, 3u);
}

TEST_F(FlowTest, SourcesThatFailInTheEndAreNamed) {
  start(list_fetch_put());
  write("a.csv", "1");
  fs::rename(input(), folder_.at("away"));
  EXPECT_EQ(run().failing, (Keys{"list"}));
  fs::rename(folder_.at("away"), input());
  EXPECT_EQ(run().failing, Keys{});
  EXPECT_EQ(keys(), (Keys{"in/a.csv"}));
}

TEST_F(FlowTest, FilesAreListedOnceAlsoOverRestarts) {
  start(list_fetch_put());
  write("a.csv", "1");
  run();
  open();
  run();
  EXPECT_EQ(events(), 1u);
  write("b.csv", "2", std::chrono::seconds{5});
  run();
  EXPECT_EQ(keys(), (Keys{"in/a.csv", "in/b.csv"}));
  EXPECT_EQ(events(), 2u);
}

TEST_F(FlowTest, TheExampleRunsUnchanged) {
  std::ifstream file(std::string(FRESHET_SOURCE_DIR) + "/examples/customer_pipeline/flow.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto report =
      flow_->import_definition(text, "flow.json", {{"input_directory", input()}, {"bucket", "landing"}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->problems, Keys{});
  EXPECT_EQ(report->notes, Keys{});
  EXPECT_EQ(flow_->start().value(), 3u);
  write("customer_1.csv", "x");
  write("customer-checkpoint.csv", "x");
  write("readme.txt", "x");
  run();
  EXPECT_EQ(keys(), (Keys{"stream_data/customer_1.csv"}));
  EXPECT_EQ(flow_->export_definition(report->id).value(), text);
}

TEST_F(FlowTest, OldAndNewKeysAndLabelsMeanTheSame) {
  for (const std::string property :
       {R"("listing-strategy":"none")", R"("Listing Strategy":"none")", R"("Listing Strategy":"No Tracking")"}) {
    const auto report = flow_->import_definition(
        definition(
            {processor("list", kStandard + "ListFile", R"("Input Directory":"#{in}",)" + property, R"("success")")},
            {}),
        "test.json");
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->problems, Keys{}) << property;
  }
}

TEST_F(FlowTest, DatesAreThoseOfTheReleaseThatSavedTheProcessor) {
  // "u" is the weekday in NiFi 1.x, the year in 2.x.
  const auto saved_by = [](const std::string& version, const std::string& name) {
    auto text = processor(name, "org.apache.nifi.processors.attributes.UpdateAttribute",
                          fmt::format(R"("{}":"${{literal(50000000):toDate():format('u', 'GMT')}}")", name), "");
    return text.insert(1, R"("bundle":{"group":"org.apache.nifi","artifact":"nifi-update-attribute-nar","version":")" +
                              version + R"("},)");
  };
  write("a.csv", "abc");
  start(definition(
      {processor("get", kStandard + "GetFile", R"("Input Directory":"#{in}")", ""), saved_by("1.28.1", "old"),
       saved_by("2.6.0", "new"),
       processor("put", "org.apache.nifi.processors.aws.s3.PutS3Object",
                 R"("Bucket":"landing","Object Key":"${old}/${new}/${fileSize:plus(1)}")", R"("success","failure")")},
      {connection("get", "old"), connection("old", "new"), connection("new", "put")}));
  run();
  EXPECT_EQ(keys(), (std::vector<std::string>{"4/1970/4"}));
}

TEST_F(FlowTest, WhatCannotRunIsNamed) {
  const auto problems = [&](const std::string& type, const std::string& properties, const std::string& ended) {
    const auto report =
        flow_->import_definition(definition({processor("x", type, properties, ended)}, {}), "test.json");
    return report ? report->problems : Keys{report.error().message};
  };
  EXPECT_EQ(
      problems(kStandard + "ListFile", R"("Input Directory":"a","listing-strategy":"entities")", R"("success")"),
      (Keys{"ListFile 'x', property 'Entity Tracking State Cache': is required for the listing strategy 'entities'"}));
  EXPECT_EQ(problems(kStandard + "ListFile", "", R"("success")"),
            (Keys{"ListFile 'x', property 'Input Directory': is required"}));
  EXPECT_EQ(problems(kStandard + "ListFile", R"("Input Directory":"#{none}")", R"("success")"),
            (Keys{"ListFile 'x', property 'Input Directory': parameter 'none' is not defined; set it in the parameter "
                  "context of the group"}));
  EXPECT_EQ(
      problems(kStandard + "ListFile", R"("Input Directory":"a")", ""),
      (Keys{"ListFile 'x': relationship 'success' is not connected to any component and is not auto-terminated"}));
  EXPECT_EQ(problems(kStandard + "PutEmail", "", ""),
            (Keys{"processor 'x': type org.apache.nifi.processors.standard.PutEmail () is not implemented"}));
  EXPECT_EQ(flow_->import_definition("{", "broken.json").error().message.substr(0, 28), "broken.json: not valid JSON:");
}

TEST_F(FlowTest, AnEmptyTemplateIsAnEmptyGroup) {
  const auto report = flow_->import_definition(
      "<?xml version=\"1.0\"?><template "
      "encoding-version=\"1.3\"><groupId>g</groupId><name>t</name><snippet/></template>",
      "t.xml");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->name, "t");
  EXPECT_TRUE(flow_->status().components.empty());
}

TEST_F(FlowTest, DroppedFilesAreCountedOverRestarts) {
  start(list_fetch_put());
  write("a.csv", "1");
  ASSERT_TRUE(flow_->stop("fetch"));
  run();
  fs::remove(input() + "/a.csv");
  ASSERT_TRUE(flow_->start("fetch"));
  run();
  open();
  EXPECT_EQ(component("fetch").dropped.at("not.found").files, 1u);
  EXPECT_NE(component("fetch").dropped.at("not.found").last_reason.find("a.csv"), std::string::npos);
}

TEST_F(FlowTest, AFullConnectionStopsItsSource) {
  start(definition({processor("make", kStandard + "GenerateFlowFile", R"("Batch Size":"3")", ""),
                    processor("log", kStandard + "LogAttribute", "", R"("success")")},
                   {connection("make", "log", "success", R"(,"backPressureObjectThreshold":2)")}));
  ASSERT_TRUE(flow_->stop("log"));
  run();
  run();
  EXPECT_EQ(flow_->status().connections[0].files, 3u);  // one trigger may overshoot, the next does not come
  EXPECT_TRUE(flow_->status().connections[0].back_pressure);
}

TEST_F(FlowTest, RetriedFilesArePenalisedThenFail) {
  auto text = list_fetch_put();
  const std::string fetch = R"("name":"fetch",)";
  text.replace(text.find(fetch), fetch.size(),
               fetch + R"("retryCount":1,"retriedRelationships":["not.found"],"penaltyDuration":"30 sec",)");
  start(text);
  ASSERT_TRUE(flow_->stop("fetch"));
  write("a.csv", "1");
  run();
  fs::remove(input() + "/a.csv");
  ASSERT_TRUE(flow_->start("fetch"));
  EXPECT_EQ(run().queued, 1u);
  EXPECT_EQ(flow_->status().connections[0].penalised, 1u);
  clock_.advance(std::chrono::seconds{30});
  EXPECT_EQ(run().queued, 0u);
  EXPECT_EQ(component("fetch").dropped.at("not.found").files, 1u);
}

/// A flow with ids of its own whose source never runs dry: three flowfiles at a time.
std::string endless(const std::string& id) {
  auto text = definition({processor(id + "-make", kStandard + "GenerateFlowFile", R"("Batch Size":"3")", ""),
                          processor(id + "-log", kStandard + "LogAttribute", "", R"("success")")},
                         {connection(id + "-make", id + "-log")});
  return text.replace(text.find(R"("root")"), 6, '"' + id + '"');
}

/// By the real clock: what a bin holds is waited for, not left behind, also when the bin was empty when it was first
/// asked.
TEST_F(FlowTest, ABinReachesItsAgeBeforeTheFlowIsIdle) {
  static base::SystemClock clock;  // the fixture's end looks at the flow
  static base::SystemWallClock wall;
  flow_.reset();
  flow_ = Flow::open(options_, disk_, clock, wall, *objects_).value();
  for (const auto* name : {"/a.txt", "/b.txt"}) std::ofstream(input() + name) << name;
  const auto report = flow_->import_definition(
      definition(
          {processor("merge", kStandard + "MergeContent",
                     R"("Minimum Number of Entries":"3","Max Bin Age":"10 millis")", R"("original","failure")"),
           processor("get", kStandard + "GetFile", R"("Input Directory":"#{in}","Minimum File Age":"0 sec")", ""),
           processor("put", "org.apache.nifi.processors.aws.s3.PutS3Object",
                     R"("Bucket":"landing","Object Key":"${merge.count} ${merge.reason}","Region":"us-east-1")",
                     R"("success","failure")")},
          {connection("get", "merge"), connection("merge", "put", "merged")}),
      "test.json", {{"in", input()}});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->problems, std::vector<std::string>{});
  const auto idle = flow_->run_until_idle(report->id);
  ASSERT_TRUE(idle) << idle.error().message;
  EXPECT_EQ(idle->queued, 0u);
  EXPECT_EQ(keys(), Keys{"2 TIMEOUT"});
}

TEST_F(FlowTest, AFlowRunsToItsEndBesideThreads) {
  flow_->start_threads();
  ASSERT_TRUE(flow_->import_definition(endless("other"), "other.json"));
  ASSERT_TRUE(flow_->start("other"));
  ASSERT_TRUE(flow_->import_definition(endless("root"), "test.json"));
  const auto report = flow_->run_until_idle("root");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->queued, 0u);
  EXPECT_EQ(component("root-make").out.files, 3u);  // asked once, by nobody else
  EXPECT_EQ(component("root-log").in.files, 3u);
  EXPECT_EQ(component("root-make").state, RunState::Stopped);
  EXPECT_EQ(component("other-make").state, RunState::Running);
  EXPECT_FALSE(flow_->find("root")->running);
  // Replacing one flow leaves the counts of the others alone, and starts its own anew.
  const auto before = component("other-make").tasks;
  ASSERT_TRUE(flow_->import_definition(endless("root"), "test.json"));
  EXPECT_GE(component("other-make").tasks, before);
  EXPECT_EQ(component("root-make").out.files, 0u);
  EXPECT_EQ(flow_->run_until_idle("nothing").error().kind, base::ErrorKind::NotFound);
}

TEST_F(FlowTest, AFlowThatWasInterruptedRunsAgainAfterARestart) {
  ASSERT_TRUE(flow_->import_definition(endless("root"), "test.json"));
  std::stop_source stop;
  stop.request_stop();
  ASSERT_TRUE(flow_->run_until_idle("root", stop.get_token()));
  open();
  EXPECT_TRUE(flow_->find("root")->running);
  EXPECT_EQ(component("root-make").state, RunState::Running);
  ASSERT_TRUE(flow_->run_until_idle("root"));
  open();
  EXPECT_FALSE(flow_->find("root")->running);
  EXPECT_EQ(component("root-make").state, RunState::Stopped);
}

TEST_F(FlowTest, ARunningFlowIsReplacedAndItsQueuesStay) {
  ASSERT_TRUE(flow_->import_definition(endless("root"), "test.json"));
  ASSERT_TRUE(flow_->start("root-make"));
  ASSERT_TRUE(flow_->run_until_idle(IdleOptions{}));
  ASSERT_EQ(flow_->status("root").connections[0].files, 3u);
  flow_->start_threads();
  ASSERT_TRUE(flow_->start("root-log"));
  ASSERT_TRUE(flow_->import_definition(endless("root"), "test.json"));
  EXPECT_EQ(component("root-log").state, RunState::Running);  // as it was told
  ASSERT_TRUE(flow_->run_until_idle("root"));
  EXPECT_EQ(flow_->status("root").connections[0].files, 0u);
  EXPECT_EQ(flow_->status().orphans, 0u);
  // The same ids in another flow are refused, and nothing of it stays.
  auto thief = endless("root");
  thief.replace(thief.find(R"("identifier":"root")"), 19, R"("identifier":"thief")");
  EXPECT_EQ(flow_->import_definition(thief, "thief.json").error().kind, base::ErrorKind::AlreadyExists);
  EXPECT_FALSE(flow_->find("thief"));
  EXPECT_EQ(flow_->status().components.size(), 2u);
  ASSERT_TRUE(flow_->remove("root"));
  EXPECT_TRUE(flow_->status().components.empty());
}

TEST_F(FlowTest, AnEmptiedQueueStaysEmptyOverARestart) {
  ASSERT_TRUE(flow_->import_definition(endless("root"), "test.json"));
  ASSERT_TRUE(flow_->start("root-make"));
  run();
  ASSERT_EQ(flow_->status().connections[0].files, 3u);
  EXPECT_EQ(flow_->empty_queue("nothing").error().kind, base::ErrorKind::NotFound);
  EXPECT_EQ(flow_->empty_queue("root-make-root-log")->files, 3u);
  EXPECT_EQ(flow_->status().connections[0].files, 0u);
  EXPECT_EQ(flow_->empty_queue("root-make-root-log")->files, 0u);
  open();
  EXPECT_EQ(flow_->status().connections[0].files, 0u);
}

TEST_F(FlowTest, SecretParametersAreKeptAndNamed) {
  const auto report =
      flow_->import_definition(list_fetch_put(), "test.json", {{"in", input()}, {"bucket", "hush"}}, {"bucket"});
  ASSERT_TRUE(report);
  open();
  EXPECT_EQ(flow_->find("root")->secrets, std::set<std::string>{"bucket"});
  EXPECT_EQ(flow_->find("root")->parameters.at("bucket"), "hush");
  struct stat status{};
  ASSERT_EQ(stat((folder_.path() + "/flow/flows.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(FlowTest, GhostsDoNotStopAnImport) {
  const auto text = read_flow_file("orders_instance.json");
  const auto report = flow_->import_definition(text, "orders.json", {}, {}, kTestSensitiveKey);
  ASSERT_TRUE(report) << report.error().message;
  const auto told = [](const std::vector<std::string>& lines, std::string_view what) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(what) != std::string::npos; });
  };
  EXPECT_TRUE(
      told(report->problems, "org.apache.nifi.processors.nowhere.TurnIntoGold (org.apache.nifi:nifi-gold-nar:1.28.1)"));
  EXPECT_TRUE(
      told(report->problems, "remote port 'vault' of remote process group 'far away': site-to-site is not supported"));
  EXPECT_TRUE(told(report->notes, "connector 'mover'"));
  // What is encrypted can be read after a restart, and stands in no export.
  open();
  const auto view = flow_->find(report->id);
  ASSERT_TRUE(view);
  const auto& processors = view->definition.processors;
  const auto convert = std::ranges::find(processors, "convert", &ProcessorDefinition::name);
  ASSERT_NE(convert, processors.end());
  EXPECT_EQ(convert->properties.at("Secret Ingredient"), "saffron");
  const auto exported = flow_->export_definition(report->id).value();
  EXPECT_EQ(exported.find("saffron"), std::string::npos);
  EXPECT_NE(exported.find("flowContents"), std::string::npos);
  // The rest runs.
  ASSERT_TRUE(flow_->start(report->id));
  run();
  EXPECT_EQ(component("0a1b2c3d-0000-1000-0000-000000000002").out.files, 2u);  // #{batch}
}

TEST_F(FlowTest, AFlowXmlRuns) {
  start(R"(<?xml version="1.0"?><flowController encoding-version="1.4"><rootGroup><id>r</id><name>old</name>
    <processor><id>make</id><name>make</name><class>org.apache.nifi.processors.standard.GenerateFlowFile</class>
      <property><name>Batch Size</name><value>3</value></property></processor>
    <processor><id>log</id><name>log</name><class>org.apache.nifi.processors.standard.LogAttribute</class>
      <autoTerminatedRelationship>success</autoTerminatedRelationship></processor>
    <connection><id>c</id><sourceId>make</sourceId><destinationId>log</destinationId><relationship>success</relationship></connection>
    </rootGroup></flowController>)");
  run();
  EXPECT_EQ(component("log").in.files, 3u);
}

}  // namespace
}  // namespace flow
