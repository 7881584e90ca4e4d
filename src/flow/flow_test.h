#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "flow/processors/coverage.h"
#include "flow/processors/processor_test.h"

namespace flow {

inline std::string processor(const std::string& id, const std::string& type, const std::string& properties,
                             const std::string& ended) {
  return R"({"identifier":")" + id + R"(","name":")" + id + R"(","type":")" + type + R"(","properties":{)" +
         properties + R"(},"schedulingPeriod":"0 sec","autoTerminatedRelationships":[)" + ended +
         R"(],"componentType":"PROCESSOR"})";
}
inline std::string connection(const std::string& from, const std::string& to,
                              const std::string& relationship = "success", const std::string& more = "") {
  return R"({"identifier":")" + from + "-" + to + R"(","source":{"id":")" + from + R"(","name":")" + from +
         R"("},"destination":{"id":")" + to + R"(","name":")" + to + R"("},"selectedRelationships":[")" + relationship +
         R"("])" + more + "}";
}
inline std::string definition(const std::vector<std::string>& processors, const std::vector<std::string>& connections) {
  return fmt::format(
      R"({{"flowContents":{{"identifier":"root","name":"test","parameterContextName":"p","processors":[{}],"connections":[{}]}},
    "parameterContexts":{{"p":{{"name":"p","parameters":[{{"name":"in","value":"nowhere"}},{{"name":"bucket","value":"landing"}}]}}}},
    "flowEncodingVersion":"1.0"}})",
      fmt::join(processors, ","), fmt::join(connections, ","));
}
inline const std::string kStandard = "org.apache.nifi.processors.standard.";

inline std::string list_fetch_put() {
  return definition(
      {processor("list", kStandard + "ListFile", R"("Input Directory":"#{in}","listing-strategy":"timestamps")", ""),
       processor("fetch", kStandard + "FetchFile", "", R"("failure","not.found","permission.denied")"),
       processor("put", "org.apache.nifi.processors.aws.s3.PutS3Object",
                 R"("Bucket":"#{bucket}","Object Key":"in/${filename}","Region":"us-east-1")",
                 R"("success","failure")")},
      {connection("list", "fetch"), connection("fetch", "put")});
}

/// A data directory, an input directory, and what runs on them.
class FlowTest : public ::testing::Test {
 protected:
  FlowTest() {
    options_.directory = folder_.at("flow");
    std::filesystem::create_directories(input());
    open();
  }
  ~FlowTest() override { note_coverage(); }
  std::string input() const { return folder_.path() + "/in"; }
  void open() {
    note_coverage();
    flow_.reset();
    objects_.reset();
    objects_ = store::ObjectStore::open({.directory = folder_.path() + "/objects"}, disk_, clock_).value();
    flow_ = Flow::open(options_, disk_, clock_, wall_, *objects_).value();
  }
  /// A file as old as the test says, by the test's wall clock.
  void write(const std::string& name, const std::string& text, std::chrono::seconds age = std::chrono::seconds{10}) {
    const auto path = input() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    const auto at = wall_.now() - age;
    const timespec times[2] = {{at.ns / 1'000'000'000, 1'000'000}, {at.ns / 1'000'000'000, 1'000'000}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  IdleReport run() {
    clock_.advance(std::chrono::seconds{2});
    const auto report =
        flow_->run_until_idle({.sleep = [this](std::chrono::nanoseconds time) { wall_.advance(time); }});
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
  void note_coverage() const {
    if (flow_ == nullptr) return;
    for (const auto& view : flow_->flows()) Coverage::of_this_program().note(view.definition, flow_->status());
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
  Flow::Options options_;
  std::unique_ptr<Flow> flow_;
};

using Keys = std::vector<std::string>;

}  // namespace flow
