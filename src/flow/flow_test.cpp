#include "flow/flow.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/disk_faulty.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

/// A wall clock that stands where the test puts it.
class SetWallClock final : public base::WallClock {
 public:
  base::Instant now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ = now_ + by; }

 private:
  base::Instant now_{1'800'000'000'000'000'000};
};

class Folder {
 public:
  Folder() {
    auto pattern = (fs::temp_directory_path() / "freshet-flow-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string processor(const std::string& id, const std::string& type, const std::string& properties, const std::string& ended) {
  return R"({"identifier":")" + id + R"(","name":")" + id + R"(","type":")" + type + R"(","properties":{)" + properties +
         R"(},"schedulingPeriod":"0 sec","autoTerminatedRelationships":[)" + ended + R"(],"componentType":"PROCESSOR"})";
}
std::string connection(const std::string& from, const std::string& to, const std::string& relationship = "success", const std::string& more = "") {
  return R"({"identifier":")" + from + "-" + to + R"(","source":{"id":")" + from + R"(","name":")" + from + R"("},"destination":{"id":")" + to +
         R"(","name":")" + to + R"("},"selectedRelationships":[")" + relationship + R"("])" + more + "}";
}
std::string definition(const std::vector<std::string>& processors, const std::vector<std::string>& connections) {
  return fmt::format(R"({{"flowContents":{{"identifier":"root","name":"test","parameterContextName":"p","processors":[{}],"connections":[{}]}},
    "parameterContexts":{{"p":{{"name":"p","parameters":[{{"name":"in","value":"nowhere"}},{{"name":"bucket","value":"landing"}}]}}}},
    "flowEncodingVersion":"1.0"}})", fmt::join(processors, ","), fmt::join(connections, ","));
}
const std::string kStandard = "org.apache.nifi.processors.standard.";

std::string list_fetch_put() {
  return definition({processor("list", kStandard + "ListFile", R"("Input Directory":"#{in}","listing-strategy":"timestamps")", ""),
                     processor("fetch", kStandard + "FetchFile", "", R"("failure","not.found","permission.denied")"),
                     processor("put", "org.apache.nifi.processors.aws.s3.PutS3Object", R"("Bucket":"#{bucket}","Object Key":"in/${filename}","Region":"us-east-1")",
                               R"("success","failure")")},
                    {connection("list", "fetch"), connection("fetch", "put")});
}

/// A data directory, an input directory, and what runs on them.
class FlowTest : public ::testing::Test {
 protected:
  FlowTest() {
    fs::create_directories(input());
    open();
  }
  std::string input() const { return folder_.path() + "/in"; }
  void open() {
    flow_.reset();
    objects_.reset();
    objects_ = store::ObjectStore::open({.directory = folder_.path() + "/objects"}, disk_, clock_).value();
    flow_ = Flow::open({.directory = folder_.path() + "/flow"}, disk_, clock_, wall_, *objects_).value();
  }
  /// A file as old as the test says, by the test's wall clock.
  void write(const std::string& name, const std::string& text, std::chrono::seconds age = std::chrono::seconds{10}) {
    const auto path = input() + "/" + name;
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
    const auto at = wall_.now() - age;
    const timespec times[2] = {{at.ns / 1'000'000'000, 1'000'000}, {at.ns / 1'000'000'000, 1'000'000}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  IdleReport run() {
    clock_.advance(std::chrono::seconds{2});
    const auto report = flow_->run_until_idle({.sleep = [this](std::chrono::nanoseconds time) { wall_.advance(time); }});
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report.value_or(IdleReport{});
  }
  void start(const std::string& text) {
    const auto report = flow_->import_definition(text, "test.json", {{"in", input()}});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->problems, std::vector<std::string>{});
    ASSERT_TRUE(flow_->start());
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    if (const auto listing = objects_->list("landing", {}))
      for (const auto& object : listing->objects) keys.push_back(object.key);
    return keys;
  }
  std::size_t events() const { return objects_->events_after(0, 1'000'000).value().size(); }
  ComponentStatus component(const std::string& id) const {
    for (const auto& row : flow_->status().components)
      if (row.id == id) return row;
    return {};
  }

  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  SetWallClock wall_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::unique_ptr<Flow> flow_;
};

using Keys = std::vector<std::string>;

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
  const auto report = flow_->import_definition(text, "flow.json", {{"input_directory", input()}, {"bucket", "landing"}});
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

}  // namespace
}  // namespace flow
