#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/disk_faulty.h"
#include "flow/engine/log.h"
#include "flow/flow.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

class WallClock final : public base::WallClock {
 public:
  base::Instant now() const override { return {1'800'000'000'000'000'000}; }
};

class Folder {
 public:
  Folder() {
    auto pattern = (fs::temp_directory_path() / "freshet-flow-fault-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    fs::create_directories(path_ + "/in");
    for (const auto* name : {"a", "b", "c"}) {
      std::ofstream(path_ + "/in/" + name) << "content of " << name;
      const timespec times[2] = {{1'799'999'000, 1'000'000}, {1'799'999'000, 1'000'000}};
      utimensat(AT_FDCWD, (path_ + "/in/" + name).c_str(), times, 0);
    }
  }
  ~Folder() { fs::remove_all(path_); }
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

const std::string kStandard = "org.apache.nifi.processors.standard.";

std::string processor(const std::string& id, const std::string& type, const std::string& properties,
                      const std::string& ended) {
  return R"({"identifier":")" + id + R"(","name":")" + id + R"(","type":")" + type + R"(","properties":{)" +
         properties + R"(},"schedulingPeriod":"0 sec","penaltyDuration":"0 sec","autoTerminatedRelationships":[)" +
         ended + "]}";
}
std::string connection(const std::string& from, const std::string& to, const std::string& relationship = "success") {
  return R"({"identifier":")" + from + to + R"(","source":{"id":")" + from + R"("},"destination":{"id":")" + to +
         R"("},"selectedRelationships":[")" + relationship + R"("]})";
}
std::string definition(const std::string& processors, const std::string& connections) {
  return R"({"flowContents":{"identifier":"root","name":"f","parameterContextName":"p","processors":[)" + processors +
         R"(],"connections":[)" + connections +
         R"(]},"parameterContexts":{"p":{"name":"p","parameters":[{"name":"in","value":""}]}}})";
}
std::string list_and_fetch(const std::string& completion) {
  return processor("list", kStandard + "ListFile", R"("Input Directory":"#{in}")", "") + "," +
         processor("fetch", kStandard + "FetchFile", R"("Completion Strategy":")" + completion + "\"",
                   R"("failure","not.found","permission.denied")");
}
std::string put(const std::string& key) {
  return processor("put", "org.apache.nifi.processors.aws.s3.PutS3Object",
                   R"("Bucket":"landing","Object Key":")" + key + "\"", R"("success","failure")");
}
std::string text_of(const std::string& completion) {
  return definition(list_and_fetch(completion) + "," + put("${filename}"),
                    connection("list", "fetch") + "," + connection("fetch", "put"));
}

/// Opens everything, and runs the flow until it is idle or something fails.
bool work(const Folder& folder, base::FaultyDisk& disk, base::VirtualClock& clock, const std::string& text,
          Flow::Options options) {
  WallClock wall;
  auto objects = store::ObjectStore::open({.directory = folder.at("objects")}, disk, clock);
  if (!objects) return false;
  // A log that starts again often, so that faults fall into that too.
  options.directory = folder.at("flow");
  options.log_bytes = 500;
  auto flow = Flow::open(std::move(options), disk, clock, wall, **objects);
  if (!flow) return false;
  if (!(*flow)->import_definition(text, "test.json", {{"in", folder.at("in")}})) return false;
  if (!(*flow)->start()) return false;
  for (int i = 0; i < 3; ++i) {
    clock.advance(std::chrono::minutes{1});
    if (!(*flow)->run_until_idle({.sleep = [](std::chrono::nanoseconds) {}})) return false;
  }
  return (*flow)->shut_down().has_value();
}

/// Fails each operation in turn, until there are no more; then all must be as `check` says.
void run_with_faults(const std::string& text, bool stay_failed, const std::function<void(store::ObjectStore&)>& check,
                     const Flow::Options& options = {}) {
  int faults = 0;
  for (int n = 1;; ++n) {
    const Folder folder;
    base::FaultyDisk disk{{.fail_at = n, .stay_failed = stay_failed}};
    base::VirtualClock clock;
    (void)work(folder, disk, clock, text, options);
    disk.crash();
    SCOPED_TRACE(fmt::format("fault at operation {}", n));
    ASSERT_TRUE(work(folder, disk, clock, text, options));
    check(*store::ObjectStore::open({.directory = folder.at("objects")}, disk, clock).value());
    if (!disk.fault_was_hit()) break;
    ++faults;
  }
  EXPECT_GT(faults, 20);
}

void each_file_is_an_object(store::ObjectStore& objects) {
  for (const std::string name : {"a", "b", "c"})
    EXPECT_EQ(objects.get("landing", name).value_or("lost"), "content of " + name);
  EXPECT_EQ(objects.events_after(0, 100).value().size(), 3u);
}

