#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "flow/processors/processor_test.h"

namespace flow {
namespace {

using namespace std::chrono_literals;

class TailFileTest : public ::testing::Test {
 protected:
  void append(const std::string& name, std::string_view text) const {
    std::ofstream(folder_.at(name), std::ios::app | std::ios::binary) << text;
  }
  /// Sets the time of a file, in seconds before the test's wall clock.
  void touch(const std::string& name, ProcessorRun& run, std::chrono::seconds age) const {
    const auto at = run.wall().now() - age;
    const timespec times[2] = {{at.ns / 1'000'000'000, 0}, {at.ns / 1'000'000'000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, folder_.at(name).c_str(), times, 0), 0);
  }
  void roll(const std::string& from, const std::string& to) const {
    std::filesystem::rename(folder_.at(from), folder_.at(to));
  }
  ProcessorRun tail(PropertyValues properties = {}) const {
    properties.emplace("File to Tail", folder_.at("app.log"));
    return ProcessorRun("TailFile", std::move(properties));
  }
  static void again(ProcessorRun& run) {
    run.advance(2s);
    run.until_idle();
  }
  Folder folder_;
};

TEST_F(TailFileTest, ReadsWholeLinesAndGoesOn) {
  auto run = tail();
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();  // no file yet
  append("app.log", "a\r\nb\nc");
  again(run);
  EXPECT_EQ(run.only("success").content, "a\r\nb\n");
  EXPECT_EQ(run.only("success").at("filename"), "app.0-5.log");
  EXPECT_EQ(run.only("success").at("mime.type"), "text/plain");
  EXPECT_EQ(run.only("success").at("tailfile.original.path"), folder_.at("app.log"));
  EXPECT_EQ(run.state().at("file.0.position"), "5");
  EXPECT_EQ(run.state().at("file.0.filename"), folder_.at("app.log"));
  again(run);
  append("app.log", "d\ne\rf");
  again(run);
  run.restart();
  append("app.log", "\n");
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"a\r\nb\n", "cd\ne\r", "f\n"}));
  EXPECT_EQ(run.out("success")[1].at("filename"), "app.5-10.log");
}

TEST_F(TailFileTest, ATruncatedFileBeginsAnew) {
  auto run = tail();
  append("app.log", "one\ntwo\n");
  run.until_idle();
  folder_.write("app.log", "new\n");
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\ntwo\n", "new\n"}));
  EXPECT_EQ(run.out("success")[1].at("filename"), "app.0-4.log");
}

TEST_F(TailFileTest, ARenamedFileIsReadToItsEnd) {
  auto run = tail();
  append("app.log", "one\n");
  run.until_idle();
  append("app.log", "two\nlast");
  roll("app.log", "elsewhere");
  append("app.log", "new\n");
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\n", "two\nlast", "new\n"}));
}

TEST_F(TailFileTest, RolledFilesAreReadFirst) {
  for (const bool restarts : {false, true}) {
    for (const auto* name : {"app.1", "app.2", "app.log"}) std::filesystem::remove(folder_.at(name));
    auto run = tail({{"Rolling Filename Pattern", "${filename}.?"}});
    append("app.log", "one\n");
    touch("app.log", run, 100s);
    run.until_idle();
    append("app.log", "two");
    roll("app.log", "app.2");
    touch("app.2", run, 50s);
    append("app.log", "three\n");
    roll("app.log", "app.1");
    touch("app.1", run, 40s);
    append("app.log", "four\n");
    touch("app.log", run, 30s);
    if (restarts) run.restart();
    again(run);
    again(run);
    EXPECT_EQ(run.contents("success"), (Texts{"one\n", "two", "three\n", "four\n"})) << restarts;
    EXPECT_EQ(run.out("success")[1].at("filename"), "app.2");
  }
}

TEST_F(TailFileTest, AfterARestartAnotherFileIsReadFromItsBeginning) {
  auto run = tail();
  append("app.log", "one\ntwo\n");
  run.until_idle();
  folder_.write("app.log", "ONE\nTWO\nthree\n");
  run.restart();
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\ntwo\n", "ONE\nTWO\nthree\n"}));
}

