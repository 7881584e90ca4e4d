#include <gtest/gtest.h>

#include <grp.h>
#include <sys/stat.h>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

namespace fs = std::filesystem;

/// A processor that writes below `folder`.
ProcessorRun put(const Folder& folder, PropertyValues properties, std::vector<Given> given) {
  properties.emplace("Directory", folder.at("out"));
  return ProcessorRun("PutFile", std::move(properties), {.given = std::move(given)});
}

struct stat status_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(PutFileTest, WritesFilesAndMakesDirectories) {
  const Folder folder;
  auto run = put(folder, {{"Directory", folder.at("out/${kind}")}},
                 {{"one", {{"filename", "a.txt"}, {"kind", "x/y"}}}, {"", {{"filename", "b"}, {"kind", "x"}}}});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 2u);
  EXPECT_EQ(folder.read("out/x/y/a.txt"), "one");
  EXPECT_TRUE(fs::exists(folder.at("out/x/b")));
  EXPECT_FALSE(fs::exists(folder.at("out/x/.b")));
}

TEST(PutFileTest, WhatHappensWhenTheNameIsTaken) {
  struct Case {
    std::string strategy, relationship, content;
  };
  for (const auto& c :
       std::to_array<Case>({{"fail", "failure", "old"}, {"ignore", "success", "old"}, {"replace", "success", "new"}})) {
    const Folder folder;
    folder.write("out/a", "old");
    auto run = put(folder, {{"Conflict Resolution Strategy", c.strategy}}, {{"new", {{"filename", "a"}}}});
    run.until_idle();
    EXPECT_EQ(run.only(c.relationship).content, "new") << c.strategy;
    EXPECT_EQ(run.only(c.relationship).penalised, c.relationship == "failure") << c.strategy;
    EXPECT_EQ(folder.read("out/a"), c.content) << c.strategy;
  }
}

TEST(PutFileTest, WhatCannotBeWrittenFails) {
  struct Case {
    std::string_view what;
    PropertyValues properties;
    std::string filename;
  };
  for (const auto& c : std::to_array<Case>({
           {"no directory", {{"Create Missing Directories", "false"}, {"Directory", "${tmp}/none"}}, "a"},
           {"full", {{"Maximum File Count", "1"}}, "a"},
           {"a path", {}, "../a"},
           {"a directory of that name", {{"Conflict Resolution Strategy", "replace"}}, "sub"},
           {"no name for a directory", {{"Directory", "${none}"}}, "a"},
           {"a file in place of the directory", {{"Directory", "${tmp}/out/file"}}, "a"},
       })) {
    const Folder folder;
    folder.write("out/sub/x", "");
    folder.write("out/file", "");
    auto run = put(folder, c.properties, {{"new", {{"filename", c.filename}, {"tmp", folder.path()}}}});
    run.until_idle();
    EXPECT_EQ(run.only("failure").content, "new") << c.what;
    EXPECT_FALSE(fs::exists(folder.at("out/a"))) << c.what;
    EXPECT_FALSE(fs::exists(folder.at("a"))) << c.what;
  }
}

TEST(PutFileTest, AFullDirectoryStillTakesAFileOfTheSameName) {
  const Folder folder;
  folder.write("out/a", "old");
  auto run = put(folder, {{"Maximum File Count", "1"}, {"Conflict Resolution Strategy", "replace"}},
                 {{"new", {{"filename", "a"}}}});
  run.until_idle();
  EXPECT_EQ(folder.read("out/a"), "new");
}

TEST(PutFileTest, SetsTimePermissionsAndGroup) {
  const Folder folder;
  auto run = put(folder,
                 {{"Directory", folder.at("out/deep")},
                  {"Last Modified Time", "${time}"},
                  {"Permissions", "${permissions}"},
                  {"Owner", "no-such-user-here"}},
                 {{"1", {{"filename", "a"}, {"time", "2020-01-02T03:04:05+0100"}, {"permissions", "rw-r-----"}}},
                  {"2", {{"filename", "b"}, {"time", "yesterday"}, {"permissions", "604"}}}});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 2u);
  EXPECT_EQ(status_of(folder.at("out/deep/a")).st_mtim.tv_sec, 1577930645);
  EXPECT_EQ(status_of(folder.at("out/deep/a")).st_mode & 0777, 0640u);
  EXPECT_EQ(status_of(folder.at("out/deep/b")).st_mode & 0777, 0604u);
  EXPECT_EQ(status_of(folder.at("out/deep")).st_mode & 0027, 0u);  // made for the first file
}

TEST(PutFileTest, PermissionsAreChecked) {
  EXPECT_EQ(ProcessorRun("PutFile", {{"Directory", "/tmp"}, {"Permissions", "rwx"}}).problems(),
            (Texts{"PutFile 'subject', property 'Permissions': 'rwx' is neither like rw-r--r-- nor like 644"}));
}

TEST(LogMessageTest, PassesFlowFilesAndWarns) {
  ProcessorRun run(
      "LogMessage",
      {{"log-level", "${level}"}, {"log-prefix", "${filename}: "}, {"log-message", "has ${fileSize} bytes"}},
      {.given = {{"abc", {{"filename", "f"}, {"level", "WARN"}}},
                 {"abc", {{"filename", "g"}, {"level", "info"}}},
                 {"", {{"level", "loud"}}}}});
  run.until_idle();
  EXPECT_EQ(run.errors().at(0), "f: has 3 bytes");
  EXPECT_EQ(run.out("success").size(), 2u);
  EXPECT_EQ(run.waiting(), 1u);  // rolled back: NiFi throws
  EXPECT_EQ(
      ProcessorRun("LogMessage", {{"Log Level", "loud"}}).problems(),
      (Texts{"LogMessage 'subject', property 'Log Level': 'loud' must be one of trace, debug, info, warn, error"}));
}

TEST(PutFileTest, SetsTheGroup) {
  const Folder folder;
  const auto* group = ::getgrgid(::getuid() == 0 ? 1 : ::getgid());
  ASSERT_NE(group, nullptr);
  auto run = put(
      folder, {{"Group", "${group}"}},
      {{"1", {{"filename", "a"}, {"group", group->gr_name}}}, {"2", {{"filename", "b"}, {"group", "no-such-group"}}}});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 2u);  // a file that is there is a success
  EXPECT_EQ(status_of(folder.at("out/a")).st_gid, group->gr_gid);
}

}  // namespace
}  // namespace flow