TEST(FlowFaultTest, PowerCutAtEveryOperation) { run_with_faults(text_of("None"), true, each_file_is_an_object); }
TEST(FlowFaultTest, OneFailureThenPowerCut) { run_with_faults(text_of("None"), false, each_file_is_an_object); }
TEST(FlowFaultTest, SourcesThatAreDeletedAreNotLost) {
  run_with_faults(text_of("Delete File"), true, each_file_is_an_object);
}

TEST(FlowFaultTest, WhatIsSwappedIsNeitherLostNorTwiceThere) {
  run_with_faults(text_of("Delete File"), true, each_file_is_an_object, {.swap_at = 1});
}

/// What waits in a bin is in no other hands: each file is merged once.
TEST(FlowFaultTest, WhatWaitsToBeMergedIsNeitherLostNorMergedTwice) {
  const auto merge = processor("merge", kStandard + "MergeContent",
                               R"("Minimum Number of Entries":"3","Delimiter Strategy":"Text","Demarcator":",")",
                               R"("original","failure")");
  const auto text = definition(
      list_and_fetch("Delete File") + "," + merge + "," + put("merged"),
      connection("list", "fetch") + "," + connection("fetch", "merge") + "," + connection("merge", "put", "merged"));
  run_with_faults(text, true, [](store::ObjectStore& objects) {
    auto merged = objects.get("landing", "merged").value_or("lost");
    for (const std::string name : {"a", "b", "c"}) {
      const auto at = merged.find("content of " + name);
      ASSERT_NE(at, std::string::npos) << merged;
      merged.erase(at, 12);
    }
    EXPECT_EQ(merged, ",,");
    EXPECT_EQ(objects.events_after(0, 100).value().size(), 1u);
  });
}

/// The disk of the flow fills up at each operation in turn, and gets room again while the program goes on.
TEST(FlowFaultTest, AFullDiskStopsTheIntakeAndLosesNothing) {
  int waited = 0;
  for (int n = 1;; ++n) {
    SCOPED_TRACE(fmt::format("full from operation {} on", n));
    const Folder folder;
    base::FaultyDisk disk{{.fail_at = n, .fault = base::FaultyDisk::Options::Fault::Full}};
    base::PosixDisk objects_disk;
    base::VirtualClock clock;
    WallClock wall;
    const auto objects = store::ObjectStore::open({.directory = folder.at("objects")}, objects_disk, clock).value();
    const auto open = [&] {
      return Flow::open({.directory = folder.at("flow"), .log_bytes = 500}, disk, clock, wall, *objects);
    };
    const auto run = [&](Flow& flow) {
      if (!flow.find("root") && !flow.import_definition(text_of("Delete File"), "test.json", {{"in", folder.at("in")}}))
        return false;
      if (!flow.start()) return false;
      for (int i = 0; i < 3; ++i) {
        clock.advance(std::chrono::minutes{1});
        if (!flow.run_until_idle({.sleep = [](std::chrono::nanoseconds) {}})) return false;
      }
      return true;
    };
    auto flow = open();
    if (flow) (void)run(**flow);
    const bool hit = disk.fault_was_hit();
    disk.heal();
    // What cannot be waited out (a failed sync) ends when it is opened again.
    if (flow && !(*flow)->status().failure) {
      if (hit) ++waited;
      ASSERT_TRUE(run(**flow));
      EXPECT_TRUE(fs::is_empty(folder.at("in")));  // the sources were deleted, late perhaps
    } else {
      if (flow) flow->reset();
      flow = open();
      ASSERT_TRUE(flow) << flow.error().message;
      ASSERT_TRUE(run(**flow));
    }
    each_file_is_an_object(*objects);
    if (!hit) break;
  }
  EXPECT_GT(waited, 5);
}

/// A process that was killed while it made its first log leaves the beginning of one.
TEST(FlowFaultTest, OpensOverTheBeginningOfAFirstLog) {
  const Folder folder;
  base::PosixDisk disk;
  fs::create_directories(folder.at("log"));
  std::ofstream(folder.at("log") + "/000000000001.log.new") << "fre";
  std::vector<std::string> replayed;
  const auto keep = [&](std::string_view record) -> base::Status {
    replayed.emplace_back(record);
    return {};
  };
  std::string frames;
  Log::frame("one", frames);
  {
    const auto log = Log::open(disk, folder.at("log"), keep);
    ASSERT_TRUE(log) << log.error().message;
    ASSERT_TRUE((*log)->append(frames));
  }
  ASSERT_TRUE(Log::open(disk, folder.at("log"), keep));
  EXPECT_EQ(replayed, std::vector<std::string>{"one"});
}

}  // namespace
}  // namespace flow