TEST_F(TailFileTest, WhereItBegins) {
  struct Case {
    std::string start;
    Texts contents;
  };
  append("app.1", "old\n");
  append("app.log", "now\n");
  for (const auto& c : std::to_array<Case>({{"Beginning of Time", {"old\n", "now\n", "new\n"}},
                                            {"Beginning of File", {"now\n", "new\n"}},
                                            {"Current Time", {"new\n"}}})) {
    folder_.write("app.log", "now\n");
    auto run = tail({{"Rolling Filename Pattern", "app.?"}, {"Initial Start Position", c.start}});
    touch("app.1", run, 100s);
    touch("app.log", run, 90s);
    run.until_idle();
    again(run);
    append("app.log", "new\n");
    touch("app.log", run, 1s);
    again(run);
    EXPECT_EQ(run.contents("success"), c.contents) << c.start;
  }
}

TEST_F(TailFileTest, ARolledFileIsReadOnForAWhile) {
  auto run = tail({{"Rolling Filename Pattern", "app.?"}, {"Post-Rollover Tail Period", "10 sec"}});
  append("app.log", "one\n");
  touch("app.log", run, 100s);
  run.until_idle();
  append("app.log", "two\nth");
  roll("app.log", "app.1");
  append("app.log", "new\n");
  touch("app.1", run, 0s);
  touch("app.log", run, 0s);
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\n", "two\n"}));
  append("app.1", "ree");
  touch("app.1", run, 1s);
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\n", "two\n"}));
  run.advance(20s);
  again(run);
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\n", "two\n", "three", "new\n"}));
}

TEST_F(TailFileTest, MessagesOfSeveralLines) {
  auto run = tail({{"Line Start Pattern", "\\[|<"}, {"Max Buffer Size", "12 B"}});
  append("app.log", "[1] a\n b\n[2] c\n");
  run.until_idle();
  append("app.log", " d\n[3] e\n");
  again(run);
  append("app.log", " very long indeed\n f\n");
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"[1] a\n b\n", "[2] c\n d\n", "[3] e\n very long indeed\n"}));
}

TEST_F(TailFileTest, AZeroByteIsNotWrittenYet) {
  using namespace std::string_literals;
  auto run = tail({{"Reread on NUL Encountered", "true"}});
  append("app.log", "one\n\0\0\0\n"s);
  run.until_idle();
  folder_.write("app.log", "one\ntwo\n");
  again(run);
  EXPECT_EQ(run.contents("success"), (Texts{"one\n", "two\n"}));
}

TEST_F(TailFileTest, SeveralFiles) {
  ProcessorRun run("TailFile", {{"tail-mode", "Multiple files"},
                                {"Base Directory", folder_.path()},
                                {"Files to Tail", "(x/)?[ab]\\.log"},
                                {"Recursive Lookup", "true"},
                                {"Lookup Frequency", "1 min"},
                                {"Maximum Age", "1 hour"}});
  for (const auto* name : {"a.log", "x/b.log", "c.log", "b.log"}) folder_.write(name, std::string(name) + "\n");
  for (const auto* name : {"a.log", "x/b.log", "c.log"}) touch(name, run, 10s);
  touch("b.log", run, 2h);
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a.log\n", "x/b.log\n"}));
  touch("b.log", run, 0s);
  again(run);
  EXPECT_EQ(run.out("success").size(), 2u);
  run.advance(1min);
  again(run);
  EXPECT_EQ(run.out("success")[2].content, "b.log\n");
  EXPECT_EQ(run.state().at("file.2.position"), "8");
}

TEST_F(TailFileTest, WhatIsInvalidIsNamed) {
  EXPECT_EQ(
      ProcessorRun("TailFile", {{"Tailing Mode", "Multiple files"}, {"Files to Tail", "x"}}).problems(),
      (Texts{"TailFile 'subject', property 'Base Directory': is required for the tailing mode 'Multiple files'"}));
  EXPECT_EQ(ProcessorRun("TailFile", {}).problems(),
            (Texts{"TailFile 'subject', property 'Files to Tail': is required"}));
}

TEST_F(TailFileTest, WhereStateIsKeptMakesNoDifference) {
  auto run = tail({{"State Location", "Remote"}});
  append("app.log", "a\n");
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"a\n"}));
}

}  // namespace
}  // namespace flow
